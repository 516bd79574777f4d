"""What lies on the graphics device: meshes, textures, and pictures to draw into. The context of the calling thread must be current."""

import ctypes
from typing import Final

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL

from renderer.figure import Mesh
from renderer.gltf import Slot
from vrlive.errors import RenderUnavailable

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

SAMPLES: Final = 4  # a pixel
_ATTRIBUTES: Final = ((3, 0), (3, 12), (4, 24), (4, 40), (4, 56))  # components, byte offset: position, normal, tangent, coordinates, colour
_WRAPS: Final = {"repeat": GL.GL_REPEAT, "mirror": GL.GL_MIRRORED_REPEAT, "clamp": GL.GL_CLAMP_TO_EDGE}
_SOFTWARE: Final = ("llvmpipe", "softpipe", "swrast", "software")


def draws_in_software() -> bool:
    """Whether there is no graphics card behind the context: then drawing twice as large is cheaper than multisampling."""
    return any(name in GL.glGetString(GL.GL_RENDERER).decode().lower() for name in _SOFTWARE)


def check() -> None:
    """RenderUnavailable if OpenGL failed or lost its context since the last call."""
    fault, reset = GL.glGetError(), GL.glGetGraphicsResetStatus()
    if reset != GL.GL_NO_ERROR:
        raise RenderUnavailable(f"the graphics card was reset ({reset:#06x})")
    if fault != GL.GL_NO_ERROR:
        raise RenderUnavailable(f"OpenGL failed with error {fault:#06x}")


class Buffer:
    """A mesh on the device."""

    def __init__(self, mesh: Mesh) -> None:
        self._handle = GL.glGenVertexArrays(1)
        self._buffers = GL.glGenBuffers(2)
        self.fill(mesh)
        for place, (components, offset) in enumerate(_ATTRIBUTES):
            GL.glEnableVertexAttribArray(place)
            GL.glVertexAttribPointer(place, components, GL.GL_FLOAT, False, mesh.vertices.shape[1] * 4, ctypes.c_void_p(offset))

    def fill(self, mesh: Mesh) -> None:
        """Put a mesh in it, or another pose of the one that is there."""
        self.count = len(mesh.triangles)
        GL.glBindVertexArray(self._handle)
        for target, buffer, data in zip(
            (GL.GL_ARRAY_BUFFER, GL.GL_ELEMENT_ARRAY_BUFFER), self._buffers, (mesh.vertices, mesh.triangles), strict=True
        ):
            GL.glBindBuffer(target, buffer)
            GL.glBufferData(target, data.nbytes, np.ascontiguousarray(data), GL.GL_STATIC_DRAW)

    def draw(self, first: int = 0, most: int | None = None) -> None:
        """Draw its triangles, or some of them."""
        number = min(self.count - first, self.count if most is None else most)
        GL.glBindVertexArray(self._handle)
        GL.glDrawElements(GL.GL_TRIANGLES, number * 3, GL.GL_UNSIGNED_INT, ctypes.c_void_p(first * 12))


