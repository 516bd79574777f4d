"""What is found out once about a processor."""

from vrlive.tuning import gathers_fast


def test_the_faster_way_to_fetch_is_found_once_and_kept() -> None:
    assert gathers_fast() in {False, True}
    assert gathers_fast.cache_info().currsize == 1
