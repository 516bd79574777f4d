"""One unbroken RTP time line for a stream, whatever it is fed from: a first engine, its successor, the slate."""

STEP_S = 0.001  # what is not later than its predecessor is shown this much after it
FUTURE_S = 1.0  # a source whose clock runs this far ahead is not believed: its stamps could not be taken back


class Timeline:
    """Turns capture times into RTP ticks that only go forward.

    Capture times are instants of the host's monotonic clock, which an engine's death does not disturb: the line is straight but for the
    places where it had to be kept from going back.

    Parameters
    ----------
    clock_hz
        RTP clock: 90 kHz for video, 48 kHz for Opus.
    epoch_s
        The instant of tick 0.
    slack_s
        How far a stamp may be from straight if that keeps the source's own spacing. Sound needs it: a sample too many is heard.
    """

    def __init__(self, clock_hz: int, epoch_s: float, slack_s: float = 0.0) -> None:
        self.clock_hz, self.epoch_s, self.slack_s = clock_hz, epoch_s, slack_s
        self.last = -self.ticks(STEP_S)
        self._last_source = 0

    def stamp(self, captured_s: float, now_s: float, source: int | None = None) -> int:
        """Ticks of what was captured at `captured_s` and is here `now_s`; `source` are its ticks on the source's own line."""
        straight = round((min(captured_s, now_s + FUTURE_S) - self.epoch_s) * self.clock_hz)
        if source is not None:
            spaced, self._last_source = self.last + source - self._last_source, source
            straight = spaced if abs(spaced - straight) <= self.ticks(self.slack_s) else straight
        self.last = max(straight, self.last + self.ticks(STEP_S))
        return self.last

    def ticks(self, seconds: float) -> int:
        """A span of time in ticks."""
        return round(seconds * self.clock_hz)

    def captured_s(self, ticks: int) -> float:
        """The capture time that `ticks` stand for."""
        return self.epoch_s + ticks / self.clock_hz
