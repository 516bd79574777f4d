"""Which rendition suits a line; the line is simulated, and time with it."""

from math import inf

import pytest

from streaming.chooser import FIRST_HOLD_S, LONGEST_HOLD_S, Chooser

RATES = (6e6, 3e6, 1.2e6)


class LineOf:
    """A line of some bits a second, as a browser would report it twice a second."""

    def __init__(self, bps: float, rates: tuple[float | None, ...] = RATES) -> None:
        self.bps, self.rates, self.now_s = bps, rates, 100.0
        self.chooser = Chooser(self.now_s)
        self.chosen: list[int] = []

    def run(self, seconds: float) -> int:
        for _ in range(round(seconds * 2)):
            self.now_s += 0.5
            sent = self.rates[self.chooser.rung] or RATES[0]
            self.chooser.hear_estimate(min(self.bps, 1.5 * sent))  # what a browser finds is bounded by what it gets
            self.chooser.hear_loss(max(0.0, 1 - self.bps / sent))
            self.chosen.append(self.chooser.choose(self.now_s, self.rates))
        return self.chosen[-1]


def test_a_wide_line_gets_the_largest() -> None:
    assert LineOf(50e6).run(60) == 0


@pytest.mark.parametrize(("bps", "fits"), [(4e6, 1), (2e6, 2), (0.5e6, 2)])
def test_a_thin_line_settles_within_two_seconds_on_what_fits(bps: float, fits: int) -> None:
    line = LineOf(bps)
    assert line.run(2) == fits
    line.run(120)
    assert line.chosen.count(fits) > 0.9 * len(line.chosen)


def test_when_the_line_widens_it_climbs_back() -> None:
    line = LineOf(1.5e6)
    line.run(20)
    line.bps = 20e6
    assert line.run(4 * FIRST_HOLD_S) == 0


def test_steps_up_that_fail_are_tried_less_and_less_often() -> None:
    line = LineOf(4e6)
    line.run(600)
    climbs = sum(after < before for before, after in zip(line.chosen, line.chosen[1:], strict=False))
    assert climbs <= 600 / LONGEST_HOLD_S + 5


def test_a_still_scene_does_not_look_like_a_thin_line() -> None:
    line = LineOf(50e6)
    line.rates = tuple(rate / 20 for rate in RATES)
    assert line.run(20) == 0
    line.rates = RATES
    assert line.run(20) == 0


def test_only_a_thin_line_is_limited_to_what_the_viewer_estimates() -> None:
    line = LineOf(50e6)
    line.run(20)
    assert line.chooser.limit_bps(RATES) == inf
    line.bps = 2e6
    line.run(2)
    assert line.chooser.limit_bps(RATES) == min(2e6, 1.5 * RATES[2])
    line.chooser.ask(2)
    line.bps = 50e6
    line.run(1)
    assert line.chooser.limit_bps(RATES) == inf


def test_loss_alone_makes_it_go_down() -> None:
    chooser = Chooser(0.0)
    for n in range(4):
        chooser.hear_loss(0.3)
        chooser.choose(2.0 + n, RATES)
    assert chooser.rung == 2


def test_a_little_loss_does_not() -> None:
    chooser = Chooser(0.0)
    for n in range(100):
        chooser.hear_loss(0.03)
        assert chooser.choose(float(n), RATES) == 0


def test_the_viewers_wish_comes_first() -> None:
    line = LineOf(50e6)
    line.chooser.ask(2)
    assert line.run(20) == 2
    line.chooser.ask(None)
    assert line.run(4 * FIRST_HOLD_S) == 0


def test_what_is_not_offered_is_not_chosen() -> None:
    line = LineOf(2e6, (RATES[0], None, RATES[2]))
    assert line.run(2) == 2
    line.bps = inf
    line.run(60)
    assert 1 not in line.chosen
    line.chooser.ask(1)
    assert line.run(1) == 0


def test_when_a_rendition_goes_away_it_falls_back_to_the_largest() -> None:
    line = LineOf(2e6)
    assert line.run(2) == 2
    line.rates = (RATES[0], None, None)
    assert line.run(1) == 0
