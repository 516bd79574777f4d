"""What is a cut of the scene, and what is not. Light is passed in."""

from collections.abc import Iterable

import numpy as np

from vrlive.stitch.cuts import CALM_S, Cuts

Array = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def scene(number: int) -> Array:
    """What six lenses see of a scene."""
    return np.random.default_rng(number).normal(-1.5, 0.4, (6, 200))


def cuts_among(moments: Iterable[Array]) -> list[int]:
    """Which moments, a quarter of a second apart, begin with a cut."""
    cuts = Cuts()
    return [number for number, light in enumerate(moments) if cuts.look(light, number / 4)]


def test_another_scene_in_all_lenses_is_a_cut() -> None:
    assert cuts_among([scene(1)] * 4 + [scene(2)] * 4) == [4]


def test_lamps_are_no_cut() -> None:
    assert cuts_among([scene(1), scene(1) + 1.0, scene(1) - 1.0]) == []


def test_what_happens_before_half_of_the_lenses_is_no_cut() -> None:
    assert cuts_among([scene(1), np.vstack([scene(2)[:3], scene(1)[3:]])]) == []


def test_a_scene_that_comes_after_darkness_is_compared_with_that_before() -> None:
    dark = np.full_like(scene(1), np.nan)
    assert cuts_among([scene(1), dark, dark, scene(1)]) == []
    assert cuts_among([scene(1), dark, dark, scene(2)]) == [3]


def test_a_scene_that_never_rests_is_cut_once() -> None:
    assert cuts_among(scene(number) for number in range(40)) == [1]


def test_a_cut_after_calm_is_one_again() -> None:
    calm = int(CALM_S * 4)
    assert cuts_among([scene(1), *[scene(2)] * calm, *[scene(3)] * 4]) == [1, 1 + calm]


def test_one_lens_alone_is_not_cut() -> None:
    alone = [np.where(np.arange(6)[:, np.newaxis] == 2, scene(number), np.nan) for number in range(2)]
    assert cuts_among(alone) == []
