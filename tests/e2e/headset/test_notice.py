"""What the page says of the stream is said in the room, too: before the eyes, for as long as it is so, with what can be done about it."""

from math import pi, radians, tan

import numpy as np
from playwright.sync_api import Browser, Page

from tests.e2e.headset.device import enter, eyes, frames, place_of, point_at, press, state, turn_head, wait_for, wearing
from tests.e2e.show import Show
from tests.e2e.visit import wait_until

KEEP_PEERS = """
window.peers = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...settings) { super(...settings); window.peers.push(this); }
};
"""
UP_DEG = 10.6  # where its middle is
PLATE = 60.0  # of 255: the room is nowhere so dark


def plate(page: Page) -> float:
    """How much of each eye's view, where a notice stands, is its plate."""
    row = round(120 * (1 - tan(radians(UP_DEG))))
    return float(np.mean([(eye[row - 8 : row + 8, 100:140].max(axis=2) < PLATE).mean() for eye in eyes(page)]))


def test_why_the_picture_stands_still_is_said_until_it_goes_on_and_who_held_it_goes_on_from_there(browser: Browser, rooms: Show) -> None:
    with wearing(browser, after=KEEP_PEERS, server_may_go=True) as page:
        page.goto(f"{rooms.url}watch/showroom")
        wait_until(page, "window.vrlive.frames.presented > 1")
        enter(page)
        wait_for(page, "state.notice === null && state.models.length > 0")
        turn_head(page, pi)  # away from what takes long to draw
        assert plate(page) == 0
        ways = ("**/whep/**", "**/hls/**")
        for way in ways:
            page.route(way, lambda route: route.abort())
        page.evaluate("window.peers.at(-1).close()")
        wait_for(page, "state.notice?.startsWith('Reconnecting')")
        assert plate(page) > 0.4
        turn_head(page, pi / 2)
        frames(page, 30)
        assert plate(page) > 0.4  # it has come along
        for way in ways:
            page.unroute(way)
        wait_for(page, "state.notice === null")
        assert plate(page) == 0
        page.locator("#sky").focus()
        page.keyboard.press("Space")
        wait_for(page, "state.notice === 'Paused'")
        point_at(page, "controllers.right", place_of(page, "play"))
        assert state(page)["hovered"] == "play"
        press(page)
        wait_until(page, "!video.paused && window.vrlive.headset.state.notice !== 'Paused'")
