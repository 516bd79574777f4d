"""A viewer: the page in Debian's Chromium, and what it says of itself (streaming/web/src/diagnostics.ts)."""

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as TooLate

from tests.e2e.show import PATIENCE_S

Pixels = NDArray[np.float64]

DESKTOP = {"width": 1280, "height": 720}
PHONE = {"width": 360, "height": 740}
UNREACHABLE = "Failed to load resource: net::ERR_"  # how Chromium itself complains of a server that is away

COUNT_CONNECTIONS = """
window.connections = 0;
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...settings) { super(...settings); window.connections += 1; }
};
"""
RECORD_WORDS = """
window.said = [];
addEventListener("DOMContentLoaded", () => {
  const words = document.getElementById("words");
  if (!words) return; // a page that only tells
  const hear = () => { if (window.said.at(-1) !== words.textContent) window.said.push(words.textContent); };
  new MutationObserver(hear).observe(words, { childList: true, characterData: true, subtree: true });
  hear();
});
"""
TAKE_PICTURE = """() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  return [window.vrlive.readBarcode(), canvas.toDataURL().split(",")[1]];
}"""
TELL = """() => {
  const { link, latencyMs, frames, rendition, headset } = window.vrlive ?? {};
  return JSON.stringify({ link, latencyMs, frames, rendition, headset: headset?.state, said: window.said });
}"""


@contextmanager
def visiting(browser: Browser, *, server_may_go: bool = False, **options: Any) -> Iterator[Page]:
    """A page that must see no error on its console and ask nothing of another origin."""
    settings: dict[str, Any] = {"viewport": DESKTOP, "ignore_https_errors": True} | options
    context = browser.new_context(**settings)
    context.add_init_script(COUNT_CONNECTIONS)
    context.add_init_script(RECORD_WORDS)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    faults: list[str] = []
    origins: set[str] = set()
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: origins.add("/".join(request.url.split("/")[:3])) if request.url.startswith("http") else None)
    yield page
    context.close()
    unexpected = [each for each in faults if not (server_may_go and each.startswith(UNREACHABLE))]
    assert not unexpected, f"on the page's console: {unexpected}"
    assert len(origins) <= 1, f"requests to foreign origins: {origins}"


def watch(page: Page, url: str) -> None:
    """Open the page and wait until it says that it is live."""
    page.goto(url)
    wait_for_words(page, "Live")


def wait_until(page: Page, condition: str, value: object = None) -> None:
    """Wait until a condition holds in the page; `value` is known to it. A function, for the page's policy forbids to evaluate text."""
    try:
        page.wait_for_function(f"(value) => {condition}", arg=value)
    except TooLate:
        pytest.fail(f"waited in vain until {condition} (value: {value}); the page: {page.evaluate(TELL)}")


def wait_for_words(page: Page, words: str) -> None:
    """Wait until the page says so, as people read it."""
    wait_until(page, "document.getElementById('words').textContent === value", words)


class Fingers:
    """Fingers on a page, which Chromium takes for real ones."""

    def __init__(self, page: Page) -> None:
        self._hand = page.context.new_cdp_session(page)

    def touch(self, kind: str, *points: tuple[float, float]) -> None:
        """One event (touchStart, touchMove, touchEnd) with a finger at each point."""
        fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self._hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    def stroke(self, *ways: tuple[tuple[float, float], tuple[float, float]], steps: int = 8) -> None:
        """Fingers go down together, each straight from one point to another, and up."""
        for step in range(steps + 1):
            share = step / steps
            points = [(x + share * (to_x - x), y + share * (to_y - y)) for (x, y), (to_x, to_y) in ways]
            self.touch("touchMove" if step else "touchStart", *points)
        self.touch("touchEnd")


def view(page: Page) -> dict[str, float]:
    """Where the page looks: yawDeg, pitchDeg, fovDeg."""
    found: dict[str, float] = page.evaluate("window.vrlive.view")
    return found


def look(page: Page, yaw_deg: float, pitch_deg: float, fov_deg: float = 90) -> None:
    """Turn the page's view and wait until it is drawn."""
    drawn = page.evaluate(
        """([yawDeg, pitchDeg, fovDeg]) => {
            window.vrlive.view = { yawDeg, pitchDeg, fovDeg };
            return window.vrlive.frames.drawn;
        }""",
        [yaw_deg, pitch_deg, fov_deg],
    )
    wait_until(page, "window.vrlive.frames.drawn > value", drawn)


def picture(page: Page) -> tuple[int | None, Pixels]:
    """The decoded picture, RGB (height, width, 3) 0…255, and the frame's number by its barcode."""
    number, png = page.evaluate(TAKE_PICTURE)
    return number, np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB"), np.float64)


def screenshot(page: Page) -> Pixels:
    """What the window shows, RGB (height, width, 3) 0…255."""
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"), np.float64)
