"""How far pixels are from what masks cut out."""

import pickle
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from vrlive.projection.lenses import inside
from vrlive.projection.masks import FAR, clearance_map
from vrlive.projection.rig import Lens, MaskPicture
from vrlive.units import Size

PLAIN = Lens("lens", 0, Size(90, 60), "equidistant", 30.0, (45.0, 30.0))


def test_a_lens_without_masks_has_no_map() -> None:
    assert clearance_map(PLAIN) is None


@pytest.mark.parametrize("share", [0.001, 0.1, 0.9])
def test_distances_are_scipys(share: float) -> None:
    kept = np.random.default_rng(3).random((60, 90)) >= share
    kept[10, 20] = False
    found = clearance_map(replace(PLAIN, mask=MaskPicture(kept)))
    assert found is not None
    assert found == pytest.approx(distance_transform_edt(kept) - 0.5, abs=1e-4)


def test_polygons_and_pictures_are_cut_out_together() -> None:
    kept = np.ones((30, 45), np.bool_)
    kept[:15] = False
    lens = replace(PLAIN, mask=MaskPicture(kept), masks=(((60.0, 40.0), (90.0, 40.0), (90.0, 60.0), (60.0, 60.0)),))
    assert inside(lens, [[45, 20], [45, 40], [75, 50], [20, 50]]).tolist() == [False, True, False, True]
    found = clearance_map(lens)
    assert found is not None
    assert (found[:30] < 0).all()
    assert found[31, 10] == pytest.approx(1.5)


def test_equal_mask_pictures_are_equal() -> None:
    one, other = (MaskPicture(np.eye(5, dtype=np.bool_)) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert one != MaskPicture(np.eye(6, dtype=np.bool_))
    assert pickle.loads(pickle.dumps(one)) == one
    assert MaskPicture(np.ones((2, 3), np.bool_)) != MaskPicture(np.ones((3, 2), np.bool_))


def test_a_mask_picture_does_not_change_with_what_it_was_made_from() -> None:
    kept = np.eye(5, dtype=np.bool_)
    mask = MaskPicture(kept)
    kept[:] = False
    assert mask == MaskPicture(np.eye(5, dtype=np.bool_))
    with pytest.raises(ValueError, match="read-only"):
        mask.kept[0, 0] = False


def test_where_nothing_is_cut_out_all_is_far_away() -> None:
    found = clearance_map(replace(PLAIN, mask=MaskPicture(np.ones((20, 30), np.bool_))))
    assert found is not None
    assert (found > FAR - 1).all()


def test_a_map_takes_little_more_memory_than_it_is_large() -> None:
    lens = replace(PLAIN, frame=Size(3000, 2000), mask=MaskPicture(np.random.default_rng(3).random((200, 300)) > 0.001))
    clearance_map(lens)  # compiles
    tracemalloc.start()
    found = clearance_map(lens)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found is not None
    assert found.nbytes <= peak < 1.5 * found.nbytes
