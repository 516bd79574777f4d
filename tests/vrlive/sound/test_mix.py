"""The mix in passed-in time: constants and tones in, what comes out when and how loud."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from vrlive.config import SoundTuning
from vrlive.frames import SOUND_RATE_HZ, Sound
from vrlive.projection.rig import rotation
from vrlive.sound import BLOCK, Mix, Programme
from vrlive.sound.limiter import THRESHOLD

PIECE_S = 0.02
Samples = NDArray[np.float32]


def constant(*channels: float) -> Callable[[float], Samples]:
    return lambda _: np.tile(np.array(channels, np.float32), (BLOCK, 1))


def tone(hz: float, level: float = 0.3) -> Callable[[float], Samples]:
    def at(captured_s: float) -> Samples:
        time_s = captured_s + np.arange(BLOCK) / SOUND_RATE_HZ
        return (level * np.sin(2 * np.pi * hz * time_s))[:, None].repeat(2, 1).astype(np.float32)

    return at


class Room:
    """Inputs that deliver a piece each 20 ms, so much after it was captured, and a mix that is asked each 5 ms."""

    def __init__(self, *tunings: SoundTuning, sphere: bool = False) -> None:
        self.mix = Mix(list(tunings), 0.0, sphere=sphere)
        self.now_s = 0.0
        self.blocks: list[Programme] = []
        self.left_s: list[float] = []

    def run(self, seconds: float, *sources: tuple[Callable[[float], Samples] | None, float]) -> None:
        """For each input what it sends, None for nothing, and how long after a piece's first sample it arrives."""
        for _ in range(round(seconds / 0.005)):
            for index, (source, late_s) in enumerate(sources):
                captured_s = self.now_s - late_s
                if source and captured_s > -1e-9 and abs(captured_s / PIECE_S - round(captured_s / PIECE_S)) < 1e-6:
                    self.mix.push(index, Sound(source(captured_s), captured_s), self.now_s)
            taken = self.mix.take(self.now_s)
            self.blocks += taken
            self.left_s += [self.now_s] * len(taken)
            self.now_s = round(self.now_s + 0.005, 6)

    @property
    def heard(self) -> Samples:
        return np.concatenate([block.stereo for block in self.blocks])

    def heard_at(self, from_s: float, to_s: float) -> Samples:
        start_s = self.blocks[0].captured_s
        return self.heard[round((from_s - start_s) * SOUND_RATE_HZ) : round((to_s - start_s) * SOUND_RATE_HZ)]


def steepest(sound: Samples) -> float:
    return float(np.abs(np.diff(sound, axis=0)).max())


def test_inputs_are_added_each_at_its_gain() -> None:
    room = Room(SoundTuning(gain_db=-6.0206), SoundTuning(), SoundTuning(mute=True))
    room.run(1, (constant(0.4, 0.0), 0.02), (constant(0.1, 0.2), 0.06), (constant(0.5, 0.5), 0.02))
    assert room.heard_at(0.5, 0.9) == pytest.approx(np.tile([0.3, 0.2], (19200, 1)), abs=1e-4)


def test_blocks_follow_each_other_without_a_gap_on_the_grid() -> None:
    room = Room(SoundTuning())
    room.run(2, (tone(440), 0.1))
    starts = [block.captured_s for block in room.blocks]
    assert np.diff(starts) == pytest.approx(PIECE_S)
    assert (starts[0] + 0.005) % PIECE_S == pytest.approx(0, abs=1e-9)


def test_what_is_captured_at_once_is_heard_at_once_however_late_it_comes() -> None:
    def click(captured_s: float) -> Samples:
        sound = np.zeros((BLOCK, 2), np.float32)
        if captured_s == pytest.approx(1.0):
            sound[480:500] = 0.4
        return sound

    room = Room(SoundTuning(), SoundTuning())
    room.run(2, (click, 0.02), (click, 0.3))
    loud = np.abs(room.heard_at(0.5, 1.5)[:, 0])
    assert loud.max() > 0.6
    assert loud.argmax() / SOUND_RATE_HZ + 0.5 == pytest.approx(1.01, abs=0.001)


@pytest.mark.parametrize("delay_ms", [-100, 40, 1500])
def test_delay_moves_an_input(delay_ms: float) -> None:
    """A step at 1 s."""
    room = Room(SoundTuning(delay_ms=delay_ms))
    room.run(4, (lambda captured_s: constant(*[0.5 * (captured_s > 0.99)] * 2)(0), 0.02))
    heard = room.heard[:, 0]
    assert room.blocks[0].captured_s + (heard > 0.25).argmax() / SOUND_RATE_HZ == pytest.approx(1 + delay_ms / 1e3, abs=0.002)


def test_live_changes_do_not_click() -> None:
    room = Room(SoundTuning())
    source = (tone(440), 0.02)
    room.run(1, source)
    smooth = steepest(room.heard_at(0.5, 0.9))
    for tuning in (SoundTuning(gain_db=-20), SoundTuning(mute=True), SoundTuning(), SoundTuning(delay_ms=200), SoundTuning(delay_ms=-20)):
        room.mix.tune(0, tuning)
        room.run(0.5, source)
    assert steepest(room.heard_at(0.5, 3.2)) < 1.5 * smooth
    assert np.abs(room.heard_at(1.6, 1.9)).max() < 1e-6, "muted"


