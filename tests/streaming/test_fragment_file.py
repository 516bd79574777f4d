"""Whatever ends the writing, the file plays."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import av
import pytest
from playwright.async_api import async_playwright

from streaming.fragment_file import FragmentFile
from streaming.fragments import FragmentMuxer
from streaming.spherical import Marks
from tests.streaming.broadcasting import FPS, show


@pytest.fixture(scope="module")
def film() -> tuple[bytes, list[bytes]]:
    units = list(show(3, keyframe_s=2))
    muxer = FragmentMuxer(units[0], Marks(), longest_s=1)
    return muxer.index, [fragment for unit in units for fragment in muxer.write(unit)] + list(muxer.finish())


real_pwrite = os.pwrite


def pictures(path: Path) -> int:
    with av.open(str(path)) as source:
        return sum(1 for _ in source.decode(video=0))


PLAY = """
(source) => new Promise((done) => {
  const video = document.querySelector("video");
  video.onended = () => done(["ended", video.currentTime]);
  video.onerror = () => done([video.error.message, video.currentTime]);
  video.src = source;
  video.playbackRate = 4;
  video.play();
})
"""


class Killed(Exception):
    """No OSError: nobody mends anything, as after SIGKILL."""


def dies_after(calls: int, bytes_of_the_last: int) -> Callable[[int, bytes, int], int]:
    """`os.pwrite` of a process that is killed in its n-th call."""
    done = 0

    def pwrite(file: int, data: bytes, at: int) -> int:
        nonlocal done
        done += 1
        if done < calls:
            return real_pwrite(file, data, at)
        real_pwrite(file, bytes(data)[:bytes_of_the_last], at)
        raise Killed

    return pwrite


@pytest.mark.parametrize("call", range(2, 8))  # the index, then two for each of three fragments
@pytest.mark.parametrize("size", [0, 1, 2, 4, 5, 8, 9, 40, 100, 300, 450, 464, 470, 1000, 4000, 10_000_000])
def test_a_process_killed_anywhere_in_a_write_leaves_what_it_had_written(
    film: tuple[bytes, list[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int, size: int
) -> None:
    index, fragments = film
    monkeypatch.setattr(os, "pwrite", dies_after(call, size))
    path = tmp_path / "a.mp4"
    file = FragmentFile(path, index)
    with suppress(Killed):
        for fragment in fragments:
            file.append(fragment)
    os.close(file._file)
    shows = call % 2 == 1  # it is the call that makes a fragment seen: of four bytes, which no system cuts in two
    if not (shows and 0 < size < 4):
        assert pictures(path) == FPS * ((call - 2) // 2 + (shows and size >= 4))


async def test_chromium_plays_what_a_kill_left_to_its_end(
    film: tuple[bytes, list[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/usr/bin/chromium").exists():  # noqa: ASYNC240 - nothing else runs
        pytest.skip("Debian's chromium is not installed (apt-get install chromium)")
    index, fragments = film
    with monkeypatch.context() as patched, suppress(Killed):
        patched.setattr(os, "pwrite", dies_after(6, 200))
        file = FragmentFile(tmp_path / "a.mp4", index)
        for fragment in fragments:
            file.append(fragment)
    os.close(file._file)
    (tmp_path / "page.html").write_text("<!doctype html><title>test</title><video muted></video>")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = await browser.new_page()
        await page.goto((tmp_path / "page.html").as_uri())
        assert await page.evaluate(PLAY, "a.mp4") == ["ended", pytest.approx(2, abs=0.1)]
        await browser.close()


def test_a_disk_that_is_full_leaves_whole_fragments(
    film: tuple[bytes, list[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, fragments = film
    file = FragmentFile(tmp_path / "a.mp4", index)
    file.append(fragments[0])

    def full(descriptor: int, data: bytes, at: int) -> int:
        real_pwrite(descriptor, bytes(data)[:100], at)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space left"):
            file.append(fragments[1])
    assert (tmp_path / "a.mp4").read_bytes() == index + fragments[0]
    file.append(fragments[1])
    file.close()
    assert (tmp_path / "a.mp4").read_bytes() == index + fragments[0] + fragments[1]


def test_a_file_without_a_fragment_is_removed(film: tuple[bytes, list[bytes]], tmp_path: Path) -> None:
    FragmentFile(tmp_path / "a.mp4", film[0]).close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_not_overwritten(film: tuple[bytes, list[bytes]], tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("precious")
    with pytest.raises(FileExistsError):
        FragmentFile(tmp_path / "a.mp4", film[0])
    assert (tmp_path / "a.mp4").read_text() == "precious"
