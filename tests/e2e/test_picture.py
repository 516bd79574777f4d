"""The picture that arrives in the browser, held against the room's truth and the scene's own words."""

from math import atan2, degrees
from typing import NamedTuple

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray
from playwright.sync_api import Browser
from scipy import ndimage

from tests.e2e.show import Show
from tests.e2e.visit import Pixels, picture, visiting, wait_until, watch
from vrlive.capture.demo.layout import DEMO_FPS
from vrlive.capture.demo.views import truth
from vrlive.colour import codes_to_rgb
from vrlive.frames import Picture
from vrlive.show.scene import read_scene
from vrlive.units import Size

WHOLE, SIZE = Size(1920, 960), Size(960, 480)
REACH_DEG = 14.0  # how far the garment and its shadow reach to either side
MIDDLE_DEG, REACH_UP_DEG = -17.0, 23.0  # where it may be, up and down
STAND_DEG = 1.5  # half the width of the stand's top
DRESS_ABOVE_DEG = -20.0  # above this there is the dress, and no shadow
DIFFERENT = 40.0  # codes that are no noise
EDGE = 12.0  # codes between a dark and a bright side

SCENE = read_scene("showroom")
GARMENT = SCENE.garment[0]
BEARING_DEG, DISTANCE_M = GARMENT.bearing_deg or 0.0, GARMENT.distance_m or 0.0


class Seen(NamedTuple):
    """One picture of the channel, and the room without the garment at the same instant: both RGB (height, width, 3) 0…255."""

    arrived: Pixels
    truth: Pixels


@pytest.fixture(scope="module")
def seen(browser: Browser, demo: Show) -> Seen:
    with visiting(browser) as page:
        watch(page, demo.url)
        page.get_by_label("Picture quality").select_option(str(WHOLE))
        wait_until(page, "video.videoWidth === value && window.vrlive.readBarcode() !== null", WHOLE.width)
        page.keyboard.press(" ")
        wait_until(page, "video.paused")
        number, arrived = picture(page)
    assert number is not None
    return Seen(halved(arrived), rgb(truth(SIZE, number / DEMO_FPS)))


def halved(whole: Pixels) -> Pixels:
    """Means of 2 × 2 pixels."""
    return (whole[::2, ::2] + whole[1::2, ::2] + whole[::2, 1::2] + whole[1::2, 1::2]) / 4


def rgb(room: Picture) -> Pixels:
    """RGB codes 0…255 of a picture."""
    chroma = [plane.repeat(2, axis=0).repeat(2, axis=1) for plane in (room.u, room.v)]
    return np.clip(codes_to_rgb(np.stack([room.y, *chroma], axis=-1)), 0, 1) * 255


def angles_deg() -> tuple[Pixels, Pixels]:
    """Yaw and pitch of every pixel of `SIZE`, each (height, width)."""
    yaw = ((np.arange(SIZE.width) + 0.5) / SIZE.width - 0.5) * 360
    pitch = (0.5 - (np.arange(SIZE.height) + 0.5) / SIZE.height) * 180
    columns, rows = np.meshgrid(yaw, pitch)
    return columns, rows


def flat(room: Pixels) -> NDArray[np.bool_]:
    """Where nothing has an edge within two pixels, which lenses that stand apart would see elsewhere."""
    luma = room.mean(axis=2)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(luma, 2, mode="edge"), (5, 5))
    return np.asarray(np.ptp(windows, axis=(2, 3)) < EDGE)


def covered(seen: Seen) -> NDArray[np.bool_]:
    """Where something stands before the room, near the garment."""
    columns, rows = angles_deg()
    near = (np.abs(columns - BEARING_DEG) < REACH_DEG) & (np.abs(rows - MIDDLE_DEG) < REACH_UP_DEG)
    different: NDArray[np.bool_] = np.abs(seen.arrived - seen.truth).max(axis=2) > DIFFERENT
    return near & different


def largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest connected part."""
    parts, _ = ndimage.label(mask)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0  # the room
    found: NDArray[np.bool_] = parts == sizes.argmax()
    return found


def test_colours_lie_where_the_room_has_them(seen: Seen) -> None:
    """The room's own colours, after the one gain that an exposure without a reference leaves open."""
    yaw_deg, pitch_deg = angles_deg()
    plain = (np.abs(yaw_deg - BEARING_DEG) > REACH_DEG) & (np.abs(pitch_deg) < 70) & flat(seen.truth)
    gain = (seen.arrived[plain] * seen.truth[plain]).sum() / (seen.truth[plain] ** 2).sum()
    difference = np.abs(seen.arrived - gain * seen.truth)[plain]
    print(f"gain {gain:.2f}, off by {difference.mean():.1f} codes, 95 % by less than {np.percentile(difference, 95):.1f}")
    assert plain.mean() > 0.3
    assert difference.mean() < 5
    assert np.percentile(difference, 95) < 15


def test_the_garment_stands_where_the_scene_says(seen: Seen, demo: Show) -> None:
    columns, rows = angles_deg()
    standing = covered(seen)
    skirt = largest(standing & (rows > DRESS_ABOVE_DEG))
    middles = [columns[0][row].min() / 2 + columns[0][row].max() / 2 for row in skirt if row.any()]
    top_deg = rows[standing & (np.abs(columns - BEARING_DEG) < STAND_DEG)].max()
    height_m = float(np.ptp(trimesh.load_scene(GARMENT.model).bounds[:, 1]))
    expected_top_deg = degrees(atan2(height_m - SCENE.floor_m, DISTANCE_M))
    print(f"bearing {np.median(middles):.2f}°, top {top_deg:.2f}° where {expected_top_deg:.2f}° is right")
    assert np.median(middles) == pytest.approx(BEARING_DEG, abs=0.5)
    assert top_deg == pytest.approx(expected_top_deg, abs=0.5)
    assert demo.state()["garments"][0]["yaw_deg"] == pytest.approx(BEARING_DEG, abs=0.5)
