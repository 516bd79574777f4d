"""Cameras that already send the sphere: a room that Google made to measure viewers by, mono and stereo, as a loop; and exact colours."""

import os
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import atan, degrees, radians
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from tests.e2e.show import PATIENCE_S, Show, running
from tests.e2e.visit import Pixels, look, picture, screenshot, visiting, wait_until, watch
from vrlive.colour import codes_to_rgb

CHANNEL = """
name = "{name}"
rig = "{rig}"
size = "{size}"
fps = 10
rendition = {smaller}
hls = {{ enabled = false }}
[[camera]]
name = "loop"
url = "{film}"
loop = true
"""
FILMS = {"mono": "testRoom1_1920Mono.mp4", "stereo": "testRoom1_1080Stereo.mp4"}
FILM_STEP = 3  # the room has 30 pictures a second, its channels show each third
WINDOW = {"width": 640, "height": 360}  # what a processor draws in time
MIDDLE = WINDOW["width"] // 2, WINDOW["height"] // 2
OBJECTS = {0: "blue sphere", 90: "red sphere", -90: "dark red cube", 180: "dark blue cube"}
REACH_DEG = 17.0  # an object ends 14° from its middle
MARKER_PITCH_DEG = -17.5  # only the white stick is there, before a black wall and its lines
LEAST_PX = 20
PATCHES = 8
ROUND = 0.04  # an object is as wide as high, but for so much; a stick before it takes 0.07
FOLLOWED, WHOLE = 40, 30  # frames that are looked at, and so many of them without one missing: a busy machine may lose some
COLOUR_CODES = 5  # an encoder's error: two codes of chroma. Another matrix or range would be off by 20
FOLLOW = """async ([pitchDeg, wanted]) => {
  const track = video.srcObject.getVideoTracks()[0].clone();
  const frames = new MediaStreamTrackProcessor({ track, maxBufferSize: 30 }).readable.getReader();
  const seen = [];
  const late = new Promise((resolve) => setTimeout(resolve, 20_000, { done: true }));
  while (seen.length < wanted) {
    const { value: frame, done } = await Promise.race([frames.read(), late]);
    if (done) break;
    const width = frame.codedWidth, eye = frame.codedHeight / (frame.codedHeight === width ? 2 : 1);
    const rect = { x: 0, y: 2 * Math.round((0.25 - pitchDeg / 360) * eye), width, height: 2 };
    const planes = new Uint8Array(frame.allocationSize({ rect }));
    await frame.copyTo(planes, { rect });
    seen.push(Array.from(planes.subarray(0, width)));
    frame.close();
  }
  await frames.cancel();
  track.stop();
  return seen;
}"""
SKY_ALONE = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    #stage::before, #stage::after, #stage > :not(#sky) { visibility: hidden !important; }
    #stage > #sky { filter: none !important; opacity: 1 !important; }
  `);
  document.adoptedStyleSheets.push(sheet);
}"""
SMALL_TEXTURES = """
const ask = WebGL2RenderingContext.prototype.getParameter;
WebGL2RenderingContext.prototype.getParameter = function (name) {
  return name === this.MAX_TEXTURE_SIZE ? 800 : ask.call(this, name);
};
const give = WebGL2RenderingContext.prototype.texImage2D;
WebGL2RenderingContext.prototype.texImage2D = function (...all) {
  const picture = all.at(-1);
  if ((picture?.videoWidth ?? picture?.width) > 800) throw new Error("a picture that is too large for the graphics card");
  give.apply(this, all);
};
"""


@pytest.fixture(scope="module")
def room() -> Path:
    folder = os.environ.get("VRLIVE_TEST_DATA")
    if not folder:
        pytest.skip("VRLIVE_TEST_DATA names no folder of test data")
    return Path(folder) / "spherical_video_testroom"


@pytest.fixture(scope="module")
def show(room: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    folder = tmp_path_factory.mktemp("spheres")
    film_patches(folder / "patches.mp4")
    files = []
    for name, rig, size, smaller, film in (
        ("mono", "equirect", "960x480", "[]", room / FILMS["mono"]),
        ("stereo", "equirect-top-bottom", "1080x540", "[]", room / FILMS["stereo"]),
        ("patches", "equirect", "1024x512", '[{ size = "640x320", bitrate_kbps = 900 }]', folder / "patches.mp4"),
    ):
        files.append(folder / f"{name}.toml")
        files[-1].write_text(CHANNEL.format(name=name, rig=rig, size=size, smaller=smaller, film=film), "utf-8")
    with running("serve", *files, "--port", "0") as show:
        yield show


@pytest.fixture(scope="module")
def window(browser: Browser, show: Show) -> Iterator[Page]:
    """One for all tests, closed before the show ends: who does not look at a channel does not have it decoded."""
    with visiting(browser, reduced_motion="reduce", viewport=WINDOW) as page:
        yield page


@pytest.fixture
def mono(window: Page, show: Show) -> Page:
    return watch_room(window, show, "mono")


@pytest.fixture
def stereo(window: Page, show: Show) -> Page:
    return watch_room(window, show, "stereo")


def watch_room(page: Page, show: Show, channel: str) -> Page:
    """Have a page show a channel, unless it does."""
    if page.url != address(show, channel):
        enter_room(page, show, channel)
    return page


def enter_room(page: Page, show: Show, channel: str) -> None:
    """Open a channel's page and see its sky and nothing over it."""
    watch(page, address(show, channel))
    wait_until(page, "window.vrlive.frames.presented > 5")
    page.evaluate(SKY_ALONE)


def address(show: Show, channel: str) -> str:
    """Where a channel is watched."""
    return f"{show.url}watch/{channel}"


def film_patches(path: Path) -> None:
    """Flat colours side by side, BT.709 in limited range."""
    with av.open(str(path), "w") as out:
        video: Any = out.add_stream("libx264", rate=10, options={"preset": "veryfast", "bf": "0", "crf": "4"})
        video.width, video.height, video.pix_fmt = 1024, 512, "yuv420p"
        video.codec_context.color_range, video.codec_context.colorspace = 1, 1
        planes = [np.empty((512, 1024), np.uint8), *(np.empty((256, 512), np.uint8) for _ in range(2))]
        for plane, column in zip(planes, np.array(patch_codes()).T, strict=True):
            plane[:] = np.repeat(column, plane.shape[1] // PATCHES)
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(np.concatenate([each.reshape(-1) for each in planes]).reshape(768, 1024), "yuv420p")
            frame.pts, frame.time_base, frame.color_range, frame.colorspace = number, Fraction(1, 10), 1, 1
            out.mux(video.encode(frame))
        out.mux(video.encode(None))


def patch_codes() -> list[tuple[int, int, int]]:
    """Y, U and V of the patches: white, black, greys, and colours well inside of what a screen can show."""
    return [
        (235, 128, 128),
        (16, 128, 128),
        (126, 128, 128),
        (60, 128, 128),
        (90, 110, 180),
        (120, 90, 80),
        (70, 170, 120),
        (180, 120, 140),
    ]


class Box(NamedTuple):
    """What an object takes up: its first and last pixels, which it contains."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right + 1) / 2, (self.top + self.bottom + 1) / 2

    @property
    def whole(self) -> bool:
        """Whether no stick goes before it; all objects are round or square."""
        width, height = self.right - self.left + 1, self.bottom - self.top + 1
        return width > LEAST_PX and abs(width - height) < ROUND * height


def whole(name: str, look: Callable[[], Pixels]) -> Box:
    """Look until an object is seen and nothing goes before it."""
    ends_s = time.monotonic() + PATIENCE_S
    while (box := box_of(name, look())) is None or not box.whole:
        assert time.monotonic() < ends_s, f"no whole {name}: {box}"
    return box


def box_of(name: str, rgb: Pixels) -> Box | None:
    """Where an object is seen."""
    rows, columns = np.nonzero(is_of(name, rgb))
    return Box(int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())) if len(rows) else None


def seen_where(page: Page, name: str) -> tuple[float, float]:
    """Degrees from the middle of the window to the middle of an object of the room, to the right and up."""
    focal = page.evaluate("window.vrlive.focalPx")
    reach = round(focal * np.tan(radians(REACH_DEG)))
    x, y = MIDDLE
    box = whole(name, lambda: screenshot(page)[y - reach : y + reach, x - reach : x + reach])
    assert min(box) > 0, f"{name} is cut off"
    assert max(box) < 2 * reach - 1, f"{name} is cut off"
    return degrees(atan((box.middle[0] - reach) / focal)), degrees(atan((reach - box.middle[1]) / focal))


def is_of(name: str, rgb: Pixels) -> NDArray[np.bool_]:
    """Where an object's colour is seen."""
    mine = rgb[..., 2 if "blue" in name else 0]
    others = rgb[..., [0 if "blue" in name else 2, 1]].max(axis=-1)
    bright = (mine > 195) if "sphere" in name else (mine > 90) & (mine < 180)
    return np.asarray(bright & (others < 60))


@pytest.mark.parametrize("yaw_deg", OBJECTS)
def test_objects_are_seen_where_they_are(mono: Page, yaw_deg: int) -> None:
    look(mono, yaw_deg, 0, 60)
    right, up = seen_where(mono, OBJECTS[yaw_deg])
    assert abs(right) < 1
    assert abs(up) < 1


def test_a_little_planet_has_its_objects_around_the_middle(mono: Page) -> None:
    mono.keyboard.press("p")
    wait_until(mono, "window.vrlive.view.pitchDeg === -90")
    look(mono, 0, -90, 250)
    x, y = whole("red sphere", lambda: screenshot(mono)).middle
    right, down, focal = x - MIDDLE[0], y - MIDDLE[1], mono.evaluate("window.vrlive.focalPx")
    assert degrees(2 * atan(np.hypot(right, down) / focal / 2)) == pytest.approx(90, abs=3), "from straight down to the horizon"
    assert degrees(np.arctan2(down, right)) == pytest.approx(0, abs=1), "at three o'clock"
    mono.keyboard.press("p")
    wait_until(mono, "window.vrlive.view.pitchDeg === 0")


@pytest.mark.parametrize("channel", ["mono", "stereo"])
def test_the_rooms_own_marker_counts_every_frame(show: Show, window: Page, room: Path, channel: str) -> None:
    page = watch_room(window, show, channel)
    page.evaluate("window.vrlive.pauseSky(true)")
    film = film_rows(room / FILMS[channel], page.evaluate("video.videoWidth"))
    ends_s = time.monotonic() + PATIENCE_S
    numbers: list[int] = []
    while longest_run(np.diff(numbers) % len(film) == FILM_STEP) < WHOLE:
        assert time.monotonic() < ends_s, f"never {WHOLE} frames in a row: {numbers}"
        rows = np.array(page.evaluate(FOLLOW, [MARKER_PITCH_DEG, FOLLOWED]))
        numbers = [int(np.square(film - row).sum(axis=1).argmin()) for row in rows]
        steps = np.diff(numbers) % len(film)
        assert ((steps > 0) & (steps < len(film) / 2)).all(), f"never back, never twice: {numbers}"
    page.evaluate("window.vrlive.pauseSky(false)")


def longest_run(true: NDArray[np.bool_]) -> int:
    """How many follow each other."""
    return max(map(len, "".join("x" if each else " " for each in true).split()), default=0)


def film_rows(path: Path, width: int) -> NDArray[np.float64]:
    """The row with the marker of each frame of a film, as luma codes."""
    rows = []
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            luma = np.frombuffer(bytes(frame.planes[0]), np.uint8).reshape(frame.height, frame.planes[0].line_size)[:, : frame.width]
            eye = frame.height // (2 if frame.height == frame.width else 1)
            rows.append(luma[round((0.5 - MARKER_PITCH_DEG / 180) * eye)].reshape(width, -1).mean(axis=1))
    return np.array(rows)


def test_a_stereo_picture_has_both_eyes_and_the_page_shows_the_left(show: Show, stereo: Page) -> None:
    state = show.state("stereo")
    assert state["layout"] == {"projection": "equirect", "stereo": "top-bottom"}
    assert state["size"] == "1080x1080"
    assert picture(stereo)[1].shape == (1080, 1080, 3)
    left = whole("blue sphere", lambda: picture(stereo)[1][:540]).middle[0] / 3 - 180
    right = whole("blue sphere", lambda: picture(stereo)[1][540:]).middle[0] / 3 - 180
    assert left - right > 1, "a near thing is farther to the right for the left eye"
    look(stereo, 0, 0, 60)
    assert seen_where(stereo, "blue sphere")[0] == pytest.approx(left, abs=0.3)


def test_a_file_that_says_nothing_is_what_its_channel_says(show: Show) -> None:
    assert show.state("mono")["layout"] == {"projection": "equirect", "stereo": "mono"}


def test_colours_are_those_of_the_film(show: Show, window: Page) -> None:
    page = watch_room(window, show, "patches")
    for number in range(PATCHES):
        see_patch(page, number)


def see_patch(page: Page, number: int) -> None:
    """Look at a patch until its colour is seen."""
    look(page, (number + 0.5) * 360 / PATCHES - 180, 0, 60)
    expected = np.clip(codes_to_rgb(np.array(patch_codes()[number])), 0, 1) * 255
    x, y = MIDDLE
    ends_s = time.monotonic() + PATIENCE_S
    while np.abs((shown := screenshot(page)[y - 10 : y + 10, x - 10 : x + 10].mean(axis=(0, 1))) - expected).max() > COLOUR_CODES:
        assert time.monotonic() < ends_s, f"patch {number} is {shown}, not {expected}"


def test_a_graphics_card_gets_no_picture_that_is_too_large_for_it(show: Show, window: Page) -> None:
    """It asks for a smaller one; what a busy machine refuses to encode, or the channel does not have, is made smaller by the page."""
    window.add_init_script(SMALL_TEXTURES)
    encoded = [each["name"] for each in show.state("patches")["renditions"] if each["state"] != "refused"]
    enter_room(window, show, "patches")
    wait_until(window, "`${video.videoWidth}x${video.videoHeight}` === value", encoded[-1])
    see_patch(window, 4)
    assert window.locator("select[aria-label='Picture quality'] option").count() <= 2, "larger ones are not offered"
    enter_room(window, show, "mono")
    assert window.evaluate("video.videoWidth") == 960
    look(window, 90, 0, 60)
    assert seen_where(window, OBJECTS[90]) == pytest.approx((0, 0), abs=1)
