import os
import subprocess
import sys
from pathlib import Path

import pytest

from vrlive.bench import bystanders
from vrlive.bench.bystanders import Bystanders, own_cpu_s

STARTED = "cpu0 {0} 0 0 5 0 0 0 0 0 0\ncpu1 0 0 {1} 5 0 0 0 0 0 0\n"


@pytest.fixture
def stat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "stat"
    path.write_text(STARTED.format(0, 0), "ascii")
    monkeypatch.setattr(bystanders, "STAT", path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    return path


def test_what_other_programs_do_is_noticed(stat: Path) -> None:
    meanwhile = Bystanders()
    stat.write_text(STARTED.format(100_000, 100_000), "ascii")
    assert meanwhile.percent() == 100  # and not more, for there is no more


def test_an_idle_machine_is_undisturbed(stat: Path) -> None:
    assert Bystanders().percent() == 0


def test_processors_that_we_may_not_use_do_not_count(stat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1})
    meanwhile = Bystanders()
    stat.write_text(STARTED.format(100_000, 0), "ascii")
    assert meanwhile.percent() == 0


def test_a_system_that_does_not_say_is_not_guessed_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bystanders, "STAT", tmp_path / "none")
    assert Bystanders().percent() is None


def test_programs_that_we_started_are_our_own_work() -> None:
    before_s = own_cpu_s()
    subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
    assert own_cpu_s() - before_s > 0.02
