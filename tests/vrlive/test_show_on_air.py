"""A whole server that sells: pinned from the command line, heard by a viewer, and remembered when it starts again."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.e2e.show import PATIENCE_S, Show, running
from tests.renderer.boxes import GREEN, RED, write_box
from tests.streaming.test_viewer import Client
from tests.waiting import until

TOKEN = "a-token-for-these-tests"
CHANNEL = """
name = "stage"
size = "256x128"
fps = 10
rig = "equirect"
rendition = []
scene = "scene.toml"
[[camera]]
name = "front"
url = "room.png"
loop = true
[encode]
bitrate_kbps = 500
"""
SCENE = 'name = "shop"\n[[garment]]\nname = "box"\nmodel = "box.glb"\nbearing_deg = 0\ndistance_m = 2\n'
PRODUCTS = """
[[product]]
id = "box"
name = "Box"
price = 100
garment = "box"
[[product.variant]]
id = "red"
name = "Red"
gltf_variant = "red"
size = [{ name = "S", sku = "B-S", stock = 3 }]
"""


@pytest.fixture
def channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VRLIVE_CONTROL_TOKEN", TOKEN)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    Image.linear_gradient("L").resize((256, 128)).convert("RGB").save(tmp_path / "room.png")
    write_box(tmp_path / "box.glb", variants={"red": RED, "green": GREEN})
    for name, text in (("stage.toml", CHANNEL), ("scene.toml", SCENE), ("products.toml", PRODUCTS)):
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path / "stage.toml"


def run(*arguments: str, says: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vrlive", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S, input=says)


def vrlive(*arguments: str) -> str:
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def shown(show: Show) -> dict[str, Any]:
    answer = httpx.get(f"{show.url}api/v1/channels/stage/show", trust_env=False)
    found: dict[str, Any] = answer.json()
    return found


def change_files(channel: Path) -> None:
    channel.write_text(f'{CHANNEL}[programme]\nhost = "Ada"\nstarts = 2026-12-01T19:00:00+01:00\n', "utf-8")
    (channel.parent / "products.toml").write_text(PRODUCTS.replace('"Box"', '"Red box"'), "utf-8")


async def caption(viewer: Client, at: tuple[str, ...]) -> None:
    """One by itself, then what somebody says line by line, one line of which cannot be read."""

    def read() -> list[str]:
        return [each["captions"][0]["text"] for each in viewer.heard if each["type"] == "caption"]

    told = await asyncio.to_thread(vrlive, "show", "caption", "stage", "Good evening", "--lang", "en", "--for", "4", *at)
    assert told == "stage: captioned “Good evening”\n"
    await until(lambda: read() == ["Good evening"])
    [said] = next(each["captions"] for each in viewer.heard if each["type"] == "caption")
    assert (said["lang"], said["duration_s"]) == ("en", 4)
    spoken = await asyncio.to_thread(run, "show", "caption", "stage", "-", "--lang", "en", *at, says="A dress,\n\ncut on the bias <i>\n")
    assert (spoken.returncode, spoken.stdout, spoken.stderr) == (0, "", "")
    await until(lambda: read()[1:] == ["A dress,", "cut on the bias <i>"])
    refused = await asyncio.to_thread(run, "show", "caption", "stage", "x" * 201, *at)
    assert (refused.returncode, "text: String should have at most 200 characters" in refused.stderr) == (2, True)


async def test_a_pin_reaches_the_viewer_and_the_next_start(channel: Path) -> None:
    with running("serve", channel, "--port", "0") as show:
        viewer = Client()
        await viewer.watch(f"{show.url}whep/stage")
        await until(lambda: any(each["type"] == "show" for each in viewer.heard))
        at = ("--server", show.url)
        assert await asyncio.to_thread(vrlive, "show", "list", "stage", *at) == "   box: Box, 1.00 EUR, 3 left\n"
        assert await asyncio.to_thread(vrlive, "show", "pin", "stage", "box", *at) == "stage: pinned box\n"
        await until(lambda: [each["revision"] for each in viewer.heard if each["type"] == "show"] == [1, 2])
        assert (await asyncio.to_thread(show.state, "stage"))["show_revision"] == 2
        engine = (await asyncio.to_thread(show.state, "stage"))["engine"]["pid"]
        led = await asyncio.to_thread(vrlive, "show", "look", "stage", "--yaw", "30", "--pitch", "-5", *at)
        assert led == "stage: the host looks to 30°, -5° up\n"
        await until(lambda: {"type": "look", "yaw_deg": 30, "pitch_deg": -5} in viewer.heard)
        assert await asyncio.to_thread(vrlive, "show", "look", "stage", "--off", *at) == "stage: the host looks nowhere in particular\n"
        await caption(viewer, at)

        change_files(channel)
        assert await asyncio.to_thread(vrlive, "reload", *at) == "changed: stage\n"
        state = await asyncio.to_thread(show.state, "stage")
        assert (state["host"], state["starts_unix_s"], state["show_revision"]) == ("Ada", 1796148000, 3)
        assert (state["engine"]["pid"], state["engine"]["restarts"]) == (engine, 0)
        assert viewer.peer.connectionState == "connected"
        await viewer.peer.close()
        before = await asyncio.to_thread(shown, show)
        assert (before["products"][0]["name"], [pin["product"] for pin in before["pins"]]) == ("Red box", ["box"])
    with running("serve", channel, "--port", "0") as show:
        after = await asyncio.to_thread(shown, show)
        assert after == {**before, "revision": 4}
        assert await asyncio.to_thread(vrlive, "show", "unpin", "stage", "box", "--server", show.url) == "stage: pinned nothing\n"
    assert sorted(each.name for each in (channel.parent / "state" / "vrlive").glob("show*")) == ["show.sqlite"]
