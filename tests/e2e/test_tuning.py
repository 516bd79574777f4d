"""A show is tuned while it is on air, by the command an operator types."""

import os
import signal
import subprocess
import sys

import httpx

from tests.e2e.show import Show, running


def tune(show: Show, *options: str, token: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "no_proxy": "127.0.0.1"} | ({"VRLIVE_CONTROL_TOKEN": token} if token else {})
    command = [sys.executable, "-m", "vrlive", "tune", "demo", "--server", show.url, *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_a_show_is_tuned_on_air_and_stays_so_over_the_death_of_its_engine() -> None:
    with running("demo", "--port", "0") as show:
        before = show.wait_until_live()
        assert before["stitch"] == {"yaw_deg": 0, "pitch_deg": 0, "roll_deg": 0, "distance_m": 3.5, "in_force": True}
        done = tune(show, "--yaw", "30", "--roll", "-2", "--distance", "far")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("demo: yaw 30°, pitch 0°, roll -2°, scene far away")
        changed = show.wait_for("the change is in force", lambda state: state["stitch"]["in_force"])
        assert (changed["stitch"]["yaw_deg"], changed["stitch"]["distance_m"]) == (30, None)
        assert changed["engine"]["restarts"] == 0
        os.kill(changed["engine"]["pid"], signal.SIGKILL)
        show.wait_for("the engine is back", lambda state: state["engine"]["restarts"] == 1 and state["state"] == "live")
        again = show.wait_for("the change is in force again", lambda state: state["stitch"]["in_force"])
        assert again["stitch"]["yaw_deg"] == 30
        refused = tune(show, "--yaw", "0", token="a-token-of-somebody-else")
        assert refused.returncode == 2
        assert "this is not the control token" in refused.stderr
        assert httpx.patch(f"{show.url}api/v1/channels/demo/stitch", json={"yaw_deg": 0}, trust_env=False).status_code == 401
        assert show.state()["stitch"]["yaw_deg"] == 30


def test_a_server_that_is_not_there_is_said_so() -> None:
    command = [sys.executable, "-m", "vrlive", "tune", "demo", "--yaw", "1", "--server", "http://127.0.0.1:9"]
    environment = {**os.environ, "no_proxy": "127.0.0.1", "VRLIVE_CONTROL_TOKEN": "a-token-that-is-long-enough"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr
