"""The demo room: what moves, what stands still, what the cameras make of it."""

import numpy as np
import pytest

from vrlive.capture.demo.barcode import read_barcode
from vrlive.capture.demo.cameras import demo_rig, exposure_error
from vrlive.capture.demo.film import View
from vrlive.capture.demo.layout import (
    CAMERAS,
    DEMO_FPS,
    DEMO_SECONDS,
    FLASH_FADE_S,
    FLASH_PERIOD_S,
    FLASH_PITCH_DEG,
    FLASH_YAW_DEG,
    RUG_BEARING_DEG,
    RUG_DISTANCE_M,
)
from vrlive.capture.demo.moving import flash
from vrlive.capture.demo.views import camera_picture, camera_view, truth_view
from vrlive.colour import codes_to_rgb, to_light
from vrlive.frames import Picture
from vrlive.projection import equirect
from vrlive.projection.lenses import project
from vrlive.units import Size

SIZE = Size(720, 360)
CAMERA_PX = 540  # half the real ones: the room does not care


@pytest.fixture(scope="module")
def room() -> View:
    return truth_view(SIZE)


def copy(picture: Picture) -> Picture:
    kept = Picture.filled(picture.size)
    kept.copy_from(picture)
    return kept


@pytest.mark.parametrize("time_s", [0.0, 1.3, 4.04, 11.7, 19.96])
def test_touching_only_what_moves_gives_the_same_picture_as_drawing_all(room: View, time_s: float) -> None:
    quick = copy(room.picture(time_s))
    for fast, slow in zip(quick.planes, room.whole(time_s).planes, strict=True):
        assert np.array_equal(fast, slow)


def test_the_loop_has_no_jump(room: View) -> None:
    first, again = copy(room.picture(0.0)), copy(room.picture(float(DEMO_SECONDS)))
    assert all(np.array_equal(a, b) for a, b in zip(first.planes, again.planes, strict=True))


def test_every_frame_carries_its_number(room: View) -> None:
    for number in (0, 1, 24, 25, 130, 250, 333, 498, 499):
        assert read_barcode(room.picture(number / DEMO_FPS)) == number


def test_the_lamp_flashes_when_the_sound_clicks(room: View) -> None:
    x, y = equirect.pixel(equirect.direction(np.radians(FLASH_YAW_DEG), np.radians(FLASH_PITCH_DEG)), SIZE).astype(int)
    shine = [int(room.picture(number / DEMO_FPS).y[y, x]) for number in range(round(FLASH_PERIOD_S * DEMO_FPS))]
    assert int(np.argmax(shine)) == 0
    assert shine[0] > shine[-1] + 30
    assert set(shine[round(FLASH_FADE_S * DEMO_FPS) + 1 :]) == {shine[-1]}
    assert [flash(n * FLASH_PERIOD_S) for n in range(3)] == pytest.approx([1, 1, 1], abs=1e-4)


def test_the_host_walks_and_her_way_never_crosses_the_rug(room: View) -> None:
    """The rug is where a garment will be laid over the picture: nothing may move there."""
    still = copy(room.picture(0.0)).y.astype(int)
    x, _ = equirect.pixel(equirect.direction(np.radians(RUG_BEARING_DEG), 0), SIZE).astype(int)
    reach = round(np.degrees(np.arctan(0.4 / RUG_DISTANCE_M)) / 360 * SIZE.width)
    moved = np.zeros(still.shape, np.bool_)
    for time_s in np.arange(0, DEMO_SECONDS, 2.02):
        moved |= np.abs(room.picture(float(time_s)).y.astype(int) - still) > 8
    assert moved.mean() > 0.02
    assert not moved[:, x - reach : x + reach].any()


@pytest.mark.parametrize("index", range(CAMERAS))
def test_a_camera_sees_the_room_through_its_lens_with_its_own_exposure(room: View, index: int) -> None:
    """Where the lens says that a direction falls, its picture shows what the truth shows there, times its error."""
    lens = demo_rig(0.0, CAMERA_PX).lenses[index]
    rng = np.random.default_rng(index)
    looking = lens.rotation @ np.stack(_cap(rng, 4000, np.radians(70)))
    xy, valid = project(lens, looking.T)
    assert valid.all()
    seen = _light(camera_picture(index, 7.0, radius_m=0.0, size_px=CAMERA_PX), xy)
    true = _light(room.picture(7.0), equirect.pixel(looking.T, SIZE))
    ratio = seen / np.maximum(true, 1e-3)
    usable = (true > 0.05).all(1)
    assert np.median(ratio[usable], axis=0) == pytest.approx(exposure_error(index), rel=0.01)


def test_nothing_clips_in_any_camera() -> None:
    for index in range(CAMERAS):
        assert camera_picture(index, 0.0, size_px=CAMERA_PX // 2).y.max() < 235


def test_outside_the_image_circle_it_is_black() -> None:
    picture = camera_view(0, size_px=CAMERA_PX).picture(0.0)
    assert {int(picture.y[row, column]) for row, column in ((0, 0), (0, -1), (-1, 0), (-1, -1))} == {16}
    assert picture.y[CAMERA_PX // 2, CAMERA_PX // 2] > 40


def test_the_rig_stands_on_a_ring_at_steps_of_sixty_degrees() -> None:
    rig = demo_rig(0.05)
    assert [round(np.degrees(lens.yaw)) % 360 for lens in rig.lenses] == [0, 60, 120, 180, 240, 300]
    for lens in rig.lenses:
        assert np.hypot(lens.position_m[0], lens.position_m[2]) == pytest.approx(0.05)
        assert -lens.rotation[:, 2] @ np.array(lens.position_m) == pytest.approx(0.05), "it looks outwards"
        assert lens.focal_px * np.radians(95) == pytest.approx(540)


def _cap(rng: np.random.Generator, count: int, angle: float) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    """Directions evenly over the cap around −Z: x, y, z."""
    z = -rng.uniform(np.cos(angle), 1, count)
    turn = rng.uniform(0, 2 * np.pi, count)
    radius = np.sqrt(1 - z * z)
    return radius * np.cos(turn), radius * np.sin(turn), z


def _light(picture: Picture, xy: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Linear R, G, B (n, 3) at the pixels that hold places (n, 2)."""
    x, y = np.floor(xy).astype(int).T
    x, y = x.clip(0, picture.size.width - 1), y.clip(0, picture.size.height - 1)
    codes = np.stack([picture.y[y, x], picture.u[y // 2, x // 2], picture.v[y // 2, x // 2]], -1)
    return to_light(codes_to_rgb(codes))
