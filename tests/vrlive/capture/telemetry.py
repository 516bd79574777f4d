"""GPMF as cameras write it, by gpmf-parser's README: keys, types, sizes, padding to four bytes; and MP4 files that carry it."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from struct import pack

import av
import numpy as np
from numpy.typing import ArrayLike

from vrlive.frames import Picture
from vrlive.units import Size

FRAME = Size(64, 64)
ACCELEROMETER = "Accelerometer (up/down, right/left, forward/back)"


def item(key: str, kind: str, sample_bytes: int, samples: int, data: bytes) -> bytes:
    """Key, length and value, padded."""
    return key.encode() + kind.encode() + pack(">BH", sample_bytes, samples) + data + bytes(-len(data) % 4)


def nest(key: str, *items: bytes) -> bytes:
    """Items inside one of type null."""
    data = b"".join(items)
    return item(key, "\0", 4, len(data) // 4, data)


def text(key: str, words: str) -> bytes:
    return item(key, "c", 1, len(words), words.encode("latin-1"))


def shorts(key: str, values: ArrayLike) -> bytes:
    """Samples (n, numbers) as signed 16-bit numbers."""
    samples = np.atleast_2d(np.rint(values)).astype(">i2")
    return item(key, "s", 2 * samples.shape[1], len(samples), samples.tobytes())


def accelerometer(values: ArrayLike, axes: str = "") -> bytes:
    """A payload of ACCL samples (n, 3) in m/s²; HERO5's order when `axes` are not given."""
    order = text("ORIN", axes) if axes else b""
    return nest(
        "DEVC",
        text("DVNM", "Camera"),
        nest("STRM", text("STNM", ACCELEROMETER), order, shorts("SCAL", 418), shorts("ACCL", np.multiply(values, 418))),
    )


def gravity(values: ArrayLike) -> bytes:
    """A payload of GRAV samples (n, 3), unit vectors."""
    return nest("DEVC", nest("STRM", text("STNM", "Gravity Vector"), shorts("SCAL", 32767), shorts("GRAV", np.multiply(values, 32767))))


def film_with(path: Path, payloads: Sequence[bytes], shown: Picture | None = None) -> Path:
    """A film of one picture (64×64, grey when not given), shown again each second with a payload beside it in a track of its own."""
    shown = shown or Picture.filled(FRAME, (100, 128, 128))
    with av.open(str(path), "w") as out:
        video, track = out.add_stream("libx264", rate=1), out.add_data_stream("bin_data")
        video.width, video.height, video.pix_fmt = *shown.size, "yuv420p"
        track.time_base = Fraction(1, 1000)
        for second, payload in enumerate(payloads):
            picture = av.VideoFrame.from_ndarray(shown.packed(), "yuv420p")
            picture.pts, picture.time_base = second, Fraction(1)
            out.mux(video.encode(picture))
            packet = av.Packet(payload)
            packet.stream, packet.time_base, packet.duration = track, Fraction(1, 1000), 1000
            packet.pts = packet.dts = second * 1000
            out.mux(packet)
        out.mux(video.encode(None))
    return path
