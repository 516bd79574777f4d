"""How long to wait before trying again: twice as long each time, up to a limit."""

FIRST_S = 1.0
LONGEST_S = 30.0
HEALTHY_S = 5.0  # a source that lived for so long starts afresh


class Backoff:
    """Pauses between attempts, from 1 s to 30 s."""

    def __init__(self) -> None:
        self._next_s = FIRST_S

    def pause_s(self, lived_s: float) -> float:
        """How long to wait after an attempt that was good for `lived_s` seconds."""
        pause_s = FIRST_S if lived_s >= HEALTHY_S else self._next_s
        self._next_s = min(LONGEST_S, 2 * pause_s)
        return pause_s
