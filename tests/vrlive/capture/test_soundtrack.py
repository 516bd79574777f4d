from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from vrlive.capture.soundtrack import Soundtrack
from vrlive.errors import InputError
from vrlive.frames import SOUND_RATE_HZ


def test_sound_comes_once_in_order_up_to_the_time_asked_for(write_clip: Callable[..., Path]) -> None:
    with closing(Soundtrack(write_clip(frames=25, sound=True))) as track:
        assert track.exists
        early, late = list(track.until(0.5)), list(track.until(9.0))
        assert list(track.until(99.0)) == []
    assert early[0].captured_s == pytest.approx(0, abs=0.03)
    assert early[-1].captured_s < 0.5 <= late[0].captured_s
    ends_s = [piece.captured_s + len(piece.samples) / SOUND_RATE_HZ for piece in early + late]
    starts_s = [piece.captured_s for piece in (early + late)[1:]]
    assert starts_s == pytest.approx(ends_s[:-1], abs=1e-3)


def test_a_silent_clip_has_no_sound(write_clip: Callable[..., Path]) -> None:
    with closing(Soundtrack(write_clip(frames=5))) as track:
        assert not track.exists
        assert list(track.until(9.0)) == []


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.mp4: No such file"):
        Soundtrack(tmp_path / "none.mp4")
