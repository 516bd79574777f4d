"""Whole servers in processes of their own, operated while people watch: reloads, systemd, the terminal's end, `vrlive top`."""

import asyncio
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.e2e.show import END_S, PATIENCE_S, START_S, Show, is_running, running
from tests.streaming.test_viewer import Client
from tests.vrlive.test_service import Systemd
from tests.waiting import until

TOKEN = "a-token-for-these-tests"
CHANNEL = """
name = "{name}"
title = "{title}"
size = "{size}"
fps = 10
rig = "equirect"
rendition = []
[[camera]]
name = "front"
url = "{picture}"
loop = true
[encode]
bitrate_kbps = 500
[stitch]
yaw_deg = {yaw_deg}
"""


class Folder:
    """A folder of channel files."""

    def __init__(self, path: Path) -> None:
        self.path = path / "channels"
        self.path.mkdir()
        self._picture = path / "room.png"
        Image.linear_gradient("L").resize((640, 320)).convert("RGB").save(self._picture)

    def write(self, name: str, title: str = "", size: str = "256x128", yaw_deg: float = 0) -> None:
        text = CHANNEL.format(name=name, title=title, size=size, yaw_deg=yaw_deg, picture=self._picture)
        (self.path / f"{name}.toml").write_text(text, "utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setenv("VRLIVE_CONTROL_TOKEN", TOKEN)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    folder = Folder(tmp_path)
    folder.write("stage")
    return folder


@pytest.fixture
async def show(folder: Folder) -> AsyncIterator[Show]:
    folder.write("door")
    with running("serve", folder.path, "--port", "0") as show:
        for channel in ("stage", "door"):
            await wait_for(show, channel, lambda state: state["state"] == "live")
        yield show


@pytest.fixture
async def viewers(show: Show) -> AsyncIterator[dict[str, Client]]:
    viewers = {channel: Client() for channel in ("stage", "door")}
    for channel, viewer in viewers.items():
        await viewer.watch(f"{show.url}whep/{channel}")
    await until(lambda: all(viewer.stamps and viewer.clock.readyState == "open" for viewer in viewers.values()))
    yield viewers
    for viewer in viewers.values():
        await viewer.peer.close()


async def wait_for(show: Show, channel: str, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    async with asyncio.timeout(START_S):
        while not holds(state := await asyncio.to_thread(show.state, channel)):
            await asyncio.sleep(0.1)
        return state


async def ask(show: Show, path: str, method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as http:
        return await http.request(method, f"{show.url}{path}", headers={"Authorization": f"Bearer {TOKEN}"})


async def reload(show: Show) -> dict[str, Any]:
    answer = await ask(show, "api/v1/reload", "POST")
    return {"status": answer.status_code, **{what: names for what, names in answer.json().items() if names}}


async def goes_on(viewer: Client) -> None:
    """New pictures come, in the same session."""
    seen = len(viewer.stamps)
    await until(lambda: len(viewer.stamps) > seen + 5)
    assert viewer.peer.connectionState == "connected"


async def test_what_a_file_says_anew_is_done_and_no_viewer_is_dropped(show: Show, folder: Folder, viewers: dict[str, Client]) -> None:
    before = await wait_for(show, "stage", lambda state: state["viewers"] == 1)
    folder.write("stage", title="Spring", yaw_deg=30)
    show.process.send_signal(signal.SIGHUP)
    tuned = await wait_for(show, "stage", lambda state: state["stitch"]["yaw_deg"] == 30 and state["stitch"]["in_force"])
    assert (tuned["title"], tuned["engine"]["pid"]) == ("Spring", before["engine"]["pid"])

    folder.write("stage", title="Spring", yaw_deg=30, size="320x160")
    assert await reload(show) == {"status": 200, "restarted": ["stage"], "unchanged": ["door"]}
    larger = await wait_for(show, "stage", lambda state: state["state"] == "live" and state["cameras"])
    assert (larger["size"], larger["stitch"]["yaw_deg"]) == ("320x160", 30)
    assert larger["engine"]["pid"] != before["engine"]["pid"]
    assert not is_running(before["engine"]["pid"])
    assert larger["engine"]["restarts"] == 0
    assert [each["state"] for each in viewers["stage"].heard if each["type"] == "state"][-2:] == ["slate", "live"]
    await goes_on(viewers["stage"])
    assert await reload(show) == {"status": 200, "unchanged": ["door", "stage"]}


async def test_a_channel_that_is_taken_away_says_goodbye_and_a_new_one_is_there(
    show: Show, folder: Folder, viewers: dict[str, Client]
) -> None:
    gone = (await wait_for(show, "door", lambda state: state["engine"]["pid"]))["engine"]["pid"]
    (folder.path / "door.toml").unlink()
    folder.write("window")
    assert await reload(show) == {"status": 200, "added": ["window"], "removed": ["door"], "unchanged": ["stage"]}
    assert viewers["door"].heard[-1] == {"type": "state", "state": "ended"}
    await until(lambda: viewers["door"].peer.connectionState == "closed")
    assert not is_running(gone)
    assert [each["name"] for each in (await ask(show, "api/v1/channels")).json()["channels"]] == ["stage", "window"]
    assert (await ask(show, "api/v1/channels/door")).status_code == 404
    assert (await ask(show, "whep/door", "POST")).status_code == 404
    await goes_on(viewers["stage"])
    await wait_for(show, "window", lambda state: state["state"] == "live")
    fresh = Client()
    await fresh.watch(f"{show.url}whep/window")
    await goes_on(fresh)
    await fresh.peer.close()


async def test_without_the_token_or_with_a_fault_anywhere_nothing_changes(show: Show, folder: Folder, viewers: dict[str, Client]) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.post(f"{show.url}api/v1/reload")).status_code == 401
        refused_method = await http.get(f"{show.url}api/v1/reload")
        assert (refused_method.status_code, refused_method.headers["allow"]) == (405, "POST")
    assert (await ask(show, "api/v1/server")).json()["reloads"]["done"] == 0

    async def refused() -> str:
        answer = await ask(show, "api/v1/reload", "POST")
        assert answer.status_code == 422
        problem = str(answer.json()["error"])
        assert (await ask(show, "api/v1/server")).json()["reloads"]["fault"] in problem
        return problem

    engines = [(await asyncio.to_thread(show.state, name))["engine"]["pid"] for name in ("stage", "door")]
    folder.write("stage", size="320x160")
    folder.write("window")
    good = (folder.path / "door.toml").read_text("utf-8")
    (folder.path / "door.toml").write_text(good.replace("fps = 10", "fps = 1000"), "utf-8")
    assert "door.toml: fps: Input should be less than or equal to 120" in await refused()
    (folder.path / "door.toml").write_text(good.replace('"door"', '"stage"'), "utf-8")
    assert "is called “stage” too" in await refused()
    (folder.path / "door.toml").write_text(good, "utf-8")
    (folder.path / "server.toml").write_text("[limits]\nsessions = 7", "utf-8")
    assert "server.toml was changed" in await refused()
    (folder.path / "server.toml").unlink()
    (folder.path / "door.toml").write_text(good.replace('"256x128"', '"3840x1920"'), "utf-8")
    assert (
        "channel door: 3840x1920 at 10 frames a second and 500 kbit/s needs H.264 level 5.1, but viewers were promised 3.1"
        in await refused()
    )
    done = await asyncio.to_thread(vrlive, "reload", "--server", show.url)
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs H.264 level 5.1" in done.stderr
    assert [(await asyncio.to_thread(show.state, name))["engine"]["pid"] for name in ("stage", "door")] == engines
    assert [each["name"] for each in (await ask(show, "api/v1/channels")).json()["channels"]] == ["door", "stage"]
    for viewer in viewers.values():
        await goes_on(viewer)
    (folder.path / "door.toml").write_text(good, "utf-8")
    done = await asyncio.to_thread(vrlive, "reload", "--server", show.url)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "added: window\nrestarted: stage\nunchanged: door\n")
    page = (await ask(show, "metrics")).text
    assert 'vrlive_reloads_total{result="refused"} 5.0' in page
    assert 'vrlive_reloads_total{result="done"} 1.0' in page


async def test_systemd_hears_that_it_serves_lives_reloads_and_ends(folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Systemd(str(tmp_path / "notify"))) as systemd:
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "600000")
        with running("serve", folder.path, "--port", "0") as show:
            await until(lambda: "READY=1" in systemd.listen())
            assert (await ask(show, "api/v1/channels")).status_code == 200
            await wait_for(show, "stage", lambda state: state["state"] == "live")
            await until(lambda: "STATUS=stage live; 0 viewers" in systemd.listen() and systemd.heard.count("WATCHDOG=1") > 2)
            (folder.path / "stage.toml").write_text("name = 7", "utf-8")
            show.process.send_signal(signal.SIGHUP)
            await until(lambda: any("reload refused" in each for each in systemd.listen()))
            reloading = next(n for n, each in enumerate(systemd.heard) if each.startswith("RELOADING=1\nMONOTONIC_USEC="))
            assert "READY=1" in systemd.heard[reloading:]
            fed = systemd.listen().count("WATCHDOG=1")
            show.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(0.1)
            fed = systemd.listen().count("WATCHDOG=1")
            await asyncio.sleep(0.8)
            assert systemd.listen().count("WATCHDOG=1") == fed
            show.process.send_signal(signal.SIGCONT)
        assert systemd.listen()[-1] == "STOPPING=1"


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The two ends of a terminal."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    for end in (ours, theirs):
        try:
            os.close(end)
        except OSError:
            continue


