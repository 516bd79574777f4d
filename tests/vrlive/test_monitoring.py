"""What Prometheus makes of a real server, and of the dashboard and the alerts that we ship."""

import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from PIL import Image

from tests.checkout import ROOT
from tests.e2e.show import PATIENCE_S, START_S, Show, running

FILES = ROOT / "docs" / "how-to" / "operate"
METRIC = re.compile(r"\b(?:vrlive|process)_[a-z_]+\b")
CHANNEL = """
name = "demo"
size = "256x128"
fps = 10
rig = "equirect"
rendition = []
[[camera]]
name = "front"
url = "room.png"
loop = true
"""
PROMETHEUS = """
global: {{scrape_interval: 500ms, scrape_timeout: 500ms}}
scrape_configs: [{{job_name: vrlive, static_configs: [{{targets: ["{target}"]}}]}}]
"""


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    folder = tmp_path_factory.mktemp("channel")
    Image.linear_gradient("L").resize((640, 320)).convert("RGB").save(folder / "room.png")
    (folder / "demo.toml").write_text(CHANNEL, "utf-8")
    with running("serve", folder / "demo.toml", "--port", "0") as show:
        show.wait_until_live()
        yield show


@pytest.fixture(scope="module")
def prometheus(show: Show, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prometheus that has looked at the server a few times."""
    program = shutil.which("prometheus")
    if not program:
        pytest.skip("Debian's prometheus is not installed (apt-get install prometheus)")
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "prometheus.yml").write_text(PROMETHEUS.format(target=show.url.split("/")[2]), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    places = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={address}"]
    with subprocess.Popen([program, *places], stderr=subprocess.PIPE) as process:
        try:
            ends_s = time.monotonic() + PATIENCE_S
            while not (looks := query(address, "count_over_time(vrlive_channel_state[1m])")) or float(looks[0]["value"][1]) < 4:
                assert time.monotonic() < ends_s
                assert process.poll() is None, process.stderr and process.stderr.read()
                time.sleep(0.2)
            yield address
        finally:
            process.terminate()
            process.communicate(timeout=START_S)


def query(address: str, expression: str) -> list[dict[str, Any]]:
    """What an expression is worth now; nothing while nobody listens there."""
    try:
        answer = httpx.get(f"http://{address}/api/v1/query", params={"query": expression}, trust_env=False).json()
    except httpx.TransportError:
        return []
    assert answer["status"] == "success", f"{expression}: {answer}"
    result: list[dict[str, Any]] = answer["data"]["result"]
    return result


def metrics_page(show: Show) -> str:
    return httpx.get(f"{show.url}metrics", trust_env=False).text


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FILES / "grafana.json").read_text("utf-8"))
    return found


def expressions() -> list[str]:
    """Of all panels, as Grafana would ask."""
    targets = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    return [expr.replace("$__rate_interval", "10s").replace("$channel", ".*") for expr in targets]


def rules() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((FILES / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
    return found


def test_promtool_finds_nothing_to_mend(show: Show) -> None:
    promtool = shutil.which("promtool")
    if not promtool:
        pytest.skip("Debian's prometheus is not installed (apt-get install prometheus)")
    looked = subprocess.run([promtool, "check", "metrics"], input=metrics_page(show), capture_output=True, text=True, check=False)
    assert (looked.returncode, looked.stdout, looked.stderr) == (0, "", "")
    ruled = subprocess.run([promtool, "check", "rules", FILES / "alerts.yml"], capture_output=True, text=True, check=False)
    assert ruled.returncode == 0, ruled.stderr


def test_every_metric_that_we_ask_for_is_there(show: Show) -> None:
    there = set(re.findall(r"^(?:# TYPE )?([a-z_]+)[ {]", metrics_page(show), re.MULTILINE))  # families and samples
    page = (ROOT / "docs" / "how-to" / "operate.md").read_text("utf-8")
    for asked in (*expressions(), *(rule["expr"] for rule in rules()), *re.findall(r"`([^`\n]+)`", page)):
        assert set(METRIC.findall(asked)) <= there, asked


def test_prometheus_answers_every_panel(prometheus: str) -> None:
    for expr in expressions():
        found = query(prometheus, expr)
        if "==" not in expr:  # else: something is not as it should be
            assert found, expr


def test_no_alert_is_raised_by_a_show_that_is_well(prometheus: str) -> None:
    assert [rule["alert"] for rule in rules() if query(prometheus, rule["expr"])] == []
    assert query(prometheus, 'vrlive_channel_state{state="live"} == 1')


def test_panels_lie_side_by_side_and_none_over_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in dashboard()["panels"]}) == len(dashboard()["panels"])


def test_the_process_metrics_are_those_of_delivery(show: Show) -> None:
    [memory] = re.findall(r"^process_resident_memory_bytes (\S+)", metrics_page(show), re.MULTILINE)
    pages = int(Path(f"/proc/{show.process.pid}/statm").read_text("ascii").split()[1])
    assert 0.5 < float(memory) / (pages * 4096) < 2


def test_the_containers_health_check_is_content_with_a_show_that_is_well_and_not_with_none(show: Show) -> None:
    [program] = re.findall(r'CMD \["python", "-c", "(.+)"\]', (ROOT / "Containerfile").read_text("utf-8"))
    assert "http://127.0.0.1:8360/healthz" in program
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f":{taken.getsockname()[1]}"
    for port, healthy in ((f":{show.url.rstrip('/').rpartition(':')[2]}", True), (nobody, False)):
        asked = subprocess.run([sys.executable, "-c", program.replace(":8360", port)], capture_output=True, check=False)
        assert (asked.returncode == 0) is healthy
