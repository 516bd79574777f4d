"""Weaves repeat, and are what their drafts say."""

import numpy as np
import pytest

from tools.cloth.weave import DENIM, HERRINGBONE, PLAIN, SATIN, TWILL, Knit, Weave

BLACK, WHITE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


@pytest.mark.parametrize(("draft", "share"), [(PLAIN, 1 / 2), (TWILL, 1 / 2), (DENIM, 2 / 3), (SATIN, 4 / 5), (HERRINGBONE, 1 / 2)])
def test_as_much_warp_shows_as_the_draft_says(draft: tuple[str, ...], share: float) -> None:
    weave = Weave(draft, len(draft[0]) * len(draft) * 2, 0.05, uneven=0.0, pixels=480)
    picture = weave.colours([WHITE], [BLACK])
    assert (picture[..., 0] > 60).mean() == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("made", [Weave(TWILL, 32, 0.05), Knit(16, 20, 0.08), Knit(16, 20, 0.08, rib=2)])
def test_a_tile_repeats_without_a_seam(made: Weave | Knit) -> None:
    """Across its edges the picture changes no more than between two threads within it."""
    picture = made.normals().astype(int)
    for axis in (0, 1):
        steps = np.abs(np.diff(picture, axis=axis)).mean(axis=(1 - axis, 2))
        edge = np.abs(np.take(picture, 0, axis) - np.take(picture, -1, axis)).mean()
        assert edge < 1.3 * steps.max()


@pytest.mark.parametrize("made", [Weave(PLAIN, 32, 0.05), Knit(16, 20, 0.08)])
def test_normals_are_of_length_one_and_look_outwards(made: Weave | Knit) -> None:
    normals = made.normals() / 255 * 2 - 1
    assert np.abs(np.linalg.norm(normals, axis=-1) - 1).max() < 0.02
    assert normals[..., 2].min() > 0
    assert np.abs(normals[..., :2].mean(axis=(0, 1))).max() < 0.02
