"""A brand's page, of another origin and under a strict policy of its own, with the show in it."""

import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Frame, Page

from tests.e2e.show import PATIENCE_S, Show

BRAND = """<!doctype html><title>Maison</title><script type="module" src="{server}embed.js"></script>
<script type="module" src="shop.js"></script>
<h1>Maison</h1><vr-live channel="demo" yaw="90" title="Spring, live"></vr-live>"""
SHOP = """
const show = document.querySelector("vr-live");
window.told = [];
for (const name of ["ready", "pause", "play", "position-change", "quality-change", "volume-change", "error"])
  show.addEventListener(name, ({ detail }) => window.told.push([name, detail]));
"""


@pytest.fixture(scope="module")
def brand(demo: Show) -> Iterator[str]:
    """Address of the brand's page; it may load scripts and frames of the show's server, and has no other rights."""
    policy = f"default-src 'none'; script-src 'self' {demo.url}; frame-src 'self' {demo.url}"

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            text = {"/": BRAND.format(server=demo.url), "/shop.js": SHOP, "/embed/late": "<!doctype html><title>Late</title>"}.get(path)
            self.send_response(404 if text is None else 200)
            self.send_header("Content-Type", f"text/{'javascript' if path.endswith('.js') else 'html'}; charset=utf-8")
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write((text or "").encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{site.server_port}/"
        site.shutdown()


@pytest.fixture(scope="module")
def page(browser: Browser, brand: str) -> Iterator[Page]:
    """The brand's page, the show in it playing."""
    with closing(browser.new_context(viewport={"width": 1000, "height": 800})) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        faults: list[str] = []
        page.on(
            "console",
            lambda message: faults.append(message.text) if message.type == "error" and "favicon" not in message.location["url"] else None,
        )
        page.goto(brand)
        heard(page, "ready")
        yield page
        assert faults == []


def heard(page: Page, name: str) -> Any:
    """Wait until the brand's page was told something, and give what; what it was told before is forgotten."""
    page.wait_for_function("name => window.told.some(([each]) => each === name)", arg=name)
    return page.evaluate(
        "name => { const [, detail] = window.told.findLast(([each]) => each === name); window.told = []; return detail; }", name
    )


def inside(page: Page) -> Frame:
    """The page in the frame."""
    return next(frame for frame in page.frames if "/embed/" in frame.url)


def ask(page: Page, call: str) -> None:
    """Call a method of the element."""
    page.evaluate(f"document.querySelector('vr-live').{call}")


def test_it_plays_when_asked_where_the_browser_had_refused_and_says_that_it_may_not_be_watched(browser: Browser, brand: str) -> None:
    with closing(browser.new_context(viewport={"width": 600, "height": 500})) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        page.add_init_script("""
          const { play } = HTMLMediaElement.prototype;
          window.allowed = false;
          HTMLMediaElement.prototype.play = function () {
            return window.allowed ? play.call(this) : Promise.reject(new DOMException("a click is wanted", "NotAllowedError"));
          };
        """)
        page.goto(brand)
        page.wait_for_function("() => window.told")
        page.wait_for_selector("iframe")
        inside(page).wait_for_function("() => window.vrlive?.link === 'blocked'")
        inside(page).evaluate("window.allowed = true")
        ask(page, "play()")
        inside(page).wait_for_function("() => window.vrlive.link === 'playing'")
        context.route("**/whep/demo", lambda route: route.fulfill(status=403, json={"error": "this token has expired"}))
        page.evaluate("document.querySelector('vr-live').setAttribute('token', 'old')")
        assert heard(page, "error") == {"message": "This token has expired."}


def test_the_show_plays_in_it_and_looks_where_the_brand_says(page: Page) -> None:
    assert inside(page).evaluate("window.vrlive.frames.presented") > 0
    ask(page, "lookAt({ yawDeg: -45, fovDeg: 60 })")
    inside(page).wait_for_function("() => Math.abs(window.vrlive.view.yawDeg + 45) < 0.1 && Math.abs(window.vrlive.view.fovDeg - 60) < 0.1")
    assert heard(page, "position-change")["yawDeg"] == pytest.approx(-45, abs=60)


def test_the_brand_pauses_and_plays_it_and_hears_of_both(page: Page) -> None:
    ask(page, "pause()")
    heard(page, "pause")
    assert inside(page).evaluate("document.getElementById('video').paused")
    ask(page, "play()")
    heard(page, "play")


def test_what_is_not_understood_is_told_and_does_nothing(page: Page) -> None:
    ask(page, "send({ type: 'explode' })")
    assert "explode" in heard(page, "error")["message"]
    ask(page, "lookAt({ yawDeg: 'left' })")
    assert "look-at" in heard(page, "error")["message"]


def test_only_the_page_around_it_is_listened_to(page: Page) -> None:
    inside(page).evaluate("""() => {
      const { port2 } = new MessageChannel();
      window.postMessage({ vrlive: "hello", version: 1 }, "*", [port2]);
      return new Promise((resolve) => setTimeout(resolve));
    }""")
    ask(page, "pause()")
    heard(page, "pause")  # the brand's own port is still the one that counts
    ask(page, "play()")


def test_a_frame_that_answers_late_is_told_the_newest_of_what_was_asked(page: Page) -> None:
    page.evaluate("""() => {
      const late = document.createElement("vr-live");
      late.setAttribute("src", location.origin);
      late.setAttribute("t", "1790000000.5");
      late.setAttribute("channel", "late");
      document.body.append(late);
      for (let degrees = 0; degrees < 100; degrees += 1) late.lookAt({ yawDeg: degrees });
    }""")
    page.wait_for_function(
        "() => document.querySelector('vr-live[channel=late]').shadowRoot.firstChild.contentDocument?.URL.includes('late')"
    )
    (frame,) = (each for each in page.frames if "/embed/late" in each.url)
    assert frame.url.endswith("/embed/late?t=1790000000.5")
    heard = frame.evaluate("""() => new Promise((resolve) => {
      const heard = [];
      addEventListener("message", ({ ports: [port] }) => {
        port.onmessage = ({ data }) => heard.push(data.yawDeg) && data.yawDeg === 99 && resolve(heard);
      });
      parent.postMessage({ vrlive: "here" }, "*");
    })""")
    assert heard == list(range(100 - len(heard), 100))
    assert len(heard) < 50, "a frame that never answers would keep all that was ever asked"
    page.evaluate("document.querySelector('vr-live[channel=late]').remove()")


def test_oembed_gives_consumers_the_frame(demo: Show) -> None:
    answer = httpx.get(f"{demo.url}oembed", params={"url": f"{demo.url}watch/demo", "maxwidth": "640"}, trust_env=False).json()
    assert (answer["type"], answer["width"], answer["height"]) == ("video", 640, 360)
    assert f'src="{demo.url}embed/demo"' in answer["html"]
