import sys
from pathlib import Path

import pytest

from vrlive.bench.plot import check_drawing, draw
from vrlive.bench.report import Report, Row
from vrlive.errors import UserError

NAMES = ("vrlive", "OpenCV, tuned")
ROWS = [
    Row(f"{rig} to {size}", 2, name, median_ms=2 * mega, fps=500 / mega, megapixels=mega)
    for rig in ("dual fisheye", "six 1080p")
    for mega, size in ((7.4, "3840x1920"), (1.8, "1920x960"))
    for name in NAMES
]
TABLES = Row("tables, six 1080p to 1920x960", 2, "of a new rig", median_ms=40.0, megapixels=1.8)


def test_a_report_is_drawn_as_a_line_for_each_contestant_and_rig(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    draw(Report([*ROWS, TABLES]), tmp_path / "plot.svg")
    drawn = (tmp_path / "plot.svg").read_text("utf-8")
    for words in ("vrlive, six 1080p", "vrlive, dual fisheye", "OpenCV, tuned, six 1080p", "3840x1920"):
        assert f"<!-- {words} -->" in drawn
    assert "of a new rig" not in drawn


def test_a_capital_suffix_is_a_picture_too(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    draw(Report(ROWS), tmp_path / "plot.PNG")
    assert (tmp_path / "plot.PNG").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_it_is_said_before_anything_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UserError, match="pip install matplotlib"):
        check_drawing()
