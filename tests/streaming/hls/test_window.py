"""Playlists as RFC 8216 wants them."""

from streaming.hls.window import Cuts, Window, target_s


def window(*segments: tuple[int, float], dvr_s: float = 6) -> Window:
    """Segments of an index and a duration each, one after the other."""
    made, began_s = Window(1, dvr_s, first_number=1000), 1_795_730_000.25
    made.add_index(b"index 0")
    for index, duration_s in segments:
        if made.index(index) is None:
            made.add_index(b"index %d" % index)
        made.add(index, began_s, duration_s, b"segment of %d" % index)
        began_s += duration_s
    return made


def tags(playlist: str, name: str) -> list[str]:
    return [line.partition(":")[2] for line in playlist.splitlines() if line.partition(":")[0] == f"#{name}"]


def test_a_playlist_names_its_segments_and_says_when_each_was_captured() -> None:
    assert window((0, 1.04), (0, 1.0)).playlist("run") == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:7\n"
        "#EXT-X-TARGETDURATION:1\n"
        "#EXT-X-MEDIA-SEQUENCE:1000\n"
        "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-MAP:URI="run/init-0.mp4"\n'
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-26T21:53:20.250Z\n"
        "#EXTINF:1.04000,\n"
        "run/1000.m4s\n"
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-26T21:53:21.290Z\n"
        "#EXTINF:1.00000,\n"
        "run/1001.m4s\n"
    )


def test_the_oldest_leave_but_can_be_fetched_for_a_while() -> None:
    found = window(*[(0, 1.0)] * 30)
    assert tags(found.playlist("run"), "EXT-X-MEDIA-SEQUENCE") == ["1024"]
    assert found.count == 6
    assert found.segment(1013) is None
    assert found.segment(1014)
    assert found.segment(1029)
    assert found.segment(1030) is None


def test_an_index_that_changes_is_a_discontinuity_and_is_counted_when_it_leaves() -> None:
    found = window(*[(0, 1.0)] * 3, *[(1, 1.0)] * 3)
    lines = found.playlist("run").splitlines()
    at = lines.index("#EXT-X-DISCONTINUITY")
    assert lines[at + 1] == '#EXT-X-MAP:URI="run/init-1.mp4"'
    assert lines[at + 4] == "run/1003.m4s"
    for _ in range(2):
        found.add(1, 0.0, 1.0, b"")
    assert tags(found.playlist("run"), "EXT-X-DISCONTINUITY-SEQUENCE") == ["0"]  # one of the first is left
    found.add(1, 0.0, 1.0, b"")
    assert tags(found.playlist("run"), "EXT-X-DISCONTINUITY-SEQUENCE") == ["1"]
    assert "#EXT-X-DISCONTINUITY\n" not in found.playlist("run")
    assert found.index(0)
    for _ in range(30):
        found.add(1, 0.0, 1.0, b"")
    assert (found.index(0), found.index(1)) == (None, b"index 1")


def test_numbers_go_on_after_a_pause_and_a_discontinuity_is_counted() -> None:
    found = window((0, 1.0), (0, 1.0))
    found.clear()
    assert found.count == 0
    assert "EXTINF" not in found.playlist("run")
    index = found.add_index(b"later")
    found.add(index, 0.0, 1.0, b"")
    assert index == 1
    playlist = found.playlist("run")
    assert tags(playlist, "EXT-X-MEDIA-SEQUENCE") == ["1002"]
    assert tags(playlist, "EXT-X-DISCONTINUITY-SEQUENCE") == ["1"]


def test_the_window_is_never_shorter_than_three_targets() -> None:
    assert window(*[(0, 1.0)] * 10, dvr_s=1).count == 3


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
