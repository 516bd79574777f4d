"""`vrlive score`: how good a rig and its stitch are, in numbers and in a picture that shows where they are not."""

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from math import inf, radians
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from rich.console import Group
from rich.markup import escape
from rich.table import Table

from vrlive.capture.stills import to_rgb
from vrlive.config import StitchConfig
from vrlive.errors import InputError
from vrlive.frames import Picture
from vrlive.offline import OfflineView, moments_of
from vrlive.output import in_place
from vrlive.projection.outputs import Face, equirect
from vrlive.projection.rig import Rig
from vrlive.rigs import read_rig, rig_pictures
from vrlive.stitch import overlap
from vrlive.stitch.overlap import PairScore, Seen
from vrlive.stitch.score import ssim, with_global_gain, ws_psnr
from vrlive.units import Size

SIZE: Final = Size(1024, 512)  # of the panorama that is judged
MOMENTS: Final = 5  # of footage, spread over its length, each with the picture after it
ACCEPTED: Final = 0.75  # stitchEm's line for ½ (1 + NCC)
WELL_COMPARED: Final = 0.95
BLOCK_PX: Final = 32
HEAT_CODES: Final = 40.0  # of a difference that is drawn in full red
LEGEND_PX: Final = 24

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Truth:
    """The panorama against the truth, after one gain a channel."""

    ws_psnr_db: float
    ws_ssim: float
    seam_band_psnr_db: float


@dataclass(frozen=True, slots=True)
class Score:
    """All numbers; those of footage are means over its moments.

    Attributes
    ----------
    pairs
        Of the pictures as they came.
    overlap_score
        ½ (1 + NCC) over what exactly two lenses see, or of all pairs if more see everything; None: no two lenses see the same.
    compared
        Share of all overlaps that could be compared.
    uncovered
        Share of the sphere that no lens sees.
    exposure_before_ev, exposure_after_ev
        Largest difference between two lenses, as they came and after matching.
    seam_step_codes
        By how much luma steps at the worst pair's seam of the stitched panorama, and which pair that is.
    flicker_codes
        By how much more parts of the panorama change from one picture to the next than the cameras' pictures; None for stills.
    truth
        None without one.
    """

    moments: int
    pairs: tuple[PairScore, ...]
    overlap_score: float | None
    compared: float
    uncovered: float
    exposure_before_ev: float
    exposure_after_ev: float
    seam_step_codes: float
    worst_seam: str
    flicker_codes: float | None
    truth: Truth | None


@dataclass(frozen=True, slots=True)
class _Look:
    """One moment: what the lenses see, what was made of it, and what it should be."""

    seen: Seen
    matched: Seen
    panorama: Picture
    truth: Picture | None


def score_files(
    rig_file: Path, inputs: Sequence[Path], truth: Path | None, size: Size | None, progress: Progress
) -> tuple[Score, Image.Image]:
    """Score a rig by pictures or footage that it took.

    Parameters
    ----------
    rig_file, inputs
        As of `vrlive.offline.stitch_files`.
    truth
        An equirectangular picture of what should be seen, or footage of it.
    size
        Of the panorama that is judged.
    progress
        Told how many moments of how many are done.

    Returns
    -------
    Score
        The numbers.
    Image
        The first moment: the panorama in grey, seams in white, differences in red.

    Raises
    ------
    UserError
        If a file cannot be read or does not fit.
    """
    files = list(inputs) or list(rig_pictures(rig_file))
    rig, face = read_rig(rig_file, files), Face(size or SIZE)
    wanted = [*files, truth] if truth else files
    looks: list[_Look] = []
    flickers: list[float] = []
    with ExitStack() as opened:
        moments = moments_of(wanted, opened, MOMENTS)
        for index, (pictures, after) in enumerate(moments):
            progress(index, len(moments))
            shown, right = (pictures[:-1], pictures[-1]) if truth else (pictures, None)
            rig = rig.scaled_to([picture.size for picture in shown])
            view = OfflineView(((rig, equirect(face.size)),))
            looks.append(_look(view, rig, shown, right, face))
            if after:
                flickers.append(_flicker(view, rig, shown, after[: len(shown)], face))
        progress(len(moments), len(moments))
    return _score(rig, looks, flickers), _draw(looks[0])