def test_an_input_that_breaks_off_is_silence_and_stalls_nobody() -> None:
    room = Room(SoundTuning(), SoundTuning())
    room.run(2, (constant(0.2, 0.2), 0.02), (tone(440), 0.04))
    room.run(2, (constant(0.2, 0.2), 0.02), (None, 0))
    room.run(1, (constant(0.2, 0.2), 0.02), (tone(440), 0.04))
    assert np.diff([block.captured_s for block in room.blocks]) == pytest.approx(PIECE_S)
    waited_s = np.array(room.left_s) - [block.captured_s + PIECE_S for block in room.blocks]
    assert waited_s.max() < 0.11
    assert room.heard_at(2.5, 3.9) == pytest.approx(0.2, abs=1e-5)
    assert np.abs(room.heard_at(4.5, 4.8)).max() == pytest.approx(0.5, abs=0.01)
    assert steepest(room.heard_at(1.5, 4.8)) < 0.03, "edges are rounded off"
    assert room.mix.heard(1, room.now_s).missed < 60, "only while it was waited for"


def test_without_any_input_left_silence_goes_on() -> None:
    room = Room(SoundTuning())
    room.run(1, (tone(440), 0.02))
    room.run(5, (None, 0))
    assert room.blocks[-1].captured_s > 5.8
    assert not room.heard_at(2, 5.5).any()
    assert room.mix.heard(0, room.now_s).level_db is None


def test_before_anything_came_there_is_nothing() -> None:
    room = Room(SoundTuning())
    room.run(1, (None, 0))
    assert room.blocks == []
    assert room.mix.due_s(room.now_s) is None


def test_a_piece_from_the_future_and_what_is_no_number_do_no_harm() -> None:
    room = Room(SoundTuning())
    room.run(0.5, (tone(440), 0.02))
    room.mix.push(0, Sound(np.ones((BLOCK, 2), np.float32), room.now_s + 900), room.now_s)
    room.mix.push(0, Sound(np.zeros((0, 2), np.float32), room.now_s), room.now_s)
    room.run(0.5, (constant(np.nan, np.inf), 0.02))
    room.run(1, (tone(440), 0.02))
    assert np.isfinite(room.heard).all()
    assert np.abs(room.heard_at(1.7, 1.9)).max() == pytest.approx(0.3, abs=0.01)


def test_a_machine_that_slept_goes_on_where_it_should_be() -> None:
    room = Room(SoundTuning())
    room.run(1, (tone(440), 0.02))
    room.now_s += 3600
    room.run(1, (tone(440), 0.02))
    assert len(room.blocks) < 250
    assert np.abs(room.heard[-2 * BLOCK :]).max() == pytest.approx(0.3, abs=0.01)
    assert room.blocks[-1].captured_s == pytest.approx(room.now_s, abs=0.2)


def test_too_much_together_is_limited_not_clipped() -> None:
    room = Room(SoundTuning(), SoundTuning(gain_db=12))
    room.run(1, (tone(300, 0.8), 0.02), (tone(300, 0.8), 0.02))
    assert np.abs(room.heard).max() <= THRESHOLD + 1e-6
    assert room.mix.limited_db < -10


def test_levels_are_below_full_scale_before_gain() -> None:
    room = Room(SoundTuning(gain_db=-40))
    room.run(2, (tone(440, 0.5), 0.02))
    assert room.mix.heard(0, room.now_s).level_db == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.3)


LEFT = (0.4, 0.4, 0.0, 0.0)  # W, Y, Z, X


def test_ambisonics_is_turned_and_everybody_else_hears_two_microphones() -> None:
    room = Room(SoundTuning(), SoundTuning(), sphere=True)
    room.run(1, (constant(*LEFT), 0.02), (constant(0.1, 0.1), 0.02))
    assert room.heard_at(0.5, 0.9)[0] == pytest.approx([0.5, 0.1], abs=1e-4)
    sphere = room.blocks[-5].sphere
    assert sphere is not None
    assert sphere[0] == pytest.approx([0.5, 0.4, 0, 0.1 * np.cos(np.pi / 6)], abs=1e-4)
    room.mix.turn(0, rotation(np.pi, 0, 0))
    room.run(1, (constant(*LEFT), 0.02), (constant(0.1, 0.1), 0.02))
    assert room.heard_at(1.5, 1.9)[0] == pytest.approx([0.1, 0.5], abs=1e-4)
    assert steepest(room.heard_at(0.5, 1.9)) < 1e-3


def test_ambisonics_that_nobody_declared_is_heard_in_stereo() -> None:
    room = Room(SoundTuning())
    room.run(1, (constant(*LEFT), 0.02))
    assert room.blocks[-1].sphere is None
    assert room.heard_at(0.5, 0.9)[0] == pytest.approx([0.4, 0], abs=1e-4)


def test_a_camera_may_change_from_stereo_to_ambisonics() -> None:
    room = Room(SoundTuning(), sphere=True)
    room.run(1, (constant(0.2, 0.2), 0.02))
    room.run(1, (constant(*LEFT), 0.02))
    assert room.heard_at(1.5, 1.9)[0] == pytest.approx([0.4, 0], abs=1e-4)
    assert room.mix.heard(0, room.now_s).channels == 4
