"""The ladder of a channel, and its encoders."""

import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from streaming.access_unit import AccessUnit
from streaming.ladder import FEEDS, Rung, rungs_of
from streaming.renditions import Renditions, encoding_speed, refusals
from tests.streaming.conftest import drawn
from vrlive.config import CameraConfig, ChannelConfig, EncodeConfig, RenditionConfig
from vrlive.errors import ConfigError
from vrlive.frames import Frame
from vrlive.toml import parse
from vrlive.units import Size

RUNGS = (Rung(Size(640, 320), 1500), Rung(Size(320, 160), 500))
CONFIG = EncodeConfig(bitrate_kbps=1500, keyframe_s=20)


def channel(size: Size, **more: object) -> ChannelConfig:
    return ChannelConfig.model_validate(
        {"name": "x", "size": str(size), "rig": "equirect", "camera": (CameraConfig(name="a", url="a.mp4"),), **more}
    )


@pytest.mark.parametrize(
    ("size", "names"),
    [
        (Size(3840, 1920), ["3840x1920", "2560x1280", "1280x640"]),
        (Size(1920, 960), ["1920x960", "1280x640", "640x320"]),
        (Size(1000, 500), ["1000x500", "668x334"]),
        (Size(256, 128), ["256x128"]),
    ],
)
def test_a_channel_has_two_smaller_renditions_if_there_is_anything_to_see_in_them(size: Size, names: list[str]) -> None:
    rungs = rungs_of(channel(size))
    assert [rung.name for rung in rungs] == names
    assert all(rung.size.width == 2 * rung.size.height and rung.size.height % 2 == 0 for rung in rungs)
    assert [rung.bitrate_kbps for rung in rungs] == [6000, 3000, 1200][: len(rungs)]


def test_its_file_may_say_otherwise() -> None:
    mine = [RenditionConfig(size=Size(960, 480), bitrate_kbps=900)]
    assert rungs_of(channel(Size(1920, 960), rendition=mine))[1:] == (Rung(Size(960, 480), 900),)
    assert len(rungs_of(channel(Size(1920, 960), rendition=[]))) == 1


@pytest.mark.parametrize(
    "renditions",
    [
        [{"size": "1920x960", "bitrate_kbps": 900}],
        [{"size": "960x480", "bitrate_kbps": 9000}],
        [{"size": "640x320", "bitrate_kbps": 900}, {"size": "960x480", "bitrate_kbps": 800}],
    ],
)
def test_renditions_that_do_not_shrink_are_refused(renditions: list[dict[str, object]]) -> None:
    data = {"name": "x", "rig": "equirect", "camera": [{"name": "a", "url": "a.mp4"}], "rendition": renditions}
    with pytest.raises(ConfigError, match="the largest comes first"):
        parse(data, ChannelConfig, Path("channel.toml"))


def show(renditions: Renditions, count: int, start: int = 0) -> list[AccessUnit]:
    units = list[AccessUnit]()
    for n in range(start, start + count):
        units += renditions.encode(Frame(drawn(n), n, Fraction(1, 25), n / 25))
    return units


def test_only_what_is_wanted_is_encoded() -> None:
    renditions = Renditions(RUNGS, 25, CONFIG, 1e6)
    assert {unit.rendition for unit in show(renditions, 3)} == {0}
    renditions.want([1])
    units = show(renditions, 3, 3)
    assert [unit.rendition for unit in units] == [0, 1] * 3
    assert [unit.keyframe for unit in units if unit.rendition == 1] == [True, False, False]
    assert [status.state for status in renditions.status] == ["encoding", "encoding"]
    renditions.want([])
    assert {unit.rendition for unit in show(renditions, 3, 6)} == {0}
    assert [status.state for status in renditions.status] == ["encoding", "idle"]
    renditions.close()


def test_a_keyframe_is_made_of_the_rendition_that_asks() -> None:
    renditions = Renditions(RUNGS, 25, CONFIG, 1e6)
    renditions.want([1])
    show(renditions, 20)
    renditions.request_keyframe(1)
    assert {unit.rendition for unit in show(renditions, 5, 20) if unit.keyframe} == {1}
    renditions.close()


def test_keyframes_of_several_are_made_of_one_picture_however_short_ago_the_last_was() -> None:
    renditions = Renditions(RUNGS, 25, CONFIG, 1e6)
    renditions.want([1])
    show(renditions, 20)
    renditions.request_keyframe(1)
    show(renditions, 5, 20)
    renditions.request_keyframe(0, 1)
    assert [unit.rendition for unit in show(renditions, 1, 25) if unit.keyframe] == [0, 1]
    assert not any(unit.keyframe for unit in show(renditions, 20, 26)), "once is enough"
    renditions.close()


def test_the_smaller_one_shows_the_same_picture_at_the_same_time() -> None:
    renditions = Renditions(RUNGS, 25, CONFIG, 1e6)
    renditions.want([1])
    large, small = show(renditions, 1)
    assert (large.pts, large.captured_s) == (small.pts, small.captured_s)
    pictures = []
    for unit in (large, small):
        decoder = av.CodecContext.create("h264", "r")
        [frame] = [*decoder.decode(av.Packet(unit.data)), *decoder.decode(None)]
        pictures.append(frame.to_ndarray()[: frame.height].astype(float))
    assert pictures[1].shape == (160, 320)
    reduced = pictures[0].reshape(160, 2, 320, 2).mean((1, 3))
    assert np.abs(reduced - pictures[1]).mean() < 3
    renditions.close()


