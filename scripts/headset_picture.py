"""Take docs/images/headset.jpg: what both eyes see in the boutique when the coat was chosen.

In the repository: ``.venv/bin/python -m scripts.headset_picture``.
"""

import io
from math import radians
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.e2e.conftest import CHROMIUM
from tests.e2e.headset.device import enter, frames, place_of, point_at, press, turn_head, wait_for, wearing
from tests.e2e.show import START_S, running
from tests.e2e.visit import wait_until
from vrlive.scenery import demo_room

PICTURE = Path(__file__).parent.parent / "docs" / "images" / "headset.jpg"
WINDOW = {"width": 1600, "height": 800}
SIGHT = radians(75)  # of each eye, less than a headset has: what matters is in the middle
LEFT_HAND, RIGHT_HAND = (-0.3, 1.22, -0.5), (0.3, 1.22, -0.5)
CHANNEL = """
name = "boutique"
title = "Autumn"
rig = "equirect"
scene = "boutique"
size = "3840x1920"
fps = 2
encode = {{ bitrate_kbps = 12000 }}
rendition = []
[[camera]]
name = "room"
url = "{room}"
loop = true
"""


def picture() -> Image.Image:
    """What is seen from 1.6 m above the floor, looking ahead."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        channel = Path(folder, "channel.toml")
        channel.write_text(CHANNEL.format(room=demo_room(lambda *_: None)), "utf-8")
        with running("serve", channel, "--port", "0") as show:
            show.wait_for("it is live", lambda state: state["state"] == "live", START_S, "boutique")
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"])
            with wearing(browser, viewport=WINDOW, reduced_motion="reduce") as page:
                page.goto(f"{show.url}watch/boutique")
                wait_until(page, "window.vrlive.frames.presented > 1")
                page.evaluate("(fovy) => { window.device.fovy = fovy; }", SIGHT)
                enter(page)
                wait_for(page, "state.models.length === 10 && state.feed === 'clean'")
                turn_head(page, pitch=radians(-8))
                point_at(page, "controllers.right", place_of(page, "coat"), RIGHT_HAND)
                press(page)
                wait_for(page, "state.card !== null")
                point_at(page, "controllers.right", place_of(page, "size:COAT-CAM-M"), RIGHT_HAND)
                press(page)
                x, y, z = place_of(page, "add")
                point_at(page, "controllers.right", (x + 0.17, y, z), RIGHT_HAND)  # beside its words
                x, _, z = place_of(page, "coat")
                point_at(page, "controllers.left", (x, 1.1, z), LEFT_HAND)
                frames(page, 2)
                seen = page.screenshot()
            browser.close()
    return Image.open(io.BytesIO(seen)).convert("RGB")


if __name__ == "__main__":
    picture().save(PICTURE, quality=88, optimize=True, progressive=True)
