"""Our renderer against three.js: the same GLB file, room and place, drawn by a peer that shares no code with us."""

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.context import Context
from renderer.figure import Figure, stand
from renderer.light import SIZE, Light
from tests.renderer.boxes import write_nodding
from tests.renderer.three import Three, three_in
from vrlive import colour
from vrlive.projection.equirect import direction
from vrlive.show.motion import Clip
from vrlive.show.scene import Garment, read_scene
from vrlive.units import Size

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

FRAME = Size(3840, 1920)
FINE = 4  # samples a side, of theirs in each of our pixels
BRIGHTEST = 8.0  # no lamp is brighter, in their room and in ours


@pytest.fixture(scope="module")
def data() -> Path:
    folder = os.environ.get("VRLIVE_TEST_DATA")
    if not folder:
        pytest.skip("VRLIVE_TEST_DATA names no folder of test data")
    return Path(folder)


@pytest.fixture(scope="module")
def room(data: Path) -> Floats:
    """The lobby of Poly Haven, (512, 1024, 3) linear, as bright as video has it."""
    image = cv2.imread(str(data / "equirect_photos" / "lobby.hdr"), cv2.IMREAD_UNCHANGED)
    assert image is not None
    rgb = image[..., ::-1].astype(np.float32)
    return np.asarray(np.minimum(rgb / rgb.mean() * 0.5, BRIGHTEST), np.float32)


@pytest.fixture(scope="module")
def peer(room: Floats) -> Iterator[Three]:
    with three_in(room) as three:
        yield three


def ours(figure: Figure, room: Floats, variant: str) -> Array:
    """(height, width, 4) gamma-coded, premultiplied, 0…255, of its rectangle; without a shadow."""
    context = Context()
    context.make_current()
    from renderer.painter import Painter

    painter = Painter()
    loaded = painter.load(figure)
    small = np.asarray(cv2.resize(room, (SIZE.width, SIZE.height), interpolation=cv2.INTER_AREA), np.float32)
    steps = painter.paint(loaded, variant, figure.rectangle(FRAME), Light.from_radiance(small))
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return np.asarray(end.value.pixels, np.float64)
    finally:
        context.close()


def theirs(figure: Figure, peer: Three, variant: str, *, clip: str = "", time_s: float = 0.0) -> Array:
    """The same by three.js, brought onto our rectangle's pixels, and through our tone curve."""
    points = np.vstack([mesh.vertices[:, :3] for mesh in figure.meshes]).astype(np.float64)
    number = figure.model.variants.index(variant) if variant else -1
    shot = peer.draw(figure.garment.model, figure.matrix, points, number, clip, time_s)
    place = figure.rectangle(FRAME)
    column = place.column + (np.arange(place.width * FINE) + 0.5) / FINE
    row = place.row + (np.arange(place.height * FINE) + 0.5) / FINE
    yaw, pitch = (column / FRAME.width - 0.5) * 2 * np.pi, (0.5 - row / FRAME.height) * np.pi
    seen = as_cameras_see(shot.seen_in(direction(yaw[None], pitch[:, None])).astype(np.float64))
    mean = seen.reshape(place.height, FINE, place.width, FINE, 4).mean(axis=(1, 3))
    alpha = mean[..., 3:]
    straight = mean[..., :3] / np.maximum(alpha, 1e-6)
    return np.concatenate([colour.from_light(np.clip(straight, 0, 1)) * alpha, alpha], axis=-1) * 255


def as_cameras_see(light: Array) -> Array:
    """As shaders/include/transfer.glsl; alpha stays."""
    shoulder, room = 0.8, 0.2
    rgb = light[..., :3]
    rolled = np.where(rgb > shoulder, shoulder + room * (1 - np.exp((shoulder - rgb) / room)), rgb)
    return np.concatenate([rolled, light[..., 3:]], axis=-1)


