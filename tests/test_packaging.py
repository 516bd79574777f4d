"""What is shipped: an sdist that carries the pages, and a wheel made from it without Node."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.checkout import ROOT, our_files

PAGES = Path("streaming/web/dist")
PLACES = {"vrlive": "vrlive", "renderer": "renderer", "streaming": "streaming", "shaders": "vrlive/shaders", "scenes": "vrlive/scenes"}
ASK = """
import renderer, streaming
from vrlive import resources
for path in (resources.pages() / "index.html", *resources.scenes().glob("*/scene.toml"), *resources.shaders().rglob("*.*")):
    assert path.is_file(), path
    print(path)
print(renderer.__file__, streaming.__file__, sep="\\n")
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
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Debian's 3.11.2 is older than filters
        archive.extractall(source)
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
    shipped = {name for name in our_files(*PLACES) if not name.is_relative_to(PAGES.parent)}
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
    found = asked.stdout.splitlines()
    assert len(found) > 4
    assert all(line.startswith(str(tmp_path)) for line in found)
