"""What a garment's file is like, and what is wrong with it: facts, warnings, refusals, each with its remedy.

Source of the recommendations: Khronos 3D Commerce asset creation guidelines (1 unit = 1 m, upright, facing +Z, light enough for a page).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from renderer.gltf.model import POSITION, Model

MAX_IMPORTED: Final = 15_000_000  # bytes: a headset on a thin line waits for it
RECOMMENDED: Final = 10_000_000
RECOMMENDED_TRIANGLES: Final = 100_000
USUAL_M: Final = (0.2, 2.5)  # height of what is worn, from a hat to a gown on a stand
POSSIBLE_M: Final = (0.02, 10.0)  # what is not between these is in another unit

_UNITS: Final = ((1000.0, "millimetres"), (100.0, "centimetres"), (39.37, "inches"), (3.281, "feet"), (0.01, "hundreds of metres"))
_OFF_CENTRE: Final = 0.1  # of its width
_OFF_FLOOR: Final = 0.02  # of its height


@dataclass(frozen=True)
class Facts:
    """What a model is like.

    Attributes
    ----------
    size_m
        Width (X), height (Y) and depth (Z) at rest.
    origin_m
        Where its origin lies from the middle of its bottom.
    textures
        Width and height in pixels of each.
    animations
        Name and seconds of each.
    """

    bytes: int
    size_m: tuple[float, float, float]
    origin_m: tuple[float, float, float]
    triangles: int
    vertices: int
    textures: tuple[tuple[int, int], ...]
    materials: tuple[str, ...]
    variants: tuple[str, ...]
    animations: tuple[tuple[str, float], ...]
    joints: int
    morph_targets: int


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a model, and what to do; `refused` if it cannot stay so."""

    text: str
    refused: bool = False


def bounds(model: Model) -> NDArray[np.float64]:
    """Lowest and highest corner at rest, (2, 3) metres."""
    ends = [(part.vertices[:, POSITION].min(axis=0), part.vertices[:, POSITION].max(axis=0)) for part in model.primitives]
    low, high = np.array(ends, np.float64).transpose(1, 0, 2)
    return np.array([low.min(axis=0), high.max(axis=0)])


def facts(model: Model, size: int) -> Facts:
    """What a model is like whose file has `size` bytes."""
    low, high = bounds(model)
    bottom = np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2])
    width, height, depth = (round(float(value), 4) for value in high - low)
    x, y, z = (round(float(value), 4) + 0.0 for value in -bottom)
    used = {number for part in model.primitives for number in (part.material, *part.variants.values())}
    return Facts(
        bytes=size,
        size_m=(width, height, depth),
        origin_m=(x, y, z),
        triangles=sum(len(part.triangles) for part in model.primitives),
        vertices=sum(len(part.vertices) for part in model.primitives),
        textures=tuple((image.shape[1], image.shape[0]) for image in model.images),
        materials=tuple(model.materials[number].name or "unnamed" for number in sorted(used)),
        variants=model.variants,
        animations=tuple((each.name, round(each.duration_s, 3)) for each in model.animations),
        joints=sum(len(skin.joints) for skin in model.skins),
        morph_targets=max((len(part.shape.targets) for part in model.primitives if part.shape), default=0),
    )


def lint(model: Model, found: Facts) -> tuple[Finding, ...]:
    """What is wrong with a model, the worst first."""
    findings = [*_size(found), *_place(found), *_weight(found), *_looks(model)]
    return tuple(sorted(findings, key=lambda finding: not finding.refused))


def _size(found: Facts) -> Iterator[Finding]:
    width, height, depth = found.size_m
    tallest = max(found.size_m)
    if tallest <= 0:
        yield Finding("has no size at all", refused=True)
    elif not POSSIBLE_M[0] <= tallest <= POSSIBLE_M[1]:
        yield Finding(f"is {height:g} m high{_guess(tallest)}", refused=True)
    elif not USUAL_M[0] <= height <= USUAL_M[1]:
        yield Finding(
            f"is {height:g} m high; what is worn has {USUAL_M[0]:g} to {USUAL_M[1]:g} m. Where 1 unit is not 1 m, --scale mends it"
        )
    if depth > 1.5 * max(height, width):
        yield Finding("lies on its back, or was exported with Z up: turn it upright in the exporter (+Y up)")
    elif depth > 1.3 * width and height > width:
        yield Finding(f"is deeper ({depth:g} m) than wide ({width:g} m): does it face sideways? Models face +Z; turn_deg = 90 turns it")


def _guess(tallest: float) -> str:
    """Which unit would make it as large as a garment."""
    for factor, unit in _UNITS:
        if USUAL_M[0] <= tallest / factor <= USUAL_M[1]:
            about = f"{factor:g}× too large" if factor > 1 else f"{1 / factor:g}× too small"
            return f", {about}: exported in {unit}? Export it in metres, or import it with --scale {1 / factor:.4g}"
    return "; export it in metres, or import it with --scale"


def _place(found: Facts) -> Iterator[Finding]:
    x, y, z = found.origin_m
    width, height, depth = found.size_m
    if abs(y) > _OFF_FLOOR * height or abs(x) > _OFF_CENTRE * width or abs(z) > max(_OFF_CENTRE * depth, _OFF_CENTRE * width):
        where = f"{x:+.2f} m right of it, {y:+.2f} m above it and {z:+.2f} m before it"
        yield Finding(f"its origin is not the middle of its bottom, but lies {where}; that is what a scene places: move it in the exporter")


def _weight(found: Facts) -> Iterator[Finding]:
    megabytes = found.bytes / 1e6
    if found.bytes > MAX_IMPORTED:
        remedy = "compress its geometry (Draco, meshopt) and make its textures smaller or JPEG"
        yield Finding(f"has {megabytes:.1f} MB; at most {MAX_IMPORTED // 10**6} are imported: {remedy}", refused=True)
    elif found.bytes > RECOMMENDED:
        yield Finding(f"has {megabytes:.1f} MB; {RECOMMENDED // 10**6} are recommended: make its textures smaller")
    if found.triangles > RECOMMENDED_TRIANGLES:
        yield Finding(f"has {found.triangles} triangles; {RECOMMENDED_TRIANGLES} are recommended: decimate it in the exporter")


def _looks(model: Model) -> Iterator[Finding]:
    unnamed = sum(part.material == len(model.materials) - 1 for part in model.primitives)
    if unnamed:
        yield Finding(f"{unnamed} of its {len(model.primitives)} parts have no material and are drawn as bare white metal: give them one")
    if model.ignored:
        yield Finding(f"holds what is not drawn: {', '.join(model.ignored)}")
