"""The garment library: models that were imported, each in a folder of its own with what is known of it.

``~/.local/share/vrlive/garments/<name>/`` holds ``garment.glb`` and ``garment.toml``; a scene names the garment by `name`.
"""

import dataclasses
import re
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import tomli_w
from pydantic import TypeAdapter

from renderer.gltf.guard import read_guarded, read_untrusted
from renderer.gltf.lint import Facts, Finding, facts, lint
from renderer.gltf.repack import as_glb, shape_as_glb
from renderer.gltf.shapes import LACKING, SHAPES
from renderer.turntable import turntable
from vrlive import resources
from vrlive.capture.stills import write_picture
from vrlive.errors import InputError, UserError

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
LARGEST_SCALE: Final = 10_000.0


@dataclass(frozen=True)
class Examined:
    """A model's file, looked at.

    Attributes
    ----------
    path
        Where it lies: as it was given, or in the library.
    """

    path: Path
    facts: Facts
    findings: tuple[Finding, ...]


def examine(file: Path) -> Examined:
    """Look at a model's file, or at a garment of the library by its name.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    path = find(file)
    model = read_guarded(path)
    found = facts(model, path.stat().st_size)
    return Examined(path, found, (*_lacking(path.suffix.lower()), *lint(model, found)))


def import_garment(file: Path, name: str | None = None, *, scale: float = 1.0, replace: bool = False) -> Examined:
    """Take a model into the library.

    Parameters
    ----------
    name
        What scenes call it; made from the file's name when not given.
    scale
        How many times as large it becomes: 0.01 for what was exported in centimetres.
    replace
        Whether a garment of that name may be overwritten.

    Raises
    ------
    UserError
        If the file cannot be read, has a fault that is refused, or the name is taken.
    """
    called = name or slug(file.stem)
    if not NAME.fullmatch(called):
        raise UserError(f"“{called}” is no name for a garment; those are of a–z, 0–9 and -, up to 63: give one with --name")
    if not 1 / LARGEST_SCALE <= scale <= LARGEST_SCALE:
        raise UserError(f"--scale: {scale:g} is not between {1 / LARGEST_SCALE:g} and {LARGEST_SCALE:g}")
    if known(called) and not replace:
        raise UserError(f"there is a garment “{called}” already; give another --name, or --replace it")
    try:
        return take(_bytes(file), file.suffix.lower(), called, source=file.name, scale=scale)
    except InputError as fault:
        raise InputError(f"{file}: {fault}") from fault


def take(data: bytes, suffix: str, name: str, *, source: str, scale: float = 1.0) -> Examined:
    """Take a model's bytes into the library, in the place of what may be there.

    Parameters
    ----------
    suffix
        What kind of file it is, such as ``.glb``.
    name
        What scenes call it; as `NAME` has it.
    source
        Where it came from, for who asks later.

    Raises
    ------
    InputError
        If it cannot be read, or has a fault that is refused; without the file's name.
    """
    given, sent = read_untrusted(data, suffix), data
    data = shape_as_glb(given, scale) if suffix in SHAPES else as_glb(data, scale)
    model = given if data == sent else read_untrusted(data, ".glb")  # what will be drawn is what is judged
    found = facts(model, len(data))
    findings = (*_lacking(suffix), *lint(model, found))
    refused = [finding.text for finding in findings if finding.refused]
    if refused:
        raise InputError("; ".join(refused))
    folder = resources.garments() / name
    _write(folder, data, found, source)
    return Examined(folder / resources.GARMENT, found, findings)


@dataclass(frozen=True)
class Entry:
    """A garment of the library.

    Attributes
    ----------
    source
        The name of the file that it came from; empty if that is not known.
    facts
        None if nobody wrote them down.
    """

    name: str
    path: Path
    source: str = ""
    facts: Facts | None = None


def library() -> list[Entry]:
    """All garments of the library, by name."""
    folders = sorted(resources.garments().glob(f"*/{resources.GARMENT}"))
    return [_entry(path) for path in folders if NAME.fullmatch(path.parent.name)]


def known(name: str) -> bool:
    """Whether the library has a garment of that name."""
    return (resources.garments() / name).exists()


def remove(name: str) -> None:
    """Take a garment out of the library.

    Raises
    ------
    InputError
        If it cannot be.
    """
    folder = resources.garments() / name
    try:
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder.parent) as place:
            folder.rename(Path(place) / "removed")  # at once; what takes a while comes after
    except OSError as fault:
        raise InputError(f"{folder}: cannot be removed: {fault.strerror or fault}") from fault


def describe(examined: Examined) -> Iterator[str]:
    """What is known of a model, a line each."""
    found = examined.facts
    width, height, depth = found.size_m
    yield f"{examined.path}: {found.bytes / 1e6:.2f} MB"
    yield f"size        {width:g} m wide, {height:g} m high, {depth:g} m deep"
    yield f"triangles   {found.triangles} over {found.vertices} vertices"
    yield f"materials   {', '.join(found.materials) or 'none'}"
    yield f"textures    {', '.join(f'{across}x{down}' for across, down in found.textures) or 'none'}"
    yield f"variants    {', '.join(found.variants) or 'none'}"
    moving = [f"{name} ({seconds:g} s)" for name, seconds in found.animations]
    moving += [f"{found.joints} joints"] * (found.joints > 0) + [f"{found.morph_targets} morph targets"] * (found.morph_targets > 0)
    yield f"movement    {', '.join(moving) or 'none'}"
    for finding in examined.findings:
        yield f"{'refused' if finding.refused else 'warning'}     {finding.text}"


def draw(examined: Examined, to: Path, variant: str | None, clip: str | None = None) -> None:
    """Write a picture of a model from eight sides, or in eight moments of an animation.

    Raises
    ------
    UserError
        If it has no such variant or animation, cannot be drawn, or the picture cannot be written.
    RenderUnavailable
        If there is no usable OpenGL.
    """
    with tempfile.TemporaryDirectory() as place:
        model = examined.path
        if model.suffix.lower() in SHAPES:
            model = Path(place) / resources.GARMENT
            model.write_bytes(shape_as_glb(read_guarded(examined.path)))
        write_picture(turntable(model, examined.facts, variant, clip), to)


def find(file: Path) -> Path:
    """The path of a model's file: `file` itself, or that of the garment of the library that it names."""
    kept = resources.garments() / file.name / resources.GARMENT
    return kept if not file.suffix and file.parent == Path() and not file.exists() and kept.is_file() else file


