"""What may fail while people watch: a camera, the engine, the server. The page says so, and all comes back by itself."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.checkout import ROOT
from tests.e2e.show import Show, encoded, running
from tests.e2e.visit import look, screenshot, view, visiting, wait_for_words, wait_until, watch
from vrlive.capture.demo.clips import demo_clips

BACK_S = 5.0
DARK = 20.0  # of 255: the empty page is darker, the dimmed room brighter
CHANNEL = """
name = "demo"
title = "Showroom"
rig = "demo"
scene = "showroom"
[stitch]
distance_m = 3.5
"""
DEMO_CAMERA = '[[camera]]\nname = "cam{index}"\nurl = "demo:{index}"\nloop = true\n'
HTTP_CAMERA = '[[camera]]\nname = "door"\nurl = "http://127.0.0.1:{port}/"\nread_timeout_s = 2\n'


@pytest.fixture
def port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@contextmanager
def camera(port: int) -> Iterator[None]:
    """A camera on the network, which is killed when the block ends."""
    command = [sys.executable, "-m", "tests.e2e.http_camera", str(port), str(demo_clips().paths[5])]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        try:
            yield
        finally:
            process.kill()


def test_a_camera_dies_and_comes_back_while_the_show_goes_on(browser: Browser, port: int, tmp_path: Path) -> None:
    channel = tmp_path / "channel.toml"
    cameras = "".join(DEMO_CAMERA.format(index=index) for index in range(5)) + HTTP_CAMERA.format(port=port)
    channel.write_text(CHANNEL + cameras, "utf-8")
    with running("serve", channel, "--port", "0") as show, visiting(browser) as page:
        with camera(port):
            show.wait_until_live()
            watch(page, show.url)
        wait_for_words(page, "Camera door lost")
        lost = show.state()
        assert lost["state"] == "degraded"
        assert [each["name"] for each in lost["cameras"] if each["state"] != "live"] == ["door"]
        show.wait_for("two more seconds are on air", lambda state: encoded(state) > encoded(lost) + 2 * state["fps"])
        page.evaluate("window.shown = window.vrlive.frames.presented")
        wait_until(page, "window.vrlive.frames.presented > window.shown + 25")
        with camera(port):
            wait_for_words(page, "Live")
            assert show.state()["engine"]["restarts"] == 0


def test_cameras_that_cannot_be_shown_are_told_of_by_an_engine_that_lives(browser: Browser, tmp_path: Path) -> None:
    """One sends pictures of another shape than calibrated, all others are not there."""
    Image.new("RGB", (200, 128), (90, 120, 150)).save(tmp_path / "wide.png")
    channel = tmp_path / "channel.toml"
    files = ["wide.png", *(f"gone{index}.mp4" for index in range(1, 6))]
    cameras = "".join(f'[[camera]]\nname = "cam{index}"\nurl = "{file}"\nloop = true\n' for index, file in enumerate(files))
    channel.write_text(CHANNEL + cameras, "utf-8")
    with running("serve", channel, "--port", "0") as show, visiting(browser) as page:
        state = show.wait_for("all have failed", lambda state: state["cameras"] and not any(is_live(each) for each in state["cameras"]))
        page.goto(show.url)
        wait_for_words(page, "6 cameras lost")
        later = show.wait_for("a second is on air", lambda later: encoded(later) > encoded(state) + state["fps"])
    faults = [each["fault"] for each in later["cameras"]]
    assert "but input 0 is 200x128, another shape" in faults[0]
    assert faults[1:] == [f"gone{index}.mp4: No such file or directory" for index in range(1, 6)]
    assert (later["engine"]["state"], later["engine"]["restarts"]) == ("running", 0)


def is_live(camera: dict[str, Any]) -> bool:
    return bool(camera["state"] == "live" or camera["state"] == "connecting")


def test_the_engine_is_killed_and_the_session_gets_its_picture_back(browser: Browser) -> None:
    with running("demo", "--port", "0") as show, visiting(browser) as page:
        show.wait_until_live()
        watch(page, show.url)
        page.evaluate("window.vrlive.pauseSky(true)")
        wait_until(page, "window.vrlive.readBarcode() !== null")
        engine = show.state()["engine"]["pid"]
        os.kill(engine, signal.SIGKILL)
        killed_s = time.monotonic()
        wait_until(page, "window.vrlive.readBarcode() === null")  # the slate
        wait_until(page, "window.vrlive.readBarcode() !== null")
        away_s = time.monotonic() - killed_s
        wait_for_words(page, "Live")
        assert page.evaluate("window.connections") == 1
        state = show.state()["engine"]
        assert state["restarts"] == 1
        assert state["pid"] != engine
    print(f"the picture was away for {away_s:.1f} s")
    assert away_s < BACK_S


def test_the_server_is_started_anew_and_the_page_still_looks_the_same_way(browser: Browser, port: int) -> None:
    with visiting(browser, server_may_go=True) as page:
        with demo_on(port) as show:
            watch(page, show.url)
            look(page, 75, -12, 60)
        wait_until(page, "document.getElementById('words').textContent.startsWith('Reconnecting')")
        assert screenshot(page).mean() > DARK, "the last picture does not stay"
        with demo_on(port):
            wait_for_words(page, "Live")
            assert view(page) == {"yawDeg": pytest.approx(75), "pitchDeg": pytest.approx(-12), "fovDeg": pytest.approx(60)}
            before = shown(page)
            wait_until(page, "window.vrlive.frames.presented > value + 10", before)


@contextmanager
def demo_on(port: int) -> Iterator[Show]:
    with running("demo", "--port", str(port)) as show:
        show.wait_until_live()
        yield show


def shown(page: Page) -> int:
    count: int = page.evaluate("window.vrlive.frames.presented")
    return count
