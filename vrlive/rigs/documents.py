"""YAML and JSON files of other programs: plain values, each of which knows where it stands, so that a refusal can name it.

OpenCV writes a YAML of its own: a first line ``%YAML:1.0``, and the tag ``!!opencv-matrix``. No tag makes anything but lists and tables.
"""

import json
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from vrlive.errors import RigFileError

YAML_SUFFIXES = (".yaml", ".yml")
MAX_YAML_BYTES, MAX_JSON_BYTES = 500_000, 8_000_000  # the YAML reader takes seconds for a megabyte
MAX_NUMBERS = 64  # in one matrix: none of a camera's is larger
FARTHEST = 1e6  # no number of a sane camera is larger


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of a file.

    Attributes
    ----------
    path
        The file.
    where
        Dotted path of keys to it, such as ``cameras[1].camera_matrix``; empty for the whole file.
    value
        A table, a list, a number, a text, or nothing.
    """

    path: Path
    where: str
    value: object

    def fault(self, problem: str) -> RigFileError:
        """What to raise when the value is wrong."""
        return RigFileError(f"{self.path}: {self.where}: {problem}" if self.where else f"{self.path}: {problem}")

    def find(self, *names: str) -> "Entry | None":
        """The first of the `names` that a table holds, and that is not empty there."""
        if not isinstance(self.value, dict):
            return None
        found = next((name for name in names if self.value.get(name) is not None), None)
        return None if found is None else Entry(self.path, f"{self.where}.{found}".removeprefix("."), self.value[found])

    def need(self, *names: str, meaning: str) -> "Entry":
        """The same, if one must be there; `meaning` says what it is."""
        found = self.find(*names)
        if found is None:
            others = f" (or {', '.join(names[1:])})" if names[1:] else ""
            raise Entry(self.path, f"{self.where}.{names[0]}".removeprefix("."), None).fault(f"is missing{others}: {meaning}")
        return found

    def parts(self) -> "list[Entry]":
        """The elements of a list, or of a table in its order."""
        match self.value:
            case list():
                return [Entry(self.path, f"{self.where}[{place}]", value) for place, value in enumerate(self.value)]
            case dict():
                return [Entry(self.path, f"{self.where}.{key}".removeprefix("."), value) for key, value in self.value.items()]
        raise self.fault("must be a list")

    def text(self) -> str:
        """What is written there."""
        if not isinstance(self.value, str | int | float):
            raise self.fault("must be a word")
        return str(self.value)

    def number(self) -> float:
        """A number of reasonable size. YAML takes ``1e-3`` for a text."""
        try:
            value = float(self.value) if isinstance(self.value, str | int | float) else None
        except (ValueError, OverflowError):
            value = None
        if value is None:
            raise self.fault(f"must be a number, not {_shown(self.value)}")
        if not isfinite(value) or abs(value) > FARTHEST:
            raise self.fault(f"is {_shown(self.value)}; it must be a number of reasonable size")
        return value

    def numbers(self, *counts: int) -> list[float]:
        """As many numbers as one of the `counts`, from a list, a list of lists, or OpenCV's matrix, row by row."""
        data = self.find("data") or self
        rows = [] if isinstance(data.value, dict) else data.parts()
        flat = [part for row in rows[:MAX_NUMBERS] for part in (row.parts()[:MAX_NUMBERS] if isinstance(row.value, list) else [row])]
        if len(flat) not in counts:
            wanted = f"{', '.join(map(str, counts[:-1]))} or {counts[-1]}" if counts[1:] else str(counts[0])
            raise self.fault(f"holds {len(flat)} numbers; it must be {wanted}")
        return [part.number() for part in flat]


def read_document(path: Path) -> Entry:
    """Read a file of YAML if it ends so (.yaml, .yml), else of JSON.

    Raises
    ------
    RigFileError
        If it cannot be read, or is too large to be what we want.
    """
    is_json = path.suffix not in YAML_SUFFIXES
    limit = MAX_JSON_BYTES if is_json else MAX_YAML_BYTES
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as fault:
        raise RigFileError(f"{path}: cannot be read: {fault.strerror}") from fault
    if len(data) > limit:
        raise RigFileError(f"{path}: larger than {limit // 1000} kB; that is no calibration of cameras")
    text = data.decode("utf-8-sig", "replace")
    try:
        return Entry(path, "", json.loads(text) if is_json else _yaml(text))
    except RecursionError as fault:
        raise RigFileError(f"{path}: holds lists or tables inside each other that are too deep to read") from fault
    except (yaml.YAMLError, ValueError) as fault:
        raise RigFileError(f"{path}: is not {'JSON' if is_json else 'YAML'}: {' '.join(str(fault).split())}") from fault


class _Loader(yaml.SafeLoader):  # type: ignore[misc] # PyYAML has no types
    """Plain values only; what is written once stands once, so that a small file stays small."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError(f"*{self.peek_event().anchor} points to another place in the file; write it out")
        return super().compose_node(parent, index)


def _untagged(loader: _Loader, _: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else loader.construct_scalar(node)


_Loader.add_multi_constructor("tag:yaml.org,2002:opencv-", _untagged)


def _yaml(text: str) -> object:
    if text.startswith("%YAML:"):  # OpenCV before 5
        text = text.partition("\n")[2]
    return yaml.load(text, _Loader)  # noqa: S506 - a loader made from the safe one


def _shown(value: object) -> str:
    return f"“{str(value)[:40]}”" if isinstance(value, str | int | float) else "a list or table" if value is not None else "nothing"
