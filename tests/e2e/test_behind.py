"""Things of the room that stand before garments: models are hidden by them as garments in the picture are, on the page and in a headset."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page

from tests.e2e.headset.device import EYES, act, enter, eyes, wait_for, wearing
from tests.e2e.show import START_S, Show, running
from tests.e2e.visit import Pixels, look, screenshot, visiting, wait_until
from tests.renderer.boxes import BLUE, GREEN, RED, write_box

SIZE = (1280, 640)
ROOM, THING = 150, 90  # greys: what is colourful is a garment
COUNTER_TOP = 0.54  # of the panorama's height
COUNTER_M, PILLAR_M = 2.4, 1.5
PILLAR = ((530, 260), (545, 260), (560, 400), (545, 400))  # px of the panorama, slanted
AHEAD = (-4.0, -14.0, 75.0)  # yaw, pitch, field of view that hold all of them, degrees
HALF = EYES["height"] / 2  # px from the middle of an eye's window to 45°
WINDOW = {"width": 640, "height": 360}
COLOURS = {"near": 0, "behind": 1, "far": 2}  # channel of each box
CLEAR = 'document.querySelectorAll("#stage > :not(#sky, #models)").forEach((each) => { each.style.opacity = "0"; })'
CHANNEL = f"""
name = "stage"
rig = "equirect"
scene = "scene/scene.toml"
size = "{SIZE[0]}x{SIZE[1]}"
fps = 5
encode = {{ bitrate_kbps = 3000 }}
rendition = []
hls = {{ enabled = false }}
[[camera]]
name = "front"
url = "room.png"
loop = true
"""
SCENE = f"""
name = "stage"
[[garment]]
name = "near"
model = "near.glb"
bearing_deg = 12
distance_m = 1.5
[[garment]]
name = "behind"
model = "behind.glb"
bearing_deg = -26
distance_m = 3
[[garment]]
name = "far"
model = "far.glb"
bearing_deg = -8
distance_m = 3
[[occluder]]
name = "counter"
distance_m = {COUNTER_M}
rectangle = [0, {COUNTER_TOP}, 1, {1 - COUNTER_TOP}]
[[occluder]]
name = "pillar"
distance_m = {PILLAR_M}
mask = "pillar.png"
"""


def write_show(folder: Path) -> Path:
    """A red box before a counter, a blue one behind it, and a green one that half a slanted pillar hides, too."""
    (folder / "scene").mkdir()
    for name, colour in (("near", RED), ("behind", GREEN), ("far", BLUE)):
        write_box(folder / "scene" / f"{name}.glb", (0.5, 2.2, 0.5), variants={"only": colour}, unlit=False)
    room, pillar = Image.new("L", SIZE, ROOM), Image.new("L", SIZE, 0)
    ImageDraw.Draw(room).rectangle((0, round(COUNTER_TOP * SIZE[1]), *SIZE), THING)
    for canvas, grey in ((room, THING), (pillar, 255)):
        ImageDraw.Draw(canvas).polygon(PILLAR, grey)
    room.convert("RGB").save(folder / "room.png")
    pillar.save(folder / "scene" / "pillar.png")
    (folder / "scene" / "scene.toml").write_text(SCENE, "utf-8")
    (folder / "channel.toml").write_text(CHANNEL, "utf-8")
    return folder / "channel.toml"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    """It on air."""
    with running("serve", write_show(tmp_path_factory.mktemp("stage")), "--port", "0") as show:
        show.wait_for("it is live", lambda found: found["state"] == "live", START_S, "stage")
        yield show


def shown(seen: Pixels, name: str) -> NDArray[np.bool_]:
    """What shows one of the boxes."""
    return np.asarray(seen[..., COLOURS[name]] - np.delete(seen, COLOURS[name], axis=2).max(axis=2) > 40)


def bare(page: Page) -> Pixels:
    """The window without what floats over the room."""
    drawn = page.evaluate("window.vrlive.frames.drawn")
    wait_until(page, "window.vrlive.frames.drawn > value + 2", drawn)
    page.evaluate(CLEAR)
    return screenshot(page)


def test_models_are_hidden_where_garments_in_the_picture_are(browser: Browser, stage: Show) -> None:
    with visiting(browser, viewport=WINDOW, reduced_motion="reduce") as page:
        page.add_init_script("localStorage.setItem('vrlive.consent', 'no')")
        page.goto(f"{stage.url}watch/stage")
        wait_until(page, "window.vrlive.frames.presented > 1")
        seen: dict[str, list[Pixels]] = {}
        for feed in ("burned", "clean"):
            if feed == "clean":
                page.locator("#twin").click()
                wait_until(page, "window.vrlive.garments.feed === 'clean'")
            look(page, *AHEAD)
            seen[feed] = [bare(page)]
            page.locator("#sky").press("p")
            wait_until(page, "window.vrlive.view.fovDeg > 200")
            seen[feed].append(bare(page))
            page.locator("#sky").press("p")
            wait_until(page, "window.vrlive.view.fovDeg < 100")
        assert sorted(page.evaluate("window.vrlive.garments.models.shown")) == sorted(COLOURS)
    for where, least in ((0, 0.85), (1, 0.6)):  # a few pixels of a planet's garments are their edges
        for name in COLOURS:
            burned, clean = (shown(seen[feed][where], name) for feed in ("burned", "clean"))
            assert burned.sum() > 60
            likeness = (burned & clean).sum() / (burned | clean).sum()
            assert likeness > least, f"{name}: {likeness:.2f}, {burned.sum()} px in the picture, {clean.sum()} px of the model"


def in_window(x_px: float, y_px: float) -> tuple[float, float]:
    """Where a place of the panorama is in the window of an eye that looks straight ahead, px."""
    yaw, pitch = (x_px / SIZE[0] - 0.5) * 2 * np.pi, (0.5 - y_px / SIZE[1]) * np.pi
    return HALF * (1 + np.tan(yaw)), HALF * (1 - np.tan(pitch) / np.cos(yaw))


def beyond_counter_px(eye: Pixels, name: str) -> Pixels:
    """How far a box reaches below the counter's upper edge in each column in which it is seen, px."""
    found = shown(eye, name)
    columns = np.flatnonzero(found.any(axis=0))
    lowest = found.shape[0] - np.argmax(found[::-1, columns], axis=0)
    yaw = np.arctan((columns + 0.5) / HALF - 1)
    return np.asarray(lowest - HALF * (1 + np.tan((COUNTER_TOP - 0.5) * np.pi) / np.cos(yaw)))


