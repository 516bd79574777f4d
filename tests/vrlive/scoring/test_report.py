"""Scores in words, and as JSON."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from vrlive.scoring import Scores, report, write
from vrlive.scoring.report import lines
from vrlive.scoring.scores import PairScore, TruthScore
from vrlive.units import Size

EQUAL = (0.0, 0.0, 0.0)
PAIR = PairScore(("front", "[left]"), 0.1, 0.99, 0.95, 1.02, (0.4, 0.4, 0.4), EQUAL, -0.04, 3.0, 0.97, 0.004)
GOOD = Scores(
    "a rig", Size(512, 256), (0.0, 2.5), 6, 0.0, 0.1, 0.99, 0.95, 0.975, 0.98, 0.4, 0.0, -0.04, 3.0, 0.97, 0.004, 0.01, 0.1, (PAIR,)
)
NOTHING = Scores("one", Size(512, 256), (0.0,), 1, 0.5, 0.0, None, None, None, None, None, None, None, None, None, None, None, None, ())


def printed(scores: Scores) -> str:
    console = Console(width=140, record=True)
    console.print(report(scores))
    return console.export_text()


def verdicts(scores: Scores) -> dict[str, str]:
    return {line.name: line.verdict for line in lines(scores)}


def test_a_good_rig_is_good_in_every_line() -> None:
    assert set(verdicts(GOOD).values()) == {"good", ""}
    assert "accepted: above 0.75" in printed(GOOD)
    assert "not accepted" not in printed(GOOD)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("uncovered", {"uncovered_share": 0.1}),
        ("overlap", {"compared_share": 0.8}),
        ("agreement", {"ncc": 0.3}),
        ("sharpness", {"sharpness_ratio": 0.4}),
        ("exposure", {"exposure_after_ev": 0.5}),
        ("seam step", {"seam_step_codes": 5.0}),
        ("apart at seams", {"seam_apart_codes": 40.0}),
        ("sharp at seams", {"seam_sharpness_ratio": 0.6}),
        ("camera flicker", {"flicker_ev": 0.2}),
        ("stitch flicker", {"flicker_local_codes": 3.0}),
        ("WS-PSNR", {"truth": TruthScore(20.0, 0.97, 36.0)}),
        ("WS-SSIM", {"truth": TruthScore(36.0, 0.7, 36.0)}),
        ("PSNR at seams", {"truth": TruthScore(36.0, 0.97, 20.0)}),
    ],
)
def test_a_fault_is_poor_in_its_line_alone(line: str, fault: dict[str, object]) -> None:
    found = verdicts(replace(GOOD, **fault))  # type: ignore[arg-type]  # each is a field of Scores
    assert [name for name, verdict in found.items() if verdict == "poor"] == [line]


def test_every_pair_is_a_row_whatever_its_lenses_are_called() -> None:
    said = printed(GOOD)
    assert "front · [left]" in said
    assert "+0.40 → +0.00" in said
    assert "−0.0" not in said
    assert "6 frames, at 0, 2.5 s" in said


def test_what_could_not_be_measured_is_left_out_and_the_reason_said() -> None:
    assert [line.name for line in lines(NOTHING)] == ["uncovered", "overlap"]
    assert "no two lenses see the same" in printed(NOTHING)
    assert "even surfaces" in printed(replace(GOOD, ncc=None))


def test_a_share_that_is_not_zero_never_reads_as_zero() -> None:
    assert "below 0.1 %" in printed(replace(GOOD, uncovered_share=1e-5))
    assert verdicts(replace(GOOD, uncovered_share=1e-5))["uncovered"] == "fair"


@pytest.mark.parametrize(("score", "uncovered", "accepted"), [(0.76, 0.0, True), (0.75, 0.0, False), (0.9, 0.01, False)])
def test_stitchem_accepts_above_its_line_with_nothing_uncovered(score: float, uncovered: float, *, accepted: bool) -> None:
    assert replace(GOOD, stitchem_score=score, uncovered_share=uncovered).stitchem_accepts is accepted


def test_numbers_are_written_with_their_units_in_their_names(tmp_path: Path) -> None:
    write(replace(GOOD, truth=TruthScore(36.0, 0.97, None)), tmp_path / "score.json")
    found = json.loads((tmp_path / "score.json").read_text("utf-8"))
    assert (found["size"], found["stitchem_accepts"], found["moments_s"]) == ("512x256", True, [0.0, 2.5])
    assert found["pairs"][0]["exposure_before_ev"] == [0.4, 0.4, 0.4]
    assert found["truth"] == {"ws_psnr_db": 36.0, "ws_ssim": 0.97, "seam_band_psnr_db": None}