class Target:
    """Pictures to draw into, made current: one for each of `forms`, and with depth that can be read if wanted."""

    def __init__(self, width: int, height: int, *forms: int, depth: bool = False, multisampled: bool = False) -> None:
        self.width, self.height = width, height
        self._frame = GL.glGenFramebuffers(1)
        self._kind = GL.GL_TEXTURE_2D_MULTISAMPLE if multisampled else GL.GL_TEXTURE_2D
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._frame)
        self.colours = [self._attach(form, GL.GL_COLOR_ATTACHMENT0 + number) for number, form in enumerate(forms)]
        self.depth = self._attach(GL.GL_DEPTH_COMPONENT32F, GL.GL_DEPTH_ATTACHMENT) if depth else 0
        GL.glDrawBuffers(len(forms), [GL.GL_COLOR_ATTACHMENT0 + number for number in range(len(forms))])
        if GL.glCheckFramebufferStatus(GL.GL_FRAMEBUFFER) != GL.GL_FRAMEBUFFER_COMPLETE:
            self.close()
            raise RenderUnavailable(f"this OpenGL driver cannot draw into a picture of {width}x{height}")
        GL.glViewport(0, 0, width, height)

    def make_current(self) -> None:
        """Draw into it from now on."""
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._frame)
        GL.glViewport(0, 0, self.width, self.height)

    def clear(self) -> None:
        """Nothing in it, and that infinitely far away."""
        for number in range(len(self.colours)):
            GL.glClearBufferfv(GL.GL_COLOR, number, [0.0, 0.0, 0.0, 0.0])
        if self.depth:
            GL.glDepthMask(True)
            GL.glClearBufferfv(GL.GL_DEPTH, 0, [1.0])

    def bind(self, unit: int) -> None:
        """Its first picture and its depth as textures `unit` and `unit` + 1."""
        for number, texture in enumerate((self.colours[0], self.depth)):
            GL.glActiveTexture(GL.GL_TEXTURE0 + unit + number)
            GL.glBindTexture(self._kind, texture)

    def read(self, number: int, form: int, kind: int, values: NDArray[np.generic]) -> None:
        """Fetch a picture into `values`, the bottom row first."""
        GL.glReadBuffer(GL.GL_COLOR_ATTACHMENT0 + number)
        GL.glReadPixels(0, 0, self.width, self.height, form, kind, values)

    def close(self) -> None:
        """Free it."""
        GL.glDeleteFramebuffers(1, [self._frame])
        GL.glDeleteTextures(len(self.colours) + 1, [*self.colours, self.depth])

    def _attach(self, form: int, place: int) -> int:
        if self._kind == GL.GL_TEXTURE_2D:
            texture = new_texture()
            GL.glTexStorage2D(GL.GL_TEXTURE_2D, 1, form, self.width, self.height)
        else:
            texture = int(GL.glGenTextures(1))
            GL.glBindTexture(self._kind, texture)
            GL.glTexStorage2DMultisample(self._kind, SAMPLES, form, self.width, self.height, True)
        GL.glFramebufferTexture2D(GL.GL_FRAMEBUFFER, place, self._kind, texture, 0)
        return texture


def new_texture() -> int:
    """An empty texture, bound, smooth and clamped to its edges."""
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


def upload(pixels: Pixels, *, coloured: bool) -> int:
    """A garment's texture, (height, width, 4), with its smaller levels."""
    texture = new_texture()
    height, width, _ = pixels.shape
    form = GL.GL_SRGB8_ALPHA8 if coloured else GL.GL_RGBA8
    GL.glTexImage2D(GL.GL_TEXTURE_2D, 0, form, width, height, 0, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, np.ascontiguousarray(pixels))
    GL.glGenerateMipmap(GL.GL_TEXTURE_2D)
    return texture


def upload_floats(values: Floats, level: int = 0) -> None:
    """(height, width, 3) into a level of the bound texture."""
    height, width, _ = values.shape
    GL.glTexImage2D(GL.GL_TEXTURE_2D, level, GL.GL_RGB16F, width, height, 0, GL.GL_RGB, GL.GL_FLOAT, np.ascontiguousarray(values))


def sampler(slot: Slot, *, slanted: bool) -> int:
    """How a slot's texture is looked up; sharp where it is seen at a slant, if wanted: in software that takes too long."""
    made = int(GL.glGenSamplers(1))
    GL.glSamplerParameteri(made, GL.GL_TEXTURE_MIN_FILTER, GL.GL_LINEAR_MIPMAP_LINEAR)
    GL.glSamplerParameteri(made, GL.GL_TEXTURE_MAG_FILTER, GL.GL_LINEAR if slot.smooth else GL.GL_NEAREST)
    if slanted:
        GL.glSamplerParameterf(made, GL.GL_TEXTURE_MAX_ANISOTROPY, 4.0)
    GL.glSamplerParameteri(made, GL.GL_TEXTURE_WRAP_S, _WRAPS[slot.wrap[0]])
    GL.glSamplerParameteri(made, GL.GL_TEXTURE_WRAP_T, _WRAPS[slot.wrap[1]])
    return made
