"""How a show ends, as a shell sees it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.show import END_S, is_running, running


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_ends_cleanly_and_leaves_no_process_behind(how: signal.Signals) -> None:
    with running("demo", "--port", "0") as show:
        engine: int = show.wait_until_live()["engine"]["pid"]
        assert is_running(engine)
        show.process.send_signal(how)
        assert show.process.wait(END_S) == 0
        assert not is_running(engine)


def test_a_demo_that_is_stopped_while_it_starts_leaves_no_process_behind() -> None:
    with running("demo", "--port", "0") as show:
        engine: int = show.wait_for("there is an engine", lambda state: state["engine"]["pid"])["engine"]["pid"]
        show.process.send_signal(signal.SIGINT)
        assert show.process.wait(END_S) == 0
        assert not is_running(engine)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_stopped_while_it_films_leaves_nothing_behind(how: signal.Signals, tmp_path: Path) -> None:
    in_background = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]  # as a script starts it: SIGINT is ignored until a program takes it
    command = [*in_background, sys.executable, "-m", "vrlive", "demo", "--port", "0"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stderr
            assert process.stderr.readline() == "Filming the demo room, once: 0 %\n"
            films = children(process.pid)
            process.send_signal(how)
            assert process.wait(END_S) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()
    assert films
    assert not any(map(is_running, films))
    assert list((tmp_path / "vrlive").iterdir()) == []


def children(pid: int) -> list[int]:
    """Processes that another has started."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


def test_a_demo_with_a_time_to_end_ends_then() -> None:
    with running("demo", "--port", "0", "--for", "2") as show:
        assert show.process.wait(END_S) == 0
