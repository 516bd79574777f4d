"""A visit by headset: both eyes see the room as it is, hands and eyes take garments, and the page is afterwards as it was."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from math import radians
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page

from renderer.light import Light, with_lamps
from tests.checkout import ROOT
from tests.e2e.headset import (
    enter,
    frames,
    leave,
    look_at,
    nod,
    pinch,
    place_of,
    point_at,
    press,
    settle,
    state,
    turn_head,
    wait_for,
    wearing,
)
from tests.e2e.show import Show, running
from tests.e2e.visit import Pixels, picture, screenshot, wait_until
from vrlive.colour import from_light, to_light
from vrlive.projection.equirect import directions
from vrlive.units import Size

WIDTH = 640  # px of the room's picture
MOST_CALLS = 60
MOST_TEXTURE_MB = 128  # what a Quest keeps with ease
LEFT, RIGHT = slice(0, 240), slice(240, 480)  # columns of the window


def room(folder: Path, name: str, picture: Pixels, rig: str = "equirect", scene: str | None = None) -> None:
    """A channel whose only camera is a still panorama."""
    Image.fromarray(picture.astype(np.uint8)).save(folder / f"{name}.png")
    chosen = f'scene = "{scene}"\n' if scene else ""
    head = f'name = "{name}"\nsize = "{WIDTH}x{WIDTH // 2}"\nfps = 5\nrig = "{rig}"\nrendition = []\n{chosen}'
    (folder / f"{name}.toml").write_text(f'{head}[[camera]]\nname = "still"\nurl = "{name}.png"\nloop = true\n', "utf-8")


def still_boutique(folder: Path) -> str:
    """The boutique that ships, with nothing that turns: a channel that has its garments drawn once and leaves the machine to the page."""
    scenes = shutil.copytree(ROOT / "scenes", folder / "scenes")
    scene = scenes / "boutique" / "scene.toml"
    scene.write_text(re.sub(r"(?m)^motion = .*$", "", scene.read_text("utf-8")), "utf-8")
    return str(scene)


def compass() -> Pixels:
    """Grey, with a red bar ahead, a green one 30° to the right, a blue one 30° to the left, each 10° wide."""
    picture = np.full((WIDTH // 2, WIDTH, 3), 110.0)
    yaw = ((np.arange(WIDTH) + 0.5) / WIDTH - 0.5) * 360
    for bearing, colour in ((0, (230, 20, 20)), (30, (20, 200, 20)), (-30, (20, 20, 230))):
        picture[:, np.abs(yaw - bearing) < 5] = colour
    return picture


def two_eyes() -> Pixels:
    """Top-bottom: the left eye's picture is red, the right one's is blue."""
    picture = np.zeros((WIDTH, WIDTH, 3))
    picture[: WIDTH // 2], picture[WIDTH // 2 :] = (220, 20, 20), (20, 20, 220)
    return picture


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    """A showroom to sell from, a boutique that is full, and an empty room that is filmed for two eyes."""
    folder = tmp_path_factory.mktemp("rooms")
    room(folder, "empty", two_eyes(), "equirect-top-bottom")
    room(folder, "showroom", compass(), scene="showroom")
    room(folder, "boutique", compass(), scene=still_boutique(folder))
    with running("serve", folder, "--port", "0") as show:
        for name in ("showroom", "boutique", "empty"):
            show.wait_for("it is live", lambda state: state["state"] == "live", channel=name, within_s=240)
        yield show


@pytest.fixture(scope="module")
def inside(browser: Browser, rooms: Show) -> Iterator[Page]:
    """The showroom with somebody inside; each test leaves hands and head as it found them."""
    with wearing(browser) as page:
        page.goto(f"{rooms.url}watch/showroom")
        wait_until(page, "window.vrlive.frames.presented > 1")
        enter(page)
        wait_for(page, "state.models.length > 0")
        yield page


@pytest.fixture
def visit(inside: Page) -> Iterator[Page]:
    """As at the beginning: nothing open, hands at rest, head ahead."""
    page = inside
    if page.evaluate("window.vrlive.headset === null"):
        enter(page)
        wait_for(page, "state.models.length > 0")
    yield page
    if page.evaluate("window.vrlive.headset !== null"):
        page.evaluate("window.device.primaryInputMode = 'controller'")
        turn_head(page)
        while state(page)["card"]:
            press(page, "squeeze")


def eyes(page: Page) -> tuple[Pixels, Pixels]:
    """What each eye sees."""
    both = screenshot(page)
    return both[:, LEFT], both[:, RIGHT]


def bearing(eye: Pixels, colour: int) -> float:
    """Where a bar of the compass is seen, in degrees from the middle of an eye's window; colour 0 is red, 1 green, 2 blue."""
    row = eye[15:30].mean(axis=0)
    others = np.delete(row, colour, axis=1).max(axis=1)
    columns = np.flatnonzero(row[:, colour] - others > 60)
    assert columns.size > 0, "the bar is not in sight"
    half = eye.shape[1] / 2
    return float(np.degrees(np.arctan((columns.mean() + 0.5 - half) / half)))


