"""Which rendition suits a line; the line is simulated, and time with it."""

from math import inf

import pytest

from streaming.chooser import FIRST_HOLD_S, LONGEST_HOLD_S, Chooser

RATES = (6e6, 3e6, 1.2e6)


STEP_S = 0.1
QUEUE_S = 0.2  # what waits longer before the line is lost


class LineOf:
    """A line of some bits a second, and a browser behind it that estimates as WebRTC's do: by delay, upwards by 8 % a second at most."""

    def __init__(self, bps: float, rates: tuple[float | None, ...] = RATES) -> None:
        self.bps, self.rates, self.now_s = bps, rates, 100.0
        self.chooser = Chooser(self.now_s)
        self.chooser.probes = True
        self.estimate_bps = 0.0
        self.chosen: list[int] = []
        self.sent: list[float] = []
        self.lost: list[float] = []  # share, by second
        self._queue_bits = self._lost_bits = self._sent_bits = 0.0
        self._steps = 0

    def run(self, seconds: float) -> int:
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            self._steps += 1
            self._carry(max(self.rates[self.chooser.rung] or RATES[0], self.chooser.probe_bps))
            if self._steps % 2 == 0:
                self.chooser.hear_estimate(self.estimate_bps, self.now_s)
            if self._steps % 10 == 0:
                self.lost.append(self._lost_bits / self._sent_bits)
                self.chooser.hear_loss(self.lost[-1])
                self._lost_bits = self._sent_bits = 0.0
            if self._steps % 2 == 0:
                self.chosen.append(self.chooser.choose(self.now_s, self.rates))
        return self.chosen[-1]

    def _carry(self, sent_bps: float) -> None:
        waiting = self._queue_bits + (sent_bps - self.bps) * STEP_S
        before, self._queue_bits = self._queue_bits, min(max(waiting, 0.0), self.bps * QUEUE_S)
        self.sent.append(sent_bps)
        self._sent_bits += sent_bps * STEP_S
        self._lost_bits += max(0.0, waiting - self._queue_bits)
        arrives_bps = min(sent_bps, self.bps)
        if self._queue_bits > before:
            self.estimate_bps = min(self.estimate_bps or inf, 0.85 * arrives_bps)
        elif self.estimate_bps < 1.5 * arrives_bps:
            self.estimate_bps = (self.estimate_bps or arrives_bps) * 1.08**STEP_S


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
    assert line.run(50) == 0
    assert max(line.lost[3:]) == 0


def test_a_thin_line_never_loses_what_it_carries_to_the_wish_for_more() -> None:
    for kbps in range(1300, 3000, 100):
        line = LineOf(kbps * 1e3)
        line.run(200)
        assert set(line.chosen[20:]) == {2}
        assert max(line.lost[5:]) == 0, kbps
        assert sum(line.sent[50:]) < 1.2 * RATES[2] * len(line.sent[50:])


def test_without_probes_a_step_up_is_tried_for_itself() -> None:
    line = LineOf(1.5e6)
    line.chooser.probes = False
    line.run(20)
    assert 1 in line.chosen[20:]


def test_a_line_that_cannot_be_probed_now_is_probed_later() -> None:
    line = LineOf(20e6)
    line.chooser.ask(2)
    line.run(FIRST_HOLD_S)
    line.chooser.ask(None)
    line.run(1)
    assert line.chooser.probe_bps > RATES[2]
    line.chooser.put_off(line.now_s)
    line.run(FIRST_HOLD_S - 1)
    assert line.chooser.probe_bps == 0
    line.run(1.5)
    assert line.chooser.probe_bps > RATES[2]


def test_who_gets_what_it_wished_for_is_not_probed() -> None:
    line = LineOf(20e6)
    line.chooser.ask(2)
    line.run(20)
    assert max(line.sent[10:]) == RATES[2]


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
    assert set(line.chosen) == {0}


def test_who_came_while_the_slate_was_shown_gets_the_largest() -> None:
    line = LineOf(50e6)
    line.rates = tuple(rate / 50 for rate in RATES)
    for _ in range(100):
        line.run(0.2)
        line.chooser.rest(line.now_s)
    line.rates = RATES
    line.run(40)
    assert set(line.chosen) == {0}
    assert line.chooser.limit_bps(RATES) == inf


def test_only_a_thin_line_is_limited_to_what_the_viewer_estimates() -> None:
    line = LineOf(50e6)
    line.run(20)
    assert line.chooser.limit_bps(RATES) == inf
    line.bps = 2e6
    line.run(2)
    assert line.chooser.limit_bps(RATES) == line.estimate_bps < 2e6
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
