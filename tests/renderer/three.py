"""A garment as three.js draws it in headless Chromium: somebody else's picture of the same file in the same room."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Route, sync_playwright

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


def draw(model: Path, matrix: Array, room: Floats, points: Array, variant: int = -1, clip: str = "", time_s: float = 0.0) -> Shot:
    """Draw a GLB file.

    Parameters
    ----------
    matrix
        Model to world, (4, 4).
    room
        Its light, (height, width, 3) linear, an equirectangular picture as ours.
    points
        (n, 3) metres in the world: what has to be in the picture.
    clip, time_s
        An animation, and the moment of it that is drawn.
    """
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed (apt-get install chromium)")
    if not THREE.is_dir():
        pytest.skip("three.js is not installed (npm ci in streaming/web)")
    towards = (points.min(axis=0) + points.max(axis=0)) / 2
    x, y, z = (points @ _axes(towards).T).T
    half = float(np.abs(x / -z).max()) * 1.02, float(np.abs(y / -z).max()) * 1.02
    width_px, height_px = (round(SIDE * each / max(half)) for each in half)
    height, width, _ = room.shape
    theirs = np.roll(room, -width // 4, axis=1)[::-1]  # +X in the middle, the bottom row first
    job = {
        "matrix": matrix.ravel().tolist(),
        "towards": towards.tolist(),
        "fieldOfViewDeg": float(np.degrees(2 * np.arctan(half[1]))),
        "aspect": half[0] / half[1],
        "near": float(np.linalg.norm(points, axis=1).min() / 2),
        "width": width_px,
        "height": height_px,
        "roomWidth": width,
        "variant": variant,
        "clip": clip,
        "time": time_s,
    }
    bodies = {
        "/": (ROOT / "tests" / "renderer" / "three.html").read_bytes(),
        "/job.json": json.dumps(job).encode(),
        "/room.bin": np.dstack([theirs, np.ones((height, width))]).astype("<f4").tobytes(),
        "/model.glb": model.read_bytes(),
    }
    return Shot(_posted(bodies).reshape(height_px, width_px, 4)[::-1], towards, half)


def _posted(bodies: dict[str, bytes]) -> Floats:
    """Open the page and wait for what it posts."""
    drawn: list[bytes] = []
    told: list[str] = []

    def serve(route: Route) -> None:
        path = "/" + route.request.url.split("/", 3)[3]
        if path == "/drawn.bin":
            drawn.append(route.request.post_data_buffer or b"")
            route.fulfill(body="")
        elif path.startswith("/three/"):
            route.fulfill(path=THREE / path.removeprefix("/three/"))
        elif path in bodies:
            route.fulfill(body=bodies[path], content_type="text/html" if path == "/" else "application/octet-stream")
        else:
            route.fulfill(status=404)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage", "--enable-unsafe-swiftshader"]
        )
        page = browser.new_page()
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda fault: told.append(str(fault)))
        page.route("**/*", serve)
        page.goto("http://three.test/")
        try:
            page.wait_for_function("document.title === 'done'", timeout=240_000)
        except Exception as fault:
            raise AssertionError(f"three.js drew nothing: {told}") from fault
        finally:
            browser.close()
    return np.frombuffer(drawn[0], "<f4")