def test_the_end_of_its_terminal_is_the_end_but_a_signal_alone_is_not(folder: Folder, terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    heeds = ["env", "--default-signal=HUP"]  # also where the tests run under nohup
    command = [*heeds, "setsid", "--ctty", sys.executable, "-m", "vrlive", "serve", str(folder.path), "--port", "0"]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        too_late = threading.Timer(START_S, process.kill)
        too_late.start()
        try:
            assert process.stdout
            assert process.stderr
            while "http" not in process.stdout.readline():
                assert process.poll() is None
            process.send_signal(signal.SIGHUP)
            while "channels read again: nothing has changed" not in process.stderr.readline():
                assert process.poll() is None
            os.close(theirs)
            os.close(ours)
            assert process.wait(END_S) == 0
        finally:
            too_late.cancel()
            process.kill()


async def test_top_shows_what_goes_on_and_says_it_to_programs_too(show: Show, viewers: dict[str, Client]) -> None:
    await goes_on(viewers["stage"])
    done = await asyncio.to_thread(vrlive, "top", "--once", "--json", "--server", show.url)
    assert (done.returncode, done.stderr) == (0, "")
    look = json.loads(done.stdout)
    stage = next(each for each in look["channels"] if each["name"] == "stage")
    assert (stage["state"], stage["viewers"], stage["engine"], stage["restarts"]) == ("live", 1, "running", 0)
    assert 5 < stage["fps"] < 15
    assert stage["sent_bps"] > 1000
    assert stage["cpu_cores"] > 0
    assert stage["resident_bytes"] > look["resident_bytes"] / 4 > 0
    assert [(each["name"], each["viewers"]) for each in stage["renditions"]] == [("256x128", 1)]
    assert [(each["name"], each["state"]) for each in stage["cameras"]] == [("front", "live")]
    read = await asyncio.to_thread(vrlive, "top", "--once", "--server", show.url)
    assert read.returncode == 0
    assert "2 viewers; delivery takes" in read.stdout
    assert next(line.split()[:3] for line in read.stdout.splitlines() if line.startswith("stage")) == ["stage", "live", "1"]
    assert "\x1b" not in read.stdout


def test_top_stays_when_the_server_goes(folder: Folder) -> None:
    with running("serve", folder.path, "--port", "0") as show:
        command = [sys.executable, "-m", "vrlive", "top", "--every", "0.2", "--server", show.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as top:
            too_late = threading.Timer(START_S, top.kill)
            too_late.start()
            try:
                assert top.stdout
                while not top.stdout.readline().startswith("stage"):
                    assert top.poll() is None
                show.process.terminate()
                while "cannot be reached" not in top.stdout.readline():
                    assert top.poll() is None
                while not top.stdout.readline().startswith("stage"):  # what was seen last is still there
                    assert top.poll() is None
            finally:
                too_late.cancel()
                top.kill()


def vrlive(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vrlive", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)


def test_top_and_reload_say_it_where_nobody_serves(folder: Folder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    for command in (("top",), ("top", "--once", "--json"), ("reload",)):
        done = vrlive(*command, "--server", nobody)
        assert (done.returncode, done.stdout) == (2, "")
        assert "cannot be reached" in done.stderr
        assert "Traceback" not in done.stderr
