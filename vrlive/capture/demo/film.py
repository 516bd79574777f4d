"""From rays to pictures: a view keeps the room at rest, lays over it what moves, and exposes the result.

Every pixel is an average over a tent of two pixels' width, like a lens with a little blur. Light is averaged before it is coded.
Pixels are handled in tiles of `TILE`: a frame touches only the tiles that something moving can reach, and the tiles of the frame before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, pi
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive.capture.demo.light import lit_room
from vrlive.capture.demo.moving import Moment, is_touched, moment, overlay
from vrlive.capture.demo.radiance import see
from vrlive.colour import CHROMA_OFFSET, CHROMA_SPAN, LUMA_OFFSET, LUMA_SPAN, RGB_TO_YCBCR
from vrlive.frames import BLACK, Picture, Plane
from vrlive.projection.kernels import kernel
from vrlive.units import Size

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
Tiles = NDArray[np.intp]

TILE: Final = 16
BAND: Final = 128  # rows of rays looked along at once


@dataclass(frozen=True, slots=True)
class Eye:
    """How a picture looks into the room.

    Attributes
    ----------
    size
        Size of the picture.
    origin
        (3,) where it stands, metres.
    look
        From points (..., 2) px, pixel centres at +0.5, to unit directions (..., 3); NaN where there is no picture.
    covers
        From the same points to whether they are picture (...).
    """

    size: Size
    origin: Array
    look: Callable[[Array], Array]
    covers: Callable[[Array], NDArray[np.bool_]]


class View:
    """The room through one eye, at any instant.

    Parameters
    ----------
    eye
        How it looks.
    exposure
        (3,) factors on linear R, G, B.
    samples
        Rays along each side of a pixel.
    """

    def __init__(self, eye: Eye, exposure: Array | None = None, *, samples: int = 2) -> None:
        self.size = eye.size
        self._origin = np.asarray(eye.origin, np.float64)
        self._exposure = np.ones(3) if exposure is None else exposure
        self._samples = samples
        self._spread = pi / eye.size.height
        self._room = lit_room()
        self._directions = _directions(eye, samples)
        self._rest = self._look()
        self._covered = _covered(eye)
        self._axes, self._reaches = _cones(self._directions, samples, eye.size)
        self._all = np.arange(len(self._axes))
        self._light = np.zeros((eye.size.height, eye.size.width, 3), np.float32)
        self._picture = Picture.filled(eye.size)
        self._empty = moment(0.0)
        self._expose(self._all, None)
        self._at_rest = Picture.filled(eye.size)
        self._at_rest.copy_from(self._picture)
        self._light_at_rest = self._light.copy()

    def picture(self, time_s: float) -> Picture:
        """The picture at an instant; its memory is used again by the next call."""
        now = moment(time_s)
        self._picture.copy_from(self._at_rest)
        self._expose(self.tiles(now), now)
        return self._picture

    def light(self, time_s: float) -> Floats:
        """The same before the response curve, chroma and rounding: linear R, G, B in 0…1, (height, width, 3)."""
        now = moment(time_s)
        np.copyto(self._light, self._light_at_rest)
        self._expose(self.tiles(now), now)
        return self._light.copy()

    def whole(self, time_s: float) -> Picture:
        """The picture at an instant with nothing left out: the slow form of `picture`, for tests."""
        self._expose(self._all, moment(time_s))
        return self._picture

    def tiles(self, now: Moment) -> Tiles:
        """Tiles that something moving may reach."""
        reached = np.zeros(len(self._axes), np.bool_)
        for *centre, radius in now.balls:
            towards = np.array(centre) - self._origin
            far = float(np.linalg.norm(towards))
            angle = np.arcsin(min(1.0, radius / far)) if far > radius else pi
            away = np.arccos(np.clip(self._axes @ (towards / far), -1, 1))
            reached |= away <= angle + self._reaches
        return np.flatnonzero(reached)

    def _look(self) -> Floats:
        room = self._room
        seen = np.zeros((*self._directions.shape[:2], 4), np.float32)
        for top in range(0, len(seen), BAND):
            rows = slice(top, top + BAND)
            see(room.solids, room.groups, room.maps, room.air, self._spread, self._origin, self._directions[rows], seen[rows])
        return seen

    def _expose(self, tiles: Tiles, now: Moment | None) -> None:
        state = now or self._empty
        _render(
            tiles,
            now is not None,
            self._samples,
            state.host,
            state.cells,
            state.dials,
            self._room.air,
            self._spread,
            self._origin,
            self._directions,
            self._rest,
            self._light,
        )
        _develop(tiles, self._light, self._covered, self._exposure, *self._picture.planes)


def _directions(eye: Eye, samples: int) -> Floats:
    """Rays through a grid of points, with a margin of one pixel around the picture: ((height + 2)·samples, …, 3)."""
    width, height = eye.size
    xs = (np.arange((width + 2) * samples) + 0.5) / samples - 1.0
    ys = (np.arange((height + 2) * samples) + 0.5) / samples - 1.0
    rays = np.empty((len(ys), len(xs), 3), np.float32)
    for top in range(0, len(ys), BAND):
        x, y = np.meshgrid(xs, ys[top : top + BAND])
        rays[top : top + BAND] = eye.look(np.stack([x, y], axis=-1))
    return rays


def _covered(eye: Eye) -> NDArray[np.bool_]:
    x, y = np.meshgrid(np.arange(eye.size.width) + 0.5, np.arange(eye.size.height) + 0.5)
    return eye.covers(np.stack([x, y], axis=-1))


def _cones(directions: Floats, samples: int, size: Size) -> tuple[Array, Array]:
    """Around each tile's rays: axes (tiles, 3) and half angles (tiles,) in radians; −10 where there is no ray."""
    axes, reaches = [], []
    reach = (TILE + 2) * samples
    for row in range(ceil(size.height / TILE)):
        for column in range(ceil(size.width / TILE)):
            top, left = row * TILE * samples, column * TILE * samples
            rays = directions[top : top + reach, left : left + reach].reshape(-1, 3).astype(np.float64)
            rays = rays[~np.isnan(rays[:, 0])]
            axis = rays.sum(axis=0) if len(rays) else np.array([0.0, 1.0, 0.0])
            axis /= max(float(np.linalg.norm(axis)), 1e-9)
            axes.append(axis)
            reaches.append(float(np.arccos(np.clip((rays @ axis).min(), -1, 1))) + 1e-4 if len(rays) else -10.0)
    return np.array(axes), np.array(reaches)


