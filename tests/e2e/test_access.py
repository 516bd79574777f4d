"""For everybody: each state of the pages by axe-core, by keyboard, by eye over light and dark pictures, in a low window, by thumb."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.axe import assert_open_to_all
from tests.e2e.boutique import arrived
from tests.e2e.show import Show
from tests.e2e.visit import PHONE, Pixels, look, screenshot, visiting, wait_for_words, wait_until

THUMB_PX = 44
CONTRAST = 4.5  # WCAG 2.2, 1.4.3
LOW = {"width": 640, "height": 360}  # 1280 × 720 at 200 %
HAND: dict[str, Any] = {"viewport": PHONE, "has_touch": True, "is_mobile": True}


TARGETS = """() => [...document.querySelectorAll("button, a, select, input")]
  .map((each) => each.matches("input[type=radio]") ? each.closest("label") : each)
  .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: !each.matches("select") }))
  .map((each) => {
    const { left, top, right, bottom } = each.getBoundingClientRect();
    const modal = document.querySelector("dialog[open]");
    const on = left < innerWidth && top < innerHeight && right > 0 && bottom > 0;
    const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const name = each.getAttribute("aria-label") || each.textContent || each.id;
    return { name, small: Math.min(right - left, bottom - top), on: on && !(modal && !modal.contains(each)), left, top, right, bottom,
      reached: each.contains(hit) || each.parentElement.contains(hit), floats: each.closest(".sheet-body, .body, #panel, #pips") === null };
  }).filter((each) => each.on)"""

FOCUS = """() => {
  const { activeElement } = document;
  const shown = activeElement.matches("input, select") ? activeElement.closest("label") ?? activeElement : activeElement;
  const looks = [activeElement, shown].map((each) => getComputedStyle(each));
  return {
    name: activeElement === document.body ? "" : activeElement.getAttribute("aria-label") || activeElement.textContent,
    seen: looks.some((look) => (look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2) || look.boxShadow !== "none"),
  };
}"""

# How wide the edge of a colour in the card is, of those that a selector fits.
EDGE = "((each) => getComputedStyle(document.querySelector(`.colours .option${each}`)).borderTopWidth)"

# Words over the picture, their colour, and where they are; then they are made invisible, so that what is behind them can be seen.
WORDS = """() => [...document.querySelectorAll("#title, #words, #latency, #lens, .pip-name, .pip-price, #replay *, .now *, .consent *")]
  .filter((each) => [...each.childNodes].some(({ nodeType, data }) => nodeType === 3 && data.trim()))
  .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !each.matches(":disabled"))
  .map((each) => {
    const range = document.createRange();
    range.selectNodeContents(each);
    const { left, top, right, bottom } = range.getBoundingClientRect();
    const { color } = getComputedStyle(each);
    each.style.transition = "none";
    each.style.color = "transparent";
    each.style.textShadow = "none";
    return { words: each.textContent, color, left, top, right, bottom };
  })"""


@pytest.fixture(scope="module")
def desk(browser: Browser, boutique: Show) -> Iterator[Page]:
    """A visitor at a desk, without motion."""
    with visiting(browser, reduced_motion="reduce") as page:
        page.context.add_init_script("localStorage.setItem('vrlive.consent', 'no')")
        page.goto(f"{boutique.url}watch/boutique")
        arrived(page)
        yield page


@pytest.fixture
def hand(browser: Browser, boutique: Show) -> Iterator[Page]:
    """A visitor with a phone that speaks Chinese."""
    with visiting(browser, reduced_motion="reduce", locale="zh-CN", **HAND) as page:
        page.goto(f"{boutique.url}watch/boutique")
        arrived(page)
        yield page


def states(page: Page, names: dict[str, str]) -> Iterator[tuple[str, Locator | None, Locator]]:
    """Open one thing after the other as somebody with a keyboard does: what it is, what opened it, and itself."""
    yield "live", None, page.locator("#sky")
    for key in ("products", "bag", "settings"):
        opener = page.get_by_role("button", name=names[key], exact=True)
        opener.press("Enter")
        yield key, opener, page.get_by_role("dialog", name=names[key], exact=True)
    marker = page.locator(".pip[data-thing=coat]")
    marker.press("Enter")
    yield "card", marker, page.locator(".sheet").and_(page.get_by_role("dialog", name=names["coat"], exact=True))
    sky = page.locator("#sky")
    sky.press("?")
    yield "keys", sky, page.get_by_role("dialog", name=names["keys"])
    sky.press("i")
    yield "details", sky, page.get_by_role("complementary", name=names["details"])


ENGLISH = {"products": "Products", "bag": "Bag", "settings": "Settings", "coat": "Belted wool coat", "keys": "Keys", "details": "Details"}
CHINESE = {"products": "商品", "bag": "购物袋", "settings": "设置", "coat": "Belted wool coat", "keys": "快捷键", "details": "详情"}


def test_a_phone_that_speaks_chinese_has_room_for_thumbs_in_each_state(hand: Page) -> None:
    consent = hand.get_by_role("region", name="您的隐私")
    consent.wait_for()
    assert_open_to_all(hand, "consent")
    consent.get_by_role("button", name="不同意").tap()
    expect(consent).to_be_hidden()
    for name, opener, opened in states(hand, CHINESE):
        expect(opened).to_be_visible()
        assert_open_to_all(hand, name)
        assert hand.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        for each in hand.evaluate(TARGETS):
            assert each["small"] >= THUMB_PX - 0.1, (name, each)
            assert each["left"] >= 0, (name, each)
            assert each["right"] <= PHONE["width"], (name, each)
        if opener:
            hand.keyboard.press("Escape")
            expect(opened).to_be_hidden()
    assert unspoken(hand) == []


def unspoken(page: Page) -> list[str]:
    """Names of buttons and fields without a Chinese word; what the catalogue calls its things is its own."""
    found: list[str] = page.evaluate(
        r"""() => [...document.querySelectorAll("button, select, input, [role=dialog], dialog, canvas, #bar, #panel")]
          .map((each) => each.getAttribute("aria-label") ?? (each.labels?.[0] ?? each).textContent.trim())
          .filter((name) => !/[\u4e00-\u9fff]/.test(name))"""
    )
    theirs = page.evaluate(
        "[...document.querySelectorAll('.pip, .sheet .option, .sheet[aria-labelledby]')].map((each) => each.textContent.trim())"
    )
    return [each for each in found if not any(each in name for name in theirs)]


def test_each_state_is_open_to_all_and_escape_leads_back(desk: Page) -> None:
    for name, opener, opened in states(desk, ENGLISH):
        expect(opened).to_be_visible()
        assert_open_to_all(desk, name)
        if opener:
            desk.keyboard.press("Escape")
            expect(opened).to_be_hidden()
            expect(opener).to_be_focused()


def test_the_tab_key_goes_through_everything_in_order_and_is_seen(desk: Page) -> None:
    look(desk, 0, 0)
    desk.locator(".skip").press("Shift")
    passed = ["Products as a list"]
    for _ in range(40):
        desk.keyboard.press("Tab")
        at = desk.evaluate(FOCUS)
        if at["name"] in {"", passed[0]}:
            break
        assert at["seen"], at
        passed.append(at["name"])
    else:
        pytest.fail(f"it never comes round: {passed}")
    order = ["Products as a list", "The room all around you", "Products", "Bag", "Look ahead", "Pause", "Settings", "Full screen"]
    assert [each for each in passed if each in order] == order
    assert sum(each.startswith(("Belted wool coat", "Oxford shirt", "Fringed scarf")) for each in passed) == 3


def test_words_can_be_read_over_a_white_picture_and_over_a_black_one(desk: Page) -> None:
    for yaw, thing in ((-40, "coat"), (40, "dress")):
        look(desk, yaw, 0)
        desk.evaluate("(thing) => document.querySelector(`.pip[data-thing=${thing}]`).focus({ preventScroll: true })", thing)
        look(desk, yaw, 0)
        words = desk.evaluate(WORDS)
        behind = screenshot(desk)
        desk.evaluate("for (const each of document.querySelectorAll('[style*=transparent]')) each.style.color = each.style.textShadow = ''")
        assert {"Autumn", "Live"} <= {each["words"] for each in words}
        for each in words:
            assert contrast(each, behind) >= CONTRAST, (yaw, each, contrast(each, behind))


def contrast(word: dict[str, Any], behind: Pixels) -> float:
    """WCAG's contrast of a word to what is worst behind it, the lightest or the darkest."""
    numbers = [float(each) for each in word["color"].partition("(")[2].rstrip(")").split(",")]
    colour, alpha = np.array(numbers[:3]), numbers[3] if len(numbers) > 3 else 1.0
    height, width = behind.shape[:2]
    rows = slice(max(0, int(word["top"])), min(height, int(word["bottom"]) + 1))
    ground = behind[rows, max(0, int(word["left"])) : min(width, int(word["right"]) + 1)].reshape(-1, 3)
    shares = luminance(ground)
    worst = ground[np.argsort(shares)[[int(0.02 * len(ground)), int(0.98 * len(ground))]]]
    return min(ratio(luminance(alpha * colour + (1 - alpha) * each), luminance(each)) for each in worst)


