"""What is shipped: an sdist that carries the pages, and a wheel made from it without Node."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = Path("streaming/web/dist")
PLACES = {"vrlive": "vrlive", "renderer": "renderer", "streaming": "streaming", "shaders": "vrlive/shaders", "scenes": "vrlive/scenes"}
ASK = """
import renderer, streaming, vrlive
from vrlive import resources
for path in (resources.pages() / "index.html", resources.scenes(), resources.shaders(), *vrlive.__path__, *renderer.__path__):
    assert path and __import__("pathlib").Path(path).exists(), path
    print(path)
"""


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution of this checkout, whose pages `make setup` has built."""
    if not (ROOT / PAGES / "index.html").is_file():
        pytest.skip("the pages are not built (make web)")
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel made from the unpacked sdist, where PATH holds no Node and git is not asked."""
    source = tmp_path_factory.mktemp("source")
    with tarfile.open(sdist) as archive:
        archive.extractall(source, filter="data")
    (unpacked,) = source.iterdir()
    return build("wheel", unpacked, tmp_path_factory.mktemp("wheel"), PATH="/nowhere")


def build(target: str, source: Path, folder: Path, **environment: str) -> Path:
    """Run the build backend as an installer would; returns the one file that it wrote."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    done = subprocess.run(command, cwd=source, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.iterdir()
    return built


def expected_in_wheel() -> set[str]:
    """Paths that the wheel must hold beside its metadata: our packages, the data folders below vrlive/, the built pages."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *PLACES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = {Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}
    shipped = {name for name in names if not name.is_relative_to(PAGES.parent)}
    built = {path.relative_to(ROOT) for path in (ROOT / PAGES).rglob("*") if path.is_file()}
    return {"/".join((PLACES[name.parts[0]], *name.parts[1:])) for name in shipped | built}


def test_the_wheel_holds_exactly_what_it_should(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == expected_in_wheel()


def test_the_wheel_fits_any_platform(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")


def test_the_sdist_holds_what_the_house_needs_and_no_packages_of_others(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "hatch_build.py", "requirements.lock", "tests/test_packaging.py", "streaming/web/package-lock.json"} <= held
    assert not [name for name in held if "node_modules" in name or name.startswith((".venv", ".tools"))]


def test_an_installed_wheel_finds_its_pages_scenes_and_shaders(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    asked = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    assert all(line.startswith(str(tmp_path)) for line in asked.stdout.splitlines())
