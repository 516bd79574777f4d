"""What a viewer gets: the demo, watched in a real browser."""

from itertools import pairwise
from statistics import median

from playwright.sync_api import Page

from tests.e2e.conftest import Show

WATCH_S = 60


def watch(page: Page, show: Show) -> None:
    page.goto(show.url)
    page.wait_for_function("window.vrlive && window.vrlive.state === 'live'", timeout=60_000)


def test_nearly_every_frame_arrives_in_order_and_soon(page: Page, demo: Show) -> None:
    watch(page, demo)
    page.evaluate("window.vrlive.pauseSky(true)")
    loop = demo.state()["loop"]
    page.wait_for_timeout(3_000)  # the jitter buffer settles
    seen = page.evaluate(
        """async ([seconds, fps, frames, origin]) => {
            const seen = [];
            const until = performance.now() + seconds * 1000;
            const video = document.querySelector("video");
            await new Promise((done) => {
                const look = () => {
                    const number = window.vrlive.readBarcode();
                    const wall = (performance.timeOrigin + performance.now()) / 1000;
                    seen.push([number, wall]);
                    if (performance.now() > until) done(); else video.requestVideoFrameCallback(look);
                };
                video.requestVideoFrameCallback(look);
            });
            return seen;
        }""",
        [WATCH_S, loop["fps"], loop["frames"], loop["origin_unix_s"]],
    )
    numbers = [number for number, _ in seen if number is not None]
    assert len(numbers) >= 0.99 * len(seen), "the barcode could not be read"
    steps = [(b - a) % loop["frames"] for a, b in pairwise(numbers)]
    assert all(step < loop["frames"] / 2 for step in steps), "frames out of order"
    assert len(set(zip(numbers, range(len(numbers)), strict=True))) >= 0.97 * WATCH_S * loop["fps"]
    period = loop["frames"] / loop["fps"]
    latencies = [(wall - loop["origin_unix_s"] - number / loop["fps"]) % period for number, wall in seen if number is not None]
    print(f"glass to glass: median {median(latencies) * 1e3:.0f} ms")
    assert median(latencies) < 0.150
