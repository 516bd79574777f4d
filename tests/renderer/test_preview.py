"""The preview's window, on a desktop of its own, with keys and a pointer."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.renderer.boxes import GREEN, write_box
from tests.renderer.desktop import Desktop, desktop
from tests.vrlive.film_channel import film_channel
from vrlive.show.scene import Scene, position, read_scene

SCENE = """# the shop
name = "shop"
title = "Shop"
[[garment]]
name = "box"
model = "box.glb"
bearing_deg = 0 # straight ahead
distance_m = 2.5
"""
MIDDLE = (640, 400)  # of the window, and of the screen's part that it covers
ON_BOX = (640, 540)


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    with desktop(tmp_path_factory.mktemp("screen")) as made:
        yield made


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    write_box(tmp_path / "box.glb", variants={"green": GREEN})
    path = tmp_path / "scene.toml"
    path.write_text(SCENE, "utf-8")
    return path


def numbers(title: str) -> list[int]:
    """Yaw, pitch and field of view."""
    found = re.search(r"yaw (-?\d+)° pitch (-?\d+)° fov (\d+)°", title)
    assert found, title
    return [int(each) for each in found.groups()]


def is_green(screen: Desktop, x: int, y: int) -> bool:
    red, green, blue = (int(each) for each in screen.seen()[y, x])
    return green > 120 and red < 100 and blue < 100


def text(path: Path) -> str:
    return path.read_text("utf-8")


def away_m(read: Scene) -> float:
    x, _, z = position(read.garment[0], read.floor_m)
    return float(np.hypot(x, z))


async def test_keys_wheel_and_pointer_move_the_view(screen: Desktop, scene: Path) -> None:
    with screen.preview(scene, "--room", "studio") as program:
        await screen.opened()
        assert numbers(screen.title) == [0, 0, 90]
        assert is_green(screen, *ON_BOX)
        screen.do("key", "Right", "key", "Right", "key", "Down")
        await screen.until(lambda title: numbers(title) == [10, -5, 90])
        screen.do("key", "Home")
        await screen.until(lambda title: numbers(title) == [0, 0, 90])
        screen.do("key", "plus")
        await screen.until(lambda title: numbers(title)[2] == 81)
        screen.do("key", "minus", "mousemove", *MIDDLE, "click", 5)
        await screen.until(lambda title: numbers(title)[2] == 100)
        screen.do("key", "Home", "mousemove", 200, 100, "mousedown", 1, "mousemove", 300, 100)
        title = await screen.until(lambda title: numbers(title)[0] < 0)
        assert -12 <= numbers(title)[0] <= -4  # 100 of 1280 px, near the middle of 90°
        screen.do("mouseup", 1, "key", "h")
        await screen.until(lambda title: "Ctrl+S: save" in title)
        screen.do("key", "Escape")
        assert program.wait(timeout=30) == 0
    assert text(scene) == SCENE


async def test_a_garment_is_carried_turned_and_saved(screen: Desktop, scene: Path) -> None:
    with screen.preview(scene, "--room", "studio") as program:
        await screen.opened()
        screen.do("mousemove", *ON_BOX, "click", 1)
        await screen.until(lambda title: "box: bearing 0.0°, 2.50 m, turn 0°" in title)
        screen.do("mousemove", *ON_BOX, "mousedown", 1, "mousemove", 800, 520, "mousemove", 940, 500)
        await screen.until(lambda title: "box: bearing 2" in title and "not saved" in title)
        assert is_green(screen, 940, 500)  # while it is carried
        screen.do("mouseup", 1)
        await screen.until(lambda title: "drawing" not in title)
        assert is_green(screen, 940, 500)
        assert not is_green(screen, *ON_BOX)
        screen.do("key", "e", "key", "e", "key", "e", "key", "q", "keydown", "shift", "click", 4, "keyup", "shift", "key", "shift+q")
        await screen.until(lambda title: "turn 14°" in title)
        screen.do("key", "Escape")
        await screen.until(lambda title: "Esc once more leaves without saving" in title)
        screen.do("key", "ctrl+s")
        title = await screen.until(lambda title: f"saved to {scene}" in title)
        assert "not saved" not in title
        saved = read_scene(scene)
        bearing = saved.garment[0].bearing_deg
        assert bearing is not None
        assert np.degrees(np.arctan2(300, 640)) == pytest.approx(bearing, abs=3)
        assert away_m(saved) > 2.6
        assert f"bearing {bearing:.1f}°, {away_m(saved):.2f} m, turn 14°" in title
        screen.do("key", "Escape")
        assert program.wait(timeout=30) == 0
    written = text(scene)
    assert "# the shop" in written
    assert "# straight ahead" in written
    assert written.endswith("turn_deg = 14\n")
    assert text(scene.with_name("scene.toml.bak")) == SCENE


async def test_a_showroom_that_ships_is_saved_elsewhere_only(screen: Desktop, tmp_path: Path) -> None:
    out = tmp_path / "mine.toml"
    with screen.preview("showroom", "--room", "studio"):
        await screen.opened()
        screen.do("key", "ctrl+s")
        await screen.until(lambda title: "not saved: “showroom” ships with vrlive" in title)
    with screen.preview("showroom", "--room", "studio", "--out", out):
        await screen.opened()
        screen.do("key", "ctrl+s")
        await screen.until(lambda title: f"saved to {out}" in title)
    assert read_scene(out).garment[0].model == read_scene("showroom").garment[0].model


async def test_a_channel_stands_behind_its_garments(screen: Desktop, scene: Path) -> None:
    channel = film_channel(scene.parent)
    channel.write_text(text(channel).replace("rendition", 'scene = "scene.toml"\nrendition', 1), "utf-8")
    with screen.preview(channel) as program:
        await screen.opened()
        assert is_green(screen, *ON_BOX)
        first = screen.seen()[300, :1280].copy()  # a dark bar walks through the film
        await screen.until(lambda _: np.abs(screen.seen()[300, :1280].astype(int) - first).max() > 80)
        screen.do("key", "Escape")
        assert program.wait(timeout=30) == 0


def test_without_a_display_one_sentence_says_what_to_do(scene: Path) -> None:
    without = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    command = [sys.executable, "-m", "vrlive", "preview", str(scene), "--room", "studio"]
    ended = subprocess.run(command, env=without, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 2
    assert ended.stderr.startswith("vrlive: preview: there is no display to open a window on; run it on a desktop")
    assert ended.stderr.count("\n") == 1
