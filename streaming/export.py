"""A recording, or a part of it, as a plain MP4 with its index first: for editors, and for platforms that take uploads.

Nothing is encoded anew. A part begins at the exact time by an edit list (ISO/IEC 14496-12, 8.6.6): what lies between the keyframe before
and that time is in the file, and players do not show it.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.container.input import InputContainer
from av.container.output import OutputContainer
from av.stream import Stream

from streaming.spherical import read_marks, write_marked
from vrlive.errors import InputError

Progress = Callable[[int, int], None]
END: Final = float("inf")


def export(recording: Path, target: Path, *, from_s: float = 0.0, to_s: float = END, progress: Progress) -> float:
    """Write what lies between two times.

    Parameters
    ----------
    recording
        A file of ours, finished or not.
    target
        The MP4 to write. While it is not finished, the media lie beside it in a file whose name ends in ``.media``.
    from_s, to_s
        From the recording's first picture on.
    progress
        Told how many seconds of how many are done.

    Returns
    -------
    float
        How long it is, in seconds.

    Raises
    ------
    InputError
        If the recording cannot be read, or there is nothing between the two times.
    """
    media = target.with_name(f"{target.name}.media")
    try:
        marks = read_marks(recording)
        with av.open(str(recording)) as source:
            if not source.streams.video:
                raise InputError(f"{recording}: holds no pictures")
            duration_s = (source.duration or 0) / av.time_base
            if from_s >= duration_s:
                raise InputError(f"{recording}: is {duration_s:.1f} s long; there is nothing after {from_s:g} s")
            with av.open(str(media.absolute()), "w", format="mp4", options={"use_editlist": "1"}) as out:
                written_s = _copy(source, out, from_s, min(to_s, duration_s), progress)
        write_marked(media, target, marks)
    except (av.error.FFmpegError, OSError) as fault:
        raise InputError(f"{recording}: cannot be exported: {fault.strerror or fault}") from fault
    finally:
        media.unlink(missing_ok=True)
    return written_s


def _copy(source: InputContainer, out: OutputContainer, from_s: float, to_s: float, progress: Progress) -> float:
    copies: dict[Stream, Stream] = {
        stream: out.add_stream_from_template(stream) for stream in source.streams if stream.type in ("video", "audio")
    }
    total, end_s = max(1, round(to_s - from_s)), from_s
    source.seek(round(from_s * av.time_base), backward=True)
    for packet in _until(source, list(copies), to_s):
        time_s = float(packet.pts * packet.time_base)
        if packet.stream.type == "audio" and time_s < from_s:
            continue
        if packet.stream.type == "video":
            end_s = time_s + float((packet.duration or 0) * packet.time_base)
            progress(min(total, max(0, round(time_s - from_s))), total)
        shift = round(Fraction(from_s).limit_denominator(1000) / packet.time_base)
        packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
        packet.stream = copies[packet.stream]
        out.mux(packet)
    progress(total, total)
    return end_s - from_s


def _until(source: InputContainer, streams: list[Stream], to_s: float) -> Iterator[Any]:
    """Packets up to a time, or to where the file was cut off."""
    ended = set[int]()
    try:
        for packet in source.demux(streams):
            if packet.pts is None or packet.dts is None:
                continue
            if float(packet.pts * packet.time_base) >= to_s:
                ended.add(packet.stream.index)
                if len(ended) == len(streams):
                    return
            elif not packet.is_corrupt:
                yield packet
    except av.error.InvalidDataError:
        return
