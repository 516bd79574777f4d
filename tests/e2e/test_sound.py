"""What a visitor hears: an invitation, a volume that stays, and a sphere of sound that turns with the view, in a headset with the head."""

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from streaming.movie import Movie
from streaming.sound_format import AMBISONICS
from tests.e2e.headset.device import enter, place_of, turn_head, wearing
from tests.e2e.show import Show, running
from tests.e2e.visit import look, visiting, wait_until, watch
from vrlive.frames import SOUND_RATE_HZ, Picture, Sound
from vrlive.units import Size

SIZE, FPS, SECONDS = Size(256, 128), 25, 4
LEFT = (1, 1, 0, 0)  # W, Y, Z, X of what is on the left
CHANNEL = """
name = "demo"
size = "256x128"
rig = "equirect"
rendition = []
camera = [{ name = "room", url = "room.mp4", loop = true }]
sound = [{ camera = "room", format = "ambisonics" }]
"""
CONSENT = "localStorage.setItem('vrlive.consent', 'yes');"
BEHIND, UP = 3.0, 0.1  # radians that a head turns, well within …
BIN = 5 * 24 + 23  # … this bin of the heat map
LOOKED_S = 1.5
MUCH = 4.0  # times louder: cardioids differ by 30, walls of tests do not echo


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    """A room where something sounds on the left."""
    folder = tmp_path_factory.mktemp("room")
    tone = 0.3 * np.sin(np.arange(SECONDS * SOUND_RATE_HZ) * 2 * np.pi * 500 / SOUND_RATE_HZ)
    with Movie(folder / "room.mp4", SIZE, Fraction(FPS), sound=AMBISONICS, cameras=1) as movie:
        for number in range(SECONDS * FPS):
            movie.write(Picture.filled(SIZE, (120, 128, 128)), number / FPS)
        movie.write_sound(Sound((tone[:, None] * LEFT).astype(np.float32), 0.0))
        movie.finish()
    (folder / "channel.toml").write_text(CHANNEL)
    with running("serve", folder / "channel.toml", "--port", "0") as show:
        show.wait_for("its sound comes", lambda state: any(each["channels"] == 4 for each in state["sound"]["inputs"]), 240)
        yield show


def test_the_sphere_of_sound_turns_with_the_view(browser: Browser, show: Show) -> None:
    with visiting(browser) as page:
        watch(page, show.url)
        page.get_by_role("button", name="Turn the sound on").click()
        louder(page, "left", "right")
        look(page, 180, 0)
        louder(page, "right", "left")
        look(page, -90, 0)
        wait_until(page, "vrlive.ears.left > 0.02 && Math.abs(vrlive.ears.left / vrlive.ears.right - 1) < 0.2")
        assert page.evaluate("document.getElementById('video').muted"), "it is not heard twice"


def test_in_a_headset_sound_turns_with_the_head_and_what_is_looked_at_is_where_it_looks(browser: Browser, show: Show) -> None:
    with wearing(browser, after=CONSENT) as page:
        reports: list[dict[str, Any]] = []
        page.on(
            "request", lambda request: reports.append(json.loads(request.post_data or "{}")) if request.url.endswith("/insight") else None
        )
        watch(page, show.url)
        page.keyboard.press("m")
        enter(page)
        place_of(page, "silence")  # what is on can be turned off, though the element is always muted
        louder(page, "left", "right")
        turn_head(page, BEHIND, UP)
        louder(page, "right", "left")
        wait_until(page, "video.currentTime > value", page.evaluate("video.currentTime") + LOOKED_S + 1)
        page.evaluate("dispatchEvent(new Event('pagehide'))")  # it tells before it goes
        wait_until(page, "window.vrlive.link === 'stopped'")
        assert sum(each["gaze_s"].get(str(BIN), 0) for each in reports) >= LOOKED_S
        assert page.evaluate("window.vrlive.view.yawDeg") == 0  # the page's own, all the while


def test_the_invitation_goes_when_it_was_taken_and_the_volume_stays(browser: Browser, show: Show) -> None:
    with visiting(browser) as page:
        watch(page, show.url)
        invitation = page.get_by_role("button", name="Turn the sound on")
        invitation.click()
        invitation.wait_for(state="hidden")
        page.get_by_role("button", name="Sound off").wait_for()
        page.get_by_role("slider", name="Volume").fill("0.25")
        page.reload()
        wait_until(page, "vrlive.link === 'playing'")
        invitation.wait_for()
        page.keyboard.press("m")
        assert page.get_by_role("slider", name="Volume").input_value() == "0.25"
        page.keyboard.press("m")
        page.get_by_role("button", name="Sound on").wait_for()
        expect(invitation, "who has decided is not asked again").to_be_hidden()


def test_where_the_sphere_cannot_be_played_stereo_comes_and_is_heard(browser: Browser, show: Show) -> None:
    with visiting(browser) as page:
        page.add_init_script("AudioWorklet.prototype.addModule = () => Promise.reject(new DOMException('not today', 'AbortError'))")
        watch(page, show.url)
        page.get_by_role("button", name="Turn the sound on").click()
        wait_until(page, "window.connections === 2 && vrlive.link === 'playing' && !video.muted")
        assert page.evaluate("vrlive.ears") is None


def louder(page: Page, one: str, other: str) -> None:
    """Wait until one ear hears much more than the other."""
    wait_until(page, f"vrlive.ears?.{one} > 0.02 && vrlive.ears.{one} > {MUCH} * vrlive.ears.{other}")
