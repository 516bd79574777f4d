from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from vrlive.capture.footage import Footage
from vrlive.errors import InputError
from vrlive.frames import Picture


def test_every_frame_comes_once_in_order(write_clip: Callable[..., Path], number_shown: Callable[[Picture], int]) -> None:
    with closing(Footage(write_clip(frames=20))) as footage:
        assert (float(footage.fps), footage.duration_s) == (25.0, 0.8)
        frames = list(footage)
    assert [number_shown(frame.picture) for frame in frames] == list(range(20))
    assert [frame.captured_s for frame in frames] == pytest.approx([n / 25 for n in range(20)])


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
@pytest.mark.parametrize(("time_s", "first"), [(0.0, 0), (0.01, 0), (0.39, 10), (2.5, 62), (3.97, 99)])
def test_reading_begins_at_the_frame_nearest_to_a_time(
    write_clip: Callable[..., Path], number_shown: Callable[[Picture], int], name: str, time_s: float, first: int
) -> None:
    with closing(Footage(write_clip(name, frames=100))) as footage:
        frames = list(footage.after(time_s))
    assert [number_shown(frame.picture) for frame in frames] == [number % 25 for number in range(first, 100)]
    assert frames[0].captured_s == pytest.approx(first / 25)


@pytest.mark.parametrize("name", ["clip.mkv", "clip.ts", "clip.mov"])
def test_footage_of_other_kinds_says_how_long_it_is(write_clip: Callable[..., Path], name: str) -> None:
    with closing(Footage(write_clip(name, frames=20, sound=True))) as footage:
        assert footage.duration_s == pytest.approx(0.8, abs=0.09)  # two frames more or less
        assert len(list(footage)) == 20


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.mp4: No such file"):
        Footage(tmp_path / "none.mp4")
    (tmp_path / "text.mp4").write_text("not a video")
    with pytest.raises(InputError, match=r"text\.mp4: is not video that can be read"):
        Footage(tmp_path / "text.mp4")
    with pytest.raises(InputError, match=str(tmp_path)):
        Footage(tmp_path)
