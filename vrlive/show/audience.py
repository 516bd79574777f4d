"""What is known of a channel's audience: sums only. Nobody's path through the room, no address, no name is kept.

Visitors who agreed send where their heads were turned, in the bins of `vrlive.show.gaze`, and what they did with products, under the
names of Google Analytics 4. What playing was like is told by all: it is needed to play well.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from vrlive.show.gaze import BINS, Array

FEWEST: Final = 10  # visits; sums of fewer would tell of single people
ACTIONS: Final = ("view_item", "select_item", "add_to_cart", "remove_from_cart", "begin_checkout", "click", "share", "vr_enter", "vr_exit")
"""Events that are counted; the last ones are ours, for GA4 has no names for them."""

START_S: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
LATENCY_S: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 5.0, 15.0)


@dataclass(slots=True)
class Spread:
    """How often something took how long: counts up to each bound, and above the last."""

    bounds: tuple[float, ...]
    counts: list[int] = field(init=False)
    sum: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[int(np.searchsorted(self.bounds, seconds))] += 1
        self.sum += seconds


@dataclass(slots=True)
class Quality:
    """What playing was like, of all visits.

    Attributes
    ----------
    start
        Seconds from the page's first request until its first picture.
    latency
        Seconds from the lens to the screen, one measurement a report.
    played_s, stalled_s
        How long pictures moved, and how long they stood though they should not.
    stalls
        How often they stood.
    watched_s
        Seconds by rendition.
    """

    start: Spread = field(default_factory=lambda: Spread(START_S))
    latency: Spread = field(default_factory=lambda: Spread(LATENCY_S))
    played_s: float = 0.0
    stalled_s: float = 0.0
    stalls: int = 0
    watched_s: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Audience:
    """Sums over a channel's audience since `begin`."""

    quality: Quality = field(default_factory=Quality)
    gaze_s: Array = field(default_factory=lambda: np.zeros(BINS))
    actions: Counter[tuple[str, str]] = field(default_factory=Counter)
    consents: int = 0

    def look(self, seconds: Mapping[int, float]) -> None:
        """Add seconds by bin."""
        for number, share in seconds.items():
            self.gaze_s[number] += share

    def act(self, action: str, product: str) -> None:
        """Count an action; `product` is empty where it is about none."""
        self.actions[action, product] += 1

    @property
    def enough(self) -> bool:
        """Whether so many agreed that their sums tell of nobody."""
        return self.consents >= FEWEST
