"""The systemd unit and the Containerfile say what is true of the program, as far as that can be told without installing them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import ROOT

UNIT = ROOT / "docs" / "how-to" / "operate" / "vrlive.service"
CONTAINERFILE = (ROOT / "Containerfile").read_text("utf-8")
MOST_EXPOSED = 3.0  # of 10, as systemd counts


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a program that is there."""
    text = UNIT.read_text("utf-8")
    assert "ExecStart=/opt/vrlive/bin/vrlive serve " in text
    copy = tmp_path / UNIT.name
    copy.write_text(text.replace("/opt/vrlive/bin/vrlive", f"{sys.executable} -m vrlive"), "utf-8")
    return copy


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if not found:
        pytest.skip("systemd-analyze is not here (apt-get install systemd)")
    return found


def test_systemd_understands_every_line_of_the_unit(unit: Path, analyze: str) -> None:
    verified = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")


def test_a_service_that_is_broken_into_can_do_little(unit: Path, analyze: str) -> None:
    rated = subprocess.run([analyze, "security", "--offline=yes", unit], capture_output=True, text=True, check=False)
    level = re.search(r"Overall exposure level for \S+ ([\d.]+)", rated.stdout)
    assert level, rated.stderr
    assert float(level[1]) <= MOST_EXPOSED


def words_of(command: str) -> list[str]:
    return command.split()


def test_what_unit_and_container_start_is_a_command_of_ours(unit: Path) -> None:
    [served] = re.findall(r"^ExecStart=\S+ -m vrlive (.+)$", unit.read_text("utf-8"), re.MULTILINE)
    [contained] = re.findall(r"^CMD \[(.+)\]$", CONTAINERFILE, re.MULTILINE)
    assert words_of(served) == re.findall(r'"([^"]+)"', contained) == ["serve", "/etc/vrlive/channels", "--host", "0.0.0.0"]
    told = subprocess.run([sys.executable, "-m", "vrlive", *words_of(served)], capture_output=True, text=True, check=False)
    if not Path("/etc/vrlive/channels").exists():
        assert (told.returncode, told.stdout) == (2, "")
        assert "/etc/vrlive/channels: cannot be read" in told.stderr


def test_the_container_installs_what_a_machine_needs_to_run() -> None:
    [run] = re.findall(r'^run="([^"]+)"$', (ROOT / "scripts" / "system-deps.sh").read_text("utf-8"), re.MULTILINE)
    [installed] = re.findall(r"--no-install-recommends ([^\\]+) \\", CONTAINERFILE)
    assert installed.split() == run.split()


def test_the_container_does_not_run_as_root_and_names_no_registry() -> None:
    assert re.findall(r"^USER (.+)$", CONTAINERFILE, re.MULTILINE) == ["8360"]
    assert "--uid 8360" in CONTAINERFILE
    images = re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE)
    assert images
    assert all("/" not in image for image in images)
