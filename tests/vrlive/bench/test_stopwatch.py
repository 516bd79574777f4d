import threading

import pytest

from vrlive.bench.stopwatch import Stopwatch


def spin(rounds: int = 300_000) -> int:
    return sum(range(rounds))


def test_frames_while_warming_up_do_not_count() -> None:
    watch = Stopwatch(warm=1)
    with watch.frame():
        spin(3_000_000)
    for _ in range(4):
        with watch.frame():
            spin(3)
    row = watch.row("work", "stage")
    assert row.frames == 4
    assert row.median_ms is not None
    assert row.p95_ms is not None
    assert row.median_ms <= row.p95_ms
    assert row.cpu_ms is not None
    assert row.cpu_ms < 5


def test_processor_time_counts_every_thread_and_no_waiting() -> None:
    watch = Stopwatch(warm=0)
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
    watch = Stopwatch(warm=0)
    with pytest.raises(ZeroDivisionError), watch.frame():
        1 / 0  # noqa: B018 - the fault is the point
    with watch.frame():
        pass
    assert watch.row("work", "stage").frames == 1
