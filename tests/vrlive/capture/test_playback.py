from fractions import Fraction
from itertools import takewhile
from pathlib import Path

import av
import numpy as np
import pytest

from vrlive.capture.playback import DueSound, Playback, in_due_order
from vrlive.frames import SOUND_RATE_HZ

FPS, SECONDS = 25, 3


@pytest.fixture
def sound_last(tmp_path: Path) -> Path:
    """A clip that holds all its sound after all its pictures."""
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w", options={"max_interleave_delta": "1"}) as out:  # the muxer would put them in order
        video = out.add_stream("libx264", rate=FPS, options={"bf": "0"})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = out.add_stream("flac", rate=SOUND_RATE_HZ, layout="mono", format="s16")
        for number in range(FPS * SECONDS):
            frame = av.VideoFrame.from_ndarray(np.full((72, 64), 128, np.uint8), "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        tone = av.AudioFrame.from_ndarray(np.zeros((1, SOUND_RATE_HZ * SECONDS), np.int16), "s16", "mono")
        tone.rate, tone.pts, tone.time_base = SOUND_RATE_HZ, 0, Fraction(1, SOUND_RATE_HZ)
        out.mux(audio.encode(tone))
        out.mux(audio.encode(None))
    return path


def test_sound_comes_with_its_pictures_wherever_the_file_holds_it(sound_last: Path) -> None:
    with av.open(str(sound_last)) as source:
        playback = Playback(source, 0.0, loop=True)
        shown_s, sounds = 0.0, 0
        for due in takewhile(lambda due: due.due_s < 2 * SECONDS, in_due_order(playback.items(0.0))):
            if isinstance(due, DueSound):
                sounds += 1
                assert due.due_s > shown_s - 0.2
            else:
                shown_s = due.due_s
    assert sounds > 10
