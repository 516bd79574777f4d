"""GLSL sources from shaders/, with ``#include "path"``, compiled and linked."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

import numpy as np
from OpenGL import GL

from vrlive import resources
from vrlive.errors import RenderUnavailable

_INCLUDE: Final = re.compile(r'^#include "([\w./]+)"$', re.MULTILINE)
_STAGES: Final = {".vert": GL.GL_VERTEX_SHADER, ".frag": GL.GL_FRAGMENT_SHADER}


@cache
def source(name: str) -> str:
    """GLSL of ``shaders/<name>``, each file it includes put in its place."""
    text = (resources.shaders() / name).read_text("utf-8")
    return _INCLUDE.sub(lambda found: source(found[1]), text)


def compile_shader(name: str, defined: Iterable[str] = ()) -> int:
    """Compile one shader, with the macros `defined`; its stage is told by the file's ending.

    Raises
    ------
    RenderUnavailable
        If the driver refuses it; the message has the driver's words.
    """
    shader = int(GL.glCreateShader(_STAGES[name[name.rindex(".") :]]))
    version, rest = source(name).split("\n", 1)
    GL.glShaderSource(shader, "\n".join([version, *(f"#define {macro}" for macro in sorted(defined)), "#line 2", rest]))
    GL.glCompileShader(shader)
    if not GL.glGetShaderiv(shader, GL.GL_COMPILE_STATUS):
        raise RenderUnavailable(f"this OpenGL driver refuses {name}: {_words(GL.glGetShaderInfoLog(shader))}")
    return shader


class Program:
    """A vertex and a fragment shader, linked."""

    def __init__(self, vertex: str, fragment: str, defined: Iterable[str] = ()) -> None:
        self._handle = GL.glCreateProgram()
        for name in (vertex, fragment):
            GL.glAttachShader(self._handle, compile_shader(name, defined))
        GL.glLinkProgram(self._handle)
        if not GL.glGetProgramiv(self._handle, GL.GL_LINK_STATUS):
            raise RenderUnavailable(
                f"this OpenGL driver cannot link {vertex} and {fragment}: {_words(GL.glGetProgramInfoLog(self._handle))}"
            )
        self._places: dict[str, int] = {}

    def use(self, **uniforms: Any) -> None:
        """Draw with this program from now on, its uniforms set: ints, floats or (2), (3), (4), (n), (n, 3) of them, (3, 3) matrices."""
        GL.glUseProgram(self._handle)
        for name, value in uniforms.items():
            if name not in self._places:
                self._places[name] = GL.glGetUniformLocation(self._handle, name)
            _set(self._places[name], value)


def _set(place: int, value: Any) -> None:
    if isinstance(value, int):
        GL.glUniform1i(place, value)
        return
    array = np.ascontiguousarray(value, np.float32)
    if array.shape == (3, 3):
        GL.glUniformMatrix3fv(place, 1, True, array)
    elif array.ndim == 2:
        GL.glUniform3fv(place, len(array), array)
    elif array.size > 4 or array.size == 1:
        GL.glUniform1fv(place, array.size, array)
    else:
        (GL.glUniform2fv, GL.glUniform3fv, GL.glUniform4fv)[array.size - 2](place, 1, array)


def _words(log: bytes | str) -> str:
    return (log.decode(errors="replace") if isinstance(log, bytes) else log).strip()
