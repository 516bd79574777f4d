"""What is found out once about this processor: which of the stitcher's two ways to fetch samples is the faster one here.

Processors with a good gather instruction win a third by it; on others it is far slower than plain loads, and nothing but a measurement
tells (the same model may have lost its speed to a microcode update). Asking also compiles the kernels, before the first viewer waits.
"""

import time
from functools import cache
from math import pi
from typing import Final

import numpy as np

from vrlive.frames import Picture
from vrlive.projection.rig import Lens, Rig
from vrlive.stitch import Stitcher, plan_stitch
from vrlive.units import Size

FRAME: Final = Size(512, 512)
PANORAMA: Final = Size(512, 256)
TURNS: Final = 12


@cache
def gathers_fast() -> bool:
    """Whether gathering is faster here; takes a few milliseconds the first time, and the time to compile where no cache is."""
    lenses = tuple(Lens(f"lens {i}", i, FRAME, "equidistant", 512 / (1.1 * pi), (256.0, 256.0), yaw=i * pi) for i in range(2))
    plan = plan_stitch(Rig(lenses, "tuning", 2), PANORAMA, feather_rad=0.2)
    ways = {gathering: Stitcher(plan, gathering=gathering) for gathering in (False, True)}
    chance, out = np.random.default_rng(1), Picture.filled(PANORAMA)
    pictures = [Picture.filled(FRAME) for _ in lenses]
    for picture in pictures:
        picture.y[:] = chance.integers(16, 235, picture.y.shape)
    took_s = dict.fromkeys(ways, np.inf)
    for _ in range(TURNS):
        for gathering, stitcher in ways.items():
            start_s = time.perf_counter()
            stitcher.run(pictures, out)
            took_s[gathering] = min(took_s[gathering], time.perf_counter() - start_s)
    return took_s[True] < took_s[False]
