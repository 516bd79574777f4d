"""Procedural textures. Each is filtered by its footprint: what is finer than a pixel fades to its mean instead of flickering."""

from typing import Final

import numpy as np

from vrlive.projection.kernels import kernel

PAINT, WOOD, FABRIC, METAL, LIGHT, LEAF = range(6)

EXPOSURE: Final = 1.45
SHOULDER: Final = 0.40
WHITEST: Final = 0.72  # no camera's exposure error clips what is at most this bright


@kernel
def tone(light: float) -> float:
    """Expose: linear up to `SHOULDER`, then rolled off towards `WHITEST`."""
    light *= EXPOSURE
    if light <= SHOULDER:
        return max(light, 0.0)
    room = WHITEST - SHOULDER
    return float(SHOULDER + room * (1.0 - np.exp((SHOULDER - light) / room)))


@kernel
def chance(x: int, y: int) -> float:
    """A number in 0…1 that belongs to a cell of the plane."""
    h = (x * 374761393 + y * 668265263) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    return float((h ^ (h >> 16)) & 0xFFFF) / 65535.0


@kernel
def noise(x: float, y: float) -> float:
    """Smooth value noise in −1…1 with features of size 1."""
    i, j = int(np.floor(x)), int(np.floor(y))
    u, v = x - i, y - j
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    low = chance(i, j) * (1 - u) + chance(i + 1, j) * u
    high = chance(i, j + 1) * (1 - u) + chance(i + 1, j + 1) * u
    return 2.0 * (low * (1 - v) + high * v) - 1.0


@kernel
def fade(footprint: float, period: float) -> float:
    """How much of a pattern of that period (metres) is left when a pixel covers `footprint` metres."""
    ratio = footprint / period
    return 1.0 / (1.0 + 8.0 * ratio * ratio * ratio)


@kernel
def step(value: float, footprint: float) -> float:
    """0 below zero, 1 above, and a ramp as wide as 1.5 pixels between."""
    return min(1.0, max(0.0, 0.5 + value / (1.5 * footprint + 1e-9)))


@kernel
def line(distance: float, half: float, footprint: float) -> float:
    """How much of a pixel a line covers whose middle is `distance` away."""
    wide = 0.75 * footprint + 1e-9
    return max(0.0, min(distance + wide, half) - max(distance - wide, -half)) / (2.0 * wide)


@kernel
def grain(along: float, across: float, footprint: float) -> float:
    """Wood: a factor around 1 on its colour. The fibres run `along`."""
    rings = noise(0.6 * along, 14.0 * across) * fade(footprint, 0.07)
    fibre = noise(3.0 * along, 55.0 * across) * fade(footprint, 0.018)
    return 1.0 + 0.10 * rings + 0.07 * fibre


@kernel
def planks(along: float, across: float, wide: float, long: float, footprint: float) -> float:
    """A floor of planks: a factor around 1 on the wood's colour, darker in the joints."""
    row = np.floor(across / wide)
    shifted = along + long * chance(int(row), 7)
    column = np.floor(shifted / long)
    pick = chance(int(row), int(column) + 91)
    gap = min(across - row * wide, (row + 1) * wide - across, shifted - column * long, (column + 1) * long - shifted)
    joint = 1.0 - 0.35 * line(gap, 0.004, footprint)
    return (0.88 + 0.20 * pick) * joint * grain(along + 17.0 * pick, across + 5.0 * pick, footprint)


@kernel
def plaster(x: float, y: float, footprint: float) -> float:
    """Hand-trowelled plaster: a factor around 1."""
    return 1.0 + 0.035 * noise(1.7 * x, 1.7 * y) + 0.03 * noise(6.0 * x, 5.0 * y) + 0.02 * noise(21.0 * x, 19.0 * y) * fade(footprint, 0.05)
