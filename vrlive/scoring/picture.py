"""The picture that shows where seams run and where errors lie: the panorama in grey, with heat over it."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from vrlive.colour import LUMA_OFFSET, LUMA_SPAN
from vrlive.output import in_place
from vrlive.scoring.scores import Maps

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]
Font = ImageFont.ImageFont | ImageFont.FreeTypeFont

HOT: Final = 48.0  # codes, and more: white-hot
SLIGHT: Final = 4.0  # codes: less is not shown, or the noise of cameras would be
RAMP: Final = np.array([[120, 0, 0], [230, 40, 0], [255, 160, 0], [255, 255, 120]], np.float64)
SEAM: Final = (0, 200, 255)
UNSEEN: Final = (150, 0, 200)
DIMMED: Final = 0.65
LEGEND_ROWS: Final = 56  # px below a panorama of 1024
MARGIN: Final = 12


def draw(maps: Maps, path: Path) -> None:
    """Write the picture as .png or .jpg.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    panorama = _panorama(maps)
    height, width = panorama.shape[:2]
    unit = max(width / 2048, 0.5)
    canvas = Image.new("RGB", (width, height + round(LEGEND_ROWS * unit)), (16, 16, 16))
    canvas.paste(Image.fromarray(panorama), (0, 0))
    pen = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(round(22 * unit))
    for name, x, y in maps.lenses:
        half = pen.textlength(name, font) / 2 + 2 * unit
        place = min(max(x, half), width - half), min(max(y, 22 * unit), height - 22 * unit)
        pen.text(place, name, (255, 255, 255), font, anchor="mm", stroke_width=round(2 * unit), stroke_fill=(0, 0, 0))
    _legend(pen, font, maps, width, height, unit)
    with in_place(path) as unfinished:
        canvas.save(unfinished)


def _panorama(maps: Maps) -> Pixels:
    grey = np.clip((maps.luma - LUMA_OFFSET) * (255 / LUMA_SPAN), 0, 255) * DIMMED
    rgb = np.repeat(grey[..., np.newaxis], 3, axis=-1)
    strength = np.clip((maps.wrong - SLIGHT) / SLIGHT, 0, 1)[..., np.newaxis]
    rgb += (_heat(maps.wrong) - rgb) * strength * 0.85
    rgb[~maps.covered] = UNSEEN
    rgb[_thicker(maps.seams, max(1, round(maps.luma.shape[1] / 1024)))] = SEAM
    return np.rint(rgb).astype(np.uint8)


def _heat(codes: Array) -> Array:
    """Colours (..., 3) of differences (...)."""
    place = np.clip(codes / HOT, 0, 1) * (len(RAMP) - 1)
    return np.stack([np.interp(place, np.arange(len(RAMP)), RAMP[:, channel]) for channel in range(3)], axis=-1)


def _thicker(line: NDArray[np.bool_], px: int) -> NDArray[np.bool_]:
    found = line.copy()
    for shift in range(1, px):
        found |= np.roll(line, shift, 1)
        found[shift:] |= line[:-shift]
    return found


def _legend(pen: ImageDraw.ImageDraw, font: Font, maps: Maps, width: int, top: int, unit: float) -> None:
    margin, box = round(MARGIN * unit), round(32 * unit)
    upper, lower = top + margin, top + margin + box
    middle, x = (upper + lower) // 2, margin
    length = width // 5
    for column in range(length):
        pen.line([(x + column, upper), (x + column, lower)], tuple(map(int, _heat(np.array(HOT * column / length)))))
    x += length + margin
    what = "from the truth" if maps.against_truth else "between two lenses"
    said = f"0 to {HOT:.0f} codes or more {what}"
    pen.text((x, middle), said, (255, 255, 255), font, anchor="lm")
    x += round(pen.textlength(said, font)) + 3 * margin
    for colour, said in ((SEAM, "seams"), (UNSEEN, "seen by no lens")):
        pen.rectangle([x, upper, x + box, lower], colour)
        pen.text((x + box + margin, middle), said, (255, 255, 255), font, anchor="lm")
        x += box + 4 * margin + round(pen.textlength(said, font))
