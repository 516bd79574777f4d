"""One input of the mix: sound that comes in pieces, jitters, drifts, breaks off; read in blocks of our clock.

What is missing is silence, with its edges rounded off. A piece out of its place by more than the eye notices is moved to its place; less is
left to the servo, which stretches the sound by too little to be heard.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive.frames import SOUND_RATE_HZ, Sound
from vrlive.sound.resample import HALF, read
from vrlive.sound.servo import Servo

CAPACITY: Final = 1 << 17  # samples: 2.7 s, for the longest delay
STEP_S: Final = 0.03  # between sound and picture less is not noticed (Rec. ITU-R BT.1359: 45 ms early, 125 ms late)
ANEW_S: Final = 1.0  # a break this long is none that is filled
STRETCH: Final = 2e-3  # 3.5 cents: five are heard (as a bare tone, by trained ears)
FADE: Final = SOUND_RATE_HZ // 500  # 2 ms
AHEAD: Final = HALF + FADE  # samples after a block that must be there, or it fades out
LOUDEST: Final = 8.0  # beyond this it is no sound but a broken decoder


class Line:
    """The samples of one microphone and when they were captured.

    Attributes
    ----------
    servo
        None before the first piece.
    """

    def __init__(self, channels: int) -> None:
        self.servo: Servo | None = None
        self._ring = np.zeros((CAPACITY, channels), np.float32)
        self._begin = self._end = 0  # samples that are there
        self._place: float | None = None  # where reading has come to
        self._broken = True  # the next piece fades in

    @property
    def channels(self) -> int:
        """Of each piece."""
        return self._ring.shape[1]

    def push(self, sound: Sound) -> None:
        """Add a piece, (n, channels) like all before it."""
        samples = np.clip(np.nan_to_num(sound.samples[-CAPACITY // 2 :], posinf=0, neginf=0), -LOUDEST, LOUDEST)
        captured_s = sound.captured_s + (len(sound.samples) - len(samples)) / SOUND_RATE_HZ
        late_s = captured_s - self.servo.instant_at(self._end) if self.servo else 0.0
        if self.servo is None or abs(late_s) > ANEW_S:
            self._begin_anew(captured_s)
        elif late_s > STEP_S:
            self._break_off()
            self._append(np.zeros((round(late_s * SOUND_RATE_HZ), self.channels), np.float32))
        elif late_s < -STEP_S:
            known = round(-late_s * SOUND_RATE_HZ)
            if known >= len(samples):
                return
            self._break_off()
            samples, captured_s = samples[known:], captured_s + known / SOUND_RATE_HZ
        assert self.servo
        self.servo.observe(self._end, captured_s)
        self._append(self._faded_in(samples))

    def reaches(self, instant_s: float) -> bool:
        """Whether all is there that a block needs which ends at an instant."""
        return self.servo is not None and self._end >= self.servo.place_at(instant_s) + AHEAD

    def read(self, start_s: float, end_s: float, out: NDArray[np.float32]) -> None:
        """Read what was captured from `start_s` to `end_s` into `out`, (n, channels)."""
        if self.servo is None:
            out[:] = 0
            return
        start, end = self.servo.place_at(start_s), self.servo.place_at(end_s)
        place = start if self._place is None else self._place
        if self._end < end + AHEAD:
            self._fade_out(max(place, start))
        if abs(start - place) > STEP_S * SOUND_RATE_HZ:
            self._read_across(place, start, end, out)
            self._place = end
        else:
            step = min(max((end - place) / len(out), 1 - STRETCH), 1 + STRETCH)
            read(self._ring, self._begin, self._end, place, step, out)
            self._place = place + step * len(out)

    def _read_across(self, place: float, start: float, end: float, out: NDArray[np.float32]) -> None:
        """From where reading was to where it should be: one fades into the other."""
        old, share = np.empty_like(out), np.linspace(0, 1, len(out), dtype=np.float32)[:, None]
        read(self._ring, self._begin, self._end, place, 1.0, old)
        read(self._ring, self._begin, self._end, start, (end - start) / len(out), out)
        out *= share
        out += old * (1 - share)

    def _begin_anew(self, captured_s: float) -> None:
        """What comes has nothing to do with what was; only the clock is the same."""
        self._break_off()
        self.servo = Servo(self._end, captured_s, self.servo.drift if self.servo else 0.0)
        self._begin = self._end

    def _break_off(self) -> None:
        """There is an edge at the end: round it off if it was not heard yet."""
        self._fade_out(self._place or 0.0)

    def _fade_out(self, from_place: float) -> None:
        """Let the last samples after a place die away; what follows them is not there, or is something else."""
        first = max(self._begin, self._end - FADE, int(np.ceil(from_place)))
        if not self._broken and first < self._end:
            ramp = np.linspace(1, 0, self._end - first, dtype=np.float32)
            self._ring[np.arange(first, self._end) % CAPACITY] *= ramp[:, None]
        self._broken = True

    def _faded_in(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """A piece as it goes on after a break: silent where that is over, then coming up."""
        if not self._broken:
            return samples
        over = 0 if self._place is None else max(0, int(np.ceil(self._place)) + HALF - self._end)
        risen = np.clip((np.arange(len(samples)) - over) / FADE, 0, 1)
        self._broken = bool(over + FADE > len(samples))
        return np.asarray(samples * risen[:, None], np.float32)

    def _append(self, samples: NDArray[np.float32]) -> None:
        self._ring[np.arange(self._end, self._end + len(samples)) % CAPACITY] = samples
        self._end += len(samples)
        self._begin = max(self._begin, self._end - CAPACITY)