def luminance(rgb: Any) -> Any:
    """Relative luminance of sRGB 0…255."""
    part = np.asarray(rgb) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def ratio(one: float, other: float) -> float:
    return float((max(one, other) + 0.05) / (min(one, other) + 0.05))


def test_a_window_at_200_percent_loses_nothing(desk: Page) -> None:
    size = desk.viewport_size
    assert size
    try:
        desk.set_viewport_size({"width": LOW["width"], "height": LOW["height"]})
        wait_until(desk, "document.getElementById('sky').clientWidth === value", LOW["width"])
        look(desk, 180, 0)  # no marker in the way
        for name, opener, opened in states(desk, ENGLISH):
            expect(opened).to_be_visible()
            assert desk.evaluate(
                "document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
            )
            for each in desk.evaluate(TARGETS):
                if each["floats"] and name in {"live", "products", "bag", "card"} and not covered_header(each, name):
                    assert each["reached"], (name, each)
            if opener:
                desk.keyboard.press("Escape")
    finally:
        desk.set_viewport_size({"width": size["width"], "height": size["height"]})


def covered_header(target: dict[str, Any], state: str) -> bool:
    """What an open sheet may lie over in a low window: the buttons at the top, which come back with Escape."""
    return state != "live" and bool(target["top"] < 80) and bool(target["left"] > LOW["width"] - 400)


