"""A camera is published to a show on air, through all of the product: WHIP, the link, the engine, and out again."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import CHROMIUM
from tests.e2e.show import Show, running
from tests.e2e.visit import PHONE, visiting, wait_for_words
from tests.streaming.ffmpeg import ffmpeg
from vrlive.tokens import make_token

SECRET = "a secret that is known to these tests alone".replace(" ", "-")
TOKEN = make_token(SECRET, "demo", "publish", time.time() + 3600)
FAKE_CAMERA = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
CHANNEL = """
name = "demo"
size = "640x320"
rig = "rig.toml"
[[camera]]
name = "front"
url = "whip:"
open_timeout_s = 0.5
read_timeout_s = 1
"""
RIG = """
[[lens]]
name = "front"
frame = "1920x1080"
model = "rectilinear"
fov_deg = 70
"""


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Show]:
    """A show that waits for its one camera to be published."""
    monkeypatch.setenv("VRLIVE_ACCESS_SECRET", SECRET)
    (tmp_path / "channel.toml").write_text(CHANNEL)
    (tmp_path / "rig.toml").write_text(RIG)
    with running("serve", tmp_path / "channel.toml", "--port", "0", "--for", "300") as show:
        yield show


def test_a_camera_is_published_outlives_the_engine_ends_and_comes_back(show: Show, tmp_path: Path) -> None:
    url = f"{show.url}whip/demo/front"
    assert httpx.post(url, headers={"Content-Type": "application/sdp"}, trust_env=False).status_code == 401
    state = show.wait_for("nobody publishes", lambda state: state["cameras"] and state["cameras"][0]["state"] == "failed")
    assert "nobody publishes it" in state["cameras"][0]["fault"]
    with subprocess.Popen(ffmpeg(url, TOKEN, tmp_path, pictures=1500)) as camera:
        state = show.wait_for("the camera is live", lambda state: state["state"] == "live")
        assert state["cameras"][0]["size"] == "640x360"
        os.kill(state["engine"]["pid"], signal.SIGKILL)
        show.wait_for("a new engine shows it", lambda state: state["state"] == "live" and state["engine"]["restarts"] == 1)
        camera.terminate()
    show.wait_for("it is stalled", lambda state: state["cameras"][0]["state"] == "stalled")
    with subprocess.Popen(ffmpeg(url, TOKEN, tmp_path, pictures=1500)) as camera:
        show.wait_for("it is back", lambda state: state["cameras"][0]["state"] == "live" and state["cameras"][0]["reconnects"] >= 1)
        camera.terminate()


def test_a_phone_becomes_a_camera_by_a_page_and_stops_being_one(show: Show, browser: Browser) -> None:
    phone = browser.browser_type.launch(executable_path=str(CHROMIUM), args=FAKE_CAMERA)
    try:
        with visiting(phone, viewport=PHONE, has_touch=True, is_mobile=True) as page:
            page.goto(f"{show.url}publish/demo/front#token={TOKEN}")
            page.get_by_role("button", name="Go on air").click()
            wait_for_words(page, "On air")
            show.wait_for("the camera is live", lambda state: state["cameras"] and state["cameras"][0]["state"] == "live")
            page.get_by_role("button", name="Stop").click()
            wait_for_words(page, "Not on air")
            show.wait_for("it is stalled", lambda state: state["cameras"][0]["state"] == "stalled")
    finally:
        phone.close()


def test_a_phone_with_a_wrong_token_is_told_so(show: Show, browser: Browser) -> None:
    phone = browser.browser_type.launch(executable_path=str(CHROMIUM), args=FAKE_CAMERA)
    try:
        page = phone.new_page()
        page.goto(f"{show.url}publish/demo/front")
        page.get_by_label("Token").fill("wrong")
        page.get_by_role("button", name="Go on air").click()
        wait_for_words(page, "This is no token.")
    finally:
        phone.close()
