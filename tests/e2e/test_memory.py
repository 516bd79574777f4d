"""The page over a whole show: whoever looks around and opens one piece after the other finds it as light at the end as at the beginning."""

import os
import time
from dataclasses import astuple, dataclass
from statistics import median

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.e2e.boutique import arrived
from tests.e2e.show import Show
from tests.e2e.visit import visiting, wait_until

PLAY_S = float(os.environ.get("VRLIVE_PAGE_SOAK_S", "600"))
ROUNDS_IN_3D = 3  # each third round a piece is turned in 3D, too

COUNT_TEXTURES = """
window.contexts = [];
const made = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...settings) {
  const context = made.call(this, kind, ...settings);
  if (kind === "webgl2" && context && context.alive === undefined) {
    context.alive = new Set();
    window.contexts.push(new WeakRef(context));
  }
  return context;
};
const { createTexture, deleteTexture } = WebGL2RenderingContext.prototype;
WebGL2RenderingContext.prototype.createTexture = function () {
  const texture = createTexture.call(this);
  this.alive?.add(texture);
  return texture;
};
WebGL2RenderingContext.prototype.deleteTexture = function (texture) {
  this.alive?.delete(texture);
  deleteTexture.call(this, texture);
};
window.textures = () => window.contexts.map((each) => each.deref()).filter((each) => each && !each.isContextLost())
  .reduce((sum, each) => sum + each.alive.size, 0);
"""


@dataclass(frozen=True)
class Load:
    """What the page holds."""

    heap_mib: float
    nodes: float
    listeners: float
    textures: float


def load_of(page: Page, devtools: CDPSession) -> Load:
    """What is left after everything that nobody needs was swept out."""
    for _ in range(2):  # what the first finds free lets the second free more
        devtools.send("HeapProfiler.collectGarbage")
    counts = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
    heap = devtools.send("Runtime.getHeapUsage")["usedSize"] / (1 << 20)
    return Load(heap, counts["Nodes"], counts["JSEventListeners"], page.evaluate("window.textures()"))


def middle(loads: list[Load]) -> Load:
    """The median of each."""
    return Load(*(median(each) for each in zip(*map(astuple, loads), strict=True)))


def look_around(page: Page, number: int) -> None:
    """Drag, zoom and step on; open a card and close it, now and then with its piece in 3D."""
    page.locator("#sky").focus()
    for key in ("ArrowRight", "+", "ArrowLeft", "-", "Home"):
        page.keyboard.press(key)
    page.mouse.move(640, 500)
    page.mouse.down()
    page.mouse.move(500 + 20 * (number % 10), 480, steps=5)
    page.mouse.up()
    things = page.locator(".pip")
    things.nth(number % things.count()).press("Enter")
    card = page.locator(".sheet:not([hidden])")
    card.wait_for()
    if number % ROUNDS_IN_3D == 0:
        card.get_by_role("button", name="View in 3D").press("Enter")
        wait_until(page, "document.querySelector('.inspector') && !document.querySelector('.inspector.loading')")
        page.keyboard.press("Escape")
        expect(page.locator(".inspector")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)


@pytest.mark.soak
def test_ten_minutes_of_looking_around_leave_nothing_behind(browser: Browser, boutique: Show) -> None:
    with visiting(browser) as page:
        page.add_init_script(COUNT_TEXTURES)
        page.goto(boutique.url)
        arrived(page)
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        ends_s, loads = time.monotonic() + PLAY_S, list[Load]()
        while time.monotonic() < ends_s:
            look_around(page, len(loads))
            loads.append(load_of(page, devtools))
        presented = page.evaluate("window.vrlive.frames.presented")
        wait_until(page, "window.vrlive.frames.presented > value", presented)

    third = len(loads) // 3  # caches and pools fill in the first
    assert third >= ROUNDS_IN_3D, f"only {len(loads)} rounds"
    before, after = middle(loads[third : 2 * third]), middle(loads[-third:])
    print(f"{len(loads)} rounds: {before} before, {after} after")
    assert after.heap_mib <= 1.03 * before.heap_mib + 0.3
    assert after.nodes <= before.nodes + 20
    assert after.listeners <= before.listeners + 5
    assert after.textures <= before.textures
