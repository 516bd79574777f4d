import os
import subprocess
import sys

import pytest

from renderer.context import INSTALL, Context, describe
from tests.checkout import ROOT

NO_DRIVER = {"__EGL_VENDOR_LIBRARY_DIRS": os.devnull}  # libglvnd then finds no vendor's library
TOO_OLD = {"MESA_GL_VERSION_OVERRIDE": "3.3"}  # Mesa then gives no context of 4.5
NO_LIBRARY = {"PYOPENGL_PLATFORM": "osmesa", "LD_LIBRARY_PATH": os.devnull}


def run_without_gl(program: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], env=os.environ | environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_core_context_comes_up_without_a_display() -> None:
    environment = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY"), "")
    program = (
        "from renderer.context import Context; context = Context(); context.make_current(); from OpenGL import GL;"
        "print(GL.glGetIntegerv(GL.GL_MAJOR_VERSION), GL.glGetIntegerv(GL.GL_MINOR_VERSION),"
        "GL.glGetIntegerv(GL.GL_CONTEXT_PROFILE_MASK) == GL.GL_CONTEXT_CORE_PROFILE_BIT)"
    )
    done = run_without_gl(program, environment)
    major, minor, core = done.stdout.split()
    assert (int(major), int(minor)) >= (4, 5)
    assert core == "True"


def test_it_tells_whose_opengl_it_is() -> None:
    told = describe()
    assert set(told) == {"vendor", "renderer", "version"}
    assert all(told.values())


def test_contexts_come_and_go_side_by_side() -> None:
    first, second = Context(), Context()
    first.close()
    second.make_current()
    second.close()
    second.close()


@pytest.mark.parametrize("environment", [NO_DRIVER, NO_LIBRARY, TOO_OLD])
def test_without_opengl_the_message_says_what_to_install(environment: dict[str, str]) -> None:
    program = (
        "from renderer.context import Context\nfrom vrlive.errors import RenderUnavailable\n"
        "try:\n    Context()\nexcept RenderUnavailable as fault:\n    print(fault)"
    )
    done = run_without_gl(program, environment)
    assert done.returncode == 0, done.stderr
    assert "Garments are left out" in done.stdout
    assert INSTALL in done.stdout
