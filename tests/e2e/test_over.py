"""A show that is over: its recording is offered, played, sought in, and held still, on the page and in somebody's frame."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.checkout import ROOT
from tests.e2e.show import PATIENCE_S, Show, running
from tests.e2e.visit import visiting, wait_for_words, wait_until

FPS, SIZE, FILMED_S = 5, (256, 128), 60
DARK, BRIGHTER = 40, 3  # luma at first, and each second
RGB_A_S = BRIGHTER * 255 / 219
RECORDED_S = 12
SLACK_S = 2.0  # a camera on the network comes in bursts
BACK_S = 120.0  # a camera that was away for long is called each half minute
CHANNEL = """
name = "demo"
rig = "equirect"
size = "256x128"
fps = 10
rendition = []
[[camera]]
name = "front"
url = "http://127.0.0.1:{port}/"
read_timeout_s = 2
[programme]
ends = 2026-01-01T00:00:00Z
[record]
enabled = true
replay = true
keep_free_gb = 0
"""
SHADE = """(() => {
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  pen.drawImage(video, 0, 0, 1, 1);
  return pen.getImageData(0, 0, 1, 1).data[1];
})()"""
FRAME = """(address) => {
  window.told = [];
  addEventListener("message", ({ data, source }) => {
    if (data?.vrlive !== "here") return;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => window.told.push(data.type);
    source.postMessage({ vrlive: "hello", version: 1 }, "*", [port2]);
    window.ask = (type) => port1.postMessage({ type });
  });
  document.body.append(Object.assign(document.createElement("iframe"), { src: address, width: 900, height: 600 }));
}"""


def film(path: Path) -> None:
    """A minute of a plain picture that brightens second by second."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"g": str(FPS)})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for n in range(FILMED_S * FPS):
            planes = np.full((SIZE[1] * 3 // 2, SIZE[0]), 128, np.uint8)
            planes[: SIZE[1]] = DARK + BRIGHTER * n // FPS
            out.mux(stream.encode(av.VideoFrame.from_ndarray(planes, "yuv420p")))
        out.mux(stream.encode(None))


@dataclass(frozen=True)
class Camera:
    """A camera on the network that comes and goes."""

    port: int
    film: Path

    @contextmanager
    def on(self) -> Iterator[None]:
        """It is there until the block ends."""
        command = [sys.executable, "-m", "tests.e2e.http_camera", str(self.port), str(self.film)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout
                assert process.stdout.readline() == "up\n"
                yield
            finally:
                process.kill()


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Camera:
    folder = tmp_path_factory.mktemp("over")
    film(folder / "camera.mp4")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Camera(probe.getsockname()[1], folder / "camera.mp4")


@dataclass(frozen=True)
class Over:
    """A show that is over, and from where on its recording holds the film."""

    show: Show
    filmed_s: float

    @property
    def url(self) -> str:
        """Its server's address."""
        return self.show.url


@pytest.fixture(scope="module")
def over(camera: Camera) -> Iterator[Over]:
    """Its end was announced, and its only camera has gone; the server goes on."""
    channel = camera.film.with_name("channel.toml")
    channel.write_text(CHANNEL.format(port=camera.port), "utf-8")
    with ExitStack() as going, running("serve", channel, "--port", "0") as show:
        going.enter_context(camera.on())
        filmed_s = show.wait_until_live()["record"]["duration_s"]
        show.wait_for("it is recorded", lambda state: state["record"]["duration_s"] > filmed_s + RECORDED_S)
        going.close()
        show.wait_for("its camera is lost", lambda state: state["cameras"][0]["state"] in ("stalled", "failed"))
        yield Over(show, filmed_s)


def watch_replay(page: Page) -> None:
    """Press the button, and wait until pictures of the replay come."""
    page.get_by_role("button", name="Watch the replay").click()
    wait_until(page, "vrlive.link === 'replay' && video.src && !video.paused && video.readyState > 2 && video.currentTime > 0")


def test_when_the_show_goes_on_one_press_leads_back_to_it(browser: Browser, over: Over, camera: Camera) -> None:
    with visiting(browser) as page:
        page.goto(over.url)
        watch_replay(page)
        with camera.on():
            over.show.wait_for("its camera is back", lambda state: state["state"] == "live", BACK_S)
            page.get_by_role("button", name="Back to live").click()
            wait_for_words(page, "Live")


def test_its_recording_is_offered_played_and_sought_in(browser: Browser, over: Over) -> None:
    with visiting(browser) as page:
        page.goto(over.url)
        wait_for_words(page, "The show has ended")
        watch_replay(page)
        wait_for_words(page, "Replay")
        assert page.evaluate("video.played.start(0)") < 1, "it begins at its beginning"
        expect(page.get_by_role("button", name="Watch the replay")).to_be_hidden(timeout=PATIENCE_S * 1000)
        line = page.get_by_role("slider", name="Position")
        line.wait_for()
        assert " of " in str(line.get_attribute("aria-valuetext"))

        line.fill(f"{round(over.filmed_s + 1, 1):g}")
        early_s, dark = still(page)
        line.fill(f"{round(over.filmed_s + RECORDED_S / 2, 1):g}")
        later_s, bright = still(page)
        assert later_s > over.filmed_s + RECORDED_S / 2 - 0.5
        assert (bright - dark) / RGB_A_S == pytest.approx(later_s - early_s, abs=SLACK_S)
        line.press("Home")
        assert still(page)[0] < later_s


def test_a_link_leads_to_an_instant_of_the_replay(browser: Browser, over: Over) -> None:
    with visiting(browser) as page:
        page.goto(over.url)
        watch_replay(page)
        line = page.get_by_role("slider", name="Position")
        line.wait_for()
        later_s = over.filmed_s + RECORDED_S / 2
        line.fill(f"{round(later_s, 1):g}")
        still(page)
        page.evaluate("() => Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        page.locator("#sky").press("s")
        page.goto(page.get_by_role("textbox", name="Link").input_value())
        wait_until(page, "vrlive.link === 'replay' && video.currentTime > value", later_s - 1)


def still(page: Page) -> tuple[float, float]:
    """Where the replay is, in seconds, and how bright there, while it is held still; then it goes on."""
    page.locator("#sky").press(" ")
    wait_for_words(page, "Paused")
    wait_until(page, "!video.seeking && video.readyState >= 2")
    place_s, shade = page.evaluate(f"[video.currentTime, {SHADE}]")
    page.locator("#sky").press(" ")
    wait_for_words(page, "Replay")
    return float(place_s), float(shade)


def test_who_has_seen_all_of_it_may_see_it_again(browser: Browser, over: Over) -> None:
    with visiting(browser) as page:
        page.goto(over.url)
        watch_replay(page)
        line = page.get_by_role("slider", name="Position")
        line.press("End")
        page.get_by_role("button", name="Resume").wait_for()
        listed_s = float(str(line.get_attribute("max")))
        assert page.evaluate("video.duration") == pytest.approx(listed_s, abs=1)
        page.get_by_role("button", name="Resume").click()
        wait_until(page, "!video.paused && !video.ended && video.currentTime < value", RECORDED_S)
        wait_for_words(page, "Replay")


def test_a_page_around_it_plays_it_and_holds_it_still(browser: Browser, over: Over) -> None:
    with visiting(browser) as page:
        page.goto(f"{over.url}api/docs")
        page.evaluate(FRAME, f"{over.url}embed/demo")
        page.frame_locator("iframe").get_by_role("button", name="Watch the replay").wait_for()
        inside = page.frame(url="**/embed/demo")
        assert inside
        page.evaluate("ask('play')")
        inside.wait_for_function("() => vrlive.link === 'replay' && video.src && video.currentTime > 0")
        page.wait_for_function("() => told.includes('play')")
        page.evaluate("ask('pause')")
        inside.wait_for_function("() => video.paused && document.getElementById('words').textContent === 'Paused'")
        page.evaluate("ask('play')")
        inside.wait_for_function("() => !video.paused && document.getElementById('words').textContent === 'Replay'")
        assert page.evaluate("told.filter((each) => each === 'pause').length") == 1
