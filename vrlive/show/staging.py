"""Garments moved by hand: their new place, and scene.toml written with it, its comments and its order kept.

A garment keeps the kind of place that it has: bearing and distance, or a position. Its own turn counts from facing the viewer, so that one
that is carried around the viewer goes on facing them as it did.
"""

import math
from collections.abc import Callable
from typing import Any, Final

import tomlkit

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

    Raises
    ------
    ValueError
        If it is not TOML, or its garments are others.
    """
    document = tomlkit.parse(text)
    tables: Any = document.get("garment", ())
    if [table.get("name") for table in tables] != [garment.name for garment in before.garment]:
        raise ValueError("its garments are others")
    for table, was, now in zip(tables, before.garment, after.garment, strict=True):
        for key in _PLACE:
            value = getattr(now, key)
            if value != getattr(was, key):
                table[key] = list(value) if isinstance(value, tuple) else int(value) if value == int(value) else value
    return tomlkit.dumps(document)


def relocated(text: str, path_from: Callable[[str], str]) -> str:
    """The text of scene.toml with each path of another file as `path_from` gives it: for a file that is written elsewhere."""
    document = tomlkit.parse(text)
    if "products" in document:
        document["products"] = path_from(str(document["products"]))
    for tables, key in (("garment", "model"), ("occluder", "mask")):
        found: Any = document.get(tables, ())
        for table in found:
            if key in table:
                table[key] = path_from(table[key])
    return tomlkit.dumps(document)
