"""A window on the desktop that OpenGL draws in."""

from typing import Any

from vrlive.errors import RenderUnavailable, UserError
from vrlive.units import Size


def open_window(size: Size) -> tuple[Any, Any]:
    """The glfw module and a window whose OpenGL 4.5 context, made by EGL as all of ours, is current.

    Raises
    ------
    UserError
        If there is no display.
    RenderUnavailable
        If it has no usable OpenGL.
    """
    try:
        import glfw  # noqa: PLC0415 - it brings a library along that looks for a display
    except ImportError as fault:
        raise RenderUnavailable(f"no window can be opened: {fault}") from fault
    glfw.ERROR_REPORTING = "ignore"  # they are asked for below
    if not glfw.init():
        raise UserError(
            "preview: there is no display to open a window on; run it on a desktop, or forward one to here (ssh -X), "
            "or draw a picture with “vrlive scene render”"
        )
    for hint, value in (
        (glfw.CONTEXT_CREATION_API, glfw.EGL_CONTEXT_API),
        (glfw.CONTEXT_VERSION_MAJOR, 4),
        (glfw.CONTEXT_VERSION_MINOR, 5),
        (glfw.OPENGL_PROFILE, glfw.OPENGL_CORE_PROFILE),
    ):
        glfw.window_hint(hint, value)
    window = glfw.create_window(size.width, size.height, "vrlive", None, None)
    if not window:
        words: Any = glfw.get_error()[1]  # bytes, whatever its stub says
        glfw.terminate()
        reason = words.decode(errors="replace") if words else "the display gives none"
        raise RenderUnavailable(f"no window with OpenGL 4.5 can be opened here: {reason}")
    glfw.make_context_current(window)
    glfw.swap_interval(1)
    return glfw, window
