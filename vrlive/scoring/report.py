"""Scores in words and tables for a person, with a verdict on each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from rich.console import Group
from rich.markup import escape
from rich.table import Table

from vrlive.scoring.scores import PairScore, Scores, TruthScore

Verdict = Literal["good", "fair", "poor", ""]

MARKS: Final = {"good": "[green]✓[/]", "fair": "[yellow]~[/]", "poor": "[red]✗[/]", "": " "}
WORTH_COMPARING: Final = 0.95  # of an overlap: a score of less of it says little


@dataclass(frozen=True, slots=True)
class Line:
    """One score: its name, its value in words, what it means, and what to think of it."""

    name: str
    value: str
    meaning: str
    verdict: Verdict = ""


def lines(scores: Scores) -> list[Line]:
    """What is to be said of a rig, the most important first; what could not be measured is left out."""
    return [*_coverage(scores), *_overlaps(scores), *_seams(scores), *_flicker(scores), *(_truth(scores.truth) if scores.truth else ())]


def report(scores: Scores) -> Group:
    """All of it, to be printed by rich."""
    verdicts = Table(box=None, padding=(0, 1), collapse_padding=True, pad_edge=False, show_header=False)
    for line in lines(scores):
        verdicts.add_row(MARKS[line.verdict], line.name, line.value, f"[dim]{line.meaning}[/]")
    heading = f"[bold]{escape(scores.rig)}[/], measured at {scores.size}{_when(scores)}"
    pairs = ("", _pairs(scores.pairs)) if scores.pairs else ()
    return Group(heading, "", verdicts, *pairs)


def _coverage(scores: Scores) -> Iterator[Line]:
    uncovered = scores.uncovered_share
    yield Line("uncovered", _percent(uncovered), "of the sphere no lens sees", _low(uncovered, 0.0, 0.02))


def _overlaps(scores: Scores) -> Iterator[Line]:
    if scores.compared_share is None:
        yield Line("overlap", "none", "no two lenses see the same: nothing says how well they fit")
        return
    enough: Verdict = "good" if scores.compared_share >= WORTH_COMPARING else "poor"
    yield Line("overlap", _percent(scores.overlap_share), f"of the sphere; {_percent(scores.compared_share)} of it was compared", enough)
    if scores.ncc is not None:
        yield Line("agreement", f"{scores.ncc:.3f}", "NCC of what two lenses both see; 1: the same", _high(scores.ncc, 0.85, 0.5))
    else:
        yield Line("agreement", "unknown", "the overlaps show nothing but even surfaces")
    if scores.stitchem_score is not None:
        accepted = "accepted" if scores.stitchem_accepts else "not accepted"
        yield Line("stitchEm's score", f"{scores.stitchem_score:.3f}", f"½ (1 + NCC); {accepted}: above 0.75 with nothing uncovered")
    if scores.sharpness_ratio is not None:
        softer = "the softer picture of two over the sharper, worst pair"
        yield Line("sharpness", f"{scores.sharpness_ratio:.2f}", softer, _high(scores.sharpness_ratio, 0.8, 0.6))


def _seams(scores: Scores) -> Iterator[Line]:
    if scores.exposure_before_ev is not None and scores.exposure_after_ev is not None:
        value = f"{scores.exposure_before_ev:.2f} → {scores.exposure_after_ev:.2f} EV"
        meaning = "largest difference of a colour, as filmed → matched"
        yield Line("exposure", value, meaning, _low(scores.exposure_after_ev, 0.1, 0.25))
    if scores.seam_step_codes is not None:
        meaning = "of 255: step across the worst seam, beyond that beside it"
        yield Line("seam step", _number(scores.seam_step_codes, 1), meaning, _low(scores.seam_step_codes, 1.0, 3.0))
    if scores.seam_apart_codes is not None:
        meaning = "of 255: what the two pictures differ by there, for blending to hide"
        yield Line("apart at seams", f"{scores.seam_apart_codes:.1f}", meaning, _low(scores.seam_apart_codes, 8.0, 20.0))
    if scores.seam_sharpness_ratio is not None:
        meaning = "panorama over its sources where it is blended; less: doubled edges"
        yield Line("sharp at seams", f"{scores.seam_sharpness_ratio:.2f}", meaning, _high(scores.seam_sharpness_ratio, 0.9, 0.75))


def _flicker(scores: Scores) -> Iterator[Line]:
    if scores.flicker_ev is not None:
        meaning = "from frame to frame between two cameras, worst pair"
        yield Line("camera flicker", f"{scores.flicker_ev:.3f} EV", meaning, _low(scores.flicker_ev, 0.02, 0.06))
    if scores.flicker_mean_codes is not None and scores.flicker_local_codes is not None:
        value = f"{scores.flicker_mean_codes:.2f}, {scores.flicker_local_codes:.2f}"
        meaning = "of 255: what stitching adds from frame to frame, to the whole and to places"
        yield Line("stitch flicker", value, meaning, _low(scores.flicker_local_codes, 0.3, 1.0))


def _truth(truth: TruthScore) -> Iterator[Line]:
    yield Line("WS-PSNR", f"{truth.ws_psnr_db:.1f} dB", "against the truth, after one gain a channel", _high(truth.ws_psnr_db, 33.0, 27.0))
    yield Line("WS-SSIM", f"{truth.ws_ssim:.3f}", "of luma against the truth; 1: the same", _high(truth.ws_ssim, 0.95, 0.85))
    if truth.seam_band_psnr_db is not None:
        meaning = "the same where pictures are blended"
        yield Line("PSNR at seams", f"{truth.seam_band_psnr_db:.1f} dB", meaning, _high(truth.seam_band_psnr_db, 33.0, 27.0))


def _pairs(pairs: tuple[PairScore, ...]) -> Table:
    flickers = any(pair.flicker_ev is not None for pair in pairs)
    table = Table(box=None, padding=(0, 1), collapse_padding=True, pad_edge=False, header_style="dim")
    table.add_column("lenses", min_width=14)
    for name in ("overlap", "NCC", "detail", "EV", "step", "apart", "sharp", *(("flicker",) if flickers else ())):
        table.add_column(name, justify="right", no_wrap=True)
    for pair in pairs:
        table.add_row(
            escape(" · ".join(pair.lenses)),
            _percent(pair.overlap_share),
            _number(pair.ncc, 3),
            _number(pair.sharpness_ratio, 2),
            f"{_ev(pair.exposure_before_ev)} → {_ev(pair.exposure_after_ev)}",
            _number(pair.seam_step_codes, 1),
            _number(pair.seam_apart_codes, 1),
            _number(pair.seam_sharpness_ratio, 2),
            *((_number(pair.flicker_ev, 3),) if flickers else ()),
        )
    return table


def _when(scores: Scores) -> str:
    if scores.frames == 1:
        return ""
    times = ", ".join(f"{time_s:g}" for time_s in scores.moments_s)
    return f" in {scores.frames} frames, at {times} s"


def _ev(rgb_ev: tuple[float, float, float] | None) -> str:
    return "–" if rgb_ev is None else f"{sum(rgb_ev) / 3:+z.2f}".replace("-", "−")


def _number(value: float | None, decimals: int) -> str:
    return "–" if value is None else f"{value:z.{decimals}f}".replace("-", "−")


def _percent(share: float) -> str:
    """Never “0.0 %” of a share that is not zero."""
    return "below 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def _low(value: float, good: float, fair: float) -> Verdict:
    return "good" if value <= good else "fair" if value <= fair else "poor"


def _high(value: float, good: float, fair: float) -> Verdict:
    return _low(-value, -good, -fair)
