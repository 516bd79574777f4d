"""Which frames are looked at."""

from fractions import Fraction
from pathlib import Path

import pytest

from streaming.movie import Movie
from vrlive.capture.stills import write_picture
from vrlive.errors import InputError
from vrlive.frames import Picture
from vrlive.scoring.moments import moments
from vrlive.units import Size

FRAME = Size(64, 64)


def film(path: Path, frames: int, fps: int = 25, first: int = 0) -> Path:
    """Footage in which frame n has luma 20 + 2 (n + first)."""
    with Movie(path, FRAME, Fraction(fps), sound=None, cameras=1) as movie:
        for number in range(frames):
            movie.write(Picture.filled(FRAME, (20 + 2 * (number + first), 128, 128)), number / fps)
        movie.finish()
    return path


def numbers(files: list[Path], truth: Path | None = None) -> list[list[list[int]]]:
    """By moments and frames: number of each input's frame."""
    return [
        [[round((int(picture.y.mean()) - 20) / 2) for picture in pictures] for pictures in moment.frames]
        for moment, _ in moments(files, truth)
    ]


def test_five_moments_of_three_frames_reach_from_the_first_to_nearly_the_last(tmp_path: Path) -> None:
    found = numbers([film(tmp_path / "a.mp4", 85)])
    assert found == [[[n], [n + 1], [n + 2]] for n in (0, 20, 40, 60, 80)]


@pytest.mark.parametrize(("frames", "expected"), [(1, 1), (2, 1), (3, 1), (8, 2), (12, 3)])
def test_short_footage_has_fewer_moments_and_never_too_late_a_one(tmp_path: Path, frames: int, expected: int) -> None:
    found = numbers([film(tmp_path / "a.mp4", frames)])
    assert len(found) == expected
    assert [len(each) for each in found] == [min(frames, 3)] * expected


def test_others_show_what_they_showed_at_the_time_of_the_first(tmp_path: Path) -> None:
    found = numbers([film(tmp_path / "a.mp4", 45), film(tmp_path / "b.mp4", 90, 50)])
    assert all(abs(slow * 2 - fast) <= 1 for moment in found for slow, fast in moment)


def test_the_shortest_decides(tmp_path: Path) -> None:
    files = [film(tmp_path / "a.mp4", 60), film(tmp_path / "b.mp4", 25)]
    assert max(slow for moment in numbers(files) for slow, _ in moment) < 25


def test_pictures_are_one_moment_and_stand_beside_footage(tmp_path: Path) -> None:
    write_picture(Picture.filled(FRAME, (40, 128, 128)), tmp_path / "still.png")
    still = tmp_path / "still.png"
    assert numbers([still, still]) == [[[10, 10]]]
    assert [frame[0] for moment in numbers([still, film(tmp_path / "a.mp4", 10)]) for frame in moment] == [10] * 6


def test_the_truth_is_that_of_the_moment(tmp_path: Path) -> None:
    truth = film(tmp_path / "truth.mp4", 50)
    for moment, total in moments([film(tmp_path / "a.mp4", 50)], truth):
        assert total == 5
        assert moment.truth is not None
        assert abs(int(moment.truth.y.mean()) - int(moment.frames[0][0].y.mean())) <= 1


def test_footage_of_pictures_alone_has_the_truth_of_its_first_instant(tmp_path: Path) -> None:
    write_picture(Picture.filled(FRAME, (40, 128, 128)), tmp_path / "still.png")
    [(moment, _)] = moments([tmp_path / "still.png"], film(tmp_path / "truth.mp4", 9))
    assert moment.truth is not None
    assert round(moment.truth.y.mean()) == 20
    assert len(moment.frames) == 1


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.mp4"):
        numbers([tmp_path / "none.mp4"])
