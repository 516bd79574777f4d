"""Take the README's pictures of the page: docs/images/demo.jpg, desktop.jpg and phone.jpg.

In the repository: ``.venv/bin/python -m scripts.page_pictures``.
"""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from scripts.headset_picture import CHANNEL
from tests.e2e.conftest import CHROMIUM
from tests.e2e.show import START_S, Show, running
from tests.e2e.visit import PHONE, look, visiting, wait_until
from vrlive.scenery import demo_room

IMAGES = Path(__file__).parent.parent / "docs" / "images"
LATEST_MS = 1000  # whoever takes pictures for the README does nothing else meanwhile
WIDE = {"width": 1280, "height": 800}
SHARP = 1.5  # px of the screen for each of the window's
HOST_S = 11.5  # of the demo's loop: she comes along the shelves


@contextmanager
def visited(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """The page as a screen with many pixels shows it, garments as models, the question of consent answered."""
    with visiting(browser, reduced_motion="reduce", device_scale_factor=SHARP, **options) as page:
        page.add_init_script("localStorage.setItem('vrlive.consent', 'no'); localStorage.setItem('vrlive.garments', 'models')")
        page.goto(address)
        wait_until(page, "window.vrlive.frames.presented > 1")
        wait_until(page, "window.vrlive.garments.feed === 'clean'")
        yield page


def save(page: Page, name: str) -> None:
    """Keep what the window shows, at the size of the window."""
    wait_until(page, "window.vrlive.latencyMs < value", LATEST_MS)
    seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    small = seen.resize((round(seen.width / SHARP), round(seen.height / SHARP)), Image.Resampling.LANCZOS)
    small.save(IMAGES / f"{name}.jpg", quality=88, optimize=True, progressive=True)


def shop(browser: Browser, show: Show) -> None:
    """The boutique on a desktop, the coat's card open; and on a phone."""
    address = f"{show.url}watch/boutique"
    with visited(browser, address, viewport=WIDE) as page:
        page.locator("#pips button", has_text="Belted wool coat").click()
        wait_until(page, "document.querySelector('.sheet:not([hidden])') !== null")
        look(page, 2, -8, 84)
        save(page, "desktop")
    with visited(browser, address, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        look(page, -20, -8, 64)
        save(page, "phone")


def demo(browser: Browser, show: Show) -> None:
    """The demo, when its host is in sight."""
    with visited(browser, show.url, viewport={"width": 1280, "height": 720}) as page:
        look(page, -11, -6, 108)
        loop = show.state()["loop"]
        time.sleep((HOST_S - (time.time() - loop["origin_unix_s"])) % (loop["frames"] / loop["fps"]))
        save(page, "demo")


def main() -> None:
    """All of them."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"])
        channel = Path(folder, "channel.toml")
        channel.write_text(CHANNEL.format(room=demo_room(lambda *_: None)).replace('size = "3840x1920"', 'size = "2880x1440"'), "utf-8")
        with running("serve", channel, "--port", "0") as show:
            show.wait_for("it is live", lambda state: state["state"] == "live", START_S, "boutique")
            shop(browser, show)
        with running("demo", "--port", "0", "--for", "600") as show:
            show.wait_until_live()
            demo(browser, show)
        browser.close()


if __name__ == "__main__":
    main()
