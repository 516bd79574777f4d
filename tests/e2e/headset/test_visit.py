"""A visit by headset: hands and eyes take garments, a phone takes over, and the page is afterwards as it was."""

import json

import cv2
import numpy as np
from playwright.sync_api import Page

from tests.e2e.boutique import direct
from tests.e2e.headset.device import (
    enter,
    eyes,
    frames,
    leave,
    look_at,
    nod,
    pinch,
    place_of,
    point_at,
    press,
    state,
    turn_head,
    wait_for,
)
from tests.e2e.show import Show
from tests.e2e.visit import wait_until


def test_a_controller_takes_a_garment_which_comes_near_with_its_card_and_squeeze_lets_it_go(visit: Page) -> None:
    point_at(visit, "controllers.right", place_of(visit, "dress"))
    assert state(visit)["hovered"] == "garment:dress"
    assert state(visit)["card"] is None
    press(visit)
    wait_for(visit, "state.card !== null")
    assert state(visit)["card"] == {"id": "dress", "side": "card"}
    assert state(visit)["fitted"] == "dress"
    assert "dress" in state(visit)["shown"]
    press(visit, "squeeze")
    wait_for(visit, "state.card === null && state.fitted === null")


def test_a_hand_chooses_colour_and_size_and_puts_it_into_the_bag(visit: Page) -> None:
    visit.evaluate("window.device.primaryInputMode = 'hand'")
    frames(visit)
    for what in ("dress", "variant:emerald", "size:DRES-EME-36", "add"):
        point_at(visit, "hands.right", place_of(visit, what))
        pinch(visit)
    wait_until(visit, "localStorage.getItem('vrlive.bag.showroom') !== null")
    bag = json.loads(visit.evaluate("localStorage.getItem('vrlive.bag.showroom')"))
    assert bag == [{"product": "dress", "variant": "emerald", "sku": "DRES-EME-36", "quantity": 1}]


def test_a_gaze_chooses_after_its_time(visit: Page) -> None:
    visit.evaluate("for (const side of ['left', 'right']) window.device.controllers[side].connected = false")
    look_at(visit, place_of(visit, "dress"))
    wait_for(visit, "state.card !== null")
    assert state(visit)["card"]["id"] == "dress"
    visit.evaluate("for (const side of ['left', 'right']) window.device.controllers[side].connected = true")


def test_two_nods_hand_over_to_the_phone_by_a_code(visit: Page, rooms: Show) -> None:
    point_at(visit, "controllers.right", place_of(visit, "dress"))
    press(visit)
    wait_for(visit, "state.card !== null")
    turn_head(visit, np.pi)  # away from what takes long to draw: nods are quick
    nod(visit)
    wait_for(visit, "state.card.side === 'phone'")
    look_at(visit, place_of(visit, "code"))
    assert read_code(visit) == f"{rooms.url}watch/showroom?product=dress"
    press(visit, "squeeze")
    wait_for(visit, "state.card.side === 'card'")


def read_code(page: Page) -> str:
    """What the code on the card says, seen by one eye from close by."""
    page.evaluate("window.device.fovy = 0.45")
    frames(page, 3)
    seen = eyes(page)[0].astype(np.uint8)
    page.evaluate("window.device.fovy = Math.PI / 2")
    words, _, _ = cv2.QRCodeDetector().detectAndDecode(cv2.resize(seen, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC))
    return words


def test_what_the_host_shows_is_told_and_opens(visit: Page, rooms: Show) -> None:
    turn_head(visit, np.pi)  # away from what takes long to draw
    direct(rooms, "PUT", "pins/dress", channel="showroom")
    try:
        wait_for(visit, "state.notice !== null")
        point_at(visit, "controllers.right", place_of(visit, "look"))
        press(visit)
        wait_for(visit, "state.card !== null")
        assert state(visit)["card"] == {"id": "dress", "side": "card"}
        wait_for(visit, "state.notice === null")
    finally:
        direct(rooms, "DELETE", "pins/dress", channel="showroom")


def test_under_the_systems_own_menu_nothing_is_pointed_at(visit: Page) -> None:
    point_at(visit, "controllers.right", place_of(visit, "dress"))
    assert state(visit)["hovered"] == "garment:dress"
    visit.evaluate("window.device.updateVisibilityState('visible-blurred')")
    frames(visit, 3)
    assert state(visit)["hovered"] is None
    visit.evaluate("window.device.updateVisibilityState('visible')")
    frames(visit, 3)
    assert state(visit)["hovered"] == "garment:dress"


def test_who_is_not_let_in_is_told_and_may_try_again(visit: Page) -> None:
    leave(visit)
    visit.evaluate("""() => {
      navigator.xr.requestSession = async () => {
        delete navigator.xr.requestSession;
        throw new DOMException("the headset is busy", "InvalidStateError");
      };
    }""")
    visit.get_by_role("button", name="Enter VR").click()
    visit.get_by_text("The headset did not let you in.").wait_for()
    enter(visit)


def test_whose_visit_ends_while_it_begins_may_come_again(visit: Page) -> None:
    leave(visit)
    visit.evaluate("""() => {
      const { requestSession } = navigator.xr;
      navigator.xr.requestSession = async function (...wishes) {
        delete navigator.xr.requestSession;
        const session = await requestSession.apply(this, wishes);
        const { updateRenderState } = session;
        session.updateRenderState = function (state) {
          updateRenderState.call(this, state);
          void session.end();
        };
        return session;
      };
    }""")
    visit.get_by_role("button", name="Enter VR").click()
    wait_until(visit, "window.device.activeSession === undefined")
    assert visit.evaluate("window.vrlive.headset") is None
    enter(visit)


def test_the_way_out_leaves_the_page_as_it_was(visit: Page) -> None:
    drawn = visit.evaluate("window.vrlive.frames.drawn")
    leave(visit)
    wait_until(visit, "window.vrlive.frames.drawn > value", drawn)
    assert not visit.evaluate("video.paused")
    assert visit.locator("canvas").count() == 1
    enter(visit, "Enter AR")  # and in again, to the visitor's own room
    wait_for(visit, "state.models.length > 0")
    assert state(visit)["picture"] == "none"
    assert state(visit)["shown"] == ["dress"]
    point_at(visit, "controllers.right", place_of(visit, "leave"))
    press(visit)
    wait_until(visit, "window.vrlive.headset === null")
