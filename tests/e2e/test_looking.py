"""Looking around: hand, wheel, keys and fingers turn the view by what they say, and what is drawn is what lies there."""

from collections.abc import Iterator
from math import atan, degrees, exp, radians, tan

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.show import Show
from tests.e2e.visit import DESKTOP, PHONE, Fingers, Pixels, look, picture, screenshot, view, visiting, wait_until, watch

MIDDLE = (DESKTOP["width"] / 2, DESKTOP["height"] / 2)
NOT_ASKED = "localStorage.setItem('vrlive.consent', 'no')"  # the question comes after a while, over the picture
SHADED_PX = 140  # of the window above and below, where the page lies over the picture


@pytest.fixture(scope="module")
def held(browser: Browser, demo: Show) -> Iterator[tuple[Page, Pixels]]:
    """A picture that is held still, with nothing over it: sky and video hold the same."""
    with visiting(browser, reduced_motion="reduce") as page:
        page.add_init_script(NOT_ASKED)
        watch(page, demo.url)
        page.keyboard.press(" ")
        wait_until(page, "video.paused")
        page.evaluate("for (const id of ['pips', 'sound']) document.getElementById(id).style.display = 'none'")
        yield page, picture(page)[1]


@pytest.fixture(scope="module")
def watching(browser: Browser, demo: Show) -> Iterator[Page]:
    """The demo, watched by somebody who wants no motion but their own: nothing glides."""
    with visiting(browser, reduced_motion="reduce") as page:
        page.add_init_script(NOT_ASKED)
        watch(page, demo.url)
        yield page


@pytest.fixture
def calm(watching: Page) -> Page:
    """The same, looking ahead."""
    look(watching, 0, 0)
    watching.locator("#sky").focus()
    return watching


def focal_px(page: Page) -> float:
    focal: float = page.evaluate("window.vrlive.focalPx")
    return focal


def test_the_page_connects_and_is_live_and_says_so(page: Page, demo: Show) -> None:
    watch(page, demo.url)
    said = page.evaluate("window.said")
    assert said[0] == "Connecting"
    assert said[-1] == "Live"
    assert page.title() == "Showroom"
    assert page.locator("#live").inner_text() == "Live"


def test_home_turns_back_softly_for_who_does_not_mind(page: Page, demo: Show) -> None:
    watch(page, demo.url)
    look(page, 120, 20)
    page.keyboard.press("Home")
    wait_until(page, "Math.abs(window.vrlive.view.yawDeg) < 0.01 && Math.abs(window.vrlive.view.pitchDeg) < 0.01")


def test_one_finger_drags_and_two_zoom(browser: Browser, demo: Show) -> None:
    with visiting(browser, viewport=PHONE, has_touch=True, is_mobile=True, reduced_motion="reduce") as page:
        watch(page, demo.url)
        touch = Fingers(page).touch
        touch("touchStart", (180, 370))
        touch("touchMove", (150, 370))
        touch("touchMove", (120, 370))
        touch("touchEnd")
        assert view(page)["yawDeg"] == pytest.approx(degrees(atan(60 / focal_px(page))), abs=0.01)

        look(page, 0, 0)
        before = focal_px(page)
        touch("touchStart", (130, 370), (230, 370))
        touch("touchMove", (105, 370), (255, 370))
        touch("touchEnd")
        assert focal_px(page) == pytest.approx(1.5 * before, rel=0.01)
        assert view(page)["yawDeg"] == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize(("yaw_deg", "pitch_deg", "fov_deg"), [(0, 0, 90), (60, -10, 70), (-135, -25, 90), (180, 0, 100), (30, 70, 90)])
def test_the_window_shows_what_lies_in_its_direction(held: tuple[Page, Pixels], yaw_deg: float, pitch_deg: float, fov_deg: float) -> None:
    page, whole = held
    look(page, yaw_deg, pitch_deg, fov_deg)
    page.wait_for_timeout(700)
    seen = screenshot(page)

    points = window_points()
    expected = sample(whole, *direction_angles(points, view(page), focal_px(page)))
    got = seen[points[..., 1].astype(int), points[..., 0].astype(int)]
    difference = np.abs(got - expected).mean()
    mirrored = np.abs(got[:, ::-1] - expected).mean()
    print(f"{yaw_deg}°, {pitch_deg}°: {difference:.1f} codes, mirrored {mirrored:.1f}")
    assert difference < 4 < mirrored


def window_points() -> Pixels:
    """A grid of places in the window where nothing lies over the picture, (rows, columns, 2) px."""
    x = np.linspace(20, DESKTOP["width"] - 20, 60).round()
    y = np.linspace(SHADED_PX + 10, DESKTOP["height"] - SHADED_PX - 10, 24).round()
    return np.stack(np.meshgrid(x, y), axis=-1)