def yiq_db(ours: Array, theirs: Array) -> float:
    """Khronos' render-fidelity score where either is: RMS of the perceived difference on white, in dB below the greatest."""
    both = (ours[..., 3] > 0) | (theirs[..., 3] > 0)
    first, second = (image[..., :3] + 255 - image[..., 3:] for image in (ours, theirs))
    r, g, b = np.moveaxis((first - second)[both], -1, 0)
    y, i, q = 0.2989 * r + 0.5866 * g + 0.1145 * b, 0.5960 * r - 0.2742 * g - 0.3218 * b, 0.2115 * r - 0.5226 * g + 0.3111 * b
    difference = 0.5053 * y**2 + 0.299 * i**2 + 0.1957 * q**2
    return float(10 * np.log10(np.sqrt((difference**2).mean()) / 35215))


def overlap(ours: Array, theirs: Array) -> float:
    """Intersection over union of what is more than half covered."""
    first, second = ours[..., 3] > 127, theirs[..., 3] > 127
    return float((first & second).sum() / (first | second).sum())


def show(name: str, *images: Array) -> None:
    """Leave the pictures side by side where a person can look at them."""
    folder = os.environ.get("VRLIVE_TEST_PICTURES")
    if folder:
        on_grey = np.hstack([image[..., :3] + 128 * (1 - image[..., 3:] / 255) for image in images])
        cv2.imwrite(str(Path(folder) / f"{name}.png"), on_grey[..., ::-1].clip(0, 255).astype(np.uint8))


def test_the_corset_looks_as_three_draws_it(data: Path, room: Floats, peer: Three) -> None:
    """6 cm high: it stands 15 cm away, a little below the eye."""
    garment = Garment(name="corset", model=data / "gltf_corset" / "Corset.glb", position_m=(0.06, -0.04, -0.13), turn_deg=25)
    figure = stand(garment, 0.04, FRAME)
    mine, other = ours(figure, room, ""), theirs(figure, peer, "")
    show("corset", mine, other)
    assert overlap(mine, other) >= 0.995
    assert yiq_db(mine, other) <= -22


SHIPPED = {garment.name: garment for garment in read_scene("boutique").garment if garment.title}


LONG = {"skirt", "sweater", "trousers"}  # made of what the others are made of


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.soak] if name in LONG else []) for name in sorted(SHIPPED)])
def test_garments_that_ship_look_as_three_draws_them(room: Floats, peer: Three, name: str) -> None:
    """Sheen, woven normal maps, occlusion over the second set of coordinates, variants: all seven where the showroom's dress stands."""
    place = {"position_m": None, "bearing_deg": 32, "distance_m": 2.6, "height_m": 0.0, "turn_deg": 0.0, "motion": None}
    garment = SHIPPED[name].model_copy(update=place)
    figure = stand(garment, 1.6, FRAME)
    mine, other = ours(figure, room, garment.variant or ""), theirs(figure, peer, garment.variant or "")
    show(name, mine, other)
    assert overlap(mine, other) >= 0.995
    assert yiq_db(mine, other) <= -20


@pytest.mark.parametrize("time_s", [0.7, 1.9])
def test_a_clip_bends_a_garment_as_three_bends_it(room: Floats, peer: Three, tmp_path: Path, time_s: float) -> None:
    """By AnimationMixer and a SkinnedMesh on their side."""
    model = write_nodding(tmp_path / "nodding.glb", 70.0, 2.0)
    motion = Clip(kind="clip", name="nod")
    figure = stand(Garment(name="box", model=model, bearing_deg=25, distance_m=2.5, turn_deg=50, motion=motion), 1.6, FRAME)
    figure = figure.posed(time_s / 2.0)
    mine, other = ours(figure, room, ""), theirs(figure, peer, "", clip="nod", time_s=time_s)
    show(f"nodding-{time_s}", mine, other)
    assert overlap(mine, other) >= 0.995
    assert yiq_db(mine, other) <= -20
