"""What is seen by HTTP: what was a while ago, and a show whose WebRTC does not get through."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import CHROMIUM
from tests.e2e.netns import Space, network
from tests.e2e.show import Show, running
from tests.e2e.visit import look, screenshot, view, visiting, wait_for_words, wait_until, watch

CHANNEL = """
name = "demo"
size = "256x128"
rig = "equirect"
encode = { bitrate_kbps = 400 }
rendition = [{ size = "128x64", bitrate_kbps = 200 }]
camera = [{ name = "still", url = "still.png", loop = true }]
hls = { always = true, dvr_s = 600 }
"""
NO_UDP = """
table inet filter {
  chain input { type filter hook input priority 0; policy accept; iif lo accept; meta l4proto udp drop; }
}
"""
NOTHING = """
table inet filter {
  chain input { type filter hook input priority 0; policy drop; iif lo accept; }
}
"""
EVERYTHING = "flush ruleset"
LARGE, SMALL = "256x128", "128x64"
HELD_MS = 2500  # who holds it for less goes on live
DARK = 20.0  # of 255: the empty page is darker


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("show")
    Image.new("RGB", (256, 128), (90, 140, 60)).save(folder / "still.png")
    path = folder / "channel.toml"
    path.write_text(CHANNEL, "utf-8")
    return path


@pytest.fixture(scope="module")
def show(channel: Path) -> Iterator[Show]:
    with running("serve", channel, "--port", "0") as show:
        show.wait_until_live()
        yield show


def test_a_picture_that_was_held_goes_on_where_it_was_and_one_press_leads_back_to_live(page: Page, show: Show) -> None:
    watch(page, show.url)
    look(page, 40, 5)
    pill = page.locator("#replay .pill")
    assert pill.inner_text().lower() == "live"
    assert pill.is_disabled()
    page.keyboard.press(" ")
    wait_for_words(page, "Paused")
    page.wait_for_timeout(HELD_MS)
    page.keyboard.press(" ")
    wait_until(page, "vrlive.link === 'behind' && vrlive.latencyMs > value", HELD_MS)
    presented = page.evaluate("vrlive.frames.presented")
    wait_until(page, "vrlive.frames.presented > value + 10", presented)
    assert page.evaluate("vrlive.latencyMs") < 20_000
    line = page.get_by_role("slider", name="Position")
    assert "behind live" in str(line.get_attribute("aria-valuetext"))
    wait_until(page, "document.getElementById('words').textContent.endsWith('behind live')")
    pill.click()
    wait_for_words(page, "Live")
    wait_until(page, "vrlive.link === 'playing'")
    assert view(page) == {"yawDeg": pytest.approx(40), "pitchDeg": pytest.approx(5), "fovDeg": pytest.approx(90)}


def test_the_time_line_leads_back_without_a_black_gap(page: Page, show: Show) -> None:
    watch(page, show.url)
    show.wait_for("some seconds are kept", lambda state: state["hls"]["window_s"] > 8)
    line = page.get_by_role("slider", name="Position")
    line.wait_for()
    line.focus()
    page.keyboard.press("Home")
    wait_until(page, "vrlive.link === 'behind'")
    assert screenshot(page).mean() > DARK, "the last picture stays until the other comes"
    wait_until(page, "vrlive.latencyMs > 4000")
    presented = page.evaluate("vrlive.frames.presented")
    wait_until(page, "vrlive.frames.presented > value + 5", presented)
    assert screenshot(page).mean() > DARK


def test_a_link_leads_to_the_instant_it_names(page: Page, show: Show) -> None:
    show.wait_for("some seconds are kept", lambda state: state["hls"]["window_s"] > 8)
    then_s = show.state()["now_unix_s"] - 6
    page.goto(f"{show.url}?t={then_s:.1f}&yaw=25")
    wait_until(page, "vrlive.link === 'behind' && vrlive.latencyMs !== null && vrlive.latencyMs > 4000")
    lag_ms = page.evaluate("vrlive.latencyMs")
    assert lag_ms < 60_000  # the page needed time to come; it has played on since
    assert view(page)["yawDeg"] == pytest.approx(25)


def test_a_link_to_an_instant_that_is_not_kept_says_so_and_shows_what_is_live(page: Page, show: Show) -> None:
    page.goto(f"{show.url}?t={show.state()['now_unix_s'] - 9999:.1f}")
    wait_until(page, "document.getElementById('toast').textContent.startsWith('That moment is not kept')")
    wait_for_words(page, "Live")


def test_the_arrows_step_through_the_time_line_and_lead_there_once(page: Page, show: Show) -> None:
    watch(page, show.url)
    show.wait_for("some seconds are kept", lambda state: state["hls"]["window_s"] > 15)
    line = page.get_by_role("slider", name="Position")
    line.wait_for()
    begin = float(line.input_value())
    page.evaluate("() => document.querySelector('#replay input').focus()")
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    assert 9 < begin - float(line.input_value()) < 11 or page.evaluate("vrlive.link") == "behind"
    wait_until(page, "vrlive.link === 'behind' && vrlive.latencyMs > 8000")


def test_where_the_player_itself_does_not_come_that_is_said_and_the_show_stays(browser: Browser, show: Show) -> None:
    with visiting(browser, server_may_go=True) as page:
        page.route("**/hls.light*.js", lambda route: route.abort())
        watch(page, show.url)
        show.wait_for("some seconds are kept", lambda state: state["hls"]["window_s"] > 8)
        line = page.get_by_role("slider", name="Position")
        line.wait_for()
        line.press("Home")
        wait_until(page, "document.getElementById('toast').textContent === 'It cannot be played any further: back to live'")
        wait_for_words(page, "Live")
        wait_until(page, "vrlive.link === 'playing'")


def test_the_size_is_chosen_by_http_as_it_is_live_and_the_newest_of_quick_choices_is_seen(page: Page, show: Show) -> None:
    page.set_viewport_size({"width": 840, "height": 480})  # drawn in time by slow machines, too: what is loaded ahead is soon over
    show.wait_for("some seconds are kept", lambda state: state["hls"]["window_s"] > 8)
    page.goto(f"{show.url}?t={show.state()['now_unix_s'] - 6:.1f}")
    wait_until(page, "vrlive.link === 'behind' && vrlive.frames.presented > 0 && vrlive.rendition?.auto")
    menu = page.get_by_label("Picture quality")
    automatic, *sizes = menu.locator("option").all_inner_texts()
    assert (automatic.partition(" ")[0], sizes) == ("Automatic", ["256 × 128", "128 × 64"])
    for choices in ([LARGE], [SMALL], [LARGE, SMALL, LARGE], [SMALL]):
        for each in choices:
            menu.select_option(each)
        shown(page, "behind", choices[-1])
    page.locator("#replay .pill").click()
    shown(page, "playing", SMALL)
    page.get_by_role("slider", name="Position").press("Home")
    shown(page, "behind", SMALL)


def shown(page: Page, link: str, size: str) -> None:
    """Wait until the show comes this way and in this size, and goes on, and the page says that the size was chosen."""
    wait_until(page, "vrlive.link === value && !video.paused", link)
    wait_until(page, "video.videoWidth === value", int(size.partition("x")[0]))
    wait_until(page, "JSON.stringify([vrlive.rendition?.name, vrlive.rendition?.auto]) === value", f'["{size}",false]')
    wait_until(page, "vrlive.frames.presented > value + 10", page.evaluate("vrlive.frames.presented"))


@contextmanager
def behind_a_firewall(launch: Callable[[Path], Browser], channel: Path, **options: Any) -> Iterator[tuple[Show, Page, Space]]:
    """A show on a host that takes no UDP, and a page on another."""
    with network() as net:
        here, there = net.space(), net.space()
        net.wire(here, "192.0.2.1/24", there, "192.0.2.2/24")
        here.firewall(NO_UDP)
        far = channel.parent / "chromium"
        far.write_text(f'#!/bin/sh\nexec {shlex.join(there.command(str(CHROMIUM)))} "$@"\n')
        far.chmod(0o755)
        serve = ("serve", channel, "--host", "192.0.2.1", "--port", "8360")
        with running(*serve, inside=here) as show, closing(launch(far)) as browser, visiting(browser, **options) as page:
            yield show, page, here


def test_where_no_udp_gets_through_the_show_comes_by_http_and_says_so(launch: Callable[[Path], Browser], channel: Path) -> None:
    with behind_a_firewall(launch, channel) as (show, page, here):
        page.goto(show.url)
        wait_until(page, "vrlive.link === 'bridged' && vrlive.frames.presented > 25 && vrlive.latencyMs > 500")
        assert "Your network blocks live video; playing about" in page.locator("#replay .notice").inner_text()
        wait_until(page, "/^About \\d+ s behind$/.test(document.getElementById('words').textContent)")
        look(page, 90, 0)
        here.firewall(EVERYTHING)
        page.get_by_role("button", name="Try live again").click()
        wait_for_words(page, "Live")
        wait_until(page, "vrlive.link === 'playing'")
        assert view(page)["yawDeg"] == pytest.approx(90)
        expect(page.locator("#replay .notice")).to_be_hidden()


def test_a_lost_network_is_named_and_the_show_comes_back_by_itself(launch: Callable[[Path], Browser], channel: Path) -> None:
    with behind_a_firewall(launch, channel, server_may_go=True) as (show, page, here):
        here.firewall(EVERYTHING)
        watch(page, show.url)
        look(page, 30, 0)
        page.context.set_offline(True)
        here.firewall(NOTHING)
        wait_for_words(page, "You are offline")
        assert screenshot(page).mean() > DARK, "the last picture stays"
        here.firewall(EVERYTHING)
        page.context.set_offline(False)
        wait_for_words(page, "Live")
        assert view(page)["yawDeg"] == pytest.approx(30)

        page.keyboard.press(" ")
        wait_for_words(page, "Paused")
        here.firewall(NOTHING)
        wait_until(page, "['waiting', 'connecting'].includes(vrlive.link)")
        here.firewall(EVERYTHING)
        wait_until(page, "vrlive.link === 'playing'")
        wait_for_words(page, "Paused")
        assert page.evaluate("() => document.getElementById('video').paused"), "what was held still stays so over a lost network"
        page.keyboard.press(" ")
        wait_until(page, "!document.getElementById('video').paused")
