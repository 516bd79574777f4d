"""Rooms that are visited by headset, on air while the tests of this folder run, and somebody inside."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.checkout import ROOT
from tests.e2e.headset.device import enter, press, state, turn_head, wait_for, wearing
from tests.e2e.show import START_S, Show, running
from tests.e2e.visit import Pixels, wait_until

WIDTH = 640  # px of a room's picture


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
    """Grey, with a red bar ahead, a green one 30° to the right, a blue one 30° to the left, each 10° wide; and behind the same."""
    picture = np.full((WIDTH // 2, WIDTH, 3), 110.0)
    yaw = ((np.arange(WIDTH) + 0.5) / WIDTH - 0.5) * 360
    for bearing, colour in ((0, (230, 20, 20)), (30, (20, 200, 20)), (-30, (20, 20, 230))):
        picture[:, np.abs((yaw - bearing + 90) % 180 - 90) < 5] = colour
    return picture


def two_eyes() -> Pixels:
    """Top-bottom: the left eye's picture is red, the right one's is blue."""
    picture = np.zeros((WIDTH, WIDTH, 3))
    picture[: WIDTH // 2], picture[WIDTH // 2 :] = (220, 20, 20), (20, 20, 220)
    return picture


@pytest.fixture(scope="package")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    """A showroom to sell from, a boutique that is full, and an empty room that is filmed for two eyes."""
    folder = tmp_path_factory.mktemp("rooms")
    room(folder, "empty", two_eyes(), "equirect-top-bottom")
    room(folder, "showroom", compass(), scene="showroom")
    room(folder, "boutique", compass(), scene=still_boutique(folder))
    with running("serve", folder, "--port", "0") as show:
        for name in ("showroom", "boutique", "empty"):
            show.wait_for("it is live", lambda state: state["state"] == "live", channel=name, within_s=START_S)
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
        wait_for(page, "state.fitted === null")  # it is back in its place
