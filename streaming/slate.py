"""The picture that plays while there is no other: dark, all around, and it says so.

It is encoded beforehand with the settings of the stream it stands in for, so that a decoder goes from one to the other at any keyframe.
"""

from fractions import Fraction
from math import pi

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from streaming.access_unit import AccessUnit
from streaming.encoder import KEYFRAME_PAUSE_S, VideoEncoder
from vrlive.colour import rgb_to_codes
from vrlive.config import EncodeConfig
from vrlive.frames import Frame, Picture
from vrlive.units import Size

TEXT = "One moment, please"
TIMES_AROUND = 4  # every 90° of yaw: some of it is in view wherever one looks

_FLOOR, _HORIZON, _ZENITH = (0.035, 0.035, 0.045), (0.13, 0.14, 0.17), (0.05, 0.06, 0.09)  # gamma-coded R'G'B'
_INK = 0.78
_TEXT_HEIGHT_RAD = 0.055  # of the letters, as the viewer sees them


def make_slate(size: Size, fps: Fraction | float, config: EncodeConfig) -> tuple[AccessUnit, ...]:
    """Two access units that show the slate, to be played in turn.

    Both are IDR pictures; they are two because consecutive IDR pictures must differ in ``idr_pic_id`` (Rec. ITU-T H.264, 7.4.3).

    Raises
    ------
    EncodeError
        If the encoder refuses `size`.
    """
    picture = slate_picture(size)
    encoder = VideoEncoder(size, fps, config)
    frames = (Frame(picture, n, Fraction(1), captured_s=n * (KEYFRAME_PAUSE_S + 1)) for n in range(2))
    units = tuple(unit for frame in frames if (unit := encoder.encode(frame, keyframe=True)))
    encoder.close()
    return units


def slate_picture(size: Size) -> Picture:
    """The slate as an equirectangular picture: a soft horizon, and `TEXT` on it at every 90°."""
    ground = _ground(size)
    ink = np.asarray(_lettering(size), np.float64)[:, :, None] / 255 * _INK
    codes = rgb_to_codes(ground * (1 - ink) + ink)
    y = codes[:, :, 0]
    u, v = (codes[:, :, n].reshape(size.height // 2, 2, size.width // 2, 2).mean(axis=(1, 3)) for n in (1, 2))
    return Picture(*(np.ascontiguousarray(np.rint(plane).astype(np.uint8)) for plane in (y, u, v)))


def _ground(size: Size) -> NDArray[np.float64]:
    """Gamma-coded R'G'B' of the empty room, (height, 1, 3)."""
    pitch = (0.5 - (np.arange(size.height) + 0.5) / size.height) * pi
    up, glow = np.clip(pitch / (pi / 2), 0, 1)[:, None], np.exp(-((pitch / 0.45) ** 2))[:, None]
    far = np.where(pitch[:, None] > 0, up * np.array(_ZENITH) + (1 - up) * np.array(_FLOOR), np.array(_FLOOR))
    ground: NDArray[np.float64] = (far + glow * (np.array(_HORIZON) - far))[:, None, :]
    return ground


def _lettering(size: Size) -> Image.Image:
    """Where ink goes, 0…255, (height, width)."""
    sheet = Image.new("L", (size.width, size.height), 0)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=_TEXT_HEIGHT_RAD / pi * size.height * 1.3)
    for turn in range(TIMES_AROUND):
        column = turn / TIMES_AROUND * size.width
        for wrapped in (column, column + size.width) if turn == 0 else (column,):  # the first lies across the edge
            draw.text((wrapped, size.height / 2), TEXT, fill=255, font=font, anchor="mm")
    return sheet