def test_who_wants_no_motion_sees_none_and_colours_of_ones_own_show_what_is_chosen(desk: Page) -> None:
    assert desk.evaluate("document.getAnimations().length") == 0
    desk.emulate_media(forced_colors="active")
    try:
        desk.locator(".pip[data-thing=coat]").press("Enter")
        desk.locator(".colours .option").first.wait_for()
        wait_until(desk, f"{EDGE}(':has(:checked)') === '3px' && {EDGE}(':not(:has(:checked))') === '1px'")  # its rules come when needed
        desk.keyboard.press("Escape")
        desk.locator("#sky").press("o")
        assert desk.locator("dialog[open] input[type=checkbox]").first.evaluate("(each) => getComputedStyle(each).appearance") == "auto"
        desk.keyboard.press("Escape")
    finally:
        desk.emulate_media(forced_colors="none")


def test_nothing_is_said_aloud_while_nothing_changes(desk: Page) -> None:
    desk.evaluate(
        """() => {
          window.aloud = [];
          const hear = new MutationObserver((changes) => window.aloud.push(...changes.map(({ target }) => target.textContent)));
          for (const each of document.querySelectorAll("[aria-live], [role=status], [role=alert]")) {
            hear.observe(each, { subtree: true, childList: true, characterData: true });
          }
        }"""
    )
    presented = desk.evaluate("window.vrlive.frames.presented")
    wait_until(desk, "window.vrlive.frames.presented > value + 20", presented)
    aloud, said = desk.evaluate("[window.aloud, window.said]")
    assert all(any(each.startswith(words) for words in said) for each in aloud), aloud
    assert len(aloud) < len(said)
    desk.locator("#sky").press(" ")
    wait_for_words(desk, "Paused")
    wait_until(desk, "window.aloud.length > 0")
    assert_open_to_all(desk, "paused")
    desk.locator("#sky").press(" ")
    wait_for_words(desk, "Live")


@pytest.mark.parametrize(("path", "ready"), [("publish/boutique/room", "#start"), ("api/docs", "section")])
def test_the_other_pages_are_open_to_all(browser: Browser, boutique: Show, path: str, ready: str) -> None:
    with visiting(browser, **HAND) as page:
        page.goto(f"{boutique.url}{path}")
        page.locator(ready).first.wait_for()
        assert_open_to_all(page, path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
