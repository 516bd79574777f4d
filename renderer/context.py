"""An OpenGL context of our own without a window: EGL on a device, or else surfaceless.

Sources: EGL_EXT_device_enumeration, EGL_EXT_device_query, EGL_EXT_platform_device, EGL_MESA_platform_surfaceless, EGL_KHR_create_context.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from vrlive.errors import RenderUnavailable

os.environ.setdefault("PYOPENGL_PLATFORM", "egl")  # PyOpenGL reads it once, at its first import
os.environ.setdefault("LP_NUM_THREADS", "1")  # software OpenGL must not fight the stitcher for cores

INSTALL: Final = "sudo apt-get install --no-install-recommends libegl1 libegl-mesa0 libgl1-mesa-dri libgl1"

_DEVICE: Final = 0x313F  # EGL_PLATFORM_DEVICE_EXT
_SURFACELESS: Final = 0x31DD  # EGL_PLATFORM_SURFACELESS_MESA; PyOpenGL has no module for it
_VERSION: Final = (4, 5)
_TELLS_OF_RESETS: Final = (0x31BD, 0x31BF)  # EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY, EGL_LOSE_CONTEXT_ON_RESET: EGL 1.5


class Context:
    """An OpenGL 4.5 core context for one thread.

    Raises
    ------
    RenderUnavailable
        If no display of this machine gives one; the message holds the command that installs what is missing.
    """

    def __init__(self) -> None:
        self._egl = _import_egl()
        for display in _displays(self._egl):
            handle = _create(self._egl, display)
            if handle is not None:
                self._display, self._handle = display, handle
                return
        raise _unavailable("no EGL display gives an OpenGL 4.5 core context")

    def make_current(self) -> None:
        """Direct the calling thread's OpenGL calls to this context."""
        none = self._egl.EGL_NO_SURFACE
        try:
            if self._handle is not None and self._egl.eglMakeCurrent(self._display, none, none, self._handle):
                return
        except self._egl.EGLError as fault:
            raise RenderUnavailable("the OpenGL context was lost") from fault
        raise RenderUnavailable("the OpenGL context was lost")

    def close(self) -> None:
        """Free the context and all that was made in it. The display is shared with others and stays."""
        if self._handle is not None:
            egl = self._egl
            handle, self._handle = self._handle, None
            with suppress(egl.EGLError):  # a lost context cannot always be left in order
                egl.eglMakeCurrent(self._display, egl.EGL_NO_SURFACE, egl.EGL_NO_SURFACE, egl.EGL_NO_CONTEXT)
                egl.eglDestroyContext(self._display, handle)


def describe() -> dict[str, str]:
    """Vendor, renderer and version of the OpenGL that garments would be drawn with.

    Raises
    ------
    RenderUnavailable
        If there is none.
    """
    context = Context()
    try:
        context.make_current()
        from OpenGL import GL  # noqa: PLC0415 - it must not be imported before EGL was found

        names = {"vendor": GL.GL_VENDOR, "renderer": GL.GL_RENDERER, "version": GL.GL_VERSION}
        return {key: GL.glGetString(name).decode() for key, name in names.items()}
    finally:
        context.close()


def _import_egl() -> Any:
    try:
        from OpenGL import EGL, _configflags  # noqa: PLC0415 - the message on what to install must come from here, not from an import
        from OpenGL.EGL.EXT import device_base, platform_base  # noqa: F401, PLC0415 - looked up by _displays

        _configflags.ERROR_CHECKING = False  # after EGL: its own modules break without; we ask glGetError ourselves
        from OpenGL import GL  # noqa: F401, PLC0415 - it must load before anything relies on it
    except (ImportError, AttributeError, OSError) as fault:
        raise _unavailable(f"libEGL cannot be loaded ({fault})") from fault
    return EGL


def _displays(egl: Any) -> Iterator[Any]:
    """Initialised displays: hardware first, then software devices, then the surfaceless platform."""
    from OpenGL.EGL.EXT.platform_base import eglGetPlatformDisplayEXT  # noqa: PLC0415 - EGL may be missing

    devices = [(_DEVICE, device) for device in _devices(egl)]
    for platform, native in [*devices, (_SURFACELESS, ctypes.c_void_p(0))]:
        major, minor = egl.EGLint(), egl.EGLint()
        try:
            display = eglGetPlatformDisplayEXT(platform, native, None)
            if display and egl.eglInitialize(display, major, minor):
                yield display
        except egl.EGLError:
            continue  # the next one may work; when none does, that is reported


def _devices(egl: Any) -> list[Any]:
    from OpenGL.EGL.EXT.device_base import eglQueryDevicesEXT, eglQueryDeviceStringEXT  # noqa: PLC0415 - EGL may be missing

    try:
        count = egl.EGLint()
        eglQueryDevicesEXT(0, None, count)
        found = (egl.EGLDeviceEXT * count.value)()
        eglQueryDevicesEXT(count.value, found, count)
        return sorted(found[: count.value], key=lambda device: b"software" in (eglQueryDeviceStringEXT(device, egl.EGL_EXTENSIONS) or b""))
    except (egl.EGLError, AttributeError, TypeError):
        return []  # a libEGL without device enumeration: the surfaceless platform is left


def _create(egl: Any, display: Any) -> Any | None:
    wanted = [egl.EGL_SURFACE_TYPE, egl.EGL_PBUFFER_BIT, egl.EGL_RENDERABLE_TYPE, egl.EGL_OPENGL_BIT, egl.EGL_NONE]
    core = egl.EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT
    version = [egl.EGL_CONTEXT_MAJOR_VERSION, _VERSION[0], egl.EGL_CONTEXT_MINOR_VERSION, _VERSION[1]]
    attributes = [*version, egl.EGL_CONTEXT_OPENGL_PROFILE_MASK, core, egl.EGL_NONE]
    configs, count = (egl.EGLConfig * 1)(), egl.EGLint()
    for asked in ([*version, *_TELLS_OF_RESETS, *attributes[4:]], attributes):  # a driver may be too old for the first
        try:
            egl.eglBindAPI(egl.EGL_OPENGL_API)
            if not egl.eglChooseConfig(display, (egl.EGLint * len(wanted))(*wanted), configs, 1, count) or not count.value:
                return None
            return egl.eglCreateContext(display, configs[0], egl.EGL_NO_CONTEXT, (egl.EGLint * len(asked))(*asked)) or None
        except egl.EGLError:
            continue
    return None


def _unavailable(reason: str) -> RenderUnavailable:
    return RenderUnavailable(f"OpenGL cannot be used: {reason}. Garments are left out. To install what draws them: {INSTALL}")
