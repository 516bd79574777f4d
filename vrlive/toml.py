"""TOML files into typed models, with errors a person can act on."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from pydantic_core import ErrorDetails

from vrlive.errors import ConfigError, did_you_mean

MAX_BYTES = 8_000_000  # a rig with thousands of mask corners is far smaller


class Section(BaseModel):
    """A table of one of our TOML files: unknown keys are refused, values do not change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    @field_validator("*")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        if isinstance(value, str) and "\0" in value:
            raise ValueError("must not hold the character U+0000, which no name can have")
        return value


SectionT = TypeVar("SectionT", bound=Section)


def read_toml(path: Path, model: type[SectionT]) -> SectionT:
    """Read a TOML file into `model`.

    Raises
    ------
    ConfigError
        If the file is missing, too large, is not TOML, or does not fit the model; the first fault is named.
    """
    return parse(_load(path), model, path)


def read_toml_with_faults(path: Path, model: type[SectionT]) -> tuple[SectionT | None, list[ConfigError]]:
    """As `read_toml`, but with all faults instead of an error for the first one; None if there are any."""
    try:
        return model.model_validate(_load(path)), []
    except ConfigError as fault:
        return None, [fault]
    except ValidationError as fault:
        return None, [ConfigError(path, _dotted(each["loc"], model), _sentence(each, model)) for each in fault.errors()]


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_read(path))
    except tomllib.TOMLDecodeError as fault:
        raise ConfigError(path, "", f"is not TOML: {fault}") from fault
    except RecursionError as fault:
        raise ConfigError(path, "", "holds lists or tables inside each other that are too deep to read") from fault
    except ValueError as fault:  # Python converts no more than 4300 digits
        raise ConfigError(path, "", "holds a number that is too long to read") from fault


def parse(data: dict[str, Any], model: type[SectionT], path: Path) -> SectionT:
    """Validate TOML `data` that came from `path` (named in errors).

    Raises
    ------
    ConfigError
        For the first key or value that does not fit.
    """
    try:
        return model.model_validate(data)
    except ValidationError as fault:
        first = fault.errors()[0]
        raise ConfigError(path, _dotted(first["loc"], model), _sentence(first, model)) from None


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise ConfigError(path, "", f"cannot be read: {fault.strerror}") from fault
    if len(data) > MAX_BYTES:
        raise ConfigError(path, "", f"is larger than {MAX_BYTES // 1_000_000} MB; no file of ours is")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise ConfigError(path, "", "is not UTF-8 text") from fault


def _dotted(location: tuple[int | str, ...], model: type[Section]) -> str:
    """The key at `location`, without the names that pydantic gives to kinds of a table."""
    dotted = ""
    models: set[type[Section]] = {model}
    for number, part in enumerate(location):
        fields = [each.model_fields[part].annotation for each in models if isinstance(part, str) and part in each.model_fields]
        if isinstance(part, int):
            dotted += f"[{part}]"
        elif fields or not models or number == len(location) - 1:
            dotted += f".{part}"
            models = {found for each in fields for found in _sections(each)}
    return dotted.removeprefix(".")


def _sentence(fault: ErrorDetails, model: type[Section]) -> str:
    if fault["type"] == "missing":
        return "is missing"
    if fault["type"] == "extra_forbidden":
        known = sorted(_keys_at(model, fault["loc"][:-1]))
        hint = did_you_mean(str(fault["loc"][-1]), known, f"known here: {', '.join(known)}")
        return f"unknown key; {hint}"
    if fault["type"] == "union_tag_invalid":
        expected = fault["ctx"]["expected_tags"].replace("'", "")
        hint = did_you_mean(fault["ctx"]["tag"], expected.split(", "), f"there is: {expected}")
        return f"kind “{fault['ctx']['tag']}” is not known; {hint}"
    shown = repr(fault["input"])
    problem = f"{fault['msg'].removeprefix('Value error, ')} (got {shown if len(shown) <= 80 else shown[:77] + '…'})"
    words = re.findall(r"'([^']+)'", str(fault.get("ctx", {}).get("expected", "")))  # of a literal
    hint = did_you_mean(str(fault["input"]), words, "")
    return f"{problem}; {hint}" if hint else problem


def _keys_at(model: type[Section], location: tuple[int | str, ...]) -> Iterator[str]:
    """Keys that the table at `location` may hold."""
    models: set[type[Section]] = {model}
    for part in location:
        if isinstance(part, str) and any(part in each.model_fields for each in models):
            models = {found for each in models if part in each.model_fields for found in _sections(each.model_fields[part].annotation)}
    for each in models:
        yield from each.model_fields


def _sections(annotation: Any) -> Iterator[type[Section]]:
    """Every Section inside a type such as ``tuple[CameraConfig, ...] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _sections(inner)