def describe(score: Score) -> Group:
    """The score in words, to be printed by rich."""
    table = Table("pair", "overlap", "compared", "NCC", "sharpness", "exposure")
    for pair in score.pairs:
        names = f"{escape(pair.first)} – {escape(pair.second)}"
        numbers = f"{100 * pair.overlap:.1f} %", f"{100 * pair.compared:.0f} %", f"{pair.ncc:.3f}", f"{pair.sharpness:.2f}"
        table.add_row(names, *numbers, f"{pair.exposure_ev:+.2f} EV")
    return Group(table, *_sentences(score))


def write_score(score: Score, path: Path) -> None:
    """Write the numbers as JSON; shares are 0…1, the names say the units.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    document: dict[str, Any] = {"accepted": _accepted(score), **asdict(score)}
    with in_place(path) as unfinished:
        unfinished.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _accepted(score: Score) -> bool:
    return score.overlap_score is not None and score.overlap_score > ACCEPTED and score.uncovered == 0


def _sentences(score: Score) -> list[str]:
    said = []
    if score.overlap_score is None:
        said.append("No direction is seen by two lenses: overlaps cannot be judged.")
    else:
        verdict = "good" if score.overlap_score > ACCEPTED else "[red]poor: is the calibration right, and the distance?[/]"
        said.append(f"Overlap score {score.overlap_score:.3f} (½ (1 + NCC); above {ACCEPTED} is {verdict})")
    if score.compared < WELL_COMPARED:
        said.append(f"[yellow]Only {100 * score.compared:.0f} % of the overlaps could be compared; the rest is too dark or too bright.[/]")
    said.append(f"Uncovered: {100 * score.uncovered:.2f} % of the sphere")
    said.append(f"Exposure: lenses differ by up to {score.exposure_before_ev:.2f} EV, after matching by {score.exposure_after_ev:.2f} EV")
    said.append(f"Seams: luma steps by {score.seam_step_codes:.1f} codes at the worst ({escape(score.worst_seam) or 'there are none'})")
    if score.flicker_codes is not None:
        said.append(f"Flicker: parts of the panorama change by {score.flicker_codes:.2f} codes a picture more than the cameras' do")
    if score.truth:
        whole, near = f"{score.truth.ws_psnr_db:.1f} dB", f"{score.truth.seam_band_psnr_db:.1f} dB"
        said.append(f"Against the truth: WS-PSNR {whole}, WS-SSIM {score.truth.ws_ssim:.3f}, near seams {near}")
    return said


def _look(view: OfflineView, rig: Rig, pictures: Sequence[Picture], truth: Picture | None, face: Face) -> _Look:
    feather_rad = radians(StitchConfig().feather_deg)
    stitched = view.run(pictures, 0.0)
    kept = Picture.filled(face.size)
    kept.copy_from(stitched)
    seen = overlap.look(rig, pictures, face, feather_rad=feather_rad, distance_m=inf)
    factors = 2.0 ** view.gains_ev[:, 1][:, np.newaxis, np.newaxis]
    return _Look(seen, Seen(seen.luma, seen.light * factors, seen.shares), kept, truth)


def _flicker(view: OfflineView, rig: Rig, pictures: Sequence[Picture], after: Sequence[Picture], face: Face) -> float:
    """Root mean square of what blocks of the panorama change beyond what their sources do, from one picture to the next, in codes."""
    before = view.run(pictures, 0.0).y.astype(np.float64)
    changed = view.run(after, 0.04).y.astype(np.float64) - before
    feather_rad = radians(StitchConfig().feather_deg)
    one, two = (overlap.look(rig, each, face, feather_rad=feather_rad) for each in (pictures, after))
    sources = (np.nan_to_num(two.luma - one.luma) * one.shares).sum(0)
    return float(np.sqrt(np.mean(_blocks(changed - sources) ** 2)))


def _blocks(values: Array) -> Array:
    height, width = (length // BLOCK_PX * BLOCK_PX for length in values.shape)
    return np.asarray(values[:height, :width].reshape(height // BLOCK_PX, BLOCK_PX, -1, BLOCK_PX).mean((1, 3)))


def _score(rig: Rig, looks: Sequence[_Look], flickers: Sequence[float]) -> Score:
    pairs = [overlap.score_pairs(rig, each.seen) for each in looks]
    matched = [overlap.score_pairs(rig, each.matched) for each in looks]
    steps = [overlap.seam_steps(rig, each.seen, each.panorama.y.astype(np.float64)) for each in looks]
    means = {pair: float(np.mean([step[pair] for step in steps if pair in step])) for pair in steps[0]}
    worst = max(means, key=lambda pair: means[pair], default=None)
    all_pairs = [pair for each in pairs for pair in each]
    weight = sum(pair.overlap for pair in all_pairs)
    scores = [ncc for each in looks if (ncc := overlap.seen_twice_ncc(each.seen)) is not None]
    if weight and not scores:  # wide lenses, so many that three or more see everything
        scores = [sum(pair.ncc * pair.overlap for pair in all_pairs) / weight]
    return Score(
        moments=len(looks),
        pairs=tuple(_mean_pair([each[index] for each in pairs if len(each) > index]) for index in range(len(pairs[0]))),
        overlap_score=(1 + float(np.mean(scores))) / 2 if scores else None,
        compared=sum(pair.compared * pair.overlap for pair in all_pairs) / weight if weight else 1.0,
        uncovered=overlap.uncovered(looks[0].seen),
        exposure_before_ev=max((abs(pair.exposure_ev) for pair in all_pairs), default=0.0),
        exposure_after_ev=max((abs(pair.exposure_ev) for each in matched for pair in each), default=0.0),
        seam_step_codes=means[worst] if worst else 0.0,
        worst_seam=" – ".join(worst) if worst else "",
        flicker_codes=float(np.mean(flickers)) if flickers else None,
        truth=_against_truth(looks),
    )


def _mean_pair(same: Sequence[PairScore]) -> PairScore:
    numbers = {
        key: float(np.mean([getattr(pair, key) for pair in same])) for key in ("overlap", "compared", "ncc", "sharpness", "exposure_ev")
    }
    return PairScore(same[0].first, same[0].second, **numbers)


def _against_truth(looks: Sequence[_Look]) -> Truth | None:
    found = [_one_truth(each, each.truth) for each in looks if each.truth]
    if not found:
        return None
    return Truth(*(float(np.mean([getattr(each, key) for each in found])) for key in ("ws_psnr_db", "ws_ssim", "seam_band_psnr_db")))


def _one_truth(look: _Look, truth: Picture) -> Truth:
    size = look.panorama.size
    if truth.size.width != 2 * truth.size.height:
        raise InputError(f"--truth: {truth.size} is not an equirectangular picture, twice as wide as high")
    right = np.asarray(Image.fromarray(to_rgb(truth)).resize(size, Image.Resampling.BOX), np.float64)
    ours = with_global_gain(to_rgb(look.panorama), right)
    band = overlap.seam_band(look.seen)
    near = ws_psnr(ours, right, band) if band.any() else ws_psnr(ours, right)
    return Truth(ws_psnr(ours, right), ssim(ours.mean(-1), right.mean(-1)), near)


def _draw(look: _Look) -> Image.Image:
    """The panorama in grey; seams white; in red what lenses disagree by, or what differs from the truth; a legend below."""
    grey = np.repeat(look.panorama.y[..., np.newaxis].astype(np.float64) * 0.7, 3, -1)
    if look.truth:
        right = np.asarray(Image.fromarray(look.truth.y).resize(look.panorama.size, Image.Resampling.BOX), np.float64)
        off = np.abs(look.panorama.y - right)
    else:
        off = np.nan_to_num(overlap.disagreement(look.seen))
    heat = np.clip(off / HEAT_CODES, 0, 1)[..., np.newaxis]
    coloured = grey * (1 - heat) + np.array([255.0, 40.0, 20.0]) * heat
    owner = np.where(look.seen.sees.any(0), look.seen.shares.argmax(0), -1)
    seam = (owner != np.roll(owner, -1, 1)) | (owner != np.concatenate([owner[1:], owner[-1:]]))
    coloured[seam] = 255
    coloured[~look.seen.sees.any(0)] = (40, 40, 90)
    height, width = owner.shape
    picture = Image.new("RGB", (width, height + LEGEND_PX), "black")
    picture.paste(Image.fromarray(coloured.astype(np.uint8)), (0, 0))
    what = "differs from the truth" if look.truth else "lenses disagree"
    legend = f"white: seams   red: {what} by {HEAT_CODES:g} codes and more   blue: no lens sees"
    ImageDraw.Draw(picture).text((8, height + 6), legend, "white")
    return picture