def read_code(page: Page) -> str:
    """What the code on the card says, seen by one eye from close by."""
    page.evaluate("window.device.fovy = 0.45")
    frames(page, 3)
    seen = eyes(page)[0].astype(np.uint8)
    page.evaluate("window.device.fovy = Math.PI / 2")
    words, _, _ = cv2.QRCodeDetector().detectAndDecode(cv2.resize(seen, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC))
    return words


def colour_at(eye: Pixels, bearing: float) -> Pixels:
    """What an eye sees this many degrees beside the middle of its window, above the garments."""
    column = round(eye.shape[1] / 2 * (1 + np.tan(np.radians(bearing))))
    return np.asarray(eye[15:30, column - 3 : column + 3].mean(axis=(0, 1)))


def test_both_eyes_see_the_room_as_bright_as_it_is_and_turning_the_head_turns_it(visit: Page) -> None:
    assert state(visit)["picture"] == "drawn"
    _, room = picture(visit)
    for eye in eyes(visit):
        for place in (-30, -15, 0, 15, 30):
            column = round((place / 360 + 0.5) * WIDTH)
            assert colour_at(eye, place) == pytest.approx(room[60:100, column - 3 : column + 3].mean(axis=(0, 1)), abs=3)
        assert bearing(eye, 0) == pytest.approx(0, abs=1)
        assert bearing(eye, 1) == pytest.approx(30, abs=1)
    turn_head(visit, radians(25))
    for eye in eyes(visit):
        assert bearing(eye, 0) == pytest.approx(-25, abs=1)
        assert bearing(eye, 1) == pytest.approx(5, abs=1)


def test_the_stick_turns_by_thirty_degrees_and_facing_forward_turns_back(visit: Page) -> None:
    def stick(x: float) -> None:
        visit.evaluate("(x) => window.device.controllers.right.updateAxis('thumbstick', 'x-axis', x)", x)
        settle(visit)

    stick(1)
    assert bearing(eyes(visit)[0], 1) == pytest.approx(0, abs=1)
    stick(0)
    stick(-1)
    stick(0)
    assert bearing(eyes(visit)[0], 0) == pytest.approx(0, abs=1)
    turn_head(visit, radians(30))
    press(visit, "thumbstick")
    settle(visit)
    assert bearing(eyes(visit)[0], 0) == pytest.approx(0, abs=1)
    visit.evaluate("window.device.recenter()")
    settle(visit)


def test_a_controller_takes_a_garment_which_comes_near_with_its_card_and_squeeze_lets_it_go(visit: Page) -> None:
    point_at(visit, "controllers.right", place_of(visit, "dress"))
    assert state(visit)["hovered"] == "garment:dress"
    assert state(visit)["card"] is None
    press(visit)
    wait_for(visit, "state.card !== null")
    assert state(visit)["card"] == {"id": "dress", "side": "card"}
    assert state(visit)["fitted"] == "dress"
    assert "dress" in state(visit)["shown"]
    press(visit, "squeeze")
    wait_for(visit, "state.card === null && state.fitted === null")


def test_a_hand_chooses_colour_and_size_and_puts_it_into_the_bag(visit: Page) -> None:
    visit.evaluate("window.device.primaryInputMode = 'hand'")
    frames(visit)
    for what in ("dress", "variant:emerald", "size:DRES-EME-36", "add"):
        point_at(visit, "hands.right", place_of(visit, what))
        pinch(visit)
    wait_until(visit, "localStorage.getItem('vrlive.bag.showroom') !== null")
    bag = json.loads(visit.evaluate("localStorage.getItem('vrlive.bag.showroom')"))
    assert bag == [{"product": "dress", "variant": "emerald", "sku": "DRES-EME-36", "quantity": 1}]


def test_a_gaze_chooses_after_its_time(visit: Page) -> None:
    visit.evaluate("for (const side of ['left', 'right']) window.device.controllers[side].connected = false")
    look_at(visit, place_of(visit, "dress"))
    wait_for(visit, "state.card !== null")
    assert state(visit)["card"]["id"] == "dress"
    visit.evaluate("for (const side of ['left', 'right']) window.device.controllers[side].connected = true")


def test_two_nods_hand_over_to_the_phone_by_a_code(visit: Page, rooms: Show) -> None:
    point_at(visit, "controllers.right", place_of(visit, "dress"))
    press(visit)
    wait_for(visit, "state.card !== null")
    turn_head(visit, np.pi)  # away from what takes long to draw: nods are quick
    nod(visit)
    wait_for(visit, "state.card.side === 'phone'")
    look_at(visit, place_of(visit, "code"))
    assert read_code(visit) == f"{rooms.url}watch/showroom?product=dress"
    press(visit, "squeeze")
    wait_for(visit, "state.card.side === 'card'")