def test_in_a_headset_the_picture_of_a_thing_hides_them_whichever_way_the_head_goes(browser: Browser, stage: Show) -> None:
    with wearing(browser) as page:
        page.goto(f"{stage.url}watch/stage")
        wait_until(page, "window.vrlive.frames.presented > 1")
        enter(page)
        wait_for(page, "state.feed === 'clean'")
        seen = []
        for place in ((0.0, 1.6, 0.0), (0.3, 1.45, 0.0)):  # the cameras' own; and where a table in the room would be 4° higher
            act(page, "window.device.position.set(...value)", place, pictures=2)
            seen.append(eyes(page))
    for both in seen:
        for eye in both:
            beyond = beyond_counter_px(eye, "far")
            assert beyond.size > 8
            assert np.median(beyond) == pytest.approx(0, abs=1.5), "it ends where the counter begins"
            assert beyond.max() < 4
            assert beyond_counter_px(eye, "near").max() > 60, "it stands before the counter"
    for eye in seen[0]:
        middle, row = (round(each) for each in in_window(*np.mean(PILLAR, axis=0)))
        aside = round(in_window(575, 0)[0] - in_window(545, 0)[0])
        behind = shown(eye, "behind")[row]
        assert behind[middle - aside : middle + aside].any()
        assert not behind[middle - 2 : middle + 3].any(), "the pillar stands before it"
