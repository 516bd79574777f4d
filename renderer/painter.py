"""Draws garments into their rectangles with OpenGL. The context of the calling thread must be current."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL

from renderer import device
from renderer.device import Buffer, Target
from renderer.figure import Figure, Ground
from renderer.gltf import Material, Slot
from renderer.gltf.model import COLOUR, COLOURED, TEXTURES
from renderer.light import Light
from renderer.placement import CUBE, TILE_WIDENING, Rectangle
from renderer.shaders import Program
from renderer.shadow import DIRECTIONS, TEXELS, light_directions, visibility
from renderer.steps import at_once
from renderer.surface import shares

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

_REFLECTIONS: Final = len(TEXTURES)  # texture units: the garment's own first
_SHARES: Final = _REFLECTIONS + 1
_AT_ONCE: Final = 6000  # triangles a step: about 8 ms in software
_CASTS_AT_ONCE: Final = 8  # hard shadows a step
_PLAIN: Final = Slot(0)

Draw = Callable[[dict[str, Any]], Iterator[None]]
"""Draws into the current target, in steps, with the uniforms of a view."""


@dataclass(frozen=True)
class Drawn:
    """A garment or its shadow, drawn.

    Attributes
    ----------
    pixels
        (height, width, 4) uint8 of the rectangle, top row first: gamma-coded R, G, B premultiplied with alpha, 0…255.
    distance_m
        (height, width) float32: how far away it is at each pixel.
    """

    pixels: Pixels
    distance_m: Floats


class Painter:
    """Everything that lies on the graphics device: programs, meshes, textures.

    Parameters
    ----------
    multisampling
        Let the device take four samples a pixel; otherwise pictures are drawn twice as large. By default what is cheaper here.
    """

    def __init__(self, *, multisampling: bool | None = None) -> None:
        self._hardware = not device.draws_in_software()
        self._multisampled = self._hardware if multisampling is None else multisampling
        self._garments: dict[frozenset[str], Program] = {}
        self._shadow = Program("garment.vert", "shadow.frag")
        self._cast = Program("cast.vert", "cast.frag")
        self._unfold = Program("screen.vert", "unfold.frag")
        self._resolve = {False: Program("screen.vert", "resolve.frag"), True: Program("screen.vert", "resolve_msaa.frag")}
        self._screen = GL.glGenVertexArrays(1)
        self._samplers: dict[tuple[Any, ...], int] = {}
        GL.glPixelStorei(GL.GL_PACK_ALIGNMENT, 1)
        GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 1)
        self._light, self._shares = device.new_texture(), device.new_texture()
        device.upload_floats(shares())
        device.check()

    def load(self, figure: Figure) -> "Loaded":
        """Bring a garment to the device, and draw the hard shadows it throws."""
        tinted = tuple(bool(np.any(each.vertices[:, COLOUR] != 1)) for each in figure.model.primitives)
        for material in figure.model.materials:
            for each in set(tinted):
                self._program(material, tinted=each)
        meshes = tuple(Buffer(mesh) for mesh in figure.meshes)
        textures = {(slot.image, name in COLOURED): 0 for each in figure.model.materials for name, slot in each.textures.items()}
        for image, coloured in textures:
            textures[image, coloured] = device.upload(figure.model.images[image], coloured=coloured)
        shades = tuple(
            Shade(Buffer(ground.mesh), at_once(self._hidden(figure, ground, meshes)), device.new_texture()) for ground in figure.grounds
        )
        return Loaded(figure, meshes, textures, shades, tinted)

    def pose(self, loaded: "Loaded", figure: Figure) -> "Generator[None, None, Loaded]":
        """Put the same garment on the device in another pose, in steps."""
        for buffer, mesh in zip(loaded.meshes, figure.meshes, strict=True):
            buffer.fill(mesh)
        yield
        shades = []
        before, grounds = loaded.figure, len(figure.grounds)
        now, then = ((each.shadow_reach_m, each.matrix[1, 3]) for each in (figure, before))
        stiff = figure.clip is None and np.allclose(now, then) and grounds == len(before.grounds)
        new = (Shade(Buffer(ground.mesh), np.empty(0, np.float32), device.new_texture()) for ground in figure.grounds[len(loaded.shades) :])
        for shade, ground in zip((*loaded.shades[:grounds], *new), figure.grounds, strict=True):
            shade.mesh.fill(ground.mesh)
            shades.append(shade if stiff else replace(shade, hidden=(yield from self._hidden(figure, ground, loaded.meshes))))
        return replace(loaded, figure=figure, shades=tuple(shades))

    def paint(self, loaded: "Loaded", variant: str, rectangle: Rectangle, light: Light) -> Generator[None, None, Drawn]:
        """Draw a garment in steps of a few milliseconds: a show has no more to spare at a frame. Nothing else is drawn meanwhile."""
        self._set_light(light)
        return (yield from self._sampled(loaded.figure, rectangle, lambda view: self._draw(loaded, variant, view)))

    def paint_shadow(self, loaded: "Loaded", number: int, rectangle: Rectangle, light: Light) -> Generator[None, None, Drawn]:
        """Draw a garment's shadow on one of its grounds: black, as opaque as the garment keeps light away from it."""
        shade = loaded.shades[number]
        seen = visibility(shade.hidden, light, loaded.figure.matrix[:3, :3])
        yield
        GL.glActiveTexture(GL.GL_TEXTURE0)
        GL.glBindTexture(GL.GL_TEXTURE_2D, shade.texture)
        GL.glTexImage2D(GL.GL_TEXTURE_2D, 0, GL.GL_R32F, TEXELS, TEXELS, 0, GL.GL_RED, GL.GL_FLOAT, seen)
        if rectangle.faces or number:  # a top has an edge that shows
            return (yield from self._sampled(loaded.figure, rectangle, lambda view: self._draw_shadow(shade, view)))
        target = Target(rectangle.width, rectangle.height, GL.GL_RGBA8, GL.GL_R32F)  # soft enough for one sample a pixel
        try:
            target.clear()
            GL.glDisable(GL.GL_DEPTH_TEST)
            yield from self._draw_shadow(shade, _view(loaded.figure, rectangle))
            return _fetched(target)
        finally:
            target.close()

    def _sampled(self, figure: Figure, rectangle: Rectangle, draw: "Draw") -> Generator[None, None, Drawn]:
        """Four samples a pixel of what `draw` draws in a view, averaged."""
        multisampled = self._multisampled and not rectangle.faces
        times = 1 if multisampled else 2
        slanted = not multisampled and not rectangle.faces
        width = rectangle.width * times + rectangle.height * slanted
        samples = Target(width, rectangle.height * times, GL.GL_RGBA16F, depth=True, multisampled=multisampled)
        try:
            samples.clear()
            GL.glEnable(GL.GL_DEPTH_TEST)
            if rectangle.faces:
                yield from self._fold(figure, rectangle, samples, draw)
            else:
                yield from draw(_view(figure, rectangle, slant=rectangle.height / rectangle.width / 2 * slanted))
            return self._resolved(samples, figure, rectangle, multisampled=multisampled, slanted=slanted)
        finally:
            samples.close()

    def _fold(self, figure: Figure, rectangle: Rectangle, samples: Target, draw: "Draw") -> Iterator[None]:
        """Draw the faces of the cube that an object is seen in, one after the other, and bend each onto the rectangle."""
        side = round(rectangle.frame.width * 2 / np.pi * TILE_WIDENING)
        yaw, pitch = rectangle.centre_rad
        origin = np.array([yaw + rectangle.yaw0_rad, pitch]) - rectangle.extent_rad
        step = 2 * np.array(rectangle.extent_rad) / (samples.width, samples.height)
        for face in rectangle.faces:
            tile = Target(side, side, GL.GL_RGBA16F, depth=True)
            try:
                tile.clear()
                GL.glEnable(GL.GL_DEPTH_TEST)
                yield from draw(_view(figure, rectangle, face))
                samples.make_current()
                self._unfold.use(samples=0, depths=1, origin=origin, pitch_of_samples=step, tile=CUBE[face], tile_widening=TILE_WIDENING)
                tile.bind(0)
                GL.glDepthFunc(GL.GL_ALWAYS)  # the test must be on for depth to be written
                self._fill()
                GL.glDepthFunc(GL.GL_LESS)
            finally:
                tile.close()
            yield

    def _draw(self, loaded: "Loaded", variant: str, view: dict[str, Any]) -> Iterator[None]:
        """Into the current target: what is opaque, then what is not, the farthest triangle first."""
        lit = {
            "irradiance": self._drawn.irradiance,
            "reflections": _REFLECTIONS,
            "shares": _SHARES,
            "last_level": float(len(self._drawn.reflections) - 1),
        }
        GL.glBlendFunc(GL.GL_ONE, GL.GL_ONE_MINUS_SRC_ALPHA)
        for number in loaded.figure.order(variant):
            material = loaded.figure.worn(number, variant)
            self._program(material, tinted=loaded.tinted[number]).use(**view, **lit, **self._wear(loaded, material))
            (GL.glEnable if material.alpha_mode == "blend" else GL.glDisable)(GL.GL_BLEND)
            mesh = loaded.meshes[number]
            for first in range(0, mesh.count, _AT_ONCE):
                mesh.draw(first, _AT_ONCE)
                GL.glFlush()
                yield
        GL.glDisable(GL.GL_BLEND)

    def _draw_shadow(self, shade: "Shade", view: dict[str, Any]) -> Iterator[None]:
        """Into the current target."""
        GL.glActiveTexture(GL.GL_TEXTURE0)
        GL.glBindSampler(0, 0)
        GL.glBindTexture(GL.GL_TEXTURE_2D, shade.texture)
        self._shadow.use(**view, visibility=0)
        GL.glDisable(GL.GL_CULL_FACE)
        GL.glDisable(GL.GL_BLEND)
        shade.mesh.draw()
        yield

    def _program(self, material: Material, *, tinted: bool) -> Program:
        """The shader that does what a material needs, and no more."""
        needs = frozenset([*features(material), *["VERTEX_COLOURS"] * tinted])
        if needs not in self._garments:
            self._garments[needs] = Program("garment.vert", "garment.frag", needs)
        return self._garments[needs]

    def _wear(self, loaded: "Loaded", material: Material) -> dict[str, Any]:
        """Bind a material's textures; its uniforms."""
        (GL.glDisable if material.double_sided else GL.glEnable)(GL.GL_CULL_FACE)
        for unit, name in enumerate(TEXTURES):
            if slot := material.textures.get(name):
                GL.glActiveTexture(GL.GL_TEXTURE0 + unit)
                GL.glBindTexture(GL.GL_TEXTURE_2D, loaded.textures[slot.image, name in COLOURED])
                GL.glBindSampler(unit, self._sampler(slot))
        slots = [material.textures.get(name, _PLAIN) for name in TEXTURES]
        return {
            **{f"{name}_map": unit for unit, name in enumerate(TEXTURES)},
            "second": [float(slot.coordinates) for slot in slots],
            "across": [slot.transform[0] for slot in slots],
            "down": [slot.transform[1] for slot in slots],
            "base_colour": material.base_colour,
            "emissive": material.emissive,
            "sheen_colour": material.sheen_colour,
            "sheen_roughness": material.sheen_roughness,
            "metallic": material.metallic,
            "roughness": material.roughness,
            "normal_scale": material.normal_scale,
            "occlusion_strength": material.occlusion_strength,
            "alpha_cutoff": material.alpha_cutoff or 0.0,
        }

    def _sampler(self, slot: Slot) -> int:
        kind = (slot.wrap, slot.smooth)
        if kind not in self._samplers:
            self._samplers[kind] = device.sampler(slot, slanted=self._hardware)
        return self._samplers[kind]

    def _set_light(self, light: Light) -> None:
        self._drawn = light
        GL.glActiveTexture(GL.GL_TEXTURE0 + _SHARES)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._shares)
        GL.glActiveTexture(GL.GL_TEXTURE0 + _REFLECTIONS)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._light)
        for level, image in enumerate(light.reflections):
            device.upload_floats(image, level)
        GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MAX_LEVEL, len(light.reflections) - 1)
        GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MIN_FILTER, GL.GL_LINEAR_MIPMAP_LINEAR)
        GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_WRAP_S, GL.GL_REPEAT)
        GL.glActiveTexture(GL.GL_TEXTURE0)  # what is made next must not take its place

    def _resolved(self, samples: Target, figure: Figure, rectangle: Rectangle, *, multisampled: bool, slanted: bool) -> Drawn:
        target = Target(rectangle.width, rectangle.height, GL.GL_RGBA8, GL.GL_R32F)
        try:
            samples.bind(0)
            self._resolve[multisampled].use(samples=0, depths=1, reach=_reach(figure), slanted=int(slanted))
            GL.glDisable(GL.GL_DEPTH_TEST)
            self._fill()
            return _fetched(target)
        finally:
            target.close()

    def _fill(self) -> None:
        """Run the current program at each pixel of the current target."""
        for unit in (0, 1):
            GL.glBindSampler(unit, 0)
        GL.glDisable(GL.GL_CULL_FACE)
        GL.glDisable(GL.GL_BLEND)
        GL.glBindVertexArray(self._screen)
        GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)

    def _hidden(self, figure: Figure, ground: Ground, meshes: tuple[Buffer, ...]) -> Generator[None, None, Floats]:
        """Where the garment hides each direction of light from a ground: (directions, texels, texels), in its own frame."""
        hidden = np.empty((DIRECTIONS, TEXELS, TEXELS), np.float32)
        target = Target(TEXELS, TEXELS, GL.GL_R32F)
        try:
            for number, (direction, image) in enumerate(zip(light_directions(), hidden, strict=True)):
                if number % _CASTS_AT_ONCE == 0:
                    yield
                    target.make_current()
                    GL.glDisable(GL.GL_DEPTH_TEST)
                    GL.glDisable(GL.GL_CULL_FACE)
                    self._cast.use(foot=ground.foot, reach=figure.shadow_reach_m, to_own=figure.matrix[:3, :3].T)
                target.clear()
                self._cast.use(towards_light=direction)
                for mesh in meshes:
                    mesh.draw()
                target.read(0, GL.GL_RED, GL.GL_FLOAT, image)
        finally:
            target.close()
        device.check()
        return hidden


