"""The rules of the house that no linter knows."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checkout import ROOT, our_files

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

MB = 1_000_000
TOP_LEVEL = {
    "vrlive", "renderer", "streaming", "shaders", "scenes", "tests", "tools", "docs", "scripts", ".ci",
    "Containerfile", ".dockerignore", "Makefile", "README.md", "CHANGELOG.md",
    "pyproject.toml", "requirements.lock", "hatch_build.py", ".gitignore",
}  # fmt: skip
ONE_MACHINE = re.compile(r"/(?:home|Users|root|work|workspace)/\w")
REGISTRY = re.compile(
    r"https?://(?!json\.schemastore)[\w.-]*(?:pypi|npmjs|pythonhosted|artifactory|nexus|registry|mirror)[\w.-]*", re.IGNORECASE
)
PURE = ("projection", "stitch", "sync", "show")


def texts(*suffixes: str) -> Iterator[tuple[Path, str]]:
    """Our text files with one of the suffixes, and what they hold."""
    for path in our_files():
        if path.suffix in suffixes or path.name in suffixes:
            yield path, (ROOT / path).read_text("utf-8")


def test_the_top_level_is_the_one_in_the_map() -> None:
    assert {path.parts[0] for path in our_files()} <= TOP_LEVEL


def test_no_file_is_too_large_for_a_clone() -> None:
    limits = {".glb": 5 * MB}
    assert [str(path) for path in our_files() if (ROOT / path).stat().st_size > limits.get(path.suffix, MB)] == []


def test_no_file_names_a_folder_of_one_machine() -> None:
    kinds = (".py", ".ts", ".toml", ".md", ".json", ".sh", ".html", ".glsl", ".vert", ".frag", "Makefile", "run")
    named = [f"{path}: {found[0]}" for path, text in texts(*kinds) for found in ONE_MACHINE.finditer(text)]
    assert named == []


def test_lock_files_name_no_registry() -> None:
    named = [f"{path}: {found[0]}" for path, text in texts("requirements.lock", "package-lock.json") for found in REGISTRY.finditer(text)]
    assert named == []


def test_the_lock_holds_every_dependency() -> None:
    locked = {re.split(r"[=\s]", line, maxsplit=1)[0].lower() for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines()}
    wanted = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    assert {re.split(r"[<>=!~ \[;]", each, maxsplit=1)[0].lower() for each in wanted} <= locked


def test_the_changelog_tells_of_this_version() -> None:
    assert f"## {PROJECT['project']['version']}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_makefile_explains_its_at_most_ten_targets() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony
    targets = phony[1].split()
    assert len(targets) <= 10
    assert re.findall(r"^# make (\w+) ", makefile, re.MULTILINE) == targets


def test_every_module_has_its_place_in_the_layers() -> None:
    contract = PROJECT["tool"]["importlinter"]["contracts"][0]
    placed = {name.strip(" ()") for layer in contract["layers"] for name in layer.split("|")}
    modules = {f"vrlive.{path.stem}" for path in (ROOT / "vrlive").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert modules - {"vrlive.__init__"} <= placed


@pytest.mark.parametrize("package", PURE)
def test_a_pure_stage_draws_no_random_numbers_and_opens_no_file(package: str) -> None:
    """What import-linter cannot see: names below a package, and builtins."""
    impure = {"default_rng", "imread", "open", "print", "random", "read_bytes", "read_text", "write_bytes", "write_text"}
    found = []
    for path in (ROOT / "vrlive" / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            if name in impure:
                found.append(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}: {name}")
    assert found == []


@pytest.mark.parametrize("package", ["vrlive", "renderer", "streaming"])
def test_packages_are_marked_as_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_exceptions_to_a_linter_give_their_reason() -> None:
    bare = re.compile(r"# (?:noqa|type: ignore)[^\n#]*$")
    silent = [
        f"{path}:{number}"
        for path, text in texts(".py")
        for number, line in enumerate(text.splitlines(), 1)
        if (found := bare.search(line)) and not re.search(r" [-–—(] ?\w", found[0])
    ]
    assert silent == []
