"""Draws garments into their rectangles with OpenGL. The context of the calling thread must be current."""

import ctypes
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL

from renderer.figure import Figure, Mesh
from renderer.gltf import Material
from renderer.light import Light
from renderer.placement import Rectangle
from renderer.shaders import Program
from renderer.shadow import DIRECTIONS, TEXELS, light_directions, visibility
from vrlive.errors import RenderUnavailable

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

_MAPS: Final = ("base_colour", "metallic_roughness", "normal", "occlusion", "emissive")  # texture units 0 to 4
_COLOURED: Final = ("base_colour", "emissive")  # these maps are gamma-coded
_FLAT: Final = {"normal": (128, 128, 255, 255)}  # stands in for a map that a material lacks; otherwise white
_REFLECTIONS: Final = len(_MAPS)
_AT_ONCE: Final = 6000  # triangles a step: about 8 ms in software
_ATTRIBUTES: Final = ((3, 0), (3, 12), (4, 24), (4, 40))  # components and byte offset: position, normal, tangent, coordinates


class Painter:
    """Everything that lies on the graphics device: programs, meshes, textures."""

    def __init__(self) -> None:
        self._garment = Program("garment.vert", "garment.frag")
        self._shadow = Program("garment.vert", "shadow.frag")
        self._cast = Program("cast.vert", "cast.frag")
        self._resolve = Program("screen.vert", "resolve.frag")
        self._screen = GL.glGenVertexArrays(1)
        self._light = _texture()
        self._flat = {name: _upload(np.full((1, 1, 4), _FLAT.get(name, (255,) * 4), np.uint8), coloured=False) for name in _MAPS}
        GL.glPixelStorei(GL.GL_PACK_ALIGNMENT, 1)
        GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 1)

    def load(self, figure: Figure) -> "Loaded":
        """Bring a garment to the device, and draw the hard shadows it throws."""
        meshes = tuple(_Buffer(mesh) for mesh in figure.meshes)
        textures = {(image, name in _COLOURED): 0 for material in figure.model.materials for name, image in _images(material)}
        for image, coloured in textures:
            textures[image, coloured] = _upload(figure.model.images[image], coloured=coloured)
        return Loaded(figure, meshes, _Buffer(figure.floor), textures, self._hidden(figure, meshes), _texture())

    def paint(self, loaded: "Loaded", variant: str, rectangle: Rectangle, light: Light) -> Generator[None, None, Pixels]:
        """Draw a garment and its shadow in steps of a few milliseconds: a show has no more to spare at a frame.

        Nothing else is drawn meanwhile.

        Returns
        -------
        (height, width, 4) uint8 of the rectangle, top row first: gamma-coded R, G, B premultiplied with alpha, 0…255.
        """
        seen = visibility(loaded.hidden, light)
        yield
        size = (rectangle.width * 2, rectangle.height * 2)
        samples = _Target(*size, GL.GL_RGBA16F, depth=True)
        self._set_light(light)
        GL.glClearBufferfv(GL.GL_COLOR, 0, [0.0, 0.0, 0.0, 0.0])
        GL.glClearBufferfv(GL.GL_DEPTH, 0, [1.0])
        GL.glEnable(GL.GL_DEPTH_TEST)
        view = _view(loaded.figure, rectangle)
        self._draw_shadow(loaded, view, seen)
        yield from self._draw_garment(loaded, view, variant)
        pixels = self._resolved(samples, rectangle)
        samples.close()
        return pixels

    def _draw_shadow(self, loaded: "Loaded", view: dict[str, Any], seen: Floats) -> None:
        """First and without depth, so that the garment is always drawn over it."""
        GL.glActiveTexture(GL.GL_TEXTURE0)
        GL.glBindTexture(GL.GL_TEXTURE_2D, loaded.shadow)
        GL.glTexImage2D(GL.GL_TEXTURE_2D, 0, GL.GL_R32F, TEXELS, TEXELS, 0, GL.GL_RED, GL.GL_FLOAT, seen)
        self._shadow.use(**view, visibility=0)
        GL.glDepthMask(False)
        GL.glDisable(GL.GL_CULL_FACE)
        loaded.floor.draw()
        GL.glDepthMask(True)

    def _draw_garment(self, loaded: "Loaded", view: dict[str, Any], variant: str) -> Iterator[None]:
        self._garment.use(
            **view, irradiance=self._drawn.irradiance, reflections=_REFLECTIONS, last_level=float(len(self._drawn.reflections) - 1)
        )
        for number, mesh in enumerate(loaded.meshes):
            material = loaded.figure.model.materials[loaded.figure.material(number, variant)]
            self._wear(loaded, material)
            for first in range(0, mesh.count, _AT_ONCE):
                mesh.draw(first, _AT_ONCE)
                GL.glFlush()
                yield

    def _wear(self, loaded: "Loaded", material: Material) -> None:
        (GL.glDisable if material.double_sided else GL.glEnable)(GL.GL_CULL_FACE)
        second = []
        for unit, name in enumerate(_MAPS):
            slot = material.textures.get(name)
            GL.glActiveTexture(GL.GL_TEXTURE0 + unit)
            GL.glBindTexture(GL.GL_TEXTURE_2D, loaded.textures[slot.image, name in _COLOURED] if slot else self._flat[name])
            second.append(float(slot.coordinates) if slot else 0.0)
        self._garment.use(
            **{f"{name}_map": unit for unit, name in enumerate(_MAPS)},
            second=second,
            base_colour=material.base_colour,
            emissive=material.emissive,
            sheen_colour=material.sheen_colour,
            sheen_roughness=material.sheen_roughness,
            metallic=material.metallic,
            roughness=material.roughness,
            normal_scale=material.normal_scale,
            occlusion_strength=material.occlusion_strength,
            alpha_cutoff=-1.0 if material.alpha_cutoff is None else material.alpha_cutoff,
            unlit=int(material.unlit),
        )

    def _set_light(self, light: Light) -> None:
        self._drawn = light
        GL.glActiveTexture(GL.GL_TEXTURE0 + _REFLECTIONS)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._light)
        for level, image in enumerate(light.reflections):
            height, width, _ = image.shape
            GL.glTexImage2D(GL.GL_TEXTURE_2D, level, GL.GL_RGB16F, width, height, 0, GL.GL_RGB, GL.GL_FLOAT, np.ascontiguousarray(image))
        GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MAX_LEVEL, len(light.reflections) - 1)
        GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MIN_FILTER, GL.GL_LINEAR_MIPMAP_LINEAR)
        GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_WRAP_S, GL.GL_REPEAT)

    def _resolved(self, samples: "_Target", rectangle: Rectangle) -> Pixels:
        target = _Target(rectangle.width, rectangle.height, GL.GL_RGBA8, depth=False)
        GL.glActiveTexture(GL.GL_TEXTURE0)
        GL.glBindTexture(GL.GL_TEXTURE_2D, samples.colour)
        self._resolve.use(samples=0)
        GL.glDisable(GL.GL_DEPTH_TEST)
        GL.glDisable(GL.GL_CULL_FACE)
        GL.glBindVertexArray(self._screen)
        GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)
        pixels = np.empty((rectangle.height, rectangle.width, 4), np.uint8)
        GL.glReadPixels(0, 0, rectangle.width, rectangle.height, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, pixels)
        target.close()
        _check()
        return np.ascontiguousarray(pixels[::-1])

    def _hidden(self, figure: Figure, meshes: tuple["_Buffer", ...]) -> Floats:
        """Where the garment hides each direction of light from the floor: (directions, texels, texels)."""
        hidden = np.empty((DIRECTIONS, TEXELS, TEXELS), np.float32)
        target = _Target(TEXELS, TEXELS, GL.GL_R32F, depth=False)
        GL.glDisable(GL.GL_DEPTH_TEST)
        GL.glDisable(GL.GL_CULL_FACE)
        for direction, image in zip(light_directions(), hidden, strict=True):
            GL.glClearBufferfv(GL.GL_COLOR, 0, [0.0, 0.0, 0.0, 0.0])
            self._cast.use(towards_light=direction, foot=figure.foot, reach=figure.shadow_reach_m)
            for mesh in meshes:
                mesh.draw()
            GL.glReadPixels(0, 0, TEXELS, TEXELS, GL.GL_RED, GL.GL_FLOAT, image)
        target.close()
        _check()
        return hidden


