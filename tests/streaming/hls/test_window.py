"""Playlists as RFC 8216 wants them."""

from collections.abc import Callable
from itertools import count

from streaming.hls.window import Cuts, Index, Window, target_s


def window(*segments: tuple[str, float], dvr_s: float = 6) -> tuple[Window, Callable[[str, float], None]]:
    """Segments of an index and a duration each, one after the other; and what adds more."""
    names = count()
    made, indices, began_s = Window(1, dvr_s, lambda: f"s{next(names)}"), dict[str, Index](), 1_795_730_000.25
    numbers = count(1000)

    def add(index: str, duration_s: float) -> None:
        nonlocal began_s
        if index not in indices:
            indices[index] = made.new_index(index.encode())
        made.add(next(numbers), [*indices].index(index), indices[index], began_s, duration_s, b"segment")
        began_s += duration_s

    for segment in segments:
        add(*segment)
    return made, add


def names(playlist: str) -> list[str]:
    return [line for line in playlist.splitlines() if line.endswith(".m4s")]


def tags(playlist: str, name: str) -> list[str]:
    return [line.partition(":")[2] for line in playlist.splitlines() if line.partition(":")[0] == f"#{name}"]


def test_a_playlist_names_its_segments_and_says_when_each_was_captured() -> None:
    assert window(("a", 1.04), ("a", 1.0))[0].playlist() == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:7\n"
        "#EXT-X-TARGETDURATION:1\n"
        "#EXT-X-MEDIA-SEQUENCE:1000\n"
        "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-MAP:URI="init-s0.mp4"\n'
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-26T21:53:20.250Z\n"
        "#EXTINF:1.04000,\n"
        "1000-s1.m4s\n"
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-26T21:53:21.290Z\n"
        "#EXTINF:1.00000,\n"
        "1001-s2.m4s\n"
    )


def test_the_oldest_leave_but_can_be_fetched_for_a_while() -> None:
    found, add = window(("a", 1.0))
    seen = names(found.playlist())
    for _ in range(29):
        add("a", 1.0)
        seen.append(names(found.playlist())[-1])
    assert names(found.playlist()) == seen[-6:]
    assert [found.piece(name) is not None for name in seen] == [False] * 14 + [True] * 16
    assert found.piece("1029-s1.m4s") is None


def test_an_index_that_changes_is_a_discontinuity_and_is_counted_when_it_leaves() -> None:
    found, add = window(*[("a", 1.0)] * 3, *[("b", 1.0)] * 3)
    lines = found.playlist().splitlines()
    at = lines.index("#EXT-X-DISCONTINUITY")
    assert lines[at + 1] == '#EXT-X-MAP:URI="init-s4.mp4"'
    assert lines[at + 4].startswith("1003-")
    for _ in range(2):
        add("b", 1.0)
    assert tags(found.playlist(), "EXT-X-DISCONTINUITY-SEQUENCE") == ["0"]  # one of the first is left
    add("b", 1.0)
    assert tags(found.playlist(), "EXT-X-DISCONTINUITY-SEQUENCE") == ["1"]
    assert "#EXT-X-DISCONTINUITY\n" not in found.playlist()
    assert found.piece("init-s0.mp4") == b"a"
    for _ in range(30):
        add("b", 1.0)
    assert (found.piece("init-s0.mp4"), found.piece("init-s4.mp4")) == (None, b"b")


def test_numbers_go_on_after_a_pause_and_a_discontinuity_is_counted() -> None:
    found, add = window(("a", 1.0), ("a", 1.0))
    found.clear()
    assert found.count == 0
    assert "EXTINF" not in found.playlist()
    add("b", 1.0)
    assert tags(found.playlist(), "EXT-X-MEDIA-SEQUENCE") == ["1002"]
    assert tags(found.playlist(), "EXT-X-DISCONTINUITY-SEQUENCE") == ["1"]


def test_the_window_is_never_shorter_than_three_targets() -> None:
    assert window(*[("a", 1.0)] * 10, dvr_s=1)[0].count == 3


def test_a_slow_programme_has_a_longer_target() -> None:
    assert [target_s(fps) for fps in (60, 25, 5, 2, 1)] == [1, 1, 1, 2, 3]


def test_a_segment_begins_with_the_first_keyframe_that_is_late_enough() -> None:
    cuts = Cuts(25)
    assert cuts.due(0.0)
    assert cuts.begins(10.0)
    assert not cuts.begins(10.4)
    assert not cuts.due(10.9)
    assert cuts.due(10.96)
    assert cuts.begins(11.0)


def test_a_segment_of_several_renditions_begins_where_all_have_a_keyframe_of_one_picture() -> None:
    cuts, three = Cuts(25), {0, 1, 2}
    assert [cuts.begins(10.0, n, three) for n in (0, 1, 2)] == [False, False, True]
    assert not any([cuts.begins(10.8, 0, three), cuts.begins(10.84, 1, three), cuts.begins(10.84, 2, three)])
    assert cuts.due(10.96)
    assert [cuts.begins(11.0, n, three) for n in (0, 2, 1)] == [False, False, True]


def test_what_does_not_follow_by_its_number_takes_the_place_of_all() -> None:
    found, _ = window(("a", 1.0), ("a", 1.0))
    found.add(1007, 3, found.new_index(b"b"), 1_795_730_007.0, 1.0, b"later")
    assert tags(found.playlist(), "EXT-X-MEDIA-SEQUENCE") == ["1007"]
    assert tags(found.playlist(), "EXT-X-DISCONTINUITY-SEQUENCE") == ["3"]
    assert "#EXT-X-DISCONTINUITY\n" not in found.playlist()
