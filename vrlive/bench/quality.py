"""`vrlive bench quality`: how close stitchers come to the truth, which for drawn scenes is known.

The demo room by its six cameras (all in one point, no codec between), rightly exposed and wrongly; and a world on a sphere of 2 m, seen by
cameras that stand 4 cm off its middle. Scored is WS-PSNR of R, G, B after one gain a channel: as a whole, no rig can know its exposure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import numpy as np

from vrlive.bench import peers_hugin
from vrlive.bench.peer import opencv_fault
from vrlive.bench.report import Report, Row, usable_cores
from vrlive.bench.works import FEATHER_RAD, Work, world
from vrlive.capture.demo import demo_rig, exposure_error
from vrlive.capture.demo.views import camera_pictures, truth
from vrlive.capture.stills import to_rgb
from vrlive.frames import Picture
from vrlive.projection.lenses import unproject
from vrlive.projection.outputs import Face
from vrlive.projection.rig import Array, Rig
from vrlive.stitch import GainSolver, Stitcher, plan_stitch
from vrlive.stitch.reference import looking_of
from vrlive.stitch.score import with_global_gain, ws_psnr
from vrlive.units import Size

SIZE = Size(2048, 1024)
CAMERA_PX = 1080
AT_S = 3.0  # when in the film: the host walks
AWAY_M, WALL_M = 0.04, 2.0
ALIKE, WRONG = "demo room, cameras alike", "demo room, EV ±0.4, white balance ±6 %"
NEAR = f"cameras {100 * AWAY_M:.0f} cm off the middle, scene at {WALL_M:g} m"
LEAST_DB, APART_DB, NEAR_DB = 33.3, 0.2, 33.0  # what we ask of ourselves

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What cameras see of a world, and what the world looks like.

    Attributes
    ----------
    right
        (height, width, 3) RGB: the panorama that a perfect stitcher would make.
    known_ev
        (lenses, 3) what would undo the cameras' exposure errors but for their mean, which no stitcher can know; None: there are none.
    """

    name: str
    rig: Rig
    pictures: list[Picture]
    right: Array
    distance_m: float = inf
    known_ev: Array | None = None


def measure(*, say: Say) -> Report:
    """Stitch all scenes with all stitchers that are installed, and score them.

    Raises
    ------
    UserError
        If another program fails.
    """
    rows = list[Row]()
    for fault in filter(None, (opencv_fault(), peers_hugin.fault())):
        say(fault)
    say("filming the demo room …")
    for scene in (*rooms(SIZE, CAMERA_PX), near_wall(SIZE, CAMERA_PX)):
        say(f"{scene.name} …")
        size = Size(scene.right.shape[1], scene.right.shape[0])
        made = {**_ours(scene, size), **_peers(scene, size)}
        rows += [Row(scene.name, usable_cores(), name, psnr_db=score_db(panorama, scene.right)) for name, panorama in made.items()]
    return Report(rows)


def verdicts(report: Report) -> list[str]:
    """What we ask of ourselves, and whether it is so."""
    alike, wrong, near = (
        next(row.psnr_db or 0 for row in report.rows if (row.work, row.name) == (work, "vrlive")) for work in (ALIKE, WRONG, NEAR)
    )
    asked = {
        f"demo room at least {LEAST_DB} dB ({min(alike, wrong):.1f})": min(alike, wrong) >= LEAST_DB,
        f"wrong exposure costs at most {APART_DB} dB ({alike - wrong:.2f})": abs(alike - wrong) <= APART_DB,
        f"parallax at the right distance at least {NEAR_DB:g} dB ({near:.1f})": near >= NEAR_DB,
    }
    return [f"{what}: {'met' if so else 'NOT met'}" for what, so in asked.items()]


def rooms(size: Size, camera_px: int) -> tuple[Scene, Scene]:
    """The demo room by cameras in one point, rightly and wrongly exposed."""
    rig, right = demo_rig(0, camera_px), np.asarray(to_rgb(truth(size, AT_S)), np.float64)
    alike, wrong = (camera_pictures(AT_S, radius_m=0, size_px=camera_px, exposure=exposure) for exposure in (False, True))
    errors_ev = np.log2([exposure_error(index) for index in range(rig.inputs)])
    return Scene(ALIKE, rig, alike, right), Scene(WRONG, rig, wrong, right, known_ev=errors_ev.mean(0) - errors_ev)


def near_wall(size: Size, camera_px: int) -> Scene:
    """The drawn world on a sphere, by cameras that stand apart."""
    rig = demo_rig(AWAY_M, camera_px)
    right = _rgb(world(looking_of(Face(size), 1)))
    return Scene(NEAR, rig, [_photograph(rig, index) for index in range(rig.inputs)], right, WALL_M)


def stitched(scene: Scene, size: Size, *, distance_m: float | None = None, gains_ev: Array | None = None) -> Array:
    """Our panorama, (height, width, 3) RGB: at the scene's distance and with gains that are found, unless told otherwise."""
    distance_m = scene.distance_m if distance_m is None else distance_m
    plan = plan_stitch(scene.rig, size, feather_rad=FEATHER_RAD, distance_m=distance_m)
    stitcher, solver, out = Stitcher(plan), GainSolver(scene.rig, distance_m), Picture.filled(size)
    solver.observe(scene.pictures, 0.0)
    stitcher.gains_ev = solver.gains_ev if gains_ev is None else gains_ev
    stitcher.run(scene.pictures, out)
    return np.asarray(to_rgb(out), np.float64)


def score_db(panorama: Array, right: Array) -> float:
    """WS-PSNR after one gain a channel."""
    return ws_psnr(with_global_gain(panorama, right), right)


def _ours(scene: Scene, size: Size) -> dict[str, Array]:
    made = {"vrlive": stitched(scene, size)}
    if scene.known_ev is not None:
        made["vrlive, told the exposures"] = stitched(scene, size, gains_ev=scene.known_ev)
    if np.isfinite(scene.distance_m):
        made["vrlive, not told the distance"] = stitched(scene, size, distance_m=inf)
    return made


def _peers(scene: Scene, size: Size) -> dict[str, Array]:
    made = {}
    if not opencv_fault():
        from vrlive.bench.peers_opencv_detail import multi_band  # noqa: PLC0415 - a development tool that may be missing

        made["OpenCV, GAIN and multi-band"] = multi_band(Work(scene.rig, size), [to_rgb(picture) for picture in scene.pictures])
    if not peers_hugin.fault():
        hugin = peers_hugin.Hugin(scene.rig, size, scene.pictures)
        hugin.run(scene.pictures)
        made[hugin.name] = hugin.panorama()
    return made


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
