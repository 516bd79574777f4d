"""Segments out of what a hub hands over, read by FFmpeg."""

import io
import re
from collections.abc import Callable, Iterable, Set
from dataclasses import replace
from itertools import count, pairwise
from typing import Any

import av
import pytest

from streaming.access_unit import AccessUnit
from streaming.hls.packer import Packer
from streaming.hls.window import Window
from streaming.spherical import sphere_marks
from tests.streaming.broadcasting import FPS, show
from vrlive.units import Size

SMALL = Size(64, 32)


def pack(units: list[AccessUnit]) -> Window:
    numbers = count()
    window = Window(1, 600, lambda: str(next(numbers)))
    packer = Packer({0: window}, FPS, sphere_marks(), lambda: {0})
    for unit in units:
        packer.take(unit)
    packer.close()
    return window


def pack_all(units: list[AccessUnit], members: Callable[[AccessUnit], Set[int]] = lambda _: {0, 1}) -> list[Window]:
    """Two renditions; who they are may change with each unit."""
    windows, now = [Window(1, 600, lambda: "x") for _ in range(2)], members(units[0])
    packer = Packer(dict(enumerate(windows)), FPS, sphere_marks(), lambda: now)
    for unit in units:
        now = members(unit)
        packer.take(unit)
    packer.close()
    return windows


def both(seconds: float, second: Iterable[AccessUnit], **large: Any) -> list[AccessUnit]:
    """Pictures of two renditions and sound, as a hub hands them out."""
    small = [replace(unit, rendition=1) for unit in second if unit.kind == "video"]
    units = [*show(seconds, **large), *small]
    return sorted(units, key=lambda unit: (unit.pts / (90_000 if unit.kind == "video" else 48_000), unit.rendition))


def lines(window: Window, *kinds: str) -> list[str]:
    return [line for line in window.playlist().splitlines() if line.startswith(kinds)]


PLACES = ("#EXT-X-MEDIA", "#EXT-X-DISC", "#EXTINF", "#EXT-X-PROGRAM")


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


def test_all_renditions_are_cut_at_the_same_pictures_however_many_keyframes_each_has() -> None:
    often = [each for n in range(5) for at, lasts in ((0.0, 0.6), (0.6, 0.4)) for each in show(lasts, begins_s=100 + n + at, size=SMALL)]
    large, small = pack_all(both(5, often))
    assert lines(large, *PLACES) == lines(small, *PLACES)
    assert durations(large) == pytest.approx([1.0] * 5, abs=1e-3)
    assert played(large, 3) == played(small, 3)


def test_they_begin_with_the_first_keyframe_that_all_have() -> None:
    large, small = pack_all(both(5, show(3.6, begins_s=101.4, size=SMALL, keyframe_s=0.6), keyframe_s=1.0))
    assert lines(large, *PLACES) == lines(small, *PLACES)
    assert played(large, 0)[0] == played(small, 0)[0] == pytest.approx(102)


def test_where_one_jumps_all_do() -> None:
    """The smaller one is encoded anew, with other parameter sets; the larger one's are as before."""
    changed = [*show(2, size=SMALL), *show(3, begins_s=102, size=Size(32, 16))]
    large, small = pack_all(both(5, changed))
    assert lines(large, *PLACES) == lines(small, *PLACES)
    assert len(lines(large, "#EXT-X-DISCONTINUITY\n", "#EXT-X-MAP")) == len(lines(small, "#EXT-X-MAP")) == 2


def test_one_that_stays_away_holds_up_no_other_and_comes_back_in_step() -> None:
    def members(unit: AccessUnit) -> Set[int]:
        return {0} if unit.kind == "video" and 102 <= unit.pts / 90_000 < 105 else {0, 1}

    large, small = pack_all(both(8, [*show(2, size=SMALL), *show(3, begins_s=105, size=SMALL)]), members)
    assert sum(durations(large)) > 6  # each change waits for the next keyframe
    assert sum(durations(small)) == pytest.approx(2, abs=0.1), "what does not follow is not listed with what does"
    assert lines(large, "#EXT-X-PROGRAM")[-2:] == lines(small, "#EXT-X-PROGRAM")
    number, jumps = (int(each.partition(":")[2]) for each in lines(small, "#EXT-X-MEDIA", "#EXT-X-DISCONTINUITY-"))
    counted = (int(each.partition(":")[2]) for each in lines(large, "#EXT-X-MEDIA", "#EXT-X-DISCONTINUITY-"))
    assert (number, jumps) == (next(counted) + len(durations(large)) - 2, next(counted) + large.playlist().count("#EXT-X-DISCONTINUITY\n"))
