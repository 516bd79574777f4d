"""What people expect of a player all around them: the wheel, keys, a radar, captions, with real input in a real browser."""

from math import atan2, cos, degrees, hypot, radians, sin
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.boutique import direct
from tests.e2e.show import Show
from tests.e2e.visit import DESKTOP, look, screenshot, view, wait_until

THUMB_PX = 44
CARD = "document.getElementById('sky').getContext('webgl2')"

CONTROLS = """() => [...document.querySelectorAll(
    "#bar > *, header button, #latency, #lens, #title, #status, dialog[open] :is(button, select, input)")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }))
  .map((each) => {
    const { left, top, right, bottom } = each.getBoundingClientRect();
    const field = each.matches("button, .menu, select, input");
    const modal = document.querySelector("dialog[open]");
    const name = each.getAttribute("aria-label") || each.textContent || each.id;
    return { name, left, top, right, bottom, field, over: !modal || modal.contains(each) };
  }).filter((each) => each.over)"""


def seen_at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Yaw and pitch, degrees, of what is drawn at a place in the window: a plain reading of the conventions."""
    at, focal, size = view(page), page.evaluate("vrlive.focalPx"), page.viewport_size
    assert size
    pitch = radians(at["pitchDeg"])
    right, up = x - size["width"] / 2, size["height"] / 2 - y
    ahead, height = focal * cos(pitch) - up * sin(pitch), focal * sin(pitch) + up * cos(pitch)
    return at["yawDeg"] + degrees(atan2(right, ahead)), degrees(atan2(height, hypot(right, ahead)))


def test_the_wheel_zooms_to_what_is_under_the_pointer_and_no_further_than_30_and_120_degrees(visitor: Page) -> None:
    look(visitor, 20, 10)
    x, y = 930, 250
    before = seen_at(visitor, x, y)
    visitor.mouse.move(x, y)
    visitor.mouse.wheel(0, -300)
    wait_until(visitor, "vrlive.view.fovDeg < 89")
    assert seen_at(visitor, x, y) == pytest.approx(before, abs=0.05)
    visitor.mouse.wheel(0, -9000)
    wait_until(visitor, "Math.abs(vrlive.view.fovDeg - 30) < 1e-6")
    visitor.mouse.wheel(0, 9000)
    wait_until(visitor, "Math.abs(vrlive.view.fovDeg - 120) < 1e-6")


def test_keys_are_heard_by_the_picture_only_and_listed_in_a_dialog(visitor: Page) -> None:
    visitor.keyboard.press("?")
    keys = visitor.get_by_role("dialog", name="Keys")
    keys.get_by_text("Look around").wait_for()
    visitor.keyboard.press("ArrowRight")
    visitor.keyboard.press("m")
    assert view(visitor)["yawDeg"] == 0
    assert visitor.evaluate("video.muted")
    visitor.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    assert visitor.evaluate("document.activeElement.id") == "sky"
    visitor.keyboard.press("ArrowRight")
    assert view(visitor)["yawDeg"] == pytest.approx(6)


def test_the_radar_shows_what_stands_where_and_the_part_that_is_seen(visitor: Page) -> None:
    coat = next(each for each in visitor.evaluate("vrlive.channel.garments") if each["name"] == "coat")
    wait_until(visitor, "document.querySelectorAll('#compass-pips circle').length === document.querySelectorAll('.pip').length")
    look(visitor, coat["yaw_deg"], 0, 60)
    boxes = visitor.evaluate(
        """(name) => [`#compass-pips [data-place="${name}"]`, "#compass circle.self", "#cone"].map((each) => {
      const { left, right, top, width } = document.querySelector(each).getBoundingClientRect();
      return [(left + right) / 2, top, width];
    })""",
        "coat",
    )
    (pip_x, pip_y, _), (middle, middle_y, _), (cone_x, _, narrow) = boxes
    assert pip_x == pytest.approx(middle, abs=0.7)  # it is looked at: straight up on the radar
    assert pip_y < middle_y - 8
    assert cone_x == pytest.approx(middle, abs=0.5)
    look(visitor, 0, 0, 110)
    assert visitor.evaluate("document.querySelector('#cone').getBoundingClientRect().width") > narrow
    look(visitor, 70, 0)
    visitor.get_by_role("button", name="Look ahead").click()
    assert view(visitor)["yawDeg"] == pytest.approx(0)


def test_a_window_of_another_size_shows_the_same_direction(visitor: Page) -> None:
    look(visitor, 33, -7, 75)
    visitor.set_viewport_size({"width": 700, "height": 900})
    wait_until(visitor, "document.getElementById('sky').clientWidth === 700")
    assert view(visitor) == {"yawDeg": pytest.approx(33), "pitchDeg": pytest.approx(-7), "fovDeg": pytest.approx(75)}
    assert_laid_out(visitor)
    visitor.set_viewport_size({"width": DESKTOP["width"], "height": DESKTOP["height"]})
    wait_until(visitor, "document.getElementById('sky').clientWidth === value", DESKTOP["width"])


def test_who_follows_the_host_is_turned_to_what_is_shown_and_may_look_elsewhere(visitor: Page, boutique: Show) -> None:
    yaw_deg = {each["name"]: each["yaw_deg"] for each in visitor.evaluate("vrlive.channel.garments")}
    at = "Math.abs(vrlive.view.yawDeg - value) < 0.1"
    try:
        direct(boutique, "PUT", "look", {"yaw_deg": 100})
        visitor.keyboard.press("h")
        visitor.get_by_text("You follow the host").wait_for()
        wait_until(visitor, at, 100)
        direct(boutique, "PUT", "look", {"yaw_deg": -60, "pitch_deg": 10})
        wait_until(visitor, at, -60)
        direct(boutique, "PUT", "pins/coat")
        wait_until(visitor, at, yaw_deg["coat"])
        look(visitor, 20, 0)
        visitor.keyboard.press("h")
        direct(boutique, "PUT", "look", {"yaw_deg": 150})
        direct(boutique, "PUT", "pins/scarf")
        expect(visitor.get_by_role("complementary", name="Now")).to_contain_text("Fringed scarf")
        assert view(visitor)["yawDeg"] == pytest.approx(20)
    finally:
        direct(boutique, "DELETE", "look")
        for product in ("coat", "scarf"):
            direct(boutique, "DELETE", f"pins/{product}")


def test_a_graphics_card_that_is_lost_and_found_again_goes_on_drawing(visitor: Page) -> None:
    middle = (slice(300, 420), slice(560, 720))
    before = screenshot(visitor)[middle]
    visitor.evaluate(f"window.card = {CARD}.getExtension('WEBGL_lose_context'); card.loseContext()")
    wait_until(visitor, f"{CARD}.isContextLost()")
    drawn = visitor.evaluate("window.vrlive.frames.drawn")
    visitor.evaluate("card.restoreContext()")
    wait_until(visitor, "window.vrlive.frames.drawn > value + 1", drawn)
    assert np.abs(screenshot(visitor)[middle] - before).mean() < 3


def test_a_picture_that_a_phone_call_stopped_comes_back_by_itself(visitor: Page) -> None:
    visitor.evaluate("video.pause()")
    wait_until(visitor, "!video.paused")
    visitor.keyboard.press(" ")
    wait_until(visitor, "video.paused")
    visitor.wait_for_timeout(1200)
    assert visitor.evaluate("video.paused"), "who paused by hand wants it so"
    visitor.keyboard.press(" ")
    wait_until(visitor, "!video.paused")


def test_what_is_said_can_be_read_with_the_picture_and_goes_by_itself(visitor: Page, boutique: Show) -> None:
    def say(text: str, duration_s: float = 60) -> None:
        direct(boutique, "POST", "captions", {"text": text, "duration_s": duration_s})

    button, caption = visitor.get_by_role("button", name="Captions"), visitor.locator("#captions")
    reads = "document.getElementById('captions').textContent === value"
    try:
        expect(button).to_be_hidden()
        say("Good evening")
        button.click()
        wait_until(visitor, reads, "Good evening")
        say(hostile := "<i>Cut</i> on the <img src=x onerror=alert(1)> bias\n&amp; lined --> in silk")
        wait_until(visitor, reads, hostile)
        assert caption.locator("*").count() == 0
        assert_laid_out(visitor)
        say("")
        expect(caption).to_be_hidden()
        say("Gone in a moment", 5)
        wait_until(visitor, reads, "Gone in a moment")
        expect(caption).to_be_hidden()
        say("Who wants to read it?")
        wait_until(visitor, reads, "Who wants to read it?")
        button.click()
        expect(caption).to_be_hidden()
    finally:
        say("")


def assert_laid_out(page: Page) -> None:
    size = page.viewport_size
    assert size
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    found: list[dict[str, Any]] = page.evaluate(CONTROLS)
    assert found
    for each in found:
        assert each["left"] >= 0, each
        assert each["right"] <= size["width"], each
        if each["field"]:
            assert min(each["right"] - each["left"], each["bottom"] - each["top"]) >= THUMB_PX - 0.01, each
    for n, one in enumerate(found):
        for other in found[n + 1 :]:
            apart = one["right"] <= other["left"] + 0.5 or other["right"] <= one["left"] + 0.5
            apart = apart or one["bottom"] <= other["top"] + 0.5 or other["bottom"] <= one["top"] + 0.5
            assert apart, (one, other)