@kernel
def _render(
    tiles: Tiles,
    moves: bool,
    samples: int,
    host: Array,
    cells: NDArray[np.bool_],
    dials: Array,
    air: Array,
    spread: float,
    origin: Array,
    directions: Floats,  # ((height + 2)·samples, (width + 2)·samples, 3)
    rest: Floats,  # the same, 4
    out: Floats,  # (height, width, 3)
) -> None:
    """Average the light of the tiles' pixels."""
    height, width = out.shape[0], out.shape[1]
    ox, oy, oz, host_x, host_z = origin[0], origin[1], origin[2], dials[0], dials[1]
    columns = (width + TILE - 1) // TILE
    reach = (TILE + 2) * samples
    light = np.empty((reach, reach, 3), np.float32)
    weights = np.empty(2 * samples, np.float32)
    for index in range(2 * samples):
        weights[index] = (1.0 - abs((index + 0.5) / samples - 1.0)) / samples
    pad = samples // 2  # a tent reaches half a pixel beyond the pixel
    for tile in tiles:
        top, left = tile // columns * TILE, tile % columns * TILE
        high, wide = min(TILE, height - top), min(TILE, width - left)
        for i in range((high + 2) * samples):
            for j in range((wide + 2) * samples):
                a, b = top * samples + i, left * samples + j
                dx, dy, dz = float(directions[a, b, 0]), float(directions[a, b, 1]), float(directions[a, b, 2])
                far = float(rest[a, b, 3])
                if moves and far > 0.0 and is_touched(host_x, host_z, ox, oy, oz, dx, dy, dz, far):
                    red, green, blue = float(rest[a, b, 0]), float(rest[a, b, 1]), float(rest[a, b, 2])
                    light[i, j, 0], light[i, j, 1], light[i, j, 2] = overlay(
                        host, cells, dials, air, spread, ox, oy, oz, dx, dy, dz, red, green, blue, far
                    )
                else:
                    light[i, j, 0], light[i, j, 1], light[i, j, 2] = rest[a, b, 0], rest[a, b, 1], rest[a, b, 2]
        for y in range(high):
            for x in range(wide):
                red, green, blue = 0.0, 0.0, 0.0
                for p in range(2 * samples):
                    for q in range(2 * samples):
                        weight = weights[p] * weights[q]
                        sample = light[(y + 1) * samples - pad + p, (x + 1) * samples - pad + q]
                        red, green, blue = red + weight * sample[0], green + weight * sample[1], blue + weight * sample[2]
                out[top + y, left + x, 0], out[top + y, left + x, 1], out[top + y, left + x, 2] = red, green, blue


@kernel
def _develop(tiles: Tiles, light: Floats, covered: NDArray[np.bool_], exposure: Array, y: Plane, u: Plane, v: Plane) -> None:
    """Expose tiles of linear light, code them (IEC 61966-2-1) and write them in the house format."""
    height, width = covered.shape
    columns = (width + TILE - 1) // TILE
    m = RGB_TO_YCBCR
    for tile in tiles:
        top, left = tile // columns * TILE, tile % columns * TILE
        for row in range(top, min(top + TILE, height), 2):
            for column in range(left, min(left + TILE, width), 2):
                blue_difference, red_difference, picture = 0.0, 0.0, 0
                for a in range(row, row + 2):
                    for b in range(column, column + 2):
                        if not covered[a, b]:
                            y[a, b] = BLACK[0]
                            continue
                        red = _code(light[a, b, 0] * exposure[0])
                        green = _code(light[a, b, 1] * exposure[1])
                        blue = _code(light[a, b, 2] * exposure[2])
                        y[a, b] = int(LUMA_OFFSET + LUMA_SPAN * (m[0, 0] * red + m[0, 1] * green + m[0, 2] * blue) + 0.5)
                        blue_difference += m[1, 0] * red + m[1, 1] * green + m[1, 2] * blue
                        red_difference += m[2, 0] * red + m[2, 1] * green + m[2, 2] * blue
                        picture += 1
                share = CHROMA_SPAN / max(picture, 1)
                u[row // 2, column // 2] = int(CHROMA_OFFSET + share * blue_difference + 0.5)
                v[row // 2, column // 2] = int(CHROMA_OFFSET + share * red_difference + 0.5)


@kernel
def _code(light: float) -> float:
    value = min(max(light, 0.0), 1.0)
    return value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1.0 / 2.4) - 0.055