@dataclass(frozen=True)
class Loaded:
    """A figure on the device."""

    figure: Figure
    meshes: tuple["_Buffer", ...]
    floor: "_Buffer"
    textures: dict[tuple[int, bool], int]
    hidden: Floats
    shadow: int


class _Buffer:
    """A mesh on the device."""

    def __init__(self, mesh: Mesh) -> None:
        self.count = len(mesh.triangles)
        self._handle = GL.glGenVertexArrays(1)
        GL.glBindVertexArray(self._handle)
        for target, data in ((GL.GL_ARRAY_BUFFER, mesh.vertices), (GL.GL_ELEMENT_ARRAY_BUFFER, mesh.triangles)):
            GL.glBindBuffer(target, GL.glGenBuffers(1))
            GL.glBufferData(target, data.nbytes, np.ascontiguousarray(data), GL.GL_STATIC_DRAW)
        for place, (components, offset) in enumerate(_ATTRIBUTES):
            GL.glEnableVertexAttribArray(place)
            GL.glVertexAttribPointer(place, components, GL.GL_FLOAT, False, mesh.vertices.shape[1] * 4, ctypes.c_void_p(offset))

    def draw(self, first: int = 0, most: int | None = None) -> None:
        """Draw its triangles, or some of them."""
        number = min(self.count - first, self.count if most is None else most)
        GL.glBindVertexArray(self._handle)
        GL.glDrawElements(GL.GL_TRIANGLES, number * 3, GL.GL_UNSIGNED_INT, ctypes.c_void_p(first * 12))


