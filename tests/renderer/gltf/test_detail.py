from typing import Any

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray

from renderer.gltf import Primitive, read_glb
from renderer.gltf.detail import coarser
from renderer.gltf.model import POSITION
from vrlive import resources

Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def parts() -> tuple[Primitive, ...]:
    return read_glb(resources.scenes() / "showroom" / "dress.glb").primitives


def distances(points: Array, corners: Array) -> Array:
    """From each of n points to the nearest of m triangles, (m, 3, 3)."""
    pairs: Any = trimesh.triangles
    return np.array([np.linalg.norm(pairs.closest_point(corners, np.tile(at, (len(corners), 1))) - at, axis=1).min() for at in points])


def open_edges(part: Primitive, triangles: NDArray[np.uint32]) -> set[frozenset[tuple[float, ...]]]:
    """By the places of their ends: a seam of texture coordinates is none."""
    places, where = np.unique(np.round(part.vertices[:, POSITION], 6) + 0, axis=0, return_inverse=True)
    edges = np.sort(where.reshape(-1)[triangles][:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    return {frozenset(tuple(places[end]) for end in edge) for edge in unique[count == 1]}


@pytest.mark.parametrize(("error_m", "most"), [(0.0005, 0.5), (0.002, 0.2)])
def test_a_coarser_dress_has_fewer_triangles_within_the_error(parts: tuple[Primitive, ...], error_m: float, most: float) -> None:
    fine = coarse = 0
    generator = np.random.default_rng(3)
    for part in parts:
        triangles = coarser(part.vertices, part.triangles, error_m)
        fine, coarse = fine + len(part.triangles), coarse + len(triangles)
        points = part.vertices[generator.choice(part.triangles.ravel(), 60), POSITION].astype(np.float64)
        away = distances(points, part.vertices[triangles][..., POSITION].astype(np.float64))
        assert away.max() < 3 * error_m  # the simplifier's error is a mean over the planes that met at a corner
        assert np.median(away) < error_m
    assert coarse < most * fine


def test_open_edges_stay_where_parts_meet(parts: tuple[Primitive, ...]) -> None:
    counts = []
    for part in parts:
        before = open_edges(part, part.triangles)
        assert open_edges(part, coarser(part.vertices, part.triangles, 0.004)) == before
        counts.append(len(before))
    assert max(counts) > 100


def test_nothing_becomes_nothing() -> None:
    assert coarser(np.zeros((0, 14), np.float32), np.zeros((0, 3), np.uint32), 0.01).shape == (0, 3)
