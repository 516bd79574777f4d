"""The dress that ships is what the tool makes, and its cloth behaves like cloth."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.gltf import read_glb
from tools.garments.body import sections
from tools.make_garment import SHOWROOM, main

Array = NDArray[np.float64]

COLUMNS = 161  # of the skirt: a ring, its first column repeated


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("garment")
    main(folder)
    return folder / "dress.glb"


@pytest.fixture(scope="module")
def skirt() -> Array:
    """Points of the skirt that ships, (rows, columns, 3) metres, from the waist down."""
    part = read_glb(SHOWROOM / "dress.glb").primitives[0]
    return part.vertices[:, :3].astype(np.float64).reshape(-1, COLUMNS, 3)


def test_the_dress_that_ships_is_the_one_that_the_tool_makes(made: Path) -> None:
    """To a tenth of a millimetre: another processor may round the last bits of the cloth's fall otherwise."""
    fresh, shipped = read_glb(made), read_glb(SHOWROOM / "dress.glb")
    assert (fresh.materials, fresh.variants) == (shipped.materials, shipped.variants)
    for new, old in zip(fresh.primitives, shipped.primitives, strict=True):
        np.testing.assert_array_equal(new.triangles, old.triangles)
        np.testing.assert_allclose(new.vertices[:, :3], old.vertices[:, :3], atol=1e-4)
    for image, other in zip(fresh.images, shipped.images, strict=True):
        assert np.abs(image.astype(int) - other).mean() < 0.5


def crossings(ring: Array) -> int:
    """How often a closed line in the plane, (n, 2) with its first point repeated, crosses itself."""
    start, step = ring[:-1], np.diff(ring, axis=0)
    between = start[None] - start[:, None]
    along = step[:, None, 0] * step[None, :, 1] - step[:, None, 1] * step[None, :, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        mine = (between[..., 0] * step[None, :, 1] - between[..., 1] * step[None, :, 0]) / along
        theirs = (between[..., 0] * step[:, None, 1] - between[..., 1] * step[:, None, 0]) / along
    return int(((mine > 0) & (mine < 1) & (theirs > 0) & (theirs < 1)).sum() // 2)


def test_crossings_are_counted() -> None:
    bow = np.array([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]], np.float64)
    assert crossings(bow) == 1
    assert crossings(bow[[0, 2, 1, 3, 0]]) == 0


def test_the_cloth_does_not_pass_through_itself(skirt: Array) -> None:
    assert [row for row in range(len(skirt) - 3) if crossings(skirt[row][:, [0, 2]])] == []


def test_the_cloth_does_not_pass_through_the_body(skirt: Array) -> None:
    hips = skirt[(skirt[:, 0, 1] > 0.80)]
    width, front, behind = np.moveaxis(sections(hips[..., 1].ravel()).reshape(*hips.shape[:2], 3), -1, 0)
    inside = (hips[..., 0] / width) ** 2 + (hips[..., 2] / np.where(hips[..., 2] > 0, front, behind)) ** 2
    assert inside.min() > 1


def test_the_cloth_hangs_evenly(skirt: Array) -> None:
    """Threads from waist to hem, cut to 78 cm, give a little under their own weight, and all alike."""
    lengths = np.linalg.norm(np.diff(skirt[:-3], axis=0), axis=-1).sum(axis=0)
    assert 0.78 < lengths.mean() < 1.07 * 0.78
    assert np.ptp(lengths) < 0.01
