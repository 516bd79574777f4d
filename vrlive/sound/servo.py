"""At which of its samples a microphone was at an instant, though its clock is not ours.

A delay-locked loop of the second order (F. Adriaensen, “Using a DLL to filter time”, 2005): it believes the capture times of many pieces in
the mean and no single one, so that their jitter is not heard, and it learns how much faster or slower the sound's clock runs.
"""

from typing import Final

from vrlive.frames import SOUND_RATE_HZ

BANDWIDTH: Final = 0.05  # rad/s: jitter of 5 ms changes the pitch by less than a cent, and a drift that begins is made up for in a minute
DAMPING: Final = 0.7071  # settles without swinging
LONGEST_STEP_S: Final = 1.0  # a piece that is longer counts for no more
MOST_DRIFT: Final = 1e-3  # ten times what cheap quartzes miss


class Servo:
    """Ties places in a stream of samples to instants.

    Parameters
    ----------
    place
        A sample's number.
    captured_s
        When it was captured.
    drift
        How much slower than ours its clock is taken to run until that is known: 1e-4 when its second lasts 1.0001 of ours.
    """

    def __init__(self, place: int, captured_s: float, drift: float = 0.0) -> None:
        self._place, self._captured_s = place, captured_s
        self.drift = drift
        self.offset_s = 0.0

    def observe(self, place: int, captured_s: float) -> None:
        """Learn from a piece whose first sample is number `place`.

        `offset_s` is how far capture times have lately been from what was believed.
        """
        expected_s = self.instant_at(place)
        miss_s = captured_s - expected_s
        passed_s = min(max((place - self._place) / SOUND_RATE_HZ, 0.0), LONGEST_STEP_S)
        turn = BANDWIDTH * passed_s
        self._place, self._captured_s = place, expected_s + 2 * DAMPING * turn * miss_s
        self.drift = min(max(self.drift + BANDWIDTH * turn * miss_s, -MOST_DRIFT), MOST_DRIFT)
        self.offset_s += min(1.0, passed_s) * (miss_s - self.offset_s)

    def instant_at(self, place: float) -> float:
        """When the sample at `place` was, or will be, captured."""
        return self._captured_s + (place - self._place) * (1 + self.drift) / SOUND_RATE_HZ

    def place_at(self, instant_s: float) -> float:
        """Which sample was captured at an instant, with a fraction."""
        return self._place + (instant_s - self._captured_s) * SOUND_RATE_HZ / (1 + self.drift)
