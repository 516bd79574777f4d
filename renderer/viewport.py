"""What the preview's window shows: the sphere, flat, and the garment that is being carried. The window's context must be current."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL

from renderer.device import Buffer, new_texture
from renderer.figure import Mesh
from renderer.gltf.model import Model
from renderer.looking import Look
from renderer.placement import Rectangle
from renderer.shaders import Program
from vrlive.frames import Picture
from vrlive.units import Size

Array = NDArray[np.float64]

_PLANES: Final = ("y_bare", "u_bare", "v_bare", "y_dressed", "u_dressed", "v_dressed")
HOLES: Final = 8  # as preview.frag has them
_NOWHERE: Final = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Ring:
    """Drawn on the floor around a garment: its middle in metres right of and behind the rig, its radius, and how deep the floor lies."""

    x: float
    z: float
    radius_m: float
    floor_m: float


@dataclass(frozen=True)
class Carried:
    """A garment that is drawn over the picture: its name, and its model to world matrix, (4, 4)."""

    name: str
    matrix: Array


class Viewport:
    """Draws into the window's own picture."""

    def __init__(self) -> None:
        self._sphere = Program("screen.vert", "preview.frag")
        self._carried = Program("carried.vert", "carried.frag")
        self._textures = {name: new_texture() for name in _PLANES}
        self._sizes: dict[str, tuple[int, ...]] = {}
        self._empty = GL.glGenVertexArrays(1)
        self._models: dict[str, list[tuple[Buffer, tuple[float, ...]]]] = {}

    def show(self, bare: Picture, dressed: Picture) -> None:
        """Take over a picture of the room, and the same with its garments."""
        for name, plane in zip(_PLANES, (*bare.planes, *dressed.planes), strict=True):
            GL.glBindTexture(GL.GL_TEXTURE_2D, self._textures[name])
            GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 1)
            height, width = plane.shape
            pixels = np.ascontiguousarray(plane)
            if self._sizes.get(name) != plane.shape:
                self._sizes[name] = plane.shape
                GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_WRAP_S, GL.GL_REPEAT)
                GL.glTexImage2D(GL.GL_TEXTURE_2D, 0, GL.GL_R8, width, height, 0, GL.GL_RED, GL.GL_UNSIGNED_BYTE, pixels)
            else:
                GL.glTexSubImage2D(GL.GL_TEXTURE_2D, 0, 0, 0, width, height, GL.GL_RED, GL.GL_UNSIGNED_BYTE, pixels)

    def load(self, name: str, model: Model, variant: str) -> None:
        """Bring a garment here, so that it can be carried."""
        parts = []
        for each in model.primitives:
            paint = model.materials[each.variants.get(variant, each.material)].base_colour[:3]
            parts.append((Buffer(Mesh(each.vertices, each.triangles)), paint))
        self._models[name] = parts

    def draw(self, look: Look, window: Size, *, ring: Ring | None, carried: Sequence[Carried], holes: Sequence[Rectangle]) -> None:
        """Draw a view of `window` pixels; where there are `holes`, the room without garments shows."""
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, 0)
        GL.glViewport(0, 0, *window)
        GL.glDisable(GL.GL_DEPTH_TEST)
        GL.glDisable(GL.GL_BLEND)
        slopes = look.slopes(window)
        for unit, name in enumerate(_PLANES):
            GL.glActiveTexture(GL.GL_TEXTURE0 + unit)
            GL.glBindTexture(GL.GL_TEXTURE_2D, self._textures[name])
        self._sphere.use(
            **{name: unit for unit, name in enumerate(_PLANES)},
            axes=look.axes,
            slopes=slopes,
            window=(float(window.width), float(window.height)),
            holes=_shares(holes),
            ring=(ring.x, ring.z, ring.radius_m, ring.floor_m) if ring else _NOWHERE,
        )
        GL.glBindVertexArray(self._empty)
        GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)
        GL.glEnable(GL.GL_DEPTH_TEST)
        GL.glDepthMask(True)
        GL.glClear(GL.GL_DEPTH_BUFFER_BIT)
        for each in carried:
            self._draw_carried(look, slopes, each)

    def _draw_carried(self, look: Look, slopes: tuple[float, float], carried: Carried) -> None:
        into = look.axes.T
        turn, offset = into @ carried.matrix[:3, :3], into @ carried.matrix[:3, 3]
        for buffer, paint in self._models.get(carried.name, ()):
            self._carried.use(turn=turn, offset=offset, slopes=slopes, paint=paint)
            buffer.draw()


def _shares(holes: Sequence[Rectangle]) -> Array:
    """Left, top, width and height of each as shares of the picture, (HOLES · 4,); those without a width are none."""
    shares = np.zeros((HOLES, 4))
    for number, hole in enumerate(holes[:HOLES]):
        width, height = hole.frame
        shares[number] = hole.column % width / width, hole.row / height, hole.width / width, hole.height / height
    return shares.reshape(-1)
