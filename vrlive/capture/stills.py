"""Still pictures: reading and writing PNG and JPEG with the right matrix and range.

JPEG is BT.601, full range (JFIF 1.02, section 2). PNG is R'G'B'. Transparency counts for logos only.
"""

from pathlib import Path

import av
import numpy as np
from PIL import Image, UnidentifiedImageError

from vrlive.capture.normalise import Normaliser
from vrlive.capture.opening import LARGEST_PX
from vrlive.colour import codes_to_rgb
from vrlive.errors import InputError
from vrlive.frames import Picture, Plane

SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"}
ROWS = 64  # rows converted at a time, so that a large picture needs little memory


def is_still(path: Path) -> bool:
    """Whether the file's name says that it holds one picture."""
    return path.suffix.lower() in SUFFIXES


def read_picture(path: Path) -> Picture:
    """Read a picture of 8 or 16 bits, grey or coloured; odd last rows and columns are cut off.

    Raises
    ------
    InputError
        If it cannot be read; the file and the fault are named.
    """
    try:
        with Image.open(path) as image:
            width, height = image.size
        if width * height > LARGEST_PX or min(width, height) < 2:
            raise InputError(f"{path}: {width}x{height} is not a size that can be read; at most {LARGEST_PX} pixels, each side 2 or more")
        with av.open(str(path.absolute()), options={"protocol_whitelist": "file"}) as source:
            return Normaliser().run(next(source.decode(video=0)))
    except (UnidentifiedImageError, av.error.InvalidDataError, StopIteration, IndexError) as fault:
        raise InputError(f"{path}: is not a picture that can be read") from fault
    except (av.error.FFmpegError, OSError, Image.DecompressionBombError) as fault:
        raise InputError(f"{path}: cannot be read: {getattr(fault, 'strerror', None) or fault}") from fault


def read_logo(path: Path, longest_px: int) -> tuple[Picture, Plane]:
    """Read a picture with its transparency, made smaller if a side is longer than `longest_px`.

    Returns
    -------
    Picture
        Its colours. Where it is transparent, their mean, lest a strange colour comes in at the edges.
    ndarray
        How opaque each pixel is: (height, width) uint8.

    Raises
    ------
    InputError
        If it cannot be read; the file and the fault are named.
    """
    read_picture(path)  # within its limits
    with Image.open(path) as image:
        eight_bit = Image.fromarray((np.asarray(image) // 257).astype(np.uint8)) if image.mode.startswith("I") else image
        logo = eight_bit.convert("RGBA")
    scale = min(1.0, longest_px / max(logo.size))
    width, height = (max(2, 2 * round(side * scale / 2)) for side in logo.size)
    rgba = np.array(logo.resize((width, height), Image.Resampling.LANCZOS))
    rgb, opaque = rgba[..., :3], rgba[..., 3]
    if opaque.any():
        rgb[opaque == 0] = np.average(rgb.reshape(-1, 3), axis=0, weights=opaque.reshape(-1))
    return Normaliser().run(av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), "rgb24")), opaque


def write_picture(picture: Picture, path: Path, *, quality: int = 92) -> None:
    """Write a picture as PNG, or as JPEG of a quality from 1 to 100.

    Raises
    ------
    InputError
        If the file's name ends otherwise, or it cannot be written.
    """
    kind = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"{path}: pictures are written as .png or .jpg")
    try:
        Image.fromarray(to_rgb(picture)).save(path, kind, quality=quality)
    except OSError as fault:
        raise InputError(f"{path}: cannot be written: {fault.strerror or fault}") from fault


def to_rgb(picture: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Gamma-coded R'G'B', (height, width, 3) uint8; each chroma sample serves its block of 2×2 pixels."""
    rgb = np.empty((*picture.y.shape, 3), np.uint8)
    for top in range(0, len(rgb), ROWS):
        rows, halves = slice(top, top + ROWS), slice(top // 2, (top + ROWS) // 2)
        u, v = (plane[halves].repeat(2, 0).repeat(2, 1) for plane in (picture.u, picture.v))
        values = codes_to_rgb(np.stack([picture.y[rows], u, v], -1))
        rgb[rows] = np.rint(np.clip(values, 0, 1) * 255)
    return rgb
