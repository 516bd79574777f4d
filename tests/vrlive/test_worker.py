import os
import sys
import threading

import pytest

from vrlive.worker import NewestWins


def test_jobs_that_wait_are_replaced_by_newer_ones() -> None:
    started, go, done = threading.Event(), threading.Event(), threading.Event()
    seen: list[int] = []

    def work(job: int) -> None:
        seen.append(job)
        started.set()
        go.wait(5)
        if job == 4:
            done.set()

    worker = NewestWins("test", work)
    worker.give(1)
    assert started.wait(5)
    for job in (2, 3, 4):
        worker.give(job)
    go.set()
    assert done.wait(5)
    worker.close()
    assert seen == [1, 4]


@pytest.mark.skipif(sys.platform != "linux", reason="a thread has a priority of its own on Linux only")
def test_it_steps_back_behind_the_thread_that_made_it_and_so_do_threads_of_its_own() -> None:
    found: list[int] = []
    done = threading.Event()

    def work(_: str) -> None:
        helper = threading.Thread(target=lambda: found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id())))
        helper.start()
        helper.join()
        done.set()

    ours = os.getpriority(os.PRIO_PROCESS, 0)
    worker = NewestWins("test", work, niceness=2)
    worker.give("look")
    assert done.wait(5)
    worker.close()
    assert found == [min(ours + 2, 19)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == ours


def test_a_failing_job_does_not_end_the_worker() -> None:
    failed, done = threading.Event(), threading.Event()

    def work(job: int) -> None:
        if job == 0:
            failed.set()
            raise ValueError(job)
        done.set()

    worker = NewestWins("test", work)
    worker.give(0)
    assert failed.wait(5)
    worker.give(1)
    assert done.wait(5)
    worker.close()
