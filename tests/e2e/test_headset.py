"""A visit by headset: both eyes see the room as it is, hands and eyes take garments, and the page is afterwards as it was."""

import json
from collections.abc import Iterator
from math import radians
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.e2e.headset import enter, frames, pinch, place_of, point_at, press, state, turn_head, wait_for, wearing
from tests.e2e.show import Show, running
from tests.e2e.visit import Pixels, screenshot, wait_until

WIDTH = 640  # px of the room's picture
LEFT, RIGHT = slice(0, 320), slice(320, 640)  # columns of the window


def room(folder: Path, name: str, picture: Pixels, scene: str | None) -> Path:
    """A channel whose only camera is a still panorama."""
    Image.fromarray(picture.astype(np.uint8)).save(folder / f"{name}.png")
    chosen = f'scene = "{scene}"\n' if scene else ""
    head = f'name = "{name}"\nsize = "{WIDTH}x{WIDTH // 2}"\nfps = 5\nrig = "equirect"\nrendition = []\n{chosen}'
    channel = folder / f"{name}.toml"
    channel.write_text(f'{head}[[camera]]\nname = "still"\nurl = "{name}.png"\nloop = true\n', "utf-8")
    return channel


def compass() -> Pixels:
    """Grey, with a red bar ahead, a green one 30° to the right, a blue one 30° to the left, each 10° wide."""
    picture = np.full((WIDTH // 2, WIDTH, 3), 110.0)
    yaw = ((np.arange(WIDTH) + 0.5) / WIDTH - 0.5) * 360
    for bearing, colour in ((0, (230, 20, 20)), (30, (20, 200, 20)), (-30, (20, 20, 230))):
        picture[:, np.abs(yaw - bearing) < 5] = colour
    return picture


def two_eyes() -> Pixels:
    """Top-bottom: the left eye's picture is red, the right one's is blue."""
    picture = np.zeros((WIDTH // 2, WIDTH, 3))
    picture[: WIDTH // 4], picture[WIDTH // 4 :] = (220, 20, 20), (20, 20, 220)
    return picture


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    """A showroom to sell from, and an empty room whose picture is meant for two eyes."""
    folder = tmp_path_factory.mktemp("rooms")
    room(folder, "empty", two_eyes(), None)
    room(folder, "showroom", compass(), "showroom")
    with running("serve", folder, "--port", "0") as show:
        for name in ("showroom", "empty"):
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
        if state(page)["card"]:
            point_at(page, "controllers.right", place_of(page, "close"))
            press(page)
            wait_for(page, "state.card === null")


def eyes(page: Page) -> tuple[Pixels, Pixels]:
    """What each eye sees."""
    both = screenshot(page)
    return both[:, LEFT], both[:, RIGHT]


def bearing(eye: Pixels, colour: int) -> float:
    """Where a bar of the compass is seen, in degrees from the middle of an eye's window; colour 0 is red, 1 green, 2 blue."""
    row = eye[20:40].mean(axis=0)
    others = np.delete(row, colour, axis=1).max(axis=1)
    columns = np.flatnonzero(row[:, colour] - others > 60)
    assert columns.size > 0, "the bar is not in sight"
    half = eye.shape[1] / 2
    return float(np.degrees(np.arctan((columns.mean() + 0.5 - half) / half)))


def test_both_eyes_see_the_room_and_turning_the_head_turns_it(visit: Page) -> None:
    assert state(visit)["picture"] == "drawn"
    frames(visit, 5)  # the fade is over
    for eye in eyes(visit):
        assert bearing(eye, 0) == pytest.approx(0, abs=1)
        assert bearing(eye, 1) == pytest.approx(30, abs=1)
    turn_head(visit, radians(25))
    for eye in eyes(visit):
        assert bearing(eye, 0) == pytest.approx(-25, abs=1)
        assert bearing(eye, 1) == pytest.approx(5, abs=1)


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
