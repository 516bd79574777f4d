import threading

import pytest

from vrlive.bench.stopwatch import FEWEST, WARM, Stopwatch


def spin(rounds: int) -> int:
    return sum(range(rounds))


def warm(watch: Stopwatch, rounds: int = 1) -> None:
    for _ in range(WARM):
        with watch.frame():
            spin(rounds)


def test_frames_while_warming_up_do_not_count() -> None:
    watch = Stopwatch(0.0)
    warm(watch, rounds=1_000_000)
    for _ in range(4):
        with watch.frame():
            spin(3)
    row = watch.row("work", "stage")
    assert row.frames == 4
    assert row.median_ms is not None
    assert row.p95_ms is not None
    assert row.median_ms <= row.p95_ms
    assert row.cpu_ms is not None
    assert row.cpu_ms < 3


def test_processor_time_counts_every_thread_and_no_waiting() -> None:
    watch = Stopwatch(0.0)
    warm(watch)
    with watch.frame():
        helper = threading.Thread(target=spin, args=(3_000_000,))
        helper.start()
        helper.join()
        threading.Event().wait(0.2)
    row = watch.row("work", "stage")
    assert row.median_ms is not None
    assert row.cpu_ms is not None
    assert 5 < row.cpu_ms < row.median_ms - 150


def test_what_failed_is_not_a_frame() -> None:
    watch = Stopwatch(0.0)
    warm(watch)
    with pytest.raises(ZeroDivisionError), watch.frame():
        1 / 0  # noqa: B018 - the fault is the point
    with watch.frame():
        pass
    assert watch.row("work", "stage").frames == 1


def test_it_is_enough_after_the_time_asked_for_but_never_after_a_handful_of_frames() -> None:
    short, long = Stopwatch(0.0), Stopwatch(3600.0)
    for watch in (short, long):
        warm(watch)
        for _ in range(FEWEST - 1):
            with watch.frame():
                pass
        assert not watch.enough
        with watch.frame():
            pass
    assert short.enough
    assert not long.enough
