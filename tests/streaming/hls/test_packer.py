"""Segments out of what a hub hands over, read by FFmpeg."""

import io
import re
from itertools import count, pairwise

import av
import pytest

from streaming.access_unit import AccessUnit
from streaming.hls.packer import Packer
from streaming.hls.window import Window
from streaming.spherical import sphere_marks
from tests.streaming.broadcasting import FPS, show
from vrlive.units import Size


def pack(units: list[AccessUnit]) -> Window:
    numbers = count()
    window = Window(1, 600, lambda: str(next(numbers)))
    packer = Packer({0: window}, FPS, sphere_marks(), lambda: {0})
    for unit in units:
        packer.take(unit)
    packer.close()
    return window


def durations(window: Window) -> list[float]:
    return [float(each) for each in re.findall(r"#EXTINF:([\d.]+),", window.playlist())]


def indices(window: Window) -> list[str]:
    return re.findall(r'#EXT-X-MAP:URI="(.+)"', window.playlist())


def played(window: Window, number: int, index: int = 0) -> list[float]:
    """Times of the pictures in a segment, counted from 0, with an index, counted like it."""
    segments = [line for line in window.playlist().splitlines() if line.endswith(".m4s")]
    data = (window.piece(indices(window)[index]) or b"") + (window.piece(segments[number]) or b"")
    with av.open(io.BytesIO(data), "r") as source:
        return [frame.time or 0.0 for frame in source.decode(video=0)]


def test_segments_of_a_second_begin_with_a_keyframe_and_hold_every_picture_once() -> None:
    window = pack(list(show(5)))
    assert durations(window) == pytest.approx([1.0] * 5, abs=1e-3)
    times = [time for number in range(5) for time in played(window, number)]
    assert times == pytest.approx([100 + n / FPS for n in range(5 * FPS)], abs=1e-3), "they are on the channel's time line"


def test_a_keyframe_soon_after_another_begins_no_segment() -> None:
    window = pack([*show(1.2), *show(3, begins_s=101.2)])
    assert durations(window) == pytest.approx([1.0, 1.2, 1.0, 1.0], abs=1e-3)
    assert sum(len(played(window, number)) for number in range(4)) == 4.2 * FPS


def test_no_segment_is_longer_than_the_target_allows() -> None:
    """Without keyframes, and over a gap, the playlist jumps instead."""
    window = pack([*show(4, keyframe_s=2), *show(2, begins_s=110)])
    assert max(durations(window)) < 1.5
    assert len(indices(window)) == 3
    assert sum(durations(window)) == pytest.approx(2 * 1.48 + 2, abs=0.2)


def test_other_parameter_sets_are_a_discontinuity_with_an_index_of_their_own() -> None:
    window = pack([*show(2), *show(2, begins_s=102, size=Size(256, 128))])
    assert len(indices(window)) == 2
    assert window.playlist().count("#EXT-X-DISCONTINUITY\n") == 1
    assert len(played(window, 2, index=1)) == FPS


def test_the_date_of_each_segment_follows_the_one_before() -> None:
    dates = re.findall(r"DATE-TIME:.*T[\d:]+:(\d\d\.\d+)Z", pack(list(show(5))).playlist())
    steps = [(float(b) - float(a)) % 60 for a, b in pairwise(dates)]
    assert steps == pytest.approx([1.0] * 4, abs=0.002)