def test_a_visit_stays_within_what_a_headset_draws(visit: Page) -> None:
    for yaw in (0, 180):
        turn_head(visit, radians(yaw))
        assert 0 < state(visit)["drawCalls"] <= MOST_CALLS
    assert 0 < state(visit)["textureBytes"] < MOST_TEXTURE_MB << 20


def test_under_the_systems_own_menu_nothing_is_pointed_at(visit: Page) -> None:
    point_at(visit, "controllers.right", place_of(visit, "dress"))
    assert state(visit)["hovered"] == "garment:dress"
    visit.evaluate("window.device.updateVisibilityState('visible-blurred')")
    frames(visit, 3)
    assert state(visit)["hovered"] is None
    visit.evaluate("window.device.updateVisibilityState('visible')")
    frames(visit, 3)
    assert state(visit)["hovered"] == "garment:dress"


def test_the_way_out_leaves_the_page_as_it_was(visit: Page) -> None:
    drawn = visit.evaluate("window.vrlive.frames.drawn")
    leave(visit)
    wait_until(visit, "window.vrlive.frames.drawn > value", drawn)
    assert not visit.evaluate("video.paused")
    assert visit.locator("canvas").count() == 1
    enter(visit, "Enter AR")  # and in again, to the visitor's own room
    wait_for(visit, "state.models.length > 0")
    assert state(visit)["picture"] == "none"
    assert state(visit)["shown"] == ["dress"]
    point_at(visit, "controllers.right", place_of(visit, "leave"))
    press(visit)
    wait_until(visit, "window.vrlive.headset === null")


LAYERS = """
IWER.metaQuest3.supportedFeatures.push("layers");
window.layers = [];
window.order = [];
window.XRMediaBinding = class {
  createEquirectLayer(video, init) {
    const layer = { ...init, ofVideo: video.id, destroyed: false, destroy() { this.destroyed = true; } };
    window.layers.push(layer);
    return layer;
  }
};
const { updateRenderState } = IWER.XRSession.prototype;
IWER.XRSession.prototype.updateRenderState = function (state) {
  if (state.layers) window.order.push(state.layers.map((each) => window.layers.indexOf(each)));
  return updateRenderState.call(this, state);
};
"""


def test_each_eye_sees_its_own_picture(browser: Browser, rooms: Show) -> None:
    with wearing(browser) as page:
        page.goto(f"{rooms.url}watch/empty")
        wait_until(page, "window.vrlive.frames.presented > 1 && window.vrlive.channel !== null")
        enter(page)
        left, right = (eye[20:80].mean(axis=(0, 1)) for eye in eyes(page))
    assert left[0] > left[2] + 100
    assert right[2] > right[0] + 100


def test_a_compositor_with_media_layers_is_given_the_video_below_everything(browser: Browser, rooms: Show) -> None:
    with wearing(browser, after=LAYERS) as page:
        page.goto(f"{rooms.url}watch/empty")
        wait_until(page, "window.vrlive.frames.presented > 1 && window.vrlive.channel !== null")
        enter(page)
        assert state(page)["picture"] == "layer"
        [layer] = page.evaluate("window.layers.map(({ space, ...rest }) => rest)")
        assert layer["ofVideo"] == "video"
        assert layer["layout"] == "stereo-top-bottom"
        assert layer["radius"] == 0
        angles = [layer["centralHorizontalAngle"], layer["upperVerticalAngle"], layer["lowerVerticalAngle"]]
        assert angles == pytest.approx([2 * np.pi, np.pi / 2, -np.pi / 2])
        assert page.evaluate("window.order") == [[0, -1]]  # the video first, then what three draws
        leave(page)
        assert page.evaluate("window.layers[0].destroyed")


def test_a_full_boutique_stays_within_it_too_with_a_card_open(browser: Browser, rooms: Show) -> None:
    with wearing(browser) as page:
        page.goto(f"{rooms.url}watch/boutique")
        wait_until(page, "window.vrlive.frames.presented > 1")
        page.evaluate("window.device.fovy = 1.92")  # 110°, the widest that a Quest 3 has
        enter(page)
        wait_for(page, "state.models.length === 10 && state.shown.length === 10")
        point_at(page, "controllers.right", place_of(page, "coat"))
        press(page)
        wait_for(page, "state.card !== null && state.fitted === 'coat'")
        for yaw in (0, 90, -90):
            turn_head(page, radians(yaw))
            assert 0 < state(page)["drawCalls"] <= MOST_CALLS
        assert 0 < state(page)["textureBytes"] < MOST_TEXTURE_MB << 20


