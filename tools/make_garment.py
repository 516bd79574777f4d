"""Makes the garments that ship in scenes/: ``python -m tools.make_garment [FOLDER]``."""

import sys
from pathlib import Path
from typing import Any, Final

from tools.garments.dress import make_dress
from tools.garments.glb import write_garment
from tools.garments.weave import TILE_M, normal_map, thread_colours

SHOWROOM: Final = Path(__file__).parents[1] / "scenes" / "showroom"


def main(folder: Path = SHOWROOM) -> None:
    """Write ``dress.glb`` into `folder`."""
    path = folder / "dress.glb"
    pictures = {"weave": normal_map(), "threads": thread_colours()}
    write_garment(path, make_dress(), _materials(), _variants(), pictures, TILE_M)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


def _materials() -> dict[str, dict[str, Any]]:
    return {
        "cloth": _fabric((0.42, 0.018, 0.030), 0.62, (0.30, 0.05, 0.05), 0.45),
        "cloth ink": _fabric((0.018, 0.032, 0.105), 0.62, (0.06, 0.08, 0.20), 0.45),
        "sash": _fabric((0.15, 0.006, 0.014), 0.34, (0.10, 0.02, 0.02), 0.3),
        "sash ink": _fabric((0.30, 0.26, 0.20), 0.34, (0.10, 0.09, 0.08), 0.3),
        "linen": _fabric((0.62, 0.53, 0.42), 0.9, (0.08, 0.07, 0.06), 0.6),
        "wood": _plain((0.25, 0.105, 0.038), 0.38, 0.0),
        "steel": _plain((0.34, 0.31, 0.28), 0.38, 1.0),
    }


def _variants() -> dict[str, dict[str, str]]:
    return {"rouge": {}, "ink": {"cloth": "cloth ink", "sash": "sash ink"}}


def _fabric(
    colour: tuple[float, float, float], roughness: float, sheen: tuple[float, float, float], sheen_roughness: float
) -> dict[str, Any]:
    base = _plain(colour, roughness, 0.0)
    base["pbrMetallicRoughness"]["baseColorTexture"] = {"index": "threads"}
    base["normalTexture"] = {"index": "weave"}
    base["doubleSided"] = True
    base["extensions"] = {"KHR_materials_sheen": {"sheenColorFactor": list(sheen), "sheenRoughnessFactor": sheen_roughness}}
    return base


def _plain(colour: tuple[float, float, float], roughness: float, metallic: float) -> dict[str, Any]:
    return {"pbrMetallicRoughness": {"baseColorFactor": [*colour, 1.0], "roughnessFactor": roughness, "metallicFactor": metallic}}


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
