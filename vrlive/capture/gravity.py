"""Where down is for a camera, by what GoPro cameras write beside the picture (GPMF, in a track of its own).

``ACCL`` is what an accelerometer feels: at rest 9.8 m/s² straight up. Its axes X, Y, Z are left, backward and up of the camera: so they
are labelled in gpmf-parser's README (HERO5 stores them in the order Z, X, Y, later cameras say the order in ``ORIN``), and so they
turn against the picture in its sample karma.mp4, by optical flow. ``GRAV`` is gravity by the camera's own fusion of sensors, downward,
its numbers X, −Z, −Y (issues 100 and 170 there). Where a camera at rest feels otherwise than its ``GRAV`` says, the accelerometer is
believed. ``CORI`` is not read: it counts turns from the start of the recording and does not know where down is.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from math import radians
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.container import InputContainer
from av.stream import Discard

from vrlive.capture.gpmf import Array, Stream, read_streams
from vrlive.capture.opening import open_file
from vrlive.capture.stills import is_still
from vrlive.errors import InputError

STANDARD_GRAVITY: Final = 9.80665  # m/s²
HERO5_NAME, HERO5_AXES, GRAV_AXES = "up/down, right/left, forward/back", "ZXY", "Xzy"
CAMERA_AXES: Final = {"X": (-1, 0, 0), "Y": (0, 0, 1), "Z": (0, 1, 0)}  # right, up, backward

FELT_WITHIN: Final = 0.5  # m/s²: an accelerometer that feels more or less than gravity is moved, or badly calibrated
SHAKEN: Final = 1.0  # m/s², RMS within a moment: in a hand it is 0.9
UPRIGHT: Final = 0.7  # cosine of some 45°
PARTS: Final = 4  # of a payload, averaged each: a moment lasts a quarter of a second
STEADY_RAD: Final = radians(6)  # on a tripod it is less than 1°, in a quiet hand 5°
CONTRADICTION_RAD: Final = radians(8)

MOVED: Final = "the camera was moved while it recorded, so it does not say where down is"

MOMENTS: Final = 16  # looked at, over the whole recording
MOST_PACKETS: Final = 64  # read to find the telemetry of one moment
LARGEST_PAYLOAD: Final = 1 << 20  # bytes; cameras write some 8 kB a second
LONGEST: Final = 1 << 48  # in a track's own time: what is longer is a lie
MAGIC: Final = b"DEVC"


@dataclass(frozen=True, slots=True)
class Gravity:
    """Where up is for a camera that stood still.

    Attributes
    ----------
    up
        (3,) unit vector in the camera's axes: right, up, backward.
    source
        Whose word it is: ``GRAV`` or ``ACCL``.
    spread_rad
        By how much it wavered: nine of ten moments are nearer than this.
    """

    up: Array
    source: str
    spread_rad: float


def read_gravity(path: Path) -> Gravity | None:
    """Where up was for the camera that recorded a file; None if the file does not tell.

    Raises
    ------
    InputError
        If the file cannot be read, its telemetry is damaged, or the camera did not stand still.
    """
    if is_still(path):
        return None
    with closing(open_file(path)) as source:
        try:
            return gravity_of(list(_payloads(source)))
        except InputError as fault:
            raise InputError(f"{path}: its telemetry (GPMF) cannot be used: {fault}") from fault
        except (av.error.FFmpegError, OSError) as fault:
            raise InputError(f"{path}: its telemetry (GPMF) cannot be read: {fault.strerror or 'damaged'}") from fault


def gravity_of(payloads: Sequence[bytes]) -> Gravity | None:
    """Where up was, by GPMF payloads of one camera; None if they do not tell.

    Raises
    ------
    InputError
        If they are damaged, or the camera did not stand still.
    """
    streams = [stream for payload in payloads for stream in read_streams(payload)]
    felt, told = _moments(streams, "ACCL"), _moments(streams, "GRAV")
    at_rest = [each.mean(axis=0) for each in felt if _at_rest(each)]
    fused = [-each.mean(axis=0) for each in told if abs(np.linalg.norm(each.mean(axis=0)) - 1) < 0.1]  # HERO8 writes zeros
    by_accelerometer = _common(at_rest, "ACCL") if len(at_rest) > len(felt) / 2 else None
    by_fusion = _common(fused, "GRAV") if fused else None
    found = [each for each in (by_fusion, by_accelerometer) if each]
    if len(found) == 2 and angle_between(found[0].up, found[1].up) > CONTRADICTION_RAD:
        found = found[1:]
    if not found and (felt or fused):
        raise InputError(MOVED)
    if found and found[0].spread_rad > STEADY_RAD:
        raise InputError(
            f"where down is for it changes by {np.degrees(found[0].spread_rad):.0f}° while it records: there is no one horizon"
        )
    return found[0] if found else None


def angle_between(first: Array, second: Array) -> float:
    """Angle in radians between two unit vectors."""
    return float(np.arctan2(np.linalg.norm(np.cross(first, second)), first @ second))


def _moments(streams: Iterable[Stream], key: str) -> list[Array]:
    """The samples (n, 3) of each moment, in the camera's axes; without those whose axes are not known."""
    found: list[Array] = []
    for stream in streams:
        if stream.key != key or stream.values.shape[1] != 3 or not len(stream.values) or not np.isfinite(stream.values).all():
            continue
        axes = _axes(stream)
        if axes is not None:
            found += [part for part in np.array_split(stream.values @ axes, PARTS) if len(part)]
    return found


