"""Hands on a phone, a phone in the hand, a picture in somebody's page, and nobody's hand: with real input in a real browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.show import Show
from tests.e2e.visit import PHONE, Fingers, look, view, visiting, wait_until, watch

CALM: dict[str, Any] = {"reduced_motion": "reduce"}
TOUCH: dict[str, Any] = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
HOST = """<!doctype html><meta name="viewport" content="width=device-width"><body style="margin: 0; height: 3000px">
<iframe src="/embed/demo" style="border: 0; width: 100%; height: 600px"></iframe>"""

FOLLOW_HINTS = """() => {
  window.hints = []; // they go by themselves, before a slow machine looks
  const toast = document.getElementById("toast");
  new MutationObserver(() => hints.push(toast.textContent)).observe(toast, { childList: true, characterData: true, subtree: true });
}"""


@pytest.fixture(scope="module")
def phone(browser: Browser, demo: Show) -> Iterator[Page]:
    """A phone held upright."""
    with visiting(browser, **TOUCH, **CALM) as page:
        page.add_init_script("localStorage.setItem('vrlive.consent', 'no')")
        watch(page, demo.url)
        yield page


def test_two_fingers_zoom(phone: Page) -> None:
    look(phone, 0, 0)
    Fingers(phone).stroke(((90, 300), (60, 300)), ((150, 300), (180, 300)))
    assert 30 <= view(phone)["fovDeg"] < 75


def test_the_view_follows_the_phone_and_a_drag_sets_it_off(phone: Page) -> None:
    look(phone, 25, 0)
    sensor = phone.context.new_cdp_session(phone)

    def hold(alpha: float, beta: float) -> None:
        sensor.send("DeviceOrientation.setDeviceOrientationOverride", {"alpha": alpha, "beta": beta, "gamma": 0})

    hold(200, 80)
    button = phone.get_by_role("button", name="Follow the phone")
    button.tap()
    wait_until(phone, "Math.abs(vrlive.view.pitchDeg + 10) < 0.01")  # the horizon is where it is
    assert view(phone)["yawDeg"] == pytest.approx(25)  # and ahead is where it was
    hold(170, 95)
    wait_until(phone, "Math.abs(vrlive.view.yawDeg - 55) < 0.01 && Math.abs(vrlive.view.pitchDeg - 5) < 0.01")
    Fingers(phone).stroke(((200, 370), (140, 370)))
    dragged = view(phone)["yawDeg"]
    assert dragged > 58
    hold(160, 95)
    wait_until(phone, "Math.abs(vrlive.view.yawDeg - value) < 0.01", dragged + 10)
    phone.get_by_role("button", name="Look ahead").tap()
    wait_until(phone, "Math.abs(vrlive.view.yawDeg) < 0.01 && Math.abs(vrlive.view.pitchDeg - 5) < 0.01")
    button.tap()
    hold(100, 60)
    drawn = phone.evaluate("window.vrlive.frames.drawn")
    wait_until(phone, "window.vrlive.frames.drawn > value + 2", drawn)
    assert view(phone)["yawDeg"] == pytest.approx(0, abs=0.01)
    sensor.detach()


def test_a_frame_on_a_phone_leaves_one_finger_to_the_page_around_it(browser: Browser, demo: Show) -> None:
    with visiting(browser, **TOUCH, **CALM) as page:
        page.route("**/host", lambda route: route.fulfill(content_type="text/html", body=HOST))
        page.goto(f"{demo.url}host")
        frame = page.frames[1]
        frame.wait_for_function("() => window.vrlive?.link === 'playing'")
        assert page.evaluate("document.activeElement === document.body"), "a frame takes no focus by itself"
        frame.evaluate(FOLLOW_HINTS)
        fingers = Fingers(page)
        fingers.stroke(((60, 300), (60, 230)))
        page.wait_for_function("() => scrollY > 30")
        assert frame.evaluate("vrlive.view.pitchDeg") == 0
        frame.wait_for_function("() => hints.includes('Use two fingers to look around')")
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_function("() => scrollY === 0")
        fingers.stroke(((150, 300), (90, 300)), ((210, 300), (150, 300)))
        assert frame.evaluate("vrlive.view.yawDeg") > 5
        assert page.evaluate("scrollY") == 0


def test_a_frame_on_a_desktop_leaves_the_wheel_to_the_page_until_it_has_the_focus(browser: Browser, demo: Show) -> None:
    with visiting(browser, **CALM) as page:
        page.route("**/host", lambda route: route.fulfill(content_type="text/html", body=HOST))
        page.goto(f"{demo.url}host")
        frame = page.frames[1]
        frame.wait_for_function("() => window.vrlive?.link === 'playing'")
        page.mouse.move(640, 300)
        page.mouse.wheel(0, 60)
        page.wait_for_function("() => scrollY > 30")
        assert frame.evaluate("vrlive.view.fovDeg") == pytest.approx(90)
        page.keyboard.down("Control")
        page.mouse.wheel(0, -60)
        frame.wait_for_function("() => vrlive.view.fovDeg < 89")
        page.keyboard.up("Control")
        page.mouse.click(640, 300)  # now it has the focus
        before, scrolled = frame.evaluate("vrlive.view.fovDeg"), page.evaluate("scrollY")
        page.mouse.wheel(0, 200)
        frame.wait_for_function("(value) => vrlive.view.fovDeg > value + 1", arg=before)
        assert page.evaluate("scrollY") == scrolled


def test_the_bar_steps_back_and_the_view_turns_while_nobody_touches_anything(browser: Browser, demo: Show) -> None:
    with visiting(browser) as page:
        page.add_init_script("localStorage.setItem('vrlive.consent', 'no')")
        watch(page, demo.url)
        page.get_by_role("button", name="Settings").click()
        page.get_by_label("Turn slowly when nobody touches").check()
        page.keyboard.press("Escape")
        page.locator("#sky").focus()
        page.mouse.move(600, 300)
        wait_until(page, "document.getElementById('stage').classList.contains('idle')")
        wait_until(page, "getComputedStyle(document.getElementById('bar')).opacity === '0'")
        expect(page.get_by_label("Latency")).to_be_visible()
        wait_until(page, "vrlive.view.yawDeg > value + 2", view(page)["yawDeg"])
        page.keyboard.press("ArrowUp")  # any input: it stops, and the bar is there
        yaw = view(page)["yawDeg"]
        wait_until(page, "getComputedStyle(document.getElementById('bar')).opacity === '1'")
        assert view(page)["yawDeg"] == pytest.approx(yaw)
