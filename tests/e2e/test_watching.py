"""What a viewer gets of the demo: every frame, and for no encoding of their own. How soon, test_floor.py asks."""

from contextlib import ExitStack
from itertools import pairwise
from statistics import median

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.show import Show, encoded
from tests.e2e.visit import visiting, wait_until, watch
from vrlive.capture.demo import barcode

WATCH_S = 20
TRIES = 4  # what else the machine does must not decide: the calmest counts
SHORT_S = 4
SETTLE_PICTURES = 75  # the jitter buffer finds its depth

NUMBERS = {barcode.cells(number).tobytes(): number for number in range(barcode.NUMBERS)}
READ_DECODED = """([left, top, side, rows, columns]) => {
    const [track] = document.getElementById("video").srcObject.getVideoTracks();
    const frames = new MediaStreamTrackProcessor({ track, maxBufferSize: 100 }).readable.getReader();
    const found = [];
    let reading = true;
    window.stopReading = () => { reading = false; return found; };
    const mean = (luma, stride, x, y, size) => {
        let sum = 0;
        for (let j = 0; j < size; j += 1) for (let i = 0; i < size; i += 1) sum += luma[(y + j) * stride + x + i];
        return sum / size ** 2;
    };
    const read = async (frame) => {
        const cell = side * frame.codedWidth / 360;
        const [x0, y0] = [frame.codedWidth / 2 + left / side * cell, frame.codedHeight / 2 - top / side * cell];
        const rect = { x: 2 * Math.floor(x0 / 2), y: 2 * Math.floor(y0 / 2), width: 0, height: 0 };
        rect.width = 2 * Math.ceil(columns * cell / 2 + 1);
        rect.height = 2 * Math.ceil(rows * cell / 2 + 1);
        const luma = new Uint8Array(frame.allocationSize({ rect }));
        const [{ offset, stride }] = await frame.copyTo(luma, { rect });
        return Array.from({ length: rows * columns }, (_, n) => mean(
            luma.subarray(offset), stride,
            Math.round(x0 - rect.x + (n % columns + 0.25) * cell),
            Math.round(y0 - rect.y + (Math.floor(n / columns) + 0.25) * cell),
            Math.floor(cell / 2)));
    };
    (async () => {
        while (reading) {
            const { value: frame } = await frames.read();
            if (reading) found.push(await read(frame));
            frame.close();
        }
        await frames.cancel();
    })();
}"""


def test_nearly_every_frame_is_decoded_in_order(page: Page, demo: Show) -> None:
    settle(page, demo)
    loop, shares = demo.state()["loop"], []
    for _ in range(TRIES):
        numbers = decoded_in(page, WATCH_S)
        steps = [(after - before) % loop["frames"] for before, after in pairwise(numbers)]
        assert all(0 < step < loop["frames"] / 2 for step in steps), "frames out of order, or twice"
        shares.append(len(numbers) / (WATCH_S * loop["fps"]))
        if shares[-1] >= 0.97:
            return
    pytest.fail(f"shares of frames that were decoded: {shares}")


def decoded_in(page: Page, seconds: float) -> list[int]:
    """Numbers of the frames that are decoded in so many seconds."""
    page.evaluate(READ_DECODED, [barcode.LEFT_YAW_DEG, barcode.TOP_PITCH_DEG, barcode.CELL_DEG, barcode.ROWS, barcode.COLUMNS])
    page.wait_for_timeout(seconds * 1000)
    means = page.evaluate("window.stopReading()")
    numbers = [number for each in means if (number := number_in(each)) is not None]
    assert len(numbers) >= 0.99 * len(means), "the barcode could not be read"
    return numbers


def test_the_latency_badge_agrees_with_the_barcode(page: Page, demo: Show) -> None:
    watch(page, demo.url)
    page.evaluate("window.vrlive.pauseSky(true)")
    wait_until(page, "window.vrlive.clock && window.vrlive.latencyMs !== null")
    apart_ms = []
    for _ in range(10):  # it is a mean that follows slowly, and so may be behind on a busy machine
        page.evaluate("window.vrlive.followBarcode()")
        page.wait_for_timeout(SHORT_S * 1000)
        by_barcode_ms = [each["latencyMs"] for each in page.evaluate("window.vrlive.seenFrames()") if each["latencyMs"] is not None]
        apart_ms.append(float(page.locator("#latency").inner_text().removesuffix(" ms")) - median(by_barcode_ms))
        if abs(apart_ms[-1]) < 50:
            return
    pytest.fail(f"badge less barcode, ms: {apart_ms}")


def test_more_viewers_add_no_encoding(browser: Browser, demo: Show) -> None:
    with ExitStack() as visits:
        for _ in range(3):
            page = visits.enter_context(visiting(browser))
            watch(page, demo.url)
            page.evaluate("window.vrlive.pauseSky(true)")
        start = demo.wait_for("all three are counted", lambda state: state["viewers"] >= 3)
        page.wait_for_timeout(SHORT_S * 1000)
        end = demo.state()
    lasted_s = end["now_unix_s"] - start["now_unix_s"]
    assert end["engine"]["pid"] == start["engine"]["pid"]
    assert encoded(end) - encoded(start) <= 1.1 * end["fps"] * lasted_s + 0.6 * end["fps"]  # reports come twice a second
    assert end["keyframes"] - start["keyframes"] <= lasted_s / 0.5 + 1


def settle(page: Page, show: Show) -> None:
    """Watch the largest rendition until the browser has found its pace.

    The sky's drawing is paused: software WebGL cannot draw every picture.
    """
    watch(page, show.url)
    page.get_by_label("Picture quality").select_option(str(show.state()["size"]))
    page.evaluate("window.vrlive.pauseSky(true)")
    wait_until(page, f"window.vrlive.frames.presented > {SETTLE_PICTURES} && window.vrlive.clock")


def number_in(means: list[float]) -> int | None:
    """The number in the ticker's cells of these mean brightnesses."""
    lit = np.array(means) > (means[0] + means[-1]) / 2
    return NUMBERS.get(lit.tobytes())