WIDE, HIGH = 64, 32  # px of a small room


@pytest.fixture(scope="module")
def balls(browser: Browser) -> Iterator[Page]:
    """A page that draws balls in the light of a room (streaming/web/test/headset)."""
    made = subprocess.run([sys.executable, "hatch_build.py", "balls"], cwd=ROOT, capture_output=True, text=True, check=False)
    if "pip install" in made.stderr:
        pytest.skip(made.stderr.strip())
    assert made.returncode == 0, made.stderr
    page = browser.new_page()
    page.route("**/*", lambda route: route.fulfill(body="<script type=module src=/balls.js></script>", content_type="text/html"))
    page.route("**/balls.js", lambda route: route.fulfill(path=ROOT / "build/balls/balls.js", content_type="text/javascript"))
    page.goto("http://balls.test/")
    wait_until(page, "window.ball")
    yield page
    page.close()


def small_room() -> Pixels:
    """A room without a symmetry, in codes 0…255, (32, 64, 3)."""
    x, y, z = np.moveaxis(directions(Size(WIDE, HIGH)), -1, 0)
    light = np.stack([0.3 + 0.2 * x, 0.3 + 0.15 * y + 0.1 * x * z, 0.3 - 0.2 * z], axis=-1)
    return np.rint(np.asarray(from_light(light), np.float64) * 255)


def job(codes: Pixels) -> list[object]:
    """A room for the page: RGBA bytes, width, height."""
    return [np.dstack([codes, np.full(codes.shape[:2], 255)]).astype(int).ravel().tolist(), WIDE, HIGH]


def lit(codes: Pixels) -> Light:
    """Its light, as the renderer takes it."""
    return Light.from_radiance(with_lamps(to_light(codes / 255).astype(np.float32).repeat(2, axis=0).repeat(2, axis=1)))


def seen_from_behind(side: int = 64) -> tuple[Pixels, NDArray[np.bool_]]:
    """Normals of a ball's inner pixels, (n, 3), and which pixels those are, (side, side) with the lowest row first."""
    place = (np.arange(side) + 0.5) / side * 2 - 1
    x, y = np.meshgrid(place, place)
    inner = x**2 + y**2 < 0.8
    return np.column_stack([x[inner], y[inner], np.sqrt(1 - x[inner] ** 2 - y[inner] ** 2)]), inner


def draw(page: Page, codes: Pixels, *, mirror: bool) -> Pixels:
    """The ball, (64, 64, 3), linear light 0…1."""
    pixels = page.evaluate("([bytes, width, height, mirror]) => window.ball(bytes, width, height, mirror)", [*job(codes), mirror])
    return np.reshape(pixels, (64, 64, 4))[..., :3] / 255


def test_the_page_finds_the_same_light_as_the_renderer(balls: Page) -> None:
    found = np.array(balls.evaluate("([bytes, width, height]) => window.lightOf(bytes, width, height)", job(small_room())))
    assert found == pytest.approx(lit(small_room()).irradiance, abs=5e-3)


def test_a_dull_ball_shines_as_the_renderers_harmonics_say(balls: Page) -> None:
    normals, inner = seen_from_behind()
    x, y, z = normals.T
    basis = np.array(
        [
            np.full_like(x, 0.282095), 0.488603 * y, 0.488603 * z, 0.488603 * x, 1.092548 * x * y,
            1.092548 * y * z, 0.315392 * (3 * z * z - 1), 1.092548 * x * z, 0.546274 * (x * x - y * y),
        ]
    )  # fmt: skip
    expected = basis.T @ lit(small_room()).irradiance
    assert np.ptp(expected, axis=0).min() > 0.05  # it tells directions apart
    assert draw(balls, small_room(), mirror=False)[inner] == pytest.approx(expected, abs=0.02)


def test_a_mirror_ball_shows_what_lies_behind_who_looks(balls: Page) -> None:
    normals, inner = seen_from_behind()
    reflected = 2 * normals[:, 2:] * normals - [0, 0, 1]
    x, y, z = reflected.T
    columns = (np.arctan2(x, -z) / (2 * np.pi) + 0.5) * WIDE - 0.5
    rows = np.clip((0.5 - np.arcsin(np.clip(y, -1, 1)) / np.pi) * HIGH - 0.5, 0, HIGH - 1)  # it wraps around, but not over the poles
    radiance = with_lamps(to_light(small_room() / 255).astype(np.float32).repeat(2, axis=0).repeat(2, axis=1))[::2, ::2]
    expected = cv2.remap(
        radiance, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
    ).reshape(-1, 3)
    amiss = np.abs(draw(balls, small_room(), mirror=True)[inner] - np.minimum(expected, 1))
    assert amiss.mean() < 0.006  # it is 0.008 where the room is amiss by a third of its pixels, two degrees
    assert amiss.max() < 0.06
