"""A headset that Chromium believes in: iwer's Quest 3, both eyes side by side in the window, and what the page says of the visit."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import atan2, cos, hypot, sin
from typing import Any, Final

from playwright.sync_api import Browser, Page, expect

from tests.checkout import ROOT
from tests.e2e.show import PATIENCE_S
from tests.e2e.visit import Pixels, screenshot, visiting, wait_until

IWER: Final = ROOT / "streaming/web/node_modules/iwer/build/iwer.min.js"
EYES: Final = {"width": 480, "height": 240}  # 90° × 90° for each eye
LEFT, RIGHT = slice(0, 240), slice(240, 480)  # columns of the window
WEAR: Final = """
const { getOffsetReferenceSpace } = IWER.XRReferenceSpace.prototype;
IWER.XRReferenceSpace.prototype.getOffsetReferenceSpace = function (transform) {
  return getOffsetReferenceSpace.call(this, transform.matrix); // iwer 2.5 takes the matrix where WebXR gives the transform
};
const { requestAnimationFrame: ask } = IWER.XRSession.prototype;
let passed = Infinity; // of the session's time, at most 0.1 s a picture: on a slow machine a nod is still a nod
IWER.XRSession.prototype.requestAnimationFrame = function (draw) {
  return ask.call(this, (time, frame) => draw((passed = Math.min(time, passed + 100)), frame));
};
window.device = new IWER.XRDevice(IWER.metaQuest3, { stereoEnabled: true });
window.device.installRuntime({ forceInstall: true });
localStorage.setItem("vrlive.consent", "no"); // the question would lie over the bar of so low a window
"""

PASS: Final = f"""async (more) => {{
  const headset = () => window.vrlive.headset;
  const [seen, ends] = [headset()?.state.frames, performance.now() + {1000 * PATIENCE_S}];
  while (headset() && headset().state.frames < seen + more) {{
    if (performance.now() > ends) throw new Error("no picture comes");
    await new Promise(requestAnimationFrame);
  }}
}}"""
NOD: Final = """async (most) => {
  const { x, y, z, w } = window.device.quaternion;
  const hold = async (pitch) => {
    const [s, c] = [Math.sin(pitch / 2), Math.cos(pitch / 2)];
    window.device.quaternion.set(w * s + x * c, y * c + z * s, z * c - y * s, w * c - x * s);
    const { frames } = window.vrlive.headset.state;
    while (window.vrlive.headset.state.frames === frames) await new Promise(requestAnimationFrame);
  };
  for (let n = 0; n < most && window.vrlive.headset.state.card.side === "card"; n += 1) {
    await hold(-0.3);
    await hold(0);
  }
}"""

Point = tuple[float, float, float]


@contextmanager
def wearing(browser: Browser, *, after: str = "", **options: Any) -> Iterator[Page]:
    """A page of somebody who wears a headset; `after` is run when it is on."""
    with visiting(browser, **({"viewport": EYES} | options)) as page:
        page.context.add_init_script(path=IWER)
        page.context.add_init_script(WEAR + after)
        yield page


def enter(page: Page, name: str = "Enter VR") -> None:
    """Go in, and wait until the eyes are open."""
    page.get_by_role("button", name=name).click()
    wait_until(page, "window.vrlive.headset?.state.dark === 0")


def state(page: Page) -> dict[str, Any]:
    """streaming/web/src/headset/headset.ts, HeadsetState."""
    found: dict[str, Any] = page.evaluate("window.vrlive.headset.state")
    return found


def act(page: Page, deed: str, value: object = None, pictures: int = 1) -> None:
    """Do something to `window.device`, and let pictures pass, as many or until the visit is over: it is then seen."""
    page.evaluate(f"async (value) => {{ {deed}; await ({PASS})({pictures}); }}", value)


def frames(page: Page, more: int = 1) -> None:
    """Let pictures pass: what was done to the device before is then seen."""
    act(page, "", pictures=more)


def settle(page: Page) -> None:
    """Let what was just asked for begin, and wait until the eyes are open again."""
    frames(page)
    wait_for(page, "state.dark === 0")


def wait_for(page: Page, condition: str) -> None:
    """Wait until a condition holds of the visit's `state`."""
    wait_until(page, f"((state) => {condition})(window.vrlive.headset.state)")


def turn_head(page: Page, yaw: float = 0.0, pitch: float = 0.0) -> None:
    """Look right and up by these angles, radians."""
    act(page, "window.device.quaternion.set(...value)", quaternion(yaw, pitch))


def look_at(page: Page, place: Point) -> None:
    """Look straight at a place."""
    eyes = page.evaluate("(({ x, y, z }) => [x, y, z])(window.device.position)")
    x, y, z = (there - here for there, here in zip(place, eyes, strict=True))
    turn_head(page, atan2(x, -z), atan2(y, hypot(x, z)))


def nod(page: Page, most: int = 20) -> None:
    """Down and up until the card turns over."""
    page.evaluate(NOD, most)


def quaternion(yaw: float, pitch: float) -> list[float]:
    """x, y, z, w of a turn to the right and then up."""
    (sy, cy), (sp, cp) = (sin(-yaw / 2), cos(yaw / 2)), (sin(pitch / 2), cos(pitch / 2))
    return [cy * sp, sy * cp, -sy * sp, cy * cp]


def point_at(page: Page, hand: str, target: Point, start: Point = (0.2, 1.4, -0.2)) -> None:
    """Aim a controller's or hand's ray: hand is “controllers.right”, “hands.left”, …"""
    x, y, z = (there - here for there, here in zip(target, start, strict=True))
    yaw, pitch = atan2(x, -z), atan2(y, hypot(x, z))
    act(
        page,
        """const [hand, place, turn] = value;
        const [kind, side] = hand.split(".");
        window.device[kind][side].position.set(...place);
        window.device[kind][side].quaternion.set(...turn)""",
        [hand, start, quaternion(yaw, pitch)],
    )


def place_of(page: Page, what: str) -> Point:
    """Where a garment or something on the card is."""
    found = page.evaluate("(what) => window.vrlive.headset.placeOf(what)", what)
    assert found is not None, f"{what} is nowhere"
    return (found[0], found[1], found[2])


def press(page: Page, button: str = "trigger", side: str = "right") -> None:
    """Press and let go."""
    for value in (1, 0):
        act(page, "window.device.controllers[value[0]].updateButtonValue(value[1], value[2])", [side, button, value])


def pinch(page: Page, side: str = "right") -> None:
    """Thumb and finger together and apart."""
    for value in (1, 0):
        act(page, "window.device.hands[value[0]].updatePinchValue(value[1])", [side, value])


def leave(page: Page) -> None:
    """End the session as the headset's own button does."""
    page.evaluate("window.device.activeSession && window.device.activeSession.end()")
    wait_until(page, "window.vrlive.headset === null")
    expect(page.get_by_role("button", name="Enter VR")).to_be_visible()


def eyes(page: Page) -> tuple[Pixels, Pixels]:
    """What each eye sees."""
    both = screenshot(page)
    return both[:, LEFT], both[:, RIGHT]
