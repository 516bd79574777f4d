"""Garments moved by hand: their new place, and scene.toml written with it, its comments and its order kept.

A garment keeps the kind of place that it has: bearing and distance, or a position. Its own turn counts from facing the viewer, so that one
that is carried around the viewer goes on facing them as it did.
"""

import math
import os
import tempfile
from pathlib import Path
from typing import Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from vrlive.errors import ConfigError
from vrlive.show.scene import Garment, Scene, position

NEAREST_M: Final = 0.3  # nearer to the rig a garment cannot be seen whole …
FARTHEST_M: Final = 30.0  # … and farther away the floor is too flat to point at
_PLACE: Final = ("position_m", "bearing_deg", "distance_m", "height_m", "turn_deg")


def moved_to(garment: Garment, floor_m: float, x: float, z: float) -> Garment:
    """The garment with its origin over another point of the floor, metres right of and behind the rig, as high as before.

    A point too near or too far is taken to the nearest that is allowed, in the same direction.
    """
    away = math.hypot(x, z)
    wanted = min(max(away, NEAREST_M), FARTHEST_M)
    bearing = math.atan2(x, -z)
    if garment.position_m is None:
        return garment.model_copy(update={"bearing_deg": round(math.degrees(bearing), 1), "distance_m": round(wanted, 2)})
    height = float(position(garment, floor_m)[1])
    where = (round(math.sin(bearing) * wanted, 2), height, round(-math.cos(bearing) * wanted, 2))
    return garment.model_copy(update={"position_m": where})


def turned_by(garment: Garment, degrees: float) -> Garment:
    """The garment turned clockwise, seen from above; its turn stays in −180…180."""
    turn = (garment.turn_deg + degrees + 180.0) % 360.0 - 180.0
    return garment.model_copy(update={"turn_deg": round(turn, 1)})


def with_garment(scene: Scene, garment: Garment) -> Scene:
    """The scene with `garment` in the place of the one of its name."""
    return scene.model_copy(update={"garment": tuple(garment if each.name == garment.name else each for each in scene.garment)})


def restaged(text: str, before: Scene, after: Scene) -> str:
    """The text of scene.toml with the places of `after`; all else, comments and order too, stays as it is.

    Parameters
    ----------
    text
        TOML whose garments are those of `before`, in that order.
    before, after
        The scene as it was read, and as it is now.
    """
    document = tomlkit.parse(text)
    tables: Any = document.get("garment", ())
    for table, was, now in zip(tables, before.garment, after.garment, strict=True):
        assert table["name"] == was.name == now.name
        for key in _PLACE:
            value = getattr(now, key)
            if value != getattr(was, key):
                _put(table, key, value)
    return tomlkit.dumps(document)


def save_scene(source: Path, before: Scene, after: Scene, to: Path) -> None:
    """Write the scene as it is now: whole or not at all, and the file that was there is kept beside it as ``.bak``.

    Parameters
    ----------
    source
        The scene.toml that `before` was read from.
    to
        The same, or where else to write; then paths of models and masks are written so that they are found from there.

    Raises
    ------
    ConfigError
        If the file was changed by somebody else, or it cannot be written.
    """
    try:
        text = source.read_text("utf-8")
        text = restaged(text, before, after)
        if to.resolve().parent != source.resolve().parent:
            text = _moved_away(text, source.resolve().parent, to.resolve().parent)
        _write(to, text)
    except (TOMLKitError, AssertionError, ValueError) as fault:
        raise ConfigError(source, "garment", "was changed while the preview was open; its garments are others now") from fault
    except OSError as fault:
        raise ConfigError(to, "", f"cannot be written: {fault.strerror or fault}") from fault


def _put(table: Any, key: str, value: Any) -> None:
    """Change a value where it stands, so that its comment stays behind it."""
    if isinstance(value, tuple):
        value = list(value)
    table[key] = value


def _moved_away(text: str, here: Path, there: Path) -> str:
    document = tomlkit.parse(text)
    for tables, key in (("garment", "model"), ("occluder", "mask")):
        found: Any = document.get(tables, ())
        for table in found:
            if key in table and (here / table[key]).is_file():
                table[key] = Path(os.path.relpath(here / table[key], there)).as_posix()
    return tomlkit.dumps(document)


def _write(to: Path, text: str) -> None:
    """Beside the file, then in its place."""
    with tempfile.TemporaryDirectory(prefix=f".{to.name}-", dir=to.parent) as folder:
        made = Path(folder) / to.name
        made.write_text(text, "utf-8")
        if to.exists():
            made.chmod(to.stat().st_mode & 0o777)
            kept = Path(folder) / "before"
            kept.write_bytes(to.read_bytes())
            kept.replace(to.with_name(to.name + ".bak"))
        made.replace(to)
