"""The stitcher and its peers at one work: that all of them do it, and how well; never how fast."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from vrlive.bench import peers_hugin, stitch
from vrlive.bench.peer import Planes, lay_out, opencv_fault
from vrlive.bench.report import Report, Row
from vrlive.bench.works import Work, dual, photograph, six
from vrlive.cli import app
from vrlive.errors import UserError
from vrlive.frames import BLACK, Picture
from vrlive.projection.rig import Array, Rig
from vrlive.units import Size

SMALL = Size(480, 240)


@pytest.fixture(scope="module", params=[dual, six], ids=["dual", "six"])
def rows(request: pytest.FixtureRequest) -> dict[str, Row]:
    rig: Rig = request.param()
    found = stitch._contest(Work(rig, SMALL), 0.05, lambda _: None, stitch._peers)
    return {row.name: row for row in found}


class OneOff:
    """Ours, with one code too many in one place."""

    name = stitch.Ours.name

    def __init__(self, work: Work) -> None:
        self._ours = stitch.Ours(work)

    def run(self, pictures: Sequence[Picture]) -> Planes:
        y, u, v = (plane.copy() for plane in self._ours.run(pictures))
        u[0, 0] += 2
        return y, u, v

    def exact(self, pictures: Sequence[Picture], rows: slice) -> tuple[Array, ...]:
        return self._ours.exact(pictures, rows)


def test_ours_passes_the_gate(rows: dict[str, Row]) -> None:
    ours = rows["vrlive"]
    assert stitch.passes(ours.max_error, ours.psnr_db)
    assert ours.stage is None
    assert ours.ratio is None


def test_opencv_does_the_same_work(rows: dict[str, Row]) -> None:
    if fault := opencv_fault():
        pytest.skip(fault)
    for name in ("OpenCV, tuned", "OpenCV, naive"):
        error, db = rows[name].max_error, rows[name].psnr_db
        assert error is not None
        assert db is not None
        assert error < 2
        assert db > 55
    for name in ("OpenCV detail, feather", "OpenCV detail, multi-band"):
        assert rows[name].max_error is None
        assert rows[name].ratio


def test_v360_stitches_dual_fisheyes_and_nothing_else(rows: dict[str, Row]) -> None:
    row = rows.get("FFmpeg v360")
    assert (row is None) == ("six" in rows["vrlive"].work)
    if row:
        assert row.psnr_db is not None
        assert row.psnr_db > 28  # it puts pixels up to half a pixel beside their places; lenses in the wrong order give 14


def test_slow_peers_do_not_hold_up_the_others(rows: dict[str, Row]) -> None:
    if fault := peers_hugin.fault():
        pytest.skip(fault)
    slow, ours = rows["nona and enblend"].frames, rows["vrlive"].frames
    assert slow is not None
    assert ours is not None
    assert slow < ours


def test_a_single_wrong_code_closes_the_gate() -> None:
    found = stitch._Turns(OneOff(Work(dual(), SMALL)), photograph(dual()))
    found.warm()
    found.take()
    row = found.row(Work(dual(), SMALL), 1.0)
    assert row.stage == stitch.NOT_EXACT
    assert not stitch.is_exact(Report([row]))


@pytest.mark.parametrize(("error", "db", "good"), [(1.0, 58.5, True), (1.01, 60, False), (0.5, 58.4, False), (None, None, False)])
def test_the_gate_is_one_code_and_the_noise_of_rounding(error: float | None, db: float | None, *, good: bool) -> None:
    assert stitch.passes(error, db) == good


@pytest.mark.parametrize(("stage", "code"), [(None, 0), (stitch.NOT_EXACT, 1)])
def test_the_command_fails_if_ours_is_not_exact(stage: str | None, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The minutes of measuring are left out."""
    monkeypatch.setattr(stitch, "measure", lambda **_: Report([Row("w", 2, "vrlive", stage, median_ms=1.0, megapixels=2.0)]))
    ended = CliRunner().invoke(app, ["bench", "stitch", "--out", str(tmp_path / "x.json")])
    assert ended.exit_code == code
    assert ("not exact" in ended.output) == bool(code)
    assert "0.50 at" in ended.output
    assert (tmp_path / "x.json").is_file()


def test_without_opencv_the_others_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    fault = opencv_fault()
    assert fault
    assert "pip install opencv-python-headless" in fault
    assert not any("OpenCV" in peer.name for peer in stitch._peers(Work(six(), SMALL), photograph(six())))


def test_without_hugin_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    fault = peers_hugin.fault()
    assert fault
    assert "nona and enblend" in fault
    assert "apt install hugin-tools enblend" in fault


def test_a_program_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    if fault := peers_hugin.fault():
        pytest.skip(fault)
    hugin = peers_hugin.Hugin(dual(), SMALL, photograph(dual()))
    (hugin._folder / "0.tif").unlink()
    with pytest.raises(UserError, match="nona failed"):
        hugin.run([])


def test_shares_of_a_layout_sum_to_one_where_a_lens_sees() -> None:
    layout = lay_out(Work(dual(), SMALL), 2)
    assert layout.shares.sum(0) == pytest.approx(1, abs=1e-6)


def test_tuned_opencv_is_black_where_no_lens_sees() -> None:
    if fault := opencv_fault():
        pytest.skip(fault)
    from vrlive.bench.peers_opencv import Tuned

    work = Work(six(), SMALL)
    planes = Tuned(work, (lay_out(work, 1), lay_out(work, 2))).run(photograph(work.rig))
    assert [set(np.unique(plane[0])) for plane in planes] == [{code} for code in BLACK]


def test_cameras_see_the_drawn_world() -> None:
    pictures = photograph(dual())
    assert [picture.size for picture in pictures] == [(1440, 1440)] * 2
    assert pictures[0].y.std() > 20


def test_tables_are_measured_of_new_rigs_and_of_turned_ones() -> None:
    new, turned = stitch.table_rows(Work(dual(), SMALL), 2)
    assert (new.name, turned.name) == ("of a new rig", "of a turned rig")
    for row in (new, turned):
        assert row.median_ms
        assert row.bytes_px


def test_growth_is_told_of_ours_size_by_size() -> None:
    sizes = ((1.8, "1920x960"), (29.5, "7680x3840"), (7.4, "3840x1920"))
    ours = [Row(f"six to {size}", 2, "vrlive", median_ms=2 * mega, megapixels=mega) for mega, size in sizes]
    peer = Row("six to 1920x960", 2, "OpenCV, tuned", median_ms=9.0, megapixels=1.8)
    assert stitch.growth(Report([*ours, peer])) == ["six, ms a megapixel: 2.00 at 1920x960, 2.00 at 3840x1920, 2.00 at 7680x3840"]
