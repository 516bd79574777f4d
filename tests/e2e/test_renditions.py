"""The picture in several sizes: chosen on the page, and by the line, in a network namespace whose link is made thin."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import CHROMIUM
from tests.e2e.netns import Space, network
from tests.e2e.show import running
from tests.e2e.visit import visiting, wait_until, watch

CHANNEL = """
name = "demo"
rig = "demo"
size = "1280x640"
encode = { bitrate_kbps = 2500 }
rendition = [{ size = "640x320", bitrate_kbps = 600 }]
""" + "".join(f'[[camera]]\nname = "c{n}"\nurl = "demo:{n}"\nloop = true\n' for n in range(6))
LARGE, SMALL = "1280x640", "640x320"
THIN_KBPS = 1000
FOLLOW_GAPS = """() => {
    const video = document.getElementById("video");
    let before = performance.now();
    window.longestGapMs = 0;
    window.widths = [];
    const seen = (now, { width }) => {
        window.longestGapMs = Math.max(window.longestGapMs, now - before);
        window.widths.push(width);
        before = now;
        video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
}"""


def channel(folder: Path) -> Path:
    """A channel of two renditions."""
    path = folder / "channel.toml"
    path.write_text(CHANNEL)
    return path


def sent(page: Page, size: str, automatic: bool) -> None:
    """Wait until pictures of this size are shown, and the page says whose choice it was."""
    wait_until(page, "document.getElementById('video').videoWidth === value", int(size.partition("x")[0]))
    wait_until(page, "JSON.stringify([vrlive.rendition.name, vrlive.rendition.auto]) === value", f'["{size}",{str(automatic).lower()}]')


def test_a_viewer_chooses_on_the_page(browser: Browser, tmp_path: Path) -> None:
    with running("serve", channel(tmp_path), "--port", "0") as show, visiting(browser) as page:
        watch(page, show.url)
        sent(page, LARGE, automatic=True)
        menu = page.get_by_label("Picture quality")
        assert menu.locator("option").all_inner_texts() == ["Automatic (1280 × 640)", "1280 × 640", "640 × 320"]
        page.evaluate("window.vrlive.pauseSky(true)")
        page.evaluate(FOLLOW_GAPS)
        page.set_default_timeout(2000)
        for size, automatic in ((SMALL, False), (LARGE, False), (SMALL, False), (LARGE, True)):
            menu.select_option("auto" if automatic else size)
            if not automatic:
                sent(page, size, automatic)
        assert page.evaluate("window.longestGapMs") < 1000, "the picture froze"
        assert page.evaluate("window.connections") == 1


@pytest.fixture
def line() -> Iterator[tuple[Space, str, Space]]:
    """Two hosts: this end, its interface, that end."""
    with network() as net:
        here, there = net.space(), net.space()
        yield here, net.wire(here, "10.77.0.1/24", there, "10.77.0.2/24"), there


def test_it_settles_on_what_a_thin_line_carries_and_climbs_back(
    line: tuple[Space, str, Space], launch: Callable[[Path], Browser], tmp_path: Path
) -> None:
    here, interface, there = line
    far = tmp_path / "chromium"
    far.write_text(f'#!/bin/sh\nexec {shlex.join(there.command(str(CHROMIUM)))} "$@"\n')
    far.chmod(0o755)
    with (
        running("serve", channel(tmp_path), "--host", "10.77.0.1", "--port", "8360", inside=here) as show,
        closing(launch(far)) as browser,
        visiting(browser) as page,
    ):
        watch(page, show.url)
        page.evaluate("window.vrlive.pauseSky(true)")
        sent(page, LARGE, automatic=True)
        here.limit(interface, THIN_KBPS)
        page.set_default_timeout(10_000)
        sent(page, SMALL, automatic=True)
        page.evaluate(FOLLOW_GAPS)
        page.wait_for_timeout(10_000)
        widths = page.evaluate("window.widths")
        assert widths.count(640) > 0.9 * len(widths), "it finds out that the line carries no more, without trying"
        assert page.evaluate("window.longestGapMs") < 2000, "it froze on the rendition that fits"
        here.widen(interface)
        page.set_default_timeout(120_000)  # probes take half a minute, and may fail where processors are scarce
        sent(page, LARGE, automatic=True)
        assert page.evaluate("window.connections") == 1