class _Target:
    """A picture to draw into, made current."""

    def __init__(self, width: int, height: int, form: int, *, depth: bool) -> None:
        self._frame = GL.glGenFramebuffers(1)
        self._depth = GL.glGenRenderbuffers(1)
        self.colour = _texture()
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._frame)
        GL.glTexStorage2D(GL.GL_TEXTURE_2D, 1, form, width, height)
        GL.glFramebufferTexture2D(GL.GL_FRAMEBUFFER, GL.GL_COLOR_ATTACHMENT0, GL.GL_TEXTURE_2D, self.colour, 0)
        if depth:
            GL.glBindRenderbuffer(GL.GL_RENDERBUFFER, self._depth)
            GL.glRenderbufferStorage(GL.GL_RENDERBUFFER, GL.GL_DEPTH_COMPONENT24, width, height)
            GL.glFramebufferRenderbuffer(GL.GL_FRAMEBUFFER, GL.GL_DEPTH_ATTACHMENT, GL.GL_RENDERBUFFER, self._depth)
        if GL.glCheckFramebufferStatus(GL.GL_FRAMEBUFFER) != GL.GL_FRAMEBUFFER_COMPLETE:
            raise RenderUnavailable(f"this OpenGL driver cannot draw into a picture of {width}x{height}")
        GL.glViewport(0, 0, width, height)

    def close(self) -> None:
        GL.glDeleteFramebuffers(1, [self._frame])
        GL.glDeleteRenderbuffers(1, [self._depth])
        GL.glDeleteTextures(1, [self.colour])


def _view(figure: Figure, rectangle: Rectangle) -> dict[str, Any]:
    farthest = float(np.linalg.norm(np.abs(figure.bounds).max(axis=0)))
    return {
        "yaw0": rectangle.yaw0_rad,
        "centre": rectangle.centre_rad,
        "extent": rectangle.extent_rad,
        "reach": (0.0, farthest + figure.shadow_reach_m),
    }


def _images(material: Material) -> list[tuple[str, int]]:
    return [(name, slot.image) for name, slot in material.textures.items()]


def _texture() -> int:
    texture = int(GL.glGenTextures(1))
    GL.glBindTexture(GL.GL_TEXTURE_2D, texture)
    for name, value in (
        (GL.GL_TEXTURE_MIN_FILTER, GL.GL_LINEAR),
        (GL.GL_TEXTURE_MAG_FILTER, GL.GL_LINEAR),
        (GL.GL_TEXTURE_WRAP_S, GL.GL_CLAMP_TO_EDGE),
        (GL.GL_TEXTURE_WRAP_T, GL.GL_CLAMP_TO_EDGE),
    ):
        GL.glTexParameteri(GL.GL_TEXTURE_2D, name, value)
    return texture


def _upload(pixels: Pixels, *, coloured: bool) -> int:
    texture = _texture()
    height, width, _ = pixels.shape
    form = GL.GL_SRGB8_ALPHA8 if coloured else GL.GL_RGBA8
    GL.glTexImage2D(GL.GL_TEXTURE_2D, 0, form, width, height, 0, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, np.ascontiguousarray(pixels))
    GL.glGenerateMipmap(GL.GL_TEXTURE_2D)
    GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MIN_FILTER, GL.GL_LINEAR_MIPMAP_LINEAR)
    for name in (GL.GL_TEXTURE_WRAP_S, GL.GL_TEXTURE_WRAP_T):
        GL.glTexParameteri(GL.GL_TEXTURE_2D, name, GL.GL_REPEAT)
    return texture


def _check() -> None:
    fault = GL.glGetError()
    if fault != GL.GL_NO_ERROR:
        raise RenderUnavailable(f"OpenGL failed with error {fault:#06x}")
