"""A garment as three.js draws it in headless Chromium: somebody else's picture of the same file in the same room."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, Route, sync_playwright
from playwright.sync_api import TimeoutError as TooLate

from tests.checkout import ROOT

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

CHROMIUM = Path("/usr/bin/chromium")
THREE = ROOT / "streaming" / "web" / "node_modules" / "three"
SIDE = 2048  # four times as fine as our pixels, and more: it has one sample a pixel


@dataclass(frozen=True)
class Shot:
    """A flat picture from the rig's centre in linear light.

    Attributes
    ----------
    light
        (height, width, 4) float32 R, G, B, A, premultiplied, the top row first.
    towards
        The middle of the picture, (3,).
    half
        The tangents of half its fields of view, across and up.
    """

    light: Floats
    towards: Array
    half: tuple[float, float]

    def seen_in(self, directions: Array) -> Floats:
        """What it shows in directions (..., 3): the nearest pixel, nothing outside."""
        x, y, z = np.moveaxis(directions @ _axes(self.towards).T, -1, 0)
        height, width, _ = self.light.shape
        column, row = (
            np.floor((along / -z / half + 1) / 2 * size).astype(int)
            for along, half, size in ((x, self.half[0], width), (-y, self.half[1], height))
        )
        inside = (z < 0) & (np.minimum(column, row) >= 0) & (column < width) & (row < height)
        seen = self.light[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
        return np.asarray(np.where(inside[..., None], seen, 0), np.float32)


def _axes(towards: Array) -> Array:
    """Right, up and back of a camera that looks there, (3, 3)."""
    back = -towards / np.linalg.norm(towards)
    right = np.cross([0, 1, 0], back)
    right /= np.linalg.norm(right)
    return np.array([right, np.cross(back, right), back])


class Three:
    """A page that has three.js and the room, for one picture after the other."""

    def __init__(self, page: Page, room: Floats) -> None:
        """Load a room, (height, width, 3) linear, an equirectangular picture as ours."""
        height, width, _ = room.shape
        theirs = np.roll(room, -width // 4, axis=1)[::-1]  # +X in the middle, the bottom row first
        self._bodies = {
            "/": (ROOT / "tests" / "renderer" / "three.html").read_bytes(),
            "/room.bin": np.dstack([theirs, np.ones((height, width))]).astype("<f4").tobytes(),
        }
        self._drawn = b""
        self._told: list[str] = []
        self._page = page
        page.on("console", lambda message: self._told.append(message.text))
        page.on("pageerror", lambda fault: self._told.append(str(fault)))
        page.route("**/*", self._serve)
        page.goto("http://three.test/")
        self._wait_for("ready")

    def draw(self, model: Path, matrix: Array, points: Array, variant: int = -1, clip: str = "", time_s: float = 0.0) -> Shot:
        """Draw a GLB file.

        Parameters
        ----------
        matrix
            Model to world, (4, 4).
        points
            (n, 3) metres in the world: what has to be in the picture.
        clip, time_s
            An animation, and the moment of it that is drawn.
        """
        towards = (points.min(axis=0) + points.max(axis=0)) / 2
        x, y, z = (points @ _axes(towards).T).T
        half = float(np.abs(x / -z).max()) * 1.02, float(np.abs(y / -z).max()) * 1.02
        width_px, height_px = (round(SIDE * each / max(half)) for each in half)
        job = {
            "matrix": matrix.ravel().tolist(),
            "towards": towards.tolist(),
            "fieldOfViewDeg": float(np.degrees(2 * np.arctan(half[1]))),
            "aspect": half[0] / half[1],
            "near": float(np.linalg.norm(points, axis=1).min() / 2),
            "width": width_px,
            "height": height_px,
            "variant": variant,
            "clip": clip,
            "time": time_s,
        }
        self._bodies["/model.glb"] = model.read_bytes()
        self._page.evaluate("(job) => { document.title = ''; window.draw(job); }", job)
        self._wait_for("done")
        return Shot(np.frombuffer(self._drawn, "<f4").reshape(height_px, width_px, 4)[::-1], towards, half)

    def _wait_for(self, title: str) -> None:
        try:
            self._page.wait_for_function("(title) => document.title === title", arg=title, timeout=240_000)
        except TooLate as fault:
            raise AssertionError(f"three.js drew nothing: {self._told}") from fault

    def _serve(self, route: Route) -> None:
        path = "/" + route.request.url.split("/", 3)[3]
        if path == "/drawn.bin":
            self._drawn = route.request.post_data_buffer or b""
            route.fulfill(body="")
        elif path.startswith("/three/"):
            route.fulfill(path=THREE / path.removeprefix("/three/"))
        elif path in self._bodies:
            route.fulfill(body=self._bodies[path], content_type="text/html" if path == "/" else "application/octet-stream")
        else:
            route.fulfill(status=404)


@contextmanager
def three_in(room: Floats) -> Iterator[Three]:
    """Three.js in this room, in a browser of its own."""
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed (apt-get install chromium)")
    if not THREE.is_dir():
        pytest.skip("three.js is not installed (npm ci in streaming/web)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage", "--enable-unsafe-swiftshader"]
        )
        yield Three(browser.new_page(), room)
        browser.close()
