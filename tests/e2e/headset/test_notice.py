"""What the page says of the stream is said in the room, too: before the eyes, for as long as it is so, with what can be done about it."""

from math import pi, radians, tan

import numpy as np
from playwright.sync_api import Browser, Page

from tests.e2e.headset.device import enter, eyes, place_of, point_at, press, state, turn_head, wait_for, wearing
from tests.e2e.show import Show
from tests.e2e.visit import wait_until

KEEP_PEERS = """
window.peers = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...settings) { super(...settings); window.peers.push(this); }
};
"""
WAYS = ("**/whep/**", "**/hls/**")
AHEAD = "(([x, , z]) => Math.abs(Math.atan2(x, -z) - value) < 0.1)(window.vrlive.headset.placeOf('text'))"  # a yaw
ROOMY = {"width": 640, "height": 360}  # the page's own words do not lie over its buttons
PLATE = 60.0  # of 255: the room is nowhere so dark
MUCH = 0.1  # of what is looked at, for the least of them


def plate(page: Page) -> float:
    """How much of each eye's view, 10° to 20° up and 7° to both sides, is the plate of a notice."""
    top, bottom = (round(120 * (1 - tan(radians(up)))) for up in (20, 10))
    return float(np.mean([(eye[top:bottom, 105:135].max(axis=2) < PLATE).mean() for eye in eyes(page)]))


def cut_off(page: Page) -> None:
    """Let nothing of the show through any more, but what flows already."""
    for way in WAYS:
        page.route(way, lambda route: route.abort())


def join_again(page: Page) -> None:
    """Let all of it through, and wait until the page has come back by itself."""
    for way in WAYS:
        page.unroute(way)
    wait_for(page, "state.notice === null")


def test_who_comes_before_the_picture_is_told_why_and_sees_it_when_it_is_there(browser: Browser, rooms: Show) -> None:
    with wearing(browser, server_may_go=True, viewport=ROOMY) as page:
        cut_off(page)
        page.goto(f"{rooms.url}watch/showroom")
        enter(page)
        wait_for(page, "state.notice?.startsWith('Reconnecting')")
        assert state(page)["picture"] == "none"
        turn_head(page, pi)  # away from what takes long to draw
        join_again(page)
        wait_for(page, "state.picture === 'drawn'")


def test_why_the_picture_stands_still_is_said_until_it_goes_on_and_who_held_it_can_go_on(browser: Browser, rooms: Show) -> None:
    with wearing(browser, after=KEEP_PEERS, server_may_go=True) as page:
        page.goto(f"{rooms.url}watch/showroom")
        wait_until(page, "window.vrlive.frames.presented > 1")
        enter(page)
        wait_for(page, "state.notice === null && state.models.length > 0")
        turn_head(page, pi)  # away from what takes long to draw
        assert plate(page) == 0
        cut_off(page)
        page.evaluate("window.peers.at(-1).close()")
        wait_for(page, "state.notice?.startsWith('Reconnecting')")
        assert plate(page) > MUCH
        turn_head(page, pi / 2)
        wait_until(page, AHEAD, pi / 2)  # it comes along
        assert plate(page) > MUCH
        join_again(page)
        assert plate(page) == 0
        page.locator("#sky").focus()
        page.keyboard.press("Space")
        wait_for(page, "state.notice === 'Paused'")
        point_at(page, "controllers.right", place_of(page, "play"))
        assert state(page)["hovered"] == "play"
        press(page)
        wait_until(page, "!video.paused && window.vrlive.headset.state.notice !== 'Paused'")
