"""What people expect of a player all around them: hands, keys, sensors, links and settings, with real input in a real browser."""

from collections.abc import Iterator
from math import atan2, cos, degrees, hypot, radians, sin
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.boutique import boutique_in, direct
from tests.e2e.show import Show
from tests.e2e.visit import DESKTOP, look, screenshot, view, visiting, wait_for_words, wait_until, watch

CALM: dict[str, Any] = {"reduced_motion": "reduce"}
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


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    """The boutique in a room of another colour in each direction."""
    rows, columns = np.mgrid[0:320, 0:640]
    picture = np.stack([columns // 3, rows // 2, np.full_like(rows, 90)], -1).astype(np.uint8)
    with boutique_in(picture, tmp_path_factory.mktemp("room")) as show:
        yield show


@pytest.fixture(scope="module")
def calm(browser: Browser, room: Show) -> Iterator[Page]:
    """A desktop whose visitor wants no motion but their own; tests turn it back ahead."""
    with visiting(browser, **CALM) as page:
        watch(page, room.url)
        wait_until(page, "document.querySelector('#compass-pips circle') !== null")
        yield page


@pytest.fixture
def desk(calm: Page) -> Page:
    """The same, looking ahead, with the picture in focus."""
    calm.locator("#sky").focus()
    look(calm, 0, 0)
    return calm


def seen_at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Yaw and pitch, degrees, of what is drawn at a place in the window: a plain reading of the conventions."""
    at, focal, size = view(page), page.evaluate("vrlive.focalPx"), page.viewport_size
    assert size
    pitch = radians(at["pitchDeg"])
    right, up = x - size["width"] / 2, size["height"] / 2 - y
    ahead, height = focal * cos(pitch) - up * sin(pitch), focal * sin(pitch) + up * cos(pitch)
    return at["yawDeg"] + degrees(atan2(right, ahead)), degrees(atan2(height, hypot(right, ahead)))


def test_the_wheel_zooms_to_what_is_under_the_pointer_and_no_further_than_30_and_120_degrees(desk: Page) -> None:
    look(desk, 20, 10)
    x, y = 930, 250
    before = seen_at(desk, x, y)
    desk.mouse.move(x, y)
    desk.mouse.wheel(0, -300)
    wait_until(desk, "vrlive.view.fovDeg < 89")
    assert seen_at(desk, x, y) == pytest.approx(before, abs=0.05)
    desk.mouse.wheel(0, -9000)
    wait_until(desk, "Math.abs(vrlive.view.fovDeg - 30) < 1e-6")
    desk.mouse.wheel(0, 9000)
    wait_until(desk, "Math.abs(vrlive.view.fovDeg - 120) < 1e-6")


def test_keys_are_heard_by_the_picture_only_and_listed_in_a_dialog(desk: Page) -> None:
    desk.keyboard.press("?")
    keys = desk.get_by_role("dialog", name="Keys")
    keys.get_by_text("Look around").wait_for()
    desk.keyboard.press("ArrowRight")
    desk.keyboard.press("m")
    assert view(desk)["yawDeg"] == 0
    assert desk.evaluate("video.muted")
    desk.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    assert desk.evaluate("document.activeElement.id") == "sky"
    desk.keyboard.press("ArrowRight")
    assert view(desk)["yawDeg"] == pytest.approx(6)


def test_the_radar_shows_what_stands_where_and_the_part_that_is_seen(desk: Page) -> None:
    coat = next(each for each in desk.evaluate("vrlive.channel.garments") if each["name"] == "coat")
    wait_until(desk, "document.querySelectorAll('#compass-pips circle').length === document.querySelectorAll('.pip').length")
    look(desk, coat["yaw_deg"], 0, 60)
    boxes = desk.evaluate(
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
    look(desk, 0, 0, 110)
    assert desk.evaluate("document.querySelector('#cone').getBoundingClientRect().width") > narrow
    look(desk, 70, 0)
    desk.get_by_role("button", name="Look ahead").click()
    assert view(desk)["yawDeg"] == pytest.approx(0)


def test_a_window_of_another_size_shows_the_same_direction(desk: Page) -> None:
    look(desk, 33, -7, 75)
    desk.set_viewport_size({"width": 700, "height": 900})
    wait_until(desk, "document.getElementById('sky').clientWidth === 700")
    assert view(desk) == {"yawDeg": pytest.approx(33), "pitchDeg": pytest.approx(-7), "fovDeg": pytest.approx(75)}
    assert_laid_out(desk)
    desk.set_viewport_size({"width": DESKTOP["width"], "height": DESKTOP["height"]})
    wait_until(desk, "document.getElementById('sky').clientWidth === value", DESKTOP["width"])


def test_who_follows_the_host_is_turned_to_what_is_shown_and_may_look_elsewhere(desk: Page, room: Show) -> None:
    yaw_deg = {each["name"]: each["yaw_deg"] for each in desk.evaluate("vrlive.channel.garments")}
    at = "Math.abs(vrlive.view.yawDeg - value) < 0.1"
    try:
        direct(room, "PUT", "look", {"yaw_deg": 100})
        desk.keyboard.press("h")
        desk.get_by_text("You follow the host").wait_for()
        wait_until(desk, at, 100)
        direct(room, "PUT", "look", {"yaw_deg": -60, "pitch_deg": 10})
        wait_until(desk, at, -60)
        direct(room, "PUT", "pins/coat")
        wait_until(desk, at, yaw_deg["coat"])
        look(desk, 20, 0)
        desk.keyboard.press("h")
        direct(room, "PUT", "look", {"yaw_deg": 150})
        direct(room, "PUT", "pins/scarf")
        expect(desk.get_by_role("complementary", name="Now")).to_contain_text("Fringed scarf")
        assert view(desk)["yawDeg"] == pytest.approx(20)
    finally:
        direct(room, "DELETE", "look")
        for product in ("coat", "scarf"):
            direct(room, "DELETE", f"pins/{product}")


def test_a_graphics_card_that_is_lost_and_found_again_goes_on_drawing(desk: Page) -> None:
    middle = (slice(300, 420), slice(560, 720))
    before = screenshot(desk)[middle].mean(axis=(0, 1))
    desk.evaluate(f"window.card = {CARD}.getExtension('WEBGL_lose_context'); card.loseContext()")
    wait_until(desk, f"{CARD}.isContextLost()")
    drawn = desk.evaluate("window.vrlive.frames.drawn")
    desk.evaluate("card.restoreContext()")
    wait_until(desk, "window.vrlive.frames.drawn > value + 1", drawn)
    assert screenshot(desk)[middle].mean(axis=(0, 1)) == pytest.approx(before, abs=3)


def test_a_picture_that_a_phone_call_stopped_comes_back_by_itself(desk: Page) -> None:
    desk.evaluate("video.pause()")
    wait_until(desk, "!video.paused")
    desk.keyboard.press(" ")
    wait_until(desk, "video.paused")
    desk.wait_for_timeout(1200)
    assert desk.evaluate("video.paused"), "who paused by hand wants it so"
    desk.keyboard.press(" ")
    wait_until(desk, "!video.paused")


def test_captions_are_offered_where_there_is_a_text_track(desk: Page) -> None:
    button = desk.get_by_role("button", name="Captions")
    expect(button).to_be_hidden()
    desk.evaluate("""() => {
      window.track = video.addTextTrack("captions", "English", "en");
      window.track.addCue(new VTTCue(0, 1e6, "Cut on the <i>bias</i>"));
    }""")
    button.click()
    caption = desk.locator("#captions")
    wait_until(desk, "document.getElementById('captions').textContent === 'Cut on the bias'")
    caption.wait_for()
    button.click()
    caption.wait_for(state="hidden")


def test_a_shared_link_leads_to_the_same_view(browser: Browser, room: Show) -> None:
    with visiting(browser, **CALM) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        watch(page, f"{room.url}#token=of-nobody")
        look(page, -41.3, 8.2, 64)
        page.keyboard.press("s")
        page.get_by_text("Link copied").wait_for()
        url = page.evaluate("navigator.clipboard.readText()")
        assert url.startswith(f"{room.url}watch/boutique?")
        assert "token" not in url
        page.goto(url)
        assert view(page) == {
            "yawDeg": pytest.approx(-41.3, abs=0.06),
            "pitchDeg": pytest.approx(8.2, abs=0.06),
            "fovDeg": pytest.approx(64),
        }


def test_a_link_to_a_garment_turns_to_it_and_one_that_makes_no_sense_looks_ahead(browser: Browser, room: Show) -> None:
    with visiting(browser, **CALM) as page:
        page.goto(f"{room.url}watch/boutique?product=coat")
        card = page.locator(".sheet:not([hidden])")
        card.wait_for()
        page.goto(f"{room.url}watch/boutique?product=coat&yaw=123.5")
        card.wait_for()
        wait_until(page, "Math.abs(vrlive.view.yawDeg - 123.5) < 0.01")
        page.goto(f"{room.url}watch/boutique?yaw=north&pitch=1e99&fov=-3&t=%00&product=no-such-thing")
        wait_until(page, "vrlive.channel !== null && document.querySelector('#compass-pips circle') !== null")
        expect(card).to_be_hidden()
        assert view(page) == {"yawDeg": pytest.approx(0), "pitchDeg": pytest.approx(0), "fovDeg": pytest.approx(90)}


def test_settings_are_kept_over_a_reload(browser: Browser, room: Show) -> None:
    with visiting(browser, **CALM) as page:
        watch(page, room.url)
        wait_until(page, "vrlive.rendition?.offered.length > 1")
        offered = page.evaluate("vrlive.rendition.offered")
        page.get_by_role("button", name="Settings").click()
        page.get_by_label("Data saver").select_option("on")
        small = int(offered[-1].split("x")[0])
        wait_until(page, "video.videoWidth === value", small)
        assert page.get_by_label("Turn slowly when nobody touches").is_disabled()
        page.reload()
        wait_until(page, "video.videoWidth === value", small)
        wait_until(page, "vrlive.rendition?.auto === false")
        page.get_by_role("button", name="Settings").click()
        assert page.get_by_label("Data saver").input_value() == "on"
        page.get_by_role("dialog").get_by_label("Picture quality").select_option(offered[0])
        wait_until(page, "video.videoWidth === value", int(offered[0].split("x")[0]))
        assert page.get_by_label("Data saver").input_value() == "off"
        with page.expect_navigation():
            page.get_by_label("Language").select_option("zh")
        wait_for_words(page, "直播中")
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        page.reload()
        page.get_by_role("button", name="设置").click()
        assert page.get_by_label("语言").input_value() == "zh"
        wait_until(page, "vrlive.rendition?.name === value && !vrlive.rendition.auto", offered[0])


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
