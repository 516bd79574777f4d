"""The host who strolls through the room: where she is at an instant, and the solids she is made of."""

from functools import cache
from math import atan2, cos, pi, radians, sin
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive.capture.demo.layout import DEMO_SECONDS, EYE_HEIGHT_M
from vrlive.capture.demo.materials import FABRIC, PAINT
from vrlive.capture.demo.shapes import CAPSULE, CONE, ELLIPSOID, Triple, solid

Array = NDArray[np.float64]

CENTRE: Final = (-2.40, -0.75)  # of her way, an ellipse on the floor: x, z
LONG_M, SHORT_M = 2.75, 0.85
LEAN: Final = radians(-14.0)
STRIDES: Final = 10  # two steps each, in one loop

SKIN: Final = (0.50, 0.30, 0.21)
HAIR: Final = (0.055, 0.032, 0.022)
DRESS: Final = (0.05, 0.20, 0.21)
SHOES: Final = (0.30, 0.13, 0.07)


def place(time_s: float) -> tuple[float, float, float]:
    """Where she is: x, z in metres, and her heading as a yaw in radians. Periodic in `DEMO_SECONDS`."""
    ahead = _way(time_s + 0.15)
    here, behind = _way(time_s), _way(time_s - 0.15)
    return here[0], here[1], atan2(ahead[0] - behind[0], -(ahead[1] - behind[1]))


def figure(time_s: float) -> Array:
    """Her solids at an instant, (n, COLUMNS) as in `shapes`."""
    x, z, yaw = place(time_s)
    phase = 2 * pi * ((STRIDES * time_s / DEMO_SECONDS) % 1.0)
    return _Body(x, z, yaw, 0.018 * cos(2 * phase)).rows(phase)


def _way(time_s: float) -> tuple[float, float]:
    times, angles = _pace()
    angle = float(np.interp(time_s % DEMO_SECONDS, times, angles))
    along, across = LONG_M * cos(angle), SHORT_M * sin(angle)
    return CENTRE[0] + cos(LEAN) * across - sin(LEAN) * along, CENTRE[1] + sin(LEAN) * across + cos(LEAN) * along


@cache
def _pace() -> tuple[Array, Array]:
    """Instants and angles on the ellipse at which she walks evenly."""
    angles = np.linspace(0, 2 * np.pi, 2001)
    steps = np.hypot(np.diff(LONG_M * np.cos(angles)), np.diff(SHORT_M * np.sin(angles)))
    walked = np.concatenate([[0.0], np.cumsum(steps)])
    return walked / walked[-1] * DEMO_SECONDS, angles


class _Body:
    """Turns her own axes (right, up from the floor, forward) into rows in the world."""

    def __init__(self, x: float, z: float, yaw: float, bob: float) -> None:
        self._x, self._z, self._yaw, self._bob = x, z, yaw, bob
        self._cos, self._sin = cos(yaw), sin(yaw)

    def rows(self, phase: float) -> Array:
        """All solids at a phase of her stride."""
        swing = sin(phase)
        sway = 0.018 * cos(phase)
        rows = [
            self._upright(CONE, FABRIC, (sway, 0.70, 0.02), (0.285, 0.37, 0.25), DRESS, 0.50),
            self._upright(CONE, FABRIC, (0.5 * sway, 1.20, 0.0), (0.138, 0.155, 0.105), DRESS, 1.16),
            self._upright(ELLIPSOID, FABRIC, (0.5 * sway, 1.345, 0.0), (0.168, 0.075, 0.108), DRESS),
            self._upright(ELLIPSOID, FABRIC, (0.8 * sway, 1.06, 0.0), (0.143, 0.10, 0.118), DRESS),
            self._limb((0, 1.38, 0), (0, 1.52, 0.012), 0.047, SKIN),
            self._upright(ELLIPSOID, PAINT, (0, 1.595, 0.022), (0.076, 0.108, 0.092), SKIN),
            self._upright(ELLIPSOID, PAINT, (0, 1.625, -0.018), (0.092, 0.105, 0.102), HAIR),
            self._upright(ELLIPSOID, PAINT, (0, 1.66, -0.125), (0.058, 0.056, 0.058), HAIR),
        ]
        for side in (-1, 1):
            rows += self._leg(side, phase if side > 0 else phase + pi)
            rows += self._arm(side, -side * swing)
        return np.array(rows)

    def _leg(self, side: int, phase: float) -> list[Array]:
        forward, lift = 0.26 * sin(phase), 0.07 * max(0.0, cos(phase))
        ankle = (0.075 * side, 0.085 + lift - self._bob, forward - 0.04)
        knee = (0.08 * side, 0.50, 0.5 * forward + 0.06 + 0.05 * max(0.0, cos(phase)))
        shoe = (0.075 * side, 0.048 + lift - self._bob, forward + 0.02)
        return [self._limb(knee, ankle, 0.043, SKIN), self._upright(ELLIPSOID, PAINT, shoe, (0.042, 0.046, 0.115), SHOES)]

    def _arm(self, side: int, swing: float) -> list[Array]:
        shoulder = (0.165 * side, 1.365, 0.0)
        elbow = (0.215 * side, 1.10, 0.12 * swing - 0.02)
        hand = (0.205 * side, 0.88 + 0.02 * abs(swing), 0.27 * swing + 0.06)
        wrist: Triple = (0.95 * hand[0] + 0.05 * elbow[0], hand[1] + 0.02, hand[2])
        return [
            self._limb(shoulder, elbow, 0.044, DRESS),
            self._limb(elbow, wrist, 0.034, SKIN),
            self._upright(ELLIPSOID, PAINT, hand, (0.026, 0.055, 0.036), SKIN),
        ]

    def _upright(self, kind: int, material: int, at: Triple, half: Triple, colour: Triple, taper: float = 1.0) -> Array:
        return solid(kind, material, self._world(at), half, colour, yaw_deg=float(np.degrees(self._yaw)), taper=taper)

    def _limb(self, start: Triple, end: Triple, radius: float, colour: Triple) -> Array:
        return solid(CAPSULE, PAINT, self._world(start), self._world(end), colour, taper=radius)

    def _world(self, at: Triple) -> Triple:
        right, up, forward = at
        x = self._x + self._cos * right + self._sin * forward
        z = self._z + self._sin * right - self._cos * forward
        return x, up + self._bob - EYE_HEIGHT_M, z