def _axes(stream: Stream) -> Array | None:
    """Matrix (3, 3) from a sample's numbers to the camera's axes; None if they are not known."""
    names = GRAV_AXES if stream.key == "GRAV" else stream.axes or (HERO5_AXES if _is_hero5(stream) else "")
    if sorted(names.upper()) != ["X", "Y", "Z"]:
        return None
    return np.array([np.multiply(CAMERA_AXES[name.upper()], 1 if name.isupper() else -1) for name in names], np.float64)


def _is_hero5(stream: Stream) -> bool:
    """Whether a stream that does not name its axes has them as a HERO5 that stands more or less upright.

    By the README a Fusion has another order: upright, it feels up along its third number.
    """
    mean = stream.values.mean(axis=0)
    return HERO5_NAME in stream.name and bool(mean[0] > UPRIGHT * np.linalg.norm(mean))


def _at_rest(samples: Array) -> bool:
    mean = samples.mean(axis=0)
    shaken = np.sqrt(((samples - mean) ** 2).sum(axis=1).mean())
    return bool(abs(np.linalg.norm(mean) - STANDARD_GRAVITY) < FELT_WITHIN and shaken < SHAKEN)


def _common(ups: Sequence[Array], source: str) -> Gravity:
    """What most moments agree on."""
    units = np.array([up / np.linalg.norm(up) for up in ups])
    middle = np.median(units, axis=0)
    if np.linalg.norm(middle) < 0.5:
        raise InputError(MOVED)
    middle /= np.linalg.norm(middle)
    return Gravity(middle, source, float(np.quantile([angle_between(middle, unit) for unit in units], 0.9)))


def _payloads(source: InputContainer) -> Iterator[bytes]:
    """GPMF payloads of moments evenly spread over a recording, from the first track that has any."""
    for track in source.streams.data:
        for stream in source.streams:
            stream.discard = Discard.default if stream is track else Discard.all  # pictures need not even be read
        found = {packet.pts: bytes(packet) for packet in _packets(source, track)}
        payloads = [data for data in found.values() if data.startswith(MAGIC)]
        if payloads:
            yield from payloads
            return


def _packets(source: InputContainer, track: Any) -> "Iterator[av.Packet[Any]]":
    start, length = track.start_time or 0, min(track.duration or 0, LONGEST)
    for moment in range(MOMENTS):
        source.seek(start + length * moment // MOMENTS, stream=track)
        packet = next((packet for packet in islice(source.demux(track), MOST_PACKETS) if 0 < packet.size <= LARGEST_PAYLOAD), None)
        if packet is None:
            return
        yield packet
