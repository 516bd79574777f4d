"""The stitcher and its peers at one work: that all of them do it, and how well; never how fast."""

from pathlib import Path

import pytest

from vrlive.bench import stitch
from vrlive.bench.peer import lay_out
from vrlive.bench.plot import draw
from vrlive.bench.report import Report, Row
from vrlive.bench.works import Work, dual, photograph, six
from vrlive.projection.rig import Rig
from vrlive.units import Size

SMALL = Size(480, 240)


@pytest.fixture(scope="module", params=[dual, six], ids=["dual", "six"])
def rows(request: pytest.FixtureRequest) -> dict[str, Row]:
    rig: Rig = request.param()
    found = stitch._contest(Work(rig, SMALL), 0.05, lambda _: None, peers=True)
    return {row.name: row for row in found}


def test_ours_passes_the_gate(rows: dict[str, Row]) -> None:
    ours = rows["vrlive"]
    assert ours.max_error is not None
    assert ours.psnr_db is not None
    assert ours.max_error <= stitch.LARGEST_ERROR
    assert ours.psnr_db >= stitch.LEAST_DB
    assert stitch.is_exact(Report([*rows.values()]))


def test_every_peer_does_the_same_work(rows: dict[str, Row]) -> None:
    pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
    for name in ("OpenCV, tuned", "OpenCV, naive"):
        error, db = rows[name].max_error, rows[name].psnr_db
        assert error is not None
        assert db is not None
        assert error < 4
        assert db > 54
        assert rows[name].ratio


def test_an_error_closes_the_gate() -> None:
    row = Row("w", 1, "vrlive", max_error=1.2, psnr_db=59.0)
    assert not stitch.is_exact(Report([row]))


def test_shares_of_a_layout_sum_to_one_where_a_lens_sees() -> None:
    layout = lay_out(Work(dual(), SMALL), 2)
    assert layout.shares.sum(0) == pytest.approx(1, abs=1e-6)


def test_cameras_see_the_drawn_world() -> None:
    pictures = photograph(dual())
    assert [picture.size for picture in pictures] == [(1440, 1440)] * 2
    assert pictures[0].y.std() > 20


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_report_is_drawn(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    rows = [Row(f"six to {n}", 2, name, median_ms=n * 2.0, megapixels=n) for n in (1.0, 4.0) for name in ("vrlive", "OpenCV, tuned")]
    draw(Report(rows), tmp_path / f"plot{suffix}")
    assert (tmp_path / f"plot{suffix}").stat().st_size > 5000
