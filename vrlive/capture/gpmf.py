"""GPMF, the telemetry of GoPro cameras: one payload of it (about a second) into streams of numbers.

A payload is a row of keys, lengths and values, nested: ``DEVC`` holds a device's ``STRM``, and each of those one kind of sample after
keys that say how it is meant (https://github.com/gopro/gpmf-parser, “GPMF Deeper Dive”). Read is what has a numeric type; the rest is
skipped. The file is a stranger's: lengths are checked against what holds them, and nesting has a limit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import unpack_from
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive.errors import InputError

Array = NDArray[np.float64]

DEEPEST: Final = 8  # cameras nest three deep
HEADER: Final = 8  # bytes: key, type, size of a sample, number of samples
NESTED: Final = "\0"
NUMBERS: Final = {"b": "i1", "B": "u1", "s": ">i2", "S": ">u2", "l": ">i4", "L": ">u4", "j": ">i8", "J": ">u8", "f": ">f4", "d": ">f8"}
FIXED_POINT: Final = {"q": (">i4", 2.0**16), "Q": (">i8", 2.0**32)}


@dataclass(frozen=True, slots=True)
class Stream:
    """The samples of one sensor in one payload.

    Attributes
    ----------
    key
        Its FourCC: ``ACCL``, ``GRAV`` …
    name
        What the camera calls it (``STNM``), or nothing.
    axes
        Which axis each number of a sample lies along (``ORIN``), small letters where it is negated, such as ``ZXY`` or ``YxZ``; or nothing.
    values
        (samples, numbers) float64, divided by ``SCAL``.
    """

    key: str
    name: str
    axes: str
    values: Array


@dataclass(frozen=True, slots=True)
class _Item:
    key: str
    kind: str
    sample_bytes: int
    data: bytes


def read_streams(payload: bytes) -> list[Stream]:
    """All streams of numbers in a payload, of all devices, in its order.

    Raises
    ------
    InputError
        If lengths, types or nesting contradict each other; the key and the fault are named.
    """
    return list(_streams(payload, 0))


def _streams(data: bytes, depth: int) -> Iterator[Stream]:
    items = list(_items(data))
    for item in items:
        if item.kind == NESTED:
            if depth == DEEPEST:
                raise InputError(f"{item.key} lies more than {DEEPEST} levels deep")
            yield from _streams(item.data, depth + 1)
    if items and items[-1].kind in NUMBERS | FIXED_POINT:  # the last describes nothing else: it is the sensor
        sensor = items[-1]
        known = {item.key: item for item in items[:-1]}
        yield Stream(sensor.key, _text(known.get("STNM")), _text(known.get("ORIN")), _scaled(sensor, known.get("SCAL")))


def _items(data: bytes) -> Iterator[_Item]:
    at = 0
    while at + HEADER <= len(data) and data[at]:  # a key of zeros is padding
        key, kind = _latin(data[at : at + 4]), chr(data[at + 4])
        sample_bytes, samples = unpack_from(">BH", data, at + 5)
        length, at = sample_bytes * samples, at + HEADER
        if length > len(data) - at:
            raise InputError(f"{key} says that it has {length} bytes, but only {len(data) - at} follow")
        yield _Item(key, kind, sample_bytes, data[at : at + length])
        at += -(-length // 4) * 4


def _scaled(item: _Item, scale: _Item | None) -> Array:
    values = _numbers(item)
    if scale is None:
        return values
    divisors = _numbers(scale).reshape(-1)
    if len(divisors) not in (1, values.shape[1]) or not np.all(divisors):
        raise InputError(f"{item.key} has {values.shape[1]} numbers a sample, but SCAL divides them by {divisors.tolist()}")
    return values / divisors


def _numbers(item: _Item) -> Array:
    """The values of an item (samples, numbers)."""
    layout, divisor = FIXED_POINT.get(item.kind) or (NUMBERS.get(item.kind), 1.0)
    if layout is None:
        raise InputError(f"{item.key} is of type {item.kind!r}, not a number")
    count, rest = divmod(item.sample_bytes, np.dtype(layout).itemsize)
    if rest or not count:
        raise InputError(f"{item.key} has samples of {item.sample_bytes} bytes, which no number of type {item.kind!r} fills")
    return np.frombuffer(item.data, layout).astype(np.float64).reshape(-1, count) / divisor


def _text(item: _Item | None) -> str:
    return _latin(item.data) if item and item.kind == "c" else ""


def _latin(data: bytes) -> str:
    """Text as GPMF writes it: one byte a letter, ended by zeros."""
    return data.split(b"\0")[0].decode("latin-1")
