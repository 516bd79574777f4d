"""The picture in several sizes: chosen on the page, and by the line, in a network namespace whose link is made thin."""

import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import CHROMIUM
from tests.e2e.show import Show, running
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
    const seen = (now) => {
        window.longestGapMs = Math.max(window.longestGapMs, now - before);
        before = now;
        video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
}"""


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    """A channel of two renditions, on all of this machine's addresses."""
    channel = tmp_path_factory.mktemp("show") / "channel.toml"
    channel.write_text(CHANNEL)
    with running("serve", channel, "--host", "0.0.0.0", "--port", "0") as show:
        show.wait_until_live()
        yield show


def sent(page: Page, size: str, automatic: bool) -> None:
    """Wait until pictures of this size are shown, and the page says whose choice it was."""
    wait_until(page, "document.getElementById('video').videoWidth === value", int(size.partition("x")[0]))
    wait_until(page, "JSON.stringify([vrlive.rendition.name, vrlive.rendition.auto]) === value", f'["{size}",{str(automatic).lower()}]')


def test_a_viewer_chooses_on_the_page(browser: Browser, show: Show) -> None:
    with visiting(browser) as page:
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


@dataclass(frozen=True)
class Line:
    """A link to a network namespace of its own, that can be made thin on this side."""

    name: str
    here: str

    @property
    def device(self) -> str:
        return f"{self.name}-here"

    def limit(self, kbps: int) -> None:
        """Let no more through, as a router does: what waits longer than a fifth of a second is dropped."""
        _run("tc", "qdisc", "replace", "dev", self.device, "root", "tbf", "rate", f"{kbps}kbit", "burst", "10kb", "latency", "200ms")

    def widen(self) -> None:
        """Let everything through again."""
        _run("tc", "qdisc", "del", "dev", self.device, "root")


@pytest.fixture
def line() -> Iterator[Line]:
    number = os.getpid() % 60_000
    line = Line(f"vr{number}", f"10.{64 + number // 16384}.{number // 64 % 256}.{number % 64 * 4 + 1}")
    there = f"{line.here.rpartition('.')[0]}.{number % 64 * 4 + 2}"
    try:
        _run("ip", "netns", "add", line.name)
    except (OSError, subprocess.CalledProcessError) as fault:
        pytest.skip(f"no network namespaces here: {fault}")
    try:
        _run("ip", "link", "add", line.device, "type", "veth", "peer", "name", "eth0", "netns", line.name)
        _run("ip", "address", "add", f"{line.here}/30", "dev", line.device)
        _run("ip", "link", "set", line.device, "up")
        _run("ip", "-n", line.name, "address", "add", f"{there}/30", "dev", "eth0")
        for device in ("lo", "eth0"):
            _run("ip", "-n", line.name, "link", "set", device, "up")
        yield line
    finally:
        _run("ip", "netns", "del", line.name)
        with suppress(subprocess.CalledProcessError):
            _run("ip", "link", "del", line.device)


@pytest.fixture
def far_browser(line: Line, launch: Callable[[Path], Browser], tmp_path: Path) -> Iterator[Browser]:
    """Chromium at the far end of the line."""
    start = tmp_path / "chromium"
    start.write_text(f'#!/bin/sh\nexec ip netns exec {line.name} {CHROMIUM} "$@"\n')
    start.chmod(start.stat().st_mode | stat.S_IXUSR)
    browser = launch(start)
    yield browser
    browser.close()


@pytest.mark.skipif(not (shutil.which("ip") and shutil.which("tc")), reason="needs iproute2")
def test_it_settles_on_what_a_thin_line_carries_and_climbs_back(far_browser: Browser, line: Line, show: Show) -> None:
    port = show.url.rstrip("/").rpartition(":")[2]
    with visiting(far_browser) as page:
        watch(page, f"http://{line.here}:{port}/watch/demo")
        page.evaluate("window.vrlive.pauseSky(true)")
        sent(page, LARGE, automatic=True)
        line.limit(THIN_KBPS)
        page.set_default_timeout(10_000)
        sent(page, SMALL, automatic=True)
        page.evaluate(FOLLOW_GAPS)
        page.wait_for_timeout(10_000)
        assert page.evaluate("window.vrlive.rendition.name") == SMALL
        assert page.evaluate("window.longestGapMs") < 1000, "it froze on the rendition that fits"
        line.widen()
        page.set_default_timeout(60_000)
        sent(page, LARGE, automatic=True)
        assert page.evaluate("window.connections") == 1


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=10)
