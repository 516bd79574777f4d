"""What both eyes see: the room as it is, each its own picture, turned by the head and by the stick."""

from math import radians

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.headset.device import enter, eyes, leave, press, settle, state, turn_head, wearing
from tests.e2e.show import Show
from tests.e2e.visit import Pixels, picture, wait_until

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


def bearing(eye: Pixels, colour: int) -> float:
    """Where a bar of the compass is seen, in degrees from the middle of an eye's window; colour 0 is red, 1 green, 2 blue."""
    row = eye[15:30].mean(axis=0)
    others = np.delete(row, colour, axis=1).max(axis=1)
    columns = np.flatnonzero(row[:, colour] - others > 60)
    assert columns.size > 0, "the bar is not in sight"
    half = eye.shape[1] / 2
    return float(np.degrees(np.arctan((columns.mean() + 0.5 - half) / half)))


def colour_at(eye: Pixels, bearing: float) -> Pixels:
    """What an eye sees this many degrees beside the middle of its window, above the garments."""
    column = round(eye.shape[1] / 2 * (1 + np.tan(np.radians(bearing))))
    return np.asarray(eye[15:30, column - 3 : column + 3].mean(axis=(0, 1)))


def test_both_eyes_see_the_room_as_bright_as_it_is_and_turning_the_head_turns_it(visit: Page) -> None:
    assert state(visit)["picture"] == "drawn"
    _, room = picture(visit)
    for eye in eyes(visit):
        for place in (-30, -15, 0, 15, 30):
            column = round((place / 360 + 0.5) * room.shape[1])
            assert colour_at(eye, place) == pytest.approx(room[60:100, column - 3 : column + 3].mean(axis=(0, 1)), abs=3)
        assert bearing(eye, 0) == pytest.approx(0, abs=1)
        assert bearing(eye, 1) == pytest.approx(30, abs=1)
    turn_head(visit, radians(25))
    for eye in eyes(visit):
        assert bearing(eye, 0) == pytest.approx(-25, abs=1)
        assert bearing(eye, 1) == pytest.approx(5, abs=1)


def test_the_stick_turns_by_thirty_degrees_and_facing_forward_turns_back(visit: Page) -> None:
    turn_head(visit, np.pi)  # away from what takes long to draw

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
