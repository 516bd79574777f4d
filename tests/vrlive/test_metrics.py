from vrlive.metrics import WINDOW, Histogram, Stage


def test_summary_gives_median_and_tail_of_the_window() -> None:
    stage = Stage("stitch")
    for milliseconds in range(1, 101):
        stage.record(milliseconds / 1000)
    summary = stage.summary()
    assert summary.frames == 100
    assert 50 <= summary.median_ms <= 51
    assert 95 <= summary.p95_ms <= 97
    assert round(summary.busy_s, 3) == 5.05


def test_old_frames_leave_the_window_but_stay_counted() -> None:
    stage = Stage("stitch")
    stage.record(9.0)
    for _ in range(WINDOW):
        stage.record(0.001)
    assert stage.summary().p95_ms < 2
    assert stage.summary().frames == WINDOW + 1


def test_a_drop_keeps_its_reason_and_an_idle_stage_reads_zero() -> None:
    stage = Stage("encode")
    stage.drop("the encoder was busy")
    assert (stage.summary().dropped, stage.last_fault, stage.summary().median_ms) == (1, "the encoder was busy", 0.0)


def test_a_histogram_counts_each_value_once_and_a_bound_below_itself() -> None:
    times = Histogram((0.1, 0.2, 0.4))
    for value in (0.05, 0.1, 0.15, 0.4, 7.0):
        times.record(value)
    assert times.counts == [2, 1, 1, 1]
    assert round(times.sum, 6) == 7.7
