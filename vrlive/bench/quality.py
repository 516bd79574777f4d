"""`vrlive bench quality`: how close stitchers come to the truth, which for drawn scenes is known.

The demo room by its six cameras (all in one point, no codec between), rightly exposed and wrongly; and a world on a sphere of 2 m, seen by
cameras that stand 4 cm off its middle. Scored is WS-PSNR of R, G, B after one gain a channel: as a whole, no rig can know its exposure.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from math import degrees, inf
from pathlib import Path

import numpy as np
from PIL import Image

from vrlive.bench.report import Report, Row, usable_cores
from vrlive.bench.works import FEATHER_RAD, Work, world
from vrlive.capture.demo import demo_rig
from vrlive.capture.demo.views import camera_pictures, truth
from vrlive.capture.stills import to_rgb
from vrlive.errors import UserError
from vrlive.frames import Picture
from vrlive.projection.lenses import unproject
from vrlive.projection.outputs import Face
from vrlive.projection.rig import Array, Rig
from vrlive.stitch import GainSolver, Stitcher, plan_stitch
from vrlive.stitch.reference import looking_of
from vrlive.stitch.score import with_global_gain, ws_psnr
from vrlive.units import Size

SIZE = Size(2048, 1024)
AT_S = 3.0  # when in the film: the host walks
AWAY_M, WALL_M = 0.04, 2.0
PATIENCE_S = 300

Say = Callable[[str], None]


def measure(*, say: Say) -> Report:
    """Stitch all scenes with all stitchers that are installed, and score them.

    Raises
    ------
    UserError
        If another program fails.
    """
    rows = []
    say("the demo room …")
    right = np.asarray(to_rgb(truth(SIZE, AT_S)), np.float64)
    for work, exposure in (("demo room, cameras alike", False), ("demo room, EV ±0.35, white balance ±6 %", True)):
        pictures = camera_pictures(AT_S, radius_m=0, exposure=exposure)
        rows += _rows(work, demo_rig(0), pictures, right, inf, say)
    rig = demo_rig(AWAY_M)
    near = np.asarray(_rgb(world(looking_of(Face(SIZE), 1))), np.float64)
    pictures = [_photograph(rig, index) for index in range(rig.inputs)]
    rows += _rows(f"cameras {100 * AWAY_M:.0f} cm off the middle, scene at {WALL_M:g} m", rig, pictures, near, WALL_M, say)
    return Report(rows)


def stitched(rig: Rig, pictures: Sequence[Picture], distance_m: float) -> Array:
    """Our panorama, (height, width, 3) RGB."""
    plan = plan_stitch(rig, SIZE, feather_rad=FEATHER_RAD, distance_m=distance_m)
    stitcher, solver, out = Stitcher(plan), GainSolver(rig, distance_m), Picture.filled(SIZE)
    solver.observe(pictures, 0.0)
    stitcher.gains_ev = solver.gains_ev
    stitcher.run(pictures, out)
    return np.asarray(to_rgb(out), np.float64)


def score_db(panorama: Array, right: Array) -> float:
    """WS-PSNR after one gain a channel."""
    return ws_psnr(with_global_gain(panorama, right), right)


def _rows(work: str, rig: Rig, pictures: Sequence[Picture], right: Array, distance_m: float, say: Say) -> list[Row]:
    say(f"{work} …")
    made = {"vrlive": stitched(rig, pictures, distance_m)}
    if np.isfinite(distance_m):
        made["vrlive, without the distance"] = stitched(rig, pictures, inf)
    if find_spec("cv2"):
        from vrlive.bench.peers_opencv import multi_band  # noqa: PLC0415 - a development tool that may be missing

        made["OpenCV, GAIN and multi-band"] = multi_band(Work(rig, SIZE), [to_rgb(picture) for picture in pictures])
    if shutil.which("nona") and shutil.which("enblend"):
        made["nona and enblend"] = by_hugin(rig, pictures)
    return [Row(work, usable_cores(), name, psnr_db=score_db(panorama, right)) for name, panorama in made.items()]


def by_hugin(rig: Rig, pictures: Sequence[Picture]) -> Array:
    """What Hugin's programs make of the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [f'p f2 w{SIZE.width} h{SIZE.height} v360 E0 R0 n"TIFF_m c:NONE"', "m g1 i5 f0 m2 p0.00784314"]
        for index, (lens, picture) in enumerate(zip(rig.lenses, pictures, strict=True)):
            Image.fromarray(to_rgb(picture)).save(Path(folder) / f"{index}.png")
            view, (yaw, pitch, roll) = degrees(lens.frame.width / lens.focal_px), map(degrees, (lens.yaw, lens.pitch, lens.roll))
            side = f"S0,{lens.frame.width},0,{lens.frame.height}"
            lines.append(
                f'i w{lens.frame.width} h{lens.frame.height} f2 v{view} y{yaw} p{pitch} r{roll} Eev0 Er1 Eb1 {side} n"{index}.png"'
            )
        (Path(folder) / "rig.pto").write_text("\n".join(lines) + "\n")
        _run(["nona", "-o", "warped", "-m", "TIFF_m", "rig.pto"], folder)
        warped = sorted(path.name for path in Path(folder).glob("warped*.tif"))
        _run(["enblend", "--wrap=horizontal", "-o", "pano.tif", *warped], folder)
        with Image.open(Path(folder) / "pano.tif") as panorama:
            return np.asarray(panorama.convert("RGB"), np.float64)


def _run(command: list[str], folder: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    if done.returncode:
        raise UserError(f"{command[0]} failed: {done.stderr.strip()[-300:]}")


def _photograph(rig: Rig, index: int) -> Picture:
    """What a camera sees of the world on a sphere, without noise."""
    lens = rig.lenses[index]
    planes = []
    for step in (1, 2):
        x, y = np.meshgrid(np.arange(step / 2, lens.frame.width, step), np.arange(step / 2, lens.frame.height, step))
        seen = world(unproject(lens, np.stack([x, y], -1), WALL_M))
        planes += [16 + 219 * seen[..., 0]] if step == 1 else [16 + 224 * seen[..., 1], 16 + 224 * seen[..., 2]]
    y, u, v = (np.clip(np.rint(plane), 0, 255).astype(np.uint8) for plane in planes)
    return Picture(y, u, v)


def _rgb(seen: Array) -> Array:
    """The drawn world's Y, U, V in 0…1 as a screen's R, G, B."""
    luma, blue, red = np.moveaxis(16 + seen * (219, 224, 224), -1, 0)
    picture = Picture(*(np.rint(plane).astype(np.uint8) for plane in (luma, blue[::2, ::2], red[::2, ::2])))
    return np.asarray(to_rgb(picture), np.float64)
