"""A recording as HLS: over HTTP, read by FFmpeg."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import av
import httpx
import pytest
from fastapi import FastAPI

from streaming.access import Access
from streaming.h264 import LEVELS
from streaming.hls import Hls, HlsChannel, Replay
from streaming.hls import replay as module
from streaming.hls.endpoint import so_far
from streaming.hub import Channel
from streaming.ladder import Rung
from streaming.recorder import Recorder
from streaming.spherical import sphere_marks
from tests.streaming.broadcasting import FPS, SIZE, show
from tests.streaming.served import served
from vrlive.config import HlsConfig, RecordConfig

SECONDS = 6


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FRESH_S", 0.0)


def record(folder: Path, seconds: float = SECONDS, keyframe_s: float = 2.0, *, ends: bool = True) -> Recorder:
    recorder = Recorder("demo", RecordConfig(enabled=True, folder=str(folder), keep_free_gb=0), sphere_marks(cameras=1))
    for unit in show(seconds, keyframe_s=keyframe_s):
        recorder.take(unit)
    if ends:
        recorder.close()
    return recorder


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    app = FastAPI()
    hub = Channel("demo", LEVELS[0], [Rung(SIZE, 500)], lambda _: None)
    hls = HlsChannel(hub, FPS, HlsConfig(), sphere_marks(cameras=1), Replay("demo", tmp_path))
    app.include_router(Hls({"demo": hls}, Access()).router)
    async with served(app) as address:
        yield f"{address}hls/demo/replay/index.m3u8"


async def test_ffmpeg_plays_it_to_its_end(url: str, tmp_path: Path) -> None:
    record(tmp_path)

    def play() -> list[float]:
        with av.open(url, timeout=20) as source:
            return [frame.time or 0.0 for frame in source.decode(video=0)]

    times = await asyncio.to_thread(play)
    assert len(times) == SECONDS * FPS
    assert times == sorted(times)


def test_segments_begin_with_keyframes_and_the_list_has_an_end(tmp_path: Path) -> None:
    record(tmp_path)
    replay = Replay("demo", tmp_path)
    playlist = replay.playlist() or ""
    assert [float(each) for each in re.findall(r"#EXTINF:([\d.]+)", playlist)] == pytest.approx([2, 2, 2], abs=0.05)
    assert playlist.endswith("#EXT-X-ENDLIST\n")
    assert replay.duration_s == pytest.approx(SECONDS, abs=0.05)
    [file] = tmp_path.iterdir()
    ranges = [(int(size), int(at)) for size, at in re.findall(r"#EXT-X-BYTERANGE:(\d+)@(\d+)", playlist)]
    assert [at for _, at in ranges[1:]] == [at + size for size, at in ranges[:-1]]
    assert sum(ranges[-1]) <= file.stat().st_size


def test_where_pictures_are_missing_segments_still_follow_each_other(tmp_path: Path) -> None:
    """A player puts one after the other by these lengths; a machine under load may have shown nothing for seconds."""
    record(tmp_path, 8)
    [file] = tmp_path.iterdir()
    boxes = list(top_boxes(file.read_bytes()))
    fragments = [n for n, box in enumerate(boxes) if box[4:8] == b"moof"]
    hole = fragments[len(fragments) // 2]
    if fragments.index(hole) % 2 == 0:
        hole = fragments[len(fragments) // 2 + 1]  # the second of a keyframe, not the first
    file.write_bytes(b"".join(boxes[:hole] + boxes[hole + 2 :]))
    playlist = Replay("demo", tmp_path).playlist() or ""
    lengths = [float(each) for each in re.findall(r"#EXTINF:([\d.]+)", playlist)]
    began = [datetime.fromisoformat(each).timestamp() for each in re.findall(r"DATE-TIME:(\S+)", playlist)]
    assert lengths == pytest.approx([2, 2, 2, 2], abs=0.05)
    assert [later - earlier for earlier, later in pairwise(began)] == pytest.approx(lengths[:-1], abs=0.002)


def top_boxes(film: bytes) -> Iterator[bytes]:
    """A file's boxes, one after the other (ISO/IEC 14496-12, 4.2)."""
    while film:
        size = int.from_bytes(film[:4])
        yield film[:size]
        film = film[size:]


def test_a_show_that_is_still_recorded_grows(tmp_path: Path) -> None:
    replay = Replay("demo", tmp_path)
    assert replay.playlist() is None
    recorder = record(tmp_path, ends=False)
    before_s = replay.duration_s
    assert 3 < before_s < SECONDS
    recorder.close()
    assert replay.duration_s == pytest.approx(SECONDS, abs=0.05)


def test_a_show_ends_with_its_last_picture_and_not_with_the_slate(tmp_path: Path) -> None:
    replay, recorder = Replay("demo", tmp_path), record(tmp_path, ends=False)
    for unit in show(15, begins_s=100 + SECONDS, keyframe_s=2.0):
        recorder.take(replace(unit, slate=unit.kind == "video"))
    assert replay.duration_s > SECONDS + 10
    recorder.close()
    assert SECONDS <= replay.duration_s <= SECONDS + 5


async def test_only_files_of_the_show_are_given_and_only_where_viewers_may(url: str, tmp_path: Path) -> None:
    record(tmp_path)
    (tmp_path / "secret.mp4").write_bytes(b"x")
    async with httpx.AsyncClient(trust_env=False) as http:
        listed = await http.get(url)
        name = listed.text.splitlines()[-2]
        part = await http.get(url.replace("index.m3u8", name), headers={"Range": "bytes=0-15"})
        assert (part.status_code, part.content[4:8]) == (206, b"ftyp")
        assert part.headers["cache-control"] == "no-store", "it may still grow"
        whole = await http.get(url.replace("index.m3u8", name), headers={"Range": "bytes=0-15", "If-Range": '"as it was"'})
        assert (whole.status_code, whole.content) == (200, (tmp_path / name).read_bytes())
        for wrong in ("secret.mp4", "..%2Fchannel.toml", "x"):
            assert (await http.get(url.replace("index.m3u8", wrong))).status_code == 404
    hub = Channel("demo", LEVELS[0], [Rung(SIZE, 500)], lambda _: None)
    app = FastAPI()
    app.include_router(Hls({"demo": HlsChannel(hub, FPS, HlsConfig(), sphere_marks(cameras=1))}, Access()).router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://show") as http:
        refused = await http.get("/hls/demo/replay/index.m3u8")
        assert refused.status_code == 404
        assert "replay = true" in refused.json()["error"]


def test_a_file_that_grows_while_it_is_sent_is_sent_as_long_as_was_said(tmp_path: Path) -> None:
    path = tmp_path / "growing.mp4"
    path.write_bytes(b"as it was")
    pieces = so_far(path, 9)
    path.write_bytes(b"as it was, and more")
    assert b"".join(pieces) == b"as it was"
