"""Makes what ships in scenes/: ``python -m tools.make_garment NAME … [--into FOLDER]``; without names, everything."""

import argparse
import importlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.cloth.garment import Garment, make
from tools.cloth.glb import write_glb
from tools.cloth.scenery import MATERIALS, PROPS, parts_of

SCENES: Final = Path(__file__).parents[1] / "scenes"
HOMES: Final = {"dress": SCENES / "showroom"}  # the others are the boutique's
GARMENTS: Final = ("dress", "shirt", "sweater", "trousers", "skirt", "coat", "scarf")


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the garments and props that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="garments and props; all, if none is named")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="where the GLB files go, if not to scenes/")
    chosen = parser.parse_args(arguments)
    for name in chosen.names or [*GARMENTS, *PROPS]:
        path = (chosen.into or home(name)) / f"{name}.glb"
        start = time.perf_counter()
        if name in PROPS:
            write_glb(path, parts_of(name), MATERIALS, {})
        else:
            make(garment(name), path)
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, {time.perf_counter() - start:.0f} s")


def home(name: str) -> Path:
    """The folder in which a garment or prop ships."""
    return HOMES.get(name, SCENES / "boutique")


def garment(name: str) -> Garment:
    """The description of a garment that ships."""
    described = getattr(importlib.import_module(f"tools.cloth.garments.{name}"), name)()
    assert isinstance(described, Garment)
    return described


if __name__ == "__main__":
    main()
