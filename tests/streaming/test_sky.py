"""The page's sky, drawn in Chromium from exact pixels, against the sphere itself: no picture is between the two but the one under test.

The sphere is a smooth function of the direction. Its pictures are made by `vrlive.projection.outputs`, as the server makes them.
"""

import base64
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import radians
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright

from tests.checkout import ROOT
from vrlive.projection import outputs
from vrlive.projection.outputs import Output
from vrlive.projection.rig import rotation
from vrlive.units import Size

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

BUNDLE: Final = ROOT / "build/sky/sky.js"
WINDOW: Final = Size(320, 180)
CLOSE: Final = 2.0  # codes of 255
WAVES: Final = np.array([[9, 4, -8], [-5, 11, 6], [7, -6, 10]])  # a code and more from one sample to the next
MAKERS: Final[dict[str, Callable[[int], Output]]] = {  # for a height
    "equirect": lambda height: outputs.equirect(Size(2 * height, height)),
    "vr180": lambda height: outputs.vr180(Size(height, height)),
    "cubemap": lambda height: outputs.cubemap(Size(3 * height // 2, height)),
    "eac": lambda height: outputs.equiangular_cubemap(Size(3 * height // 2, height)),
}
WHOLE: Final = ("equirect", "cubemap", "eac")
SOFT_EDGE: Final = 0.03  # radians: as in sky.frag
AHEAD, BEHIND, ABOVE, BELOW, CORNER = (0, 0), (180, 0), (30, 90), (-70, -90), (45, 35.26)


@dataclass(frozen=True)
class Look:
    """Where a window looks, in degrees; `bend` 1 is a little planet."""

    yaw: float
    pitch: float
    fov: float = 90.0
    bend: float = 0.0

    @property
    def view(self) -> dict[str, float]:
        """For the page."""
        yaw, pitch, fov = np.radians([self.yaw, self.pitch, self.fov])
        return {"yaw": yaw, "pitch": pitch, "fov": fov, "bend": self.bend}

    @property
    def rotation(self) -> Array:
        """From the window's axes to the world's."""
        return rotation(radians(self.yaw), radians(self.pitch), 0.0)

    def directions(self) -> Array:
        """The direction of each pixel of the window."""
        x, y = np.arange(WINDOW.width) + 0.5 - WINDOW.width / 2, WINDOW.height / 2 - np.arange(WINDOW.height) - 0.5
        across, up = np.meshgrid(x, y)
        reach, half = np.hypot(across, up) / (WINDOW.width / 2), np.radians(self.fov / 2)
        away = 2 * np.arctan(reach * np.tan(half / 2)) if self.bend else np.arctan(reach * np.tan(half))
        about = np.arctan2(up, across)
        ahead = np.stack([np.sin(away) * np.cos(about), np.sin(away) * np.sin(about), -np.cos(away)], axis=-1)
        return np.asarray(ahead @ self.rotation.T)


def sphere(directions: Array, eye: int = 0) -> Array:
    """Codes (..., 3) in these directions; what the right eye (1) sees has other colours."""
    return np.asarray(127.5 + 120 * np.sin(directions @ WAVES.T + [0.3, 1.1, 2.0] + 2.0 * eye))


def frame_of(projection: str, height: int = 512, eye: int = 0) -> Pixels:
    """The sphere as the server would show it."""
    output = MAKERS[projection](height)
    frame = np.zeros((output.size.height, output.size.width, 3))
    for placed in output.faces:
        width, height = placed.face.size
        x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        frame[placed.top : placed.top + height, placed.left : placed.left + width] = sphere(placed.face.looking(x, y), eye)
    return frame.round().astype(np.uint8)


def stereo_frame(projection: str, height: int = 512) -> Pixels:
    """Both eyes' pictures, the left one's above."""
    return np.concatenate([frame_of(projection, height, eye) for eye in (0, 1)])


def frustum(left: float, right: float, down: float, up: float) -> Array:
    """A projection matrix by the tangents of its sides, as a headset's eye has it."""
    return np.array(
        [
            [2 / (right - left), 0, (right + left) / (right - left), 0],
            [0, 2 / (up - down), (up + down) / (up - down), 0],
            [0, 0, -1.002, -0.2002],
            [0, 0, -1, 0],
        ]
    )


@dataclass(frozen=True)
class Screen:
    """The page that draws."""

    page: Page

    def draw(self, frame: Pixels, projection: str, look: Look, *, stereo: bool = False, **more: Any) -> Array:
        """What the window shows, (height, width, 3)."""
        pixels = np.dstack([frame, np.full(frame.shape[:2], 255, np.uint8)])
        job = {
            "pixels": base64.b64encode(pixels.tobytes()).decode(),
            "frame": {"width": frame.shape[1], "height": frame.shape[0]},
            "layout": {"projection": projection, "stereo": "top-bottom" if stereo else "mono"},
            "view": look.view,
            "window": WINDOW._asdict(),
            **more,
        }
        drawn = np.frombuffer(base64.b64decode(self.page.evaluate("(job) => window.drawSky(job)", job)), np.uint8)
        return drawn.reshape(WINDOW.height, WINDOW.width, 4)[::-1, :, :3].astype(np.float64)


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    made = subprocess.run([sys.executable, "hatch_build.py", "sky"], cwd=ROOT, capture_output=True, text=True, check=False)
    if "pip install" in made.stderr:
        pytest.skip(made.stderr.strip())
    assert made.returncode == 0, made.stderr
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        faults: list[str] = []
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.route("**/*", lambda route: route.fulfill(body="<script type=module src=/sky.js></script>", content_type="text/html"))
        page.route("**/sky.js", lambda route: route.fulfill(path=BUNDLE, content_type="text/javascript"))
        page.goto("http://sky.test/")
        page.wait_for_function("() => window.drawSky")
        yield Screen(page)
        browser.close()
        assert faults == []


@pytest.mark.parametrize("projection", WHOLE)
@pytest.mark.parametrize("where", [AHEAD, BEHIND, ABOVE, BELOW, CORNER], ids=["ahead", "behind", "above", "below", "corner"])
def test_the_sphere_has_no_seam_and_no_pole(screen: Screen, projection: str, where: tuple[float, float]) -> None:
    for look in (Look(*where, 120), Look(*where, 30)):
        shown = screen.draw(frame_of(projection), projection, look)
        assert np.abs(shown - sphere(look.directions())).max() <= CLOSE


@pytest.mark.parametrize("projection", WHOLE)
def test_a_little_planet_is_stereographic(screen: Screen, projection: str) -> None:
    for look in (Look(20, -90, 200, 1), Look(-130, 90, 150, 1), Look(165, -20, 180, 1)):
        shown = screen.draw(frame_of(projection, 256), projection, look)
        assert np.abs(shown - sphere(look.directions())).max() <= CLOSE


@pytest.mark.parametrize("where", [BEHIND, ABOVE, BELOW], ids=["behind", "above", "below"])
@pytest.mark.parametrize("projection", WHOLE)
def test_the_left_eye_is_seen_alone(screen: Screen, projection: str, where: tuple[float, float]) -> None:
    look = Look(*where)
    shown = screen.draw(stereo_frame(projection), projection, look, stereo=True)
    assert np.abs(shown - sphere(look.directions())).max() <= CLOSE


@pytest.mark.parametrize("where", [BEHIND, ABOVE, BELOW], ids=["behind", "above", "below"])
def test_each_eye_of_a_headset_has_its_own_picture(screen: Screen, where: tuple[float, float]) -> None:
    for number, eye in enumerate(("left", "right")):
        sides = (-1.2, 0.8, -0.9, 0.7) if eye == "left" else (-0.8, 1.2, -0.9, 0.7)
        x = (np.arange(WINDOW.width) + 0.5) / WINDOW.width * (sides[1] - sides[0]) + sides[0]
        y = sides[3] - (np.arange(WINDOW.height) + 0.5) / WINDOW.height * (sides[3] - sides[2])
        ahead = np.stack([*np.meshgrid(x, y), np.full((WINDOW.height, WINDOW.width), -1.0)], axis=-1)
        ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
        through = frustum(*sides).T.ravel().tolist()
        shown = screen.draw(stereo_frame("equirect"), "equirect", Look(*where), stereo=True, frustum=through, eye=eye)
        expected = sphere(ahead @ Look(*where).rotation.T, number)
        assert np.abs(shown - expected).max() <= CLOSE, eye


@pytest.mark.parametrize("stereo", [False, True], ids=["mono", "stereo"])
def test_a_half_sphere_ends_softly(screen: Screen, stereo: bool) -> None:
    frame = stereo_frame("vr180") if stereo else frame_of("vr180")
    for look in (Look(0, 0, 110), Look(90, 0), Look(-60, 40), Look(0, 90), Look(0, -90), Look(180, 0), Look(0, -90, 230, 1)):
        directions = look.directions()
        shown, expected = screen.draw(frame, "vr180", look, stereo=stereo), sphere(directions)
        inside = directions[..., 2] < -np.sin(SOFT_EDGE)
        assert np.abs(shown - expected)[inside].max(initial=0) <= CLOSE * (2 if look.bend else 1)
        assert (shown[directions[..., 2] > 0.01] == 0).all()
        assert (shown <= expected + CLOSE * (2 if look.bend else 1)).all()


def test_what_is_far_smaller_than_a_pixel_does_not_flicker(screen: Screen) -> None:
    width = 2048
    stripes = np.repeat(np.arange(width) % 2 * 255, 3).reshape(1, width, 3).repeat(width // 2, 0).astype(np.uint8)
    look = Look(0, -90, 240, 1)
    shown = screen.draw(stripes, "equirect", look)
    away = np.arccos(-look.directions()[..., 1])
    fine = (away > 0.4) & (away < 1.2)  # there a pixel takes in three stripes and more
    assert shown[fine].std() < 45, "one sample a pixel has 90"


def test_the_middle_of_a_stereo_frame_is_no_border_within_an_eye(screen: Screen) -> None:
    frame = np.concatenate([np.full((256, 512, 3), code, np.uint8) for code in (40, 200)])
    for pitch in (90, -90):
        assert set(np.unique(screen.draw(frame, "equirect", Look(0, pitch), stereo=True))) == {40}
