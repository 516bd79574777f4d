"""Garments as models over the clean feed, on the page: where the picture has them, as they are there, never twice and never missing."""

import os
import signal
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.show import Show, running
from tests.e2e.visit import Pixels, look, screenshot, visiting, wait_until

GREY = 128
COAT = (-22.0, -8.0)  # yaw and pitch of its middle, degrees
MOST_CALLS = 60
HELD_MS = 2500  # who holds it for less goes on live
WINDOW = {"width": 800, "height": 450}
CHANNEL = """
name = "boutique"
rig = "equirect"
scene = "boutique"
size = "1280x640"
fps = 8
encode = { bitrate_kbps = 3000 }
rendition = []
hls = { always = true }
[[camera]]
name = "front"
url = "room.png"
loop = true
"""
SHOW_ALL = """(shown) => {
  for (const each of document.querySelectorAll("#stage > :not(#sky, #models)")) each.style.visibility = shown ? "" : "hidden";
}"""
# What is drawn of the garment in the middle, picture by picture: by the sky, by the models.
NOTE = """() => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const sky = document.getElementById("sky");
  const middle = (canvas) => {
    pen.clearRect(0, 0, 1, 1);
    pen.drawImage(canvas, canvas.width / 2, canvas.height / 2, 1, 1, 0, 0, 1, 1);
    return pen.getImageData(0, 0, 1, 1).data;
  };
  window.noted = [];
  let drawn = window.vrlive.frames.drawn;
  const note = () => {
    if (window.noted === null) return;
    requestAnimationFrame(note);
    if (window.vrlive.frames.drawn === drawn) return; // a canvas is empty once it has been shown
    drawn = window.vrlive.frames.drawn;
    const [r, , b] = middle(sky);
    const models = document.getElementById("models");
    window.noted.push([r - b > 20, models !== null && !models.hidden && middle(models)[3] > 0]);
  };
  requestAnimationFrame(note);
}"""