def direction_angles(points: Pixels, view: dict[str, float], focal_px: float) -> tuple[Pixels, Pixels]:
    """Yaw and pitch, radians, seen at places in the window: a slow and plain reading of the conventions."""
    yaw, pitch = radians(view["yawDeg"]), radians(view["pitchDeg"])
    right, up = points[..., 0] + 0.5 - MIDDLE[0], MIDDLE[1] - points[..., 1] - 0.5
    ahead = focal_px * np.cos(pitch) - up * np.sin(pitch)
    height = focal_px * np.sin(pitch) + up * np.cos(pitch)
    return yaw + np.arctan2(right, ahead), np.arctan2(height, np.hypot(right, ahead))


def sample(whole: Pixels, yaw: Pixels, pitch: Pixels) -> Pixels:
    """Colours of an equirectangular picture at these angles, between its pixels as a graphics card finds them."""
    height, width = whole.shape[:2]
    column, row = (yaw / (2 * np.pi) + 0.5) * width - 0.5, np.clip((0.5 - pitch / np.pi) * height - 0.5, 0, height - 1)
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    right, below = (left + 1) % width, np.minimum(top + 1, height - 1)
    left, across, down = left % width, (column - left)[..., None], (row - top)[..., None]
    upper = whole[top, left] * (1 - across) + whole[top, right] * across
    lower = whole[below, left] * (1 - across) + whole[below, right] * across
    found: Pixels = upper * (1 - down) + lower * down
    return found


def test_a_drag_turns_the_view_by_the_angle_between_its_ends(calm: Page) -> None:
    calm.mouse.move(*MIDDLE)
    calm.mouse.down()
    calm.mouse.move(MIDDLE[0] - 200, MIDDLE[1], steps=4)
    assert view(calm)["yawDeg"] == pytest.approx(degrees(atan(200 / focal_px(calm))), abs=0.01)
    calm.mouse.up()
    look(calm, 0, 0)
    calm.mouse.move(*MIDDLE)
    calm.mouse.down()
    calm.mouse.move(MIDDLE[0], MIDDLE[1] + 100, steps=4)
    calm.mouse.up()
    turned = view(calm)
    assert turned["pitchDeg"] == pytest.approx(degrees(atan(100 / focal_px(calm))), abs=0.01)
    assert turned["yawDeg"] == pytest.approx(0, abs=0.01)


def test_the_wheel_zooms(calm: Page) -> None:
    before = focal_px(calm)
    calm.mouse.move(*MIDDLE)
    calm.mouse.wheel(0, -200)
    wait_until(calm, "window.vrlive.focalPx > value", before)
    assert focal_px(calm) == pytest.approx(before * exp(200 * 0.0015), rel=1e-3)


def test_keys_look_around_zoom_and_command(calm: Page) -> None:
    calm.keyboard.press("ArrowRight")
    calm.keyboard.press("ArrowRight")
    calm.keyboard.press("ArrowUp")
    assert view(calm) == {"yawDeg": pytest.approx(12), "pitchDeg": pytest.approx(6), "fovDeg": pytest.approx(90)}
    calm.keyboard.press("ArrowLeft")
    calm.keyboard.press("ArrowDown")
    assert view(calm) == {"yawDeg": pytest.approx(6), "pitchDeg": pytest.approx(0), "fovDeg": pytest.approx(90)}
    calm.keyboard.press("+")
    assert view(calm)["fovDeg"] == pytest.approx(degrees(2 * atan(tan(radians(45)) / 1.15)))
    calm.keyboard.press("-")
    calm.keyboard.press("-")
    assert view(calm)["fovDeg"] > 90
    calm.keyboard.press("Home")
    assert view(calm) == {"yawDeg": pytest.approx(0), "pitchDeg": pytest.approx(0), "fovDeg": pytest.approx(90)}

    calm.keyboard.press("m")
    assert not calm.evaluate("video.muted")
    expect(calm.get_by_role("button", name="Sound off")).to_be_visible()
    calm.keyboard.press("i")
    details = calm.get_by_role("complementary", name="Details")
    details.wait_for()
    calm.keyboard.press("i")
    expect(details).to_be_hidden()
    calm.keyboard.press("f")
    wait_until(calm, "document.fullscreenElement !== null")
    calm.keyboard.press("f")
    wait_until(calm, "document.fullscreenElement === null")
    calm.keyboard.press(" ")
    assert calm.evaluate("video.paused")
    expect(calm.get_by_text("Paused").first).to_be_visible()
    calm.keyboard.press(" ")
    wait_until(calm, "!video.paused")