def slug(text: str) -> str:
    """A name made from any words."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].strip("-")


def _entry(path: Path) -> Entry:
    try:
        kept = tomllib.loads((path.parent / "garment.toml").read_text("utf-8"))
        return Entry(path.parent.name, path, str(kept.pop("source")), TypeAdapter(Facts).validate_python(kept))
    except (OSError, ValueError, KeyError):
        return Entry(path.parent.name, path)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as fault:
        raise InputError(f"{file}: cannot be read: {fault.strerror or fault}") from fault


def _lacking(suffix: str) -> tuple[Finding, ...]:
    return (Finding(f"{suffix[1:].upper()} files carry no {LACKING}; a GLB does"),) if suffix in SHAPES else ()


def _write(folder: Path, data: bytes, found: Facts, source: str) -> None:
    """Whole or not at all."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as place:
            made = Path(place) / folder.name
            made.mkdir()
            (made / resources.GARMENT).write_bytes(data)
            (made / "garment.toml").write_text(tomli_w.dumps({"source": source, **dataclasses.asdict(found)}), "utf-8")
            if folder.exists():
                shutil.move(folder, Path(place) / "replaced")
            made.rename(folder)
    except OSError as fault:
        raise InputError(f"{folder}: cannot be written: {fault.strerror or fault}") from fault
