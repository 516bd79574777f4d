"""GPMF payloads: of GoPro's own samples, by the rules of gpmf-parser's README, and damaged in every way that a file can be."""

import os
from pathlib import Path
from struct import pack

import numpy as np
import pytest

from tests.vrlive.capture.telemetry import accelerometer, item, nest, shorts, text
from vrlive.capture.gpmf import DEEPEST, read_streams
from vrlive.errors import InputError

WHOLE = accelerometer([[9.8, 0.1, -0.2]] * 50, "YxZ")


def sample(name: str) -> bytes:
    """One of the samples that come with gpmf-parser."""
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no telemetry of real cameras")
    return (Path(os.environ["VRLIVE_TEST_DATA"]) / "imu_gpmf" / name).read_bytes()


def test_a_hero5_wrote_what_its_documentation_says() -> None:
    """Rates as the README lists them: about 200 Hz, 400 Hz, 18 Hz, and a gain and an exposure for each of 24 pictures."""
    found = {stream.key: stream for stream in read_streams(sample("hero5.raw"))}
    assert {key: stream.values.shape for key, stream in found.items()} == {
        "ACCL": (199, 3),
        "GYRO": (399, 3),
        "GPS5": (18, 5),
        "ISOG": (24, 1),
        "SHUT": (24, 1),
    }
    assert np.linalg.norm(found["ACCL"].values, axis=1).mean() == pytest.approx(9.8, abs=0.4)
    assert found["ACCL"].name == "Accelerometer (up/down, right/left, forward/back)"
    latitude, longitude = found["GPS5"].values[0, :2]
    assert (latitude, longitude) == pytest.approx((33.126, -117.327), abs=0.001)  # Carlsbad, California: GoPro's home


def test_a_payload_of_two_devices_gives_the_streams_of_both() -> None:
    found = read_streams(sample("karma.raw"))
    assert [stream.key for stream in found] == ["ACCL", "GYRO", "ISOG", "SHUT"]  # the drone's own are structures, not rows of numbers


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        ("b", pack(">b", -5), -5),
        ("B", pack(">B", 250), 250),
        ("s", pack(">h", -300), -300),
        ("S", pack(">H", 65000), 65000),
        ("l", pack(">i", -70000), -70000),
        ("L", pack(">I", 4000000000), 4000000000),
        ("j", pack(">q", -(2**40)), -(2**40)),
        ("J", pack(">Q", 2**40), 2**40),
        ("f", pack(">f", 1.5), 1.5),
        ("d", pack(">d", -2.25), -2.25),
        ("q", pack(">i", 3 << 15), 1.5),
        ("Q", pack(">q", -(5 << 31)), -2.5),
    ],
)
def test_every_type_of_number_is_read(kind: str, data: bytes, value: float) -> None:
    [stream] = read_streams(nest("DEVC", nest("STRM", item("TEST", kind, len(data), 1, data))))
    assert stream.values.tolist() == [[value]]


def test_each_number_of_a_sample_may_have_its_own_divisor() -> None:
    [stream] = read_streams(nest("STRM", shorts("SCAL", [[10], [100], [1000]]), shorts("TEST", [[10, 20, 30], [40, 50, 60]])))
    assert stream.values.tolist() == [[1, 0.2, 0.03], [4, 0.5, 0.06]]


def test_what_is_not_a_number_is_skipped() -> None:
    payload = nest("DEVC", nest("STRM", text("TYPE", "ff"), item("FACE", "?", 8, 1, bytes(8))), nest("STRM", shorts("ISOE", [[100]])))
    assert [stream.key for stream in read_streams(payload)] == ["ISOE"]


def test_zeros_at_the_end_are_padding() -> None:
    assert len(read_streams(WHOLE + bytes(64))) == len(read_streams(WHOLE)) == 1


def test_a_length_beyond_what_holds_it_is_refused() -> None:
    with pytest.raises(InputError, match="ACCL says that it has 60000 bytes, but only 12 follow"):
        read_streams(nest("DEVC", nest("STRM", item("ACCL", "s", 6, 10000, bytes(12)))))


def test_nesting_without_end_is_refused() -> None:
    payload = shorts("ACCL", [[1, 2, 3]])
    for _ in range(DEEPEST + 2):
        payload = nest("DEVC", payload)
    with pytest.raises(InputError, match="levels deep"):
        read_streams(payload)


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        ([shorts("SCAL", 0), shorts("ACCL", [[1, 2, 3]])], "SCAL divides them by"),
        ([shorts("SCAL", [[1], [2]]), shorts("ACCL", [[1, 2, 3]])], "3 numbers a sample, but SCAL"),
        ([text("SCAL", "no"), shorts("ACCL", [[1, 2, 3]])], "SCAL is of type 'c'"),
        ([item("ACCL", "s", 5, 2, bytes(10))], "samples of 5 bytes"),
        ([item("ACCL", "s", 0, 9, b"")], "samples of 0 bytes"),
    ],
)
def test_what_contradicts_itself_is_refused_and_named(items: list[bytes], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read_streams(nest("DEVC", nest("STRM", *items)))


def refused(payload: bytes) -> str:
    """Why a payload is refused; nothing if it is read."""
    try:
        read_streams(payload)
    except InputError as fault:
        return str(fault) or "in silence"
    return ""


def test_a_payload_cut_off_anywhere_is_read_or_refused_in_words() -> None:
    reasons = {refused(WHOLE[:end]) for end in range(len(WHOLE))}
    assert any("DEVC says that it has" in reason for reason in reasons)
    assert "in silence" not in reasons


def test_a_payload_with_any_byte_spoilt_is_read_or_refused_in_words() -> None:
    random = np.random.default_rng(5)
    reasons = set()
    for place in range(120):
        spoilt = bytearray(WHOLE)
        spoilt[place] = int(random.integers(256))
        reasons.add(refused(bytes(spoilt)))
    assert len(reasons) > 10
    assert "in silence" not in reasons
