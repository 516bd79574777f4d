"""Pointing at garments: which one lies in a direction, and where on the floor one stands that is carried along."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from renderer.gltf.model import Model
from vrlive.projection.equirect import angles, direction
from vrlive.show.scene import Garment, Scene, model_matrix

Array = NDArray[np.float64]

_FLATTEST: Final = np.radians(2.0)  # below the horizon: nearer to it, a pixel is metres of floor


@dataclass(frozen=True)
class Solid:
    """A model's triangles at rest, to be pointed at.

    Attributes
    ----------
    corners
        (n, 3, 3) metres in the model's own frame: triangle, corner, x y z.
    bounds
        Lowest and highest x, y and z, (2, 3).
    """

    corners: Array
    bounds: Array

    @classmethod
    def of(cls, model: Model) -> "Solid":
        """All primitives of a model."""
        corners = np.concatenate([each.vertices[:, :3].astype(np.float64)[each.triangles] for each in model.primitives])
        return cls(corners, np.array([corners.min(axis=(0, 1)), corners.max(axis=(0, 1))]))

    def distance(self, origin: Array, towards: Array) -> float:
        """How far the first triangle is from `origin` in units of `towards`, both (3,); infinity if none is there.

        Möller & Trumbore 1997, from both sides, for those triangles only whose model is in the way at all.
        """
        if not self._is_in_the_way(origin, towards):
            return np.inf
        first, one, other = self.corners[:, 0], self.corners[:, 1] - self.corners[:, 0], self.corners[:, 2] - self.corners[:, 0]
        across = np.cross(towards, other)
        volume = np.sum(one * across, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):  # a triangle that is seen edge on is not hit
            away = origin - first
            u = np.sum(away * across, axis=1) / volume
            turned = np.cross(away, one)
            v = turned @ towards / volume
            t = np.sum(other * turned, axis=1) / volume
            hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)
        return float(t[hit].min(initial=np.inf))

    def _is_in_the_way(self, origin: Array, towards: Array) -> bool:
        """Whether the ray meets the bounds: the slab method."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = np.sort((self.bounds - origin) / towards, axis=0)
        near, far = np.nanmax(ends[0]), np.nanmin(ends[1])
        return bool(near <= far and far > 0)


def pick(scene: Scene, solids: Mapping[str, Solid], towards: Array) -> str | None:
    """The name of the nearest garment that lies in a direction (3,) from the rig's centre; None if there is none.

    Parameters
    ----------
    solids
        The model of each garment by the garment's name; one that is not among them cannot be pointed at.
    """
    found = {
        garment.name: _distance(garment, scene.floor_m, solids[garment.name], towards)
        for garment in scene.garment
        if garment.name in solids
    }
    nearest = min(found, key=lambda name: found[name], default=None)
    return nearest if nearest is not None and np.isfinite(found[nearest]) else None


def floor_point(towards: Array, floor_m: float) -> tuple[float, float] | None:
    """Where a direction (3,) meets the floor, as x and z in metres; None at the horizon and above it."""
    _, pitch = angles(towards)
    if pitch > -_FLATTEST:
        return None
    x, y, z = towards
    return float(x / -y * floor_m), float(z / -y * floor_m)


def carried(foot: tuple[float, float], floor_m: float, seized: Array, towards: Array) -> tuple[float, float]:
    """Where a garment stands that was seized in one direction and carried to another, (3,) both.

    Its foot, x and z in metres, moves by the same angles: so it can be seized anywhere, also above the horizon.
    """
    yaw, pitch = angles(np.array([foot[0], -floor_m, foot[1]]))
    (yaw_from, pitch_from), (yaw_to, pitch_to) = angles(seized), angles(towards)
    lowered = np.clip(pitch + pitch_to - pitch_from, -np.pi / 2 + _FLATTEST, -_FLATTEST)
    point = floor_point(direction(yaw + yaw_to - yaw_from, min(lowered, -_FLATTEST * 1.001)), floor_m)
    assert point is not None
    return point


def _distance(garment: Garment, floor_m: float, solid: Solid, towards: Array) -> float:
    """In the model's own frame: its corners need not be moved."""
    into: Array = np.linalg.inv(model_matrix(garment, floor_m)).astype(np.float64)
    return solid.distance(into[:3, 3], into[:3, :3] @ towards)
