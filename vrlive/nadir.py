"""The nadir patch: a brand's logo, or a disc of one colour, over the tripod.

It is one more lens that looks straight down, the top of its picture towards the front, and sees a picture that stands still. It belongs to
the floor of the panorama and not to the rig, so it is added to a rig after that is levelled and turned.
"""

from dataclasses import dataclass, replace
from math import pi, radians
from pathlib import Path
from typing import Final

import numpy as np

from vrlive.capture.stills import read_logo
from vrlive.colour import rgb_to_codes
from vrlive.config import NadirConfig
from vrlive.frames import Picture, Plane
from vrlive.projection.lenses import focal
from vrlive.projection.rig import Circle, Lens, MaskPicture, Rig
from vrlive.units import Size

DISC: Final = Size(64, 64)
OPAQUE: Final = 128  # of 255: what is less is cut out
SHARPNESS: Final = 1.5  # pixels of the logo for one of the panorama: more would flicker


@dataclass(frozen=True, slots=True)
class NadirPatch:
    """The patch as a lens, and what it sees."""

    lens: Lens
    picture: Picture

    def added_to(self, rig: Rig) -> Rig:
        """A rig with the patch as its last lens and last input."""
        return replace(rig, lenses=(*rig.lenses, replace(self.lens, input=rig.inputs)), inputs=rig.inputs + 1)


def nadir_patch(config: NadirConfig, size: Size) -> NadirPatch:
    """Make the patch for panoramas of a `size`.

    Raises
    ------
    InputError
        If its picture cannot be read.
    """
    diameter = radians(config.diameter_deg)
    if config.picture is None:
        picture, opaque = Picture.filled(DISC), np.zeros((DISC.height, DISC.width), np.uint8)
    else:
        picture, opaque = read_logo(Path(config.picture), round(SHARPNESS * size.width * diameter / (2 * pi)))
    if config.colour:
        picture = _over(picture, opaque, config.colour)
    frame = picture.size
    mask = MaskPicture(opaque >= OPAQUE) if not config.colour and not (opaque >= OPAQUE).all() else None
    centre, half = (frame.width / 2, frame.height / 2), max(frame) / 2
    crop = Circle(*centre, half)
    focal_px = focal("rectilinear", half, diameter / 2)
    lens = Lens("nadir", 0, frame, "rectilinear", focal_px, centre, crop=crop, mask=mask, pitch=-pi / 2, patch=True)
    return NadirPatch(lens, picture)


def _over(picture: Picture, opaque: Plane, colour: str) -> Picture:
    """A picture over a ground of a colour ``#rrggbb``."""
    ground = rgb_to_codes(np.array(list(bytes.fromhex(colour[1:]))) / 255)
    halves = opaque.reshape(opaque.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3))
    parts = [
        np.rint(code + (plane - code) * (share / 255))
        for plane, code, share in zip(picture.planes, ground, (opaque, halves, halves), strict=True)
    ]
    return Picture(*(part.astype(np.uint8) for part in parts))