@dataclass(frozen=True)
class Shade:
    """What a garment's shadow on one of its grounds is drawn from.

    Attributes
    ----------
    hidden
        (directions, texels, texels): where the garment hides each direction of light from it.
    """

    mesh: Buffer
    hidden: Floats
    texture: int


@dataclass(frozen=True)
class Loaded:
    """A figure on the device; `tinted` are those primitives whose vertices have colours."""

    figure: Figure
    meshes: tuple[Buffer, ...]
    textures: dict[tuple[int, bool], int]
    shades: tuple[Shade, ...]
    tinted: tuple[bool, ...]


def _fetched(target: Target) -> Drawn:
    pixels = np.empty((target.height, target.width, 4), np.uint8)
    distance_m = np.empty((target.height, target.width), np.float32)
    target.read(0, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, pixels)
    target.read(1, GL.GL_RED, GL.GL_FLOAT, distance_m)
    device.check()
    return Drawn(np.ascontiguousarray(pixels[::-1]), np.ascontiguousarray(distance_m[::-1]))


def features(material: Material) -> Iterator[str]:
    """What garment.frag has to do for a material: the macros that it is compiled with."""
    yield from (f"{name.upper()}_MAP" for name in material.textures)
    if max(material.sheen_colour) > 0:
        yield "SHEEN"
    if material.unlit:
        yield "UNLIT"
    if material.alpha_mode != "opaque":
        yield material.alpha_mode.upper()


def _view(figure: Figure, rectangle: Rectangle, face: int | None = None, slant: float = 0.0) -> dict[str, Any]:
    """Uniforms of view.glsl."""
    return {
        "yaw0": rectangle.yaw0_rad,
        "eye": rectangle.eye_m,
        "centre": rectangle.centre_rad,
        "extent": rectangle.extent_rad,
        "reach": _reach(figure),
        "flat_tile": int(face is not None),
        "slant": slant,
        "tile": CUBE[face or 0],
        "tile_widening": TILE_WIDENING,
    }


def _reach(figure: Figure) -> tuple[float, float]:
    farthest = float(np.linalg.norm(np.abs(figure.bounds).max(axis=0)))
    return 0.0, farthest + 2 * figure.shadow_reach_m
