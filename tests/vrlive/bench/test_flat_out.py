from itertools import islice

import pytest

from vrlive.bench.flat_out import flat_out_rows, to_and_fro
from vrlive.bench.stopwatch import FEWEST
from vrlive.config import ChannelConfig
from vrlive.pipeline import open_compositor
from vrlive.units import Size


def test_every_stage_is_timed_alone_and_all_of_them_together(small_channel: ChannelConfig) -> None:
    rows = list(flat_out_rows(small_channel.model_copy(update={"size": Size(256, 128)}), lasts_s=0.05))
    assert [(row.work, row.stage) for row in rows] == [
        ("256x128, alone", "decode"),
        ("256x128, alone", "stitch"),
        ("256x128, alone", "encode"),
        ("256x128, flat out", "stitch to encode"),
        ("256x128, flat out", "decode to encode"),
    ]
    for row in rows:
        assert row.frames is not None
        assert row.frames >= FEWEST
        assert row.median_ms is not None
        assert row.p95_ms is not None
        assert 0 < row.median_ms <= row.p95_ms
        assert row.cpu_ms
        assert row.fps


@pytest.mark.parametrize(("items", "order"), [("abcd", "abcdcbabcd"), ("ab", "ababababab"), ("a", "aaaaaaaaaa")])
def test_a_film_forwards_and_backwards_never_jumps(items: str, order: str) -> None:
    assert "".join(islice(to_and_fro(list(items)), 10)) == order


def test_garments_are_a_stage_of_their_own(small_channel: ChannelConfig) -> None:
    dressed = small_channel.model_copy(update={"size": Size(256, 128), "scene": "showroom"})
    compositor, fault = open_compositor(dressed)
    if compositor is None:
        pytest.skip(fault)
    compositor.close()
    assert [row.stage for row in flat_out_rows(dressed, lasts_s=0.05)][1:4] == ["stitch", "composite", "encode"]