def test_what_does_not_fit_into_the_budget_is_refused_with_the_reason_and_cannot_be_wanted() -> None:
    renditions = Renditions(RUNGS, 25, CONFIG, 9.0)
    [largest, small] = renditions.status
    assert (largest.state, small.state) == ("encoding", "refused")
    assert small.reason == "it needs 1 megapixels a second; of the 5 that are spent on encoding here, 0 are left"
    renditions.want([1])
    assert {unit.rendition for unit in show(renditions, 2)} == {0}
    renditions.close()


def test_what_was_refused_is_offered_once_the_machine_turns_out_to_be_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    renditions = Renditions(RUNGS, 25, CONFIG, 9.0)
    monkeypatch.setattr("streaming.renditions.MEASURE_EVERY_S", 0.0)
    renditions.keep_measuring(threading.Event())  # by itself it ends when nothing is refused any more
    assert [status.state for status in renditions.status] == ["encoding", "idle"]
    renditions.want([1])
    assert {unit.rendition for unit in show(renditions, 2)} == {0, 1}
    renditions.close()


def test_a_show_that_ends_ends_the_measuring() -> None:
    renditions, stop = Renditions(RUNGS, 25, CONFIG, 9.0), threading.Event()
    stop.set()
    renditions.keep_measuring(stop)
    assert [status.state for status in renditions.status] == ["encoding", "refused"]
    renditions.close()


def test_what_was_offered_stays_whatever_is_measured_later() -> None:
    burned = (Rung(Size(1280, 640), 1), Rung(Size(960, 480), 1), Rung(Size(320, 160), 1))
    rungs = (*burned, replace(burned[2], feed="clean"))
    needs = [each.size.width * each.size.height * 25 / 1e6 for each in rungs]
    renditions = Renditions(rungs, 25, CONFIG, (needs[0] + 2 * needs[2]) / 0.6 + 0.01)
    assert [status.state for status in renditions.status][1:] == ["refused", "idle", "idle"]
    in_its_place = needs[0] + needs[1] + needs[2]  # room for the middle one, if the clean one gave way
    for speed in (needs[0] / 0.6, in_its_place / 0.6 + 0.01):
        renditions.note_speed(speed)
        assert [status.state for status in renditions.status][1:] == ["refused", "idle", "idle"]
    renditions.note_speed(sum(needs) / 0.6 + 0.01)
    assert [status.state for status in renditions.status][1:] == ["idle", "idle", "idle"]
    renditions.close()


def test_the_smallest_is_refused_last() -> None:
    rungs = (Rung(Size(3840, 1920), 1), Rung(Size(2560, 1280), 1), Rung(Size(1280, 640), 1))
    needs = [each.size.width * each.size.height * 30 / 1e6 for each in rungs]
    assert refusals(rungs, 30, sum(needs) / 0.6 + 1) == {}
    assert list(refusals(rungs, 30, (needs[0] + needs[2]) / 0.6 + 1)) == [1]
    assert sorted(refusals(rungs, 30, needs[0] / 0.6)) == [1, 2]


def test_clean_twins_come_after_all_that_are_burned_and_the_largest_first() -> None:
    burned = (Rung(Size(1280, 640), 1), Rung(Size(640, 320), 1))
    rungs = (*burned, *(replace(rung, feed="clean") for rung in burned))
    large, small = (each.size.width * each.size.height * 30 / 1e6 for each in burned)
    assert refusals(rungs, 30, 2 * (large + small) / 0.6 + 1) == {}
    assert list(refusals(rungs, 30, (2 * large + small) / 0.6 + 1)) == [3]
    assert list(refusals(rungs, 30, (large + 2 * small) / 0.6 + 1)) == [2]
    assert sorted(refusals(rungs, 30, large / 0.6)) == [1, 2, 3]


def test_only_a_channel_with_a_scene_has_a_clean_feed(tmp_path: Path) -> None:
    assert {rung.feed for rung in rungs_of(channel(Size(1920, 960)))} == {"burned"}
    rungs = rungs_of(channel(Size(1920, 960), scene="showroom"))
    assert [rung.feed for rung in rungs] == ["burned"] * 3 + ["clean"] * 3
    assert [replace(rung, feed="clean") for rung in rungs[:3]] == list(rungs[3:])


def test_a_frame_without_garments_goes_to_the_clean_feed_alone_and_only_if_it_is_wanted() -> None:
    renditions = Renditions((*RUNGS, *(replace(rung, feed="clean") for rung in RUNGS)), 25, CONFIG, 1e6)
    bare, dressed = drawn(1), drawn(9)

    def both(n: int) -> list[int]:
        frames = (Frame(picture, n, Fraction(1, 25), n / 25) for picture in (bare, dressed))
        return [unit.rendition for frame, feed in zip(frames, FEEDS[::-1], strict=True) for unit in renditions.encode(frame, feed)]

    assert both(0) == [0]
    renditions.want([2])
    assert both(1) == [2, 0]
    renditions.want([1, 3])
    assert both(2) == [3, 0, 1]
    assert [status.state for status in renditions.status] == ["encoding", "encoding", "idle", "encoding"]
    renditions.close()


def test_the_speed_of_this_machine_is_found() -> None:
    assert 1 < encoding_speed(CONFIG) < 100_000