@pytest.fixture(scope="module")
def boutique(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    """Seven garments in a grey room, so that what is not grey is a garment."""
    folder = tmp_path_factory.mktemp("twin")
    Image.new("RGB", (1280, 640), (GREY, GREY, GREY)).save(folder / "room.png")
    (folder / "channel.toml").write_text(CHANNEL, "utf-8")
    with running("serve", folder / "channel.toml", "--port", "0") as show:
        show.wait_for("it is live", lambda found: found["state"] == "live", 240, "boutique")
        yield show


@pytest.fixture(scope="module")
def room(browser: Browser, boutique: Show) -> Iterator[Page]:
    """One visitor for all of them."""
    with visiting(browser, viewport=WINDOW, reduced_motion="reduce") as page:
        page.add_init_script("localStorage.setItem('vrlive.consent', 'no')")
        page.goto(f"{boutique.url}watch/boutique")
        wait_until(page, "window.vrlive.frames.presented > 1")
        expect(page.locator("#twin")).to_be_visible()
        yield page


@pytest.fixture
def page(room: Page) -> Iterator[Page]:
    """As the page is opened where no graphics card draws: garments in the picture, nothing open."""
    yield room
    room.evaluate("window.noted = null")
    if room.evaluate("localStorage.getItem('vrlive.garments')") == "models":  # what was pressed last, whether or not it has come about
        room.locator("#twin").click()
    wait_for_feed(room, "burned")


def wait_for_feed(page: Page, feed: str) -> None:
    """Wait until the picture that is seen is of this feed."""
    wait_until(page, "window.vrlive.garments.feed === value", feed)


def ask_for_models(page: Page) -> None:
    page.locator("#twin").click()
    wait_for_feed(page, "clean")


def garments(page: Page) -> NDArray[np.bool_]:
    """What of the window shows a garment."""
    colourful: NDArray[np.bool_] = np.ptp(bare(page), axis=2) > 14
    return colourful


def bare(page: Page) -> Pixels:
    """The window without what floats over the room."""
    drawn = page.evaluate("window.vrlive.frames.drawn")
    wait_until(page, "window.vrlive.frames.drawn > value + 2", drawn)
    page.evaluate(SHOW_ALL, False)
    seen = screenshot(page)
    page.evaluate(SHOW_ALL, True)
    return seen


def likeness(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union."""
    return float((one & other).sum() / (one | other).sum())


def test_where_no_graphics_card_draws_the_picture_has_the_garments(page: Page) -> None:
    expect(page.get_by_role("button", name="Garments in the picture")).to_be_visible()
    assert page.evaluate("window.vrlive.garments") == {"feed": "burned", "models": None}
    assert not page.evaluate("performance.getEntriesByType('resource').some(({ name }) => name.endsWith('.glb'))")


@pytest.mark.parametrize("planet", [False, True], ids=["straight", "planet"])
def test_models_stand_where_the_picture_has_them(page: Page, planet: bool) -> None:
    look(page, *COAT, 60)
    if planet:
        page.locator("#sky").press("p")
        wait_until(page, "window.vrlive.view.fovDeg > 200")
    burned = garments(page)
    ask_for_models(page)
    clean = garments(page)
    if planet:
        page.locator("#sky").press("p")
        wait_until(page, "window.vrlive.view.fovDeg < 100")
    assert burned.mean() > (0.005 if planet else 0.02)
    assert likeness(burned, clean) > (0.6 if planet else 0.85), "a few pixels of a planet's garments are their edges"
    expect(page.get_by_role("button", name="3D garments")).to_be_visible()
    models = page.evaluate("window.vrlive.garments.models")
    assert sorted(models["shown"]) == sorted(models["models"])
    assert {"coat", "dress", "rail"} <= set(models["shown"])
    assert 0 < models["drawCalls"] <= MOST_CALLS


def test_from_one_feed_to_the_other_no_garment_is_there_twice_and_none_is_missing(page: Page) -> None:
    look(page, *COAT, 60)
    page.evaluate(NOTE)
    ask_for_models(page)
    page.locator("#twin").click()
    wait_for_feed(page, "burned")
    noted = page.evaluate("window.noted")
    assert {tuple(each) for each in noted} == {(True, False), (False, True)}, noted


def test_a_colour_chosen_in_the_card_is_worn_in_the_room(page: Page) -> None:
    ask_for_models(page)
    look(page, *COAT, 60)
    page.locator("#pips button", has_text="Belted wool coat").click()
    card = page.get_by_role("dialog", name="Belted wool coat")
    before = colour_of(page)
    card.get_by_role("radio", name="Bordeaux").check()
    wait_until(page, "window.vrlive.garments.models.worn.coat === 'bordeaux'")
    after = colour_of(page)
    card.get_by_role("radio", name="Camel").check()
    page.keyboard.press("Escape")
    assert before[0] > before[1] > before[2], f"camel: {before}"
    assert after[0] > after[1] + 20, f"bordeaux: {after}"
    assert after[1] < before[1] - 20


def colour_of(page: Page) -> list[float]:
    """Of the coat, where it is seen beside an open card."""
    place = page.locator("#pips button", has_text="Belted wool coat").bounding_box()
    assert place
    seen = bare(page)
    x, y = int(place["x"]), int(place["y"])
    near = seen[max(0, y - 30) : y + 60, max(0, x - 30) : x + 50].reshape(-1, 3)
    found: list[float] = near[np.ptp(near, axis=1) > 14].mean(axis=0).tolist()
    return found


def test_who_looks_back_sees_the_picture_that_everybody_had(page: Page) -> None:
    ask_for_models(page)
    page.locator("#sky").press(" ")
    page.wait_for_timeout(HELD_MS)
    assert page.evaluate("window.vrlive.garments.models.shown.length") > 0, "a picture that is held still keeps its garments"
    page.locator("#sky").press(" ")
    wait_until(page, "window.vrlive.link === 'behind'")
    wait_for_feed(page, "burned")
    expect(page.locator("#models")).to_be_hidden()
    expect(page.locator("#twin")).to_have_text("Garments in the picture")
    page.locator("#replay .pill").click()
    wait_until(page, "window.vrlive.link === 'playing'")
    wait_for_feed(page, "clean")


def test_nothing_stands_in_the_slate(page: Page, boutique: Show) -> None:
    ask_for_models(page)
    os.kill(boutique.state("boutique")["engine"]["pid"], signal.SIGKILL)
    wait_until(page, "window.vrlive.garments.models.shown.length === 0")
    boutique.wait_for("it is live again", lambda found: found["state"] == "live", 120, "boutique")
    wait_until(page, "window.vrlive.garments.models?.shown.length > 0")


def test_the_choice_is_kept(page: Page) -> None:
    ask_for_models(page)
    page.reload()
    wait_for_feed(page, "clean")
    assert page.evaluate("localStorage.getItem('vrlive.garments')") == "models"
    page.locator("#sky").press("o")
    settings = page.get_by_role("dialog", name="Settings")
    expect(settings.get_by_label("Garments")).to_have_value("models")
    settings.get_by_label("Garments").select_option("In the picture")
    page.keyboard.press("Escape")
    wait_for_feed(page, "burned")
