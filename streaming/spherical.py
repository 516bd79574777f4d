"""Spherical metadata in a finished MP4: what makes players show a file as a sphere.

Sources: github.com/google/spatial-media, “Spherical Video V2 RFC” (boxes st3d and sv3d in the video's sample entry) and “Spherical Video
RFC” (V1: XML in a uuid box of the track, for older players), “Spatial Audio RFC” (box SA3D in the sound's sample entry); ISO/IEC 14496-12
for the boxes around them. Both ways of the picture are written and agree.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum
from io import BufferedReader
from pathlib import Path
from typing import IO, Final

from vrlive.errors import InputError

SOFTWARE: Final = "vrlive"
V1_UUID: Final = bytes.fromhex("ffcc8263f8554a938814587a02521fdd")
V1_STEREO: Final = {1: "top-bottom", 2: "left-right"}

CONTAINERS: Final = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"}
FULL_BOX: Final = 4  # version and flags
ENTRY_COUNT: Final = 8  # stsd: version, flags, number of entries
VISUAL_ENTRY: Final = 78  # fields of a VisualSampleEntry before its boxes
AUDIO_ENTRY: Final = 28  # of an AudioSampleEntry
AT_END_OF_ENTRY: Final = {b"clap", b"pasp", b"colr", b"btrt", b"fiel"}  # optional boxes: ours come before them
QUARTER: Final = 2**30  # in 0.32 fixed point
MAX_32: Final = 2**32 - 1
COPY_BYTES: Final = 1 << 20


class Stereo(IntEnum):
    """How the eyes share the frame: `stereo_mode` of st3d."""

    MONO = 0
    TOP_BOTTOM = 1
    LEFT_RIGHT = 2


@dataclass(frozen=True, slots=True)
class Box:
    """A box of an MP4: its own fields, and the boxes inside it."""

    kind: bytes
    fields: bytes = b""
    children: list["Box"] = field(default_factory=list)

    def __bytes__(self) -> bytes:
        body = self.fields + b"".join(map(bytes, self.children))
        return struct.pack(">I4s", 8 + len(body), self.kind) + body

    def find(self, *path: bytes) -> Iterator["Box"]:
        """Boxes below this one at `path`."""
        if not path:
            yield self
        for child in self.children:
            if path and child.kind == path[0]:
                yield from child.find(*path[1:])


@dataclass(frozen=True, slots=True)
class _Span:
    """A top-level box in the file."""

    kind: bytes
    start: int
    size: int


class Mapping(Enum):
    """How the sphere is laid over the frame."""

    EQUIRECT = "the whole sphere, equirectangular"
    HALF_EQUIRECT = "the half in front, equirectangular: VR180"
    CUBEMAP = "right, left, up; down, front, back: layout 0 of cbmp"


@dataclass(frozen=True, slots=True)
class Marks:
    """The boxes that say what a file's pictures and sound are.

    Attributes
    ----------
    entry
        Of the video's sample entry: st3d, sv3d.
    track
        Of the video's track: the uuid box of V1.
    sound
        Of the sound's sample entry: SA3D, where it is ambisonic.
    """

    entry: Sequence[Box] = ()
    track: Sequence[Box] = ()
    sound: Sequence[Box] = ()


def sphere_marks(
    stereo: Stereo = Stereo.MONO, cameras: int = 1, mapping: Mapping | None = Mapping.EQUIRECT, *, ambisonics: bool = False
) -> Marks:
    """Marks of a picture of the sphere, none if `mapping` is None; and of sound of the sphere, first order (ACN, SN3D)."""
    sound = [spatial_audio_box()] if ambisonics else []
    if mapping is None:
        return Marks(sound=sound)
    xml = [Box(b"uuid", V1_UUID + spherical_xml(stereo, cameras).encode())] if mapping is Mapping.EQUIRECT else []  # V1 knows no other
    return Marks(spherical_boxes(stereo, mapping), xml, sound)


def write_spherical(
    source: Path,
    target: Path,
    *,
    stereo: Stereo = Stereo.MONO,
    cameras: int = 1,
    mapping: Mapping | None = Mapping.EQUIRECT,
    ambisonics: bool = False,
) -> None:
    """Copy an MP4, marked as a picture of the sphere, and its sound as one of the sphere.

    Its index (moov) comes first in the copy, so that players on the web can start before all of it is there.

    Parameters
    ----------
    source, target
        The finished file, not fragmented, and the file to write.
    stereo
        How the eyes share the frame.
    cameras
        How many made the picture.
    mapping
        How the sphere is laid over the frame; None: it is not, or no standard has a word for it, and the picture is not marked.
    ambisonics
        Whether its sound is ambisonics of the first order (ACN, SN3D).

    Raises
    ------
    InputError
        If `source` is not an MP4 with a video track.
    """
    write_marked(source, target, sphere_marks(stereo, cameras, mapping, ambisonics=ambisonics))


def write_marked(source: Path, target: Path, marks: Marks) -> None:
    """Copy a finished MP4 with `marks` in it, and its index first; see `write_spherical`."""
    with source.open("rb") as file:
        spans = list(_top_level(file, source))
        moov = _read_moov(file, spans, source)
        if marks.entry and not any(map(_is_video, moov.children)):
            raise InputError(f"{source}: has no video track to mark as spherical")
        marked = _mark(moov, marks)
        media = [span for span in spans if span.kind not in {b"ftyp", b"moov", b"free"}]
        start = sum(span.size for span in spans if span.kind == b"ftyp")
        size = len(bytes(marked))
        relocated = _relocate(marked, media, start + size)
        if len(bytes(relocated)) != size:  # offsets grew to 64 bits, and so moved once more
            relocated = _relocate(marked, media, start + len(bytes(relocated)))
        with target.open("wb") as out:
            for span in spans:
                if span.kind == b"ftyp":
                    _copy(file, span, out)
            out.write(bytes(relocated))
            for span in media:
                _copy(file, span, out)


def mark_index(boxes: bytes, marks: Marks) -> bytes:
    """What a fragmented MP4 begins with (ftyp, moov), with `marks` in it: no offset in it needs to be moved."""
    return b"".join(bytes(_mark(box, marks) if box.kind == b"moov" else box) for box in _boxes(boxes))


def read_marks(path: Path) -> Marks:
    """The marks in an MP4, finished or not.

    Raises
    ------
    InputError
        If it has no index.
    """
    with path.open("rb") as file:
        moov = _read_moov(file, _top_level(file, path), path)
    entry, track, sound = list[Box](), list[Box](), list[Box]()
    for each in moov.find(b"trak"):
        fields, known, into = (VISUAL_ENTRY, {b"st3d", b"sv3d"}, entry) if _is_video(each) else (AUDIO_ENTRY, {b"SA3D"}, sound)
        for table in each.find(b"mdia", b"minf", b"stbl", b"stsd"):
            into += [box for one in table.children for box in _boxes(one.fields[fields:]) if box.kind in known]
        track += [box for box in each.children if _is_v1(box)]
    return Marks(entry, track, sound)


def spherical_boxes(stereo: Stereo, mapping: Mapping = Mapping.EQUIRECT) -> list[Box]:
    """The V2 boxes of a sample entry: st3d, and sv3d with a level projection."""
    level = bytes(FULL_BOX + 3 * 4)  # yaw, pitch, roll of 0
    projection = Box(b"proj", children=[Box(b"prhd", level), _projection(mapping)])
    header = Box(b"svhd", bytes(FULL_BOX) + SOFTWARE.encode() + b"\0")
    return [Box(b"st3d", bytes(FULL_BOX) + bytes([stereo])), Box(b"sv3d", children=[header, projection])]


def spatial_audio_box() -> Box:
    """SA3D of a sample entry: the whole sphere, first order, ACN order, SN3D, channels as they come."""
    return Box(b"SA3D", struct.pack(">BBIBBI4I", 0, 0, 1, 0, 0, 4, *range(4)))  # version, type, order, ordering, normalization, channels


def _projection(mapping: Mapping) -> Box:
    match mapping:
        case Mapping.CUBEMAP:
            return Box(b"cbmp", bytes(FULL_BOX) + struct.pack(">II", 0, 0))  # layout, padding
        case Mapping.HALF_EQUIRECT:
            return Box(b"equi", bytes(FULL_BOX) + struct.pack(">IIII", 0, 0, QUARTER, QUARTER))  # cut off: top, bottom, left, right
    return Box(b"equi", bytes(FULL_BOX + 4 * 4))


def spherical_xml(stereo: Stereo, cameras: int) -> str:
    """The V1 description of a track."""
    facts = {"Spherical": "true", "Stitched": "true", "StitchingSoftware": SOFTWARE, "ProjectionType": "equirectangular"}
    if stereo in V1_STEREO:
        facts["StereoMode"] = V1_STEREO[stereo]
    facts["SourceCount"] = str(cameras)
    elements = "".join(f"<GSpherical:{name}>{value}</GSpherical:{name}>" for name, value in facts.items())
    return (
        '<?xml version="1.0"?><rdf:SphericalVideo xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns:GSpherical="http://ns.google.com/videos/1.0/spherical/">{elements}</rdf:SphericalVideo>'
    )


def _mark(moov: Box, marks: Marks) -> Box:
    """`moov` with its tracks marked."""
    tracks = [_mark_track(child, marks) if child.kind == b"trak" else child for child in moov.children]
    return replace(moov, children=tracks)


def _has_handler(track: Box, kind: bytes) -> bool:
    return any(handler.fields[8:12] == kind for handler in track.find(b"mdia", b"hdlr"))


def _is_video(track: Box) -> bool:
    return _has_handler(track, b"vide")


def _is_v1(box: Box) -> bool:
    return box.kind == b"uuid" and box.fields.startswith(V1_UUID)


def _mark_track(track: Box, marks: Marks) -> Box:
    if _is_video(track) and marks.entry:
        kept = [child for child in track.children if not _is_v1(child)]
        return replace(track, children=[*(_mark_entries(child, VISUAL_ENTRY, marks.entry) for child in kept), *marks.track])
    if _has_handler(track, b"soun") and marks.sound:
        return _mark_entries(track, AUDIO_ENTRY, marks.sound)
    return track


def _mark_entries(box: Box, fields: int, marks: Sequence[Box]) -> Box:
    """`box` with `marks` in each sample entry below it."""
    if box.kind != b"stsd":
        return replace(box, children=[_mark_entries(child, fields, marks) for child in box.children])
    return replace(box, children=[_mark_entry(entry, fields, marks) for entry in box.children])


def _mark_entry(entry: Box, fields: int, marks: Sequence[Box]) -> Box:
    ours = {mark.kind for mark in marks}
    kept = [box for box in _boxes(entry.fields[fields:]) if box.kind not in ours]
    place = next((i for i, box in enumerate(kept) if box.kind in AT_END_OF_ENTRY), len(kept))
    return replace(entry, fields=entry.fields[:fields], children=[*kept[:place], *marks, *kept[place:]])


def _relocate(box: Box, media: list[_Span], start: int) -> Box:
    """`box` with every chunk offset below it moved to where `media` lie when they follow each other from `start`."""
    if box.kind not in {b"stco", b"co64"}:
        return replace(box, children=[_relocate(child, media, start) for child in box.children])
    letter = "I" if box.kind == b"stco" else "Q"
    count = struct.unpack_from(">I", box.fields, FULL_BOX)[0]
    offsets = [_moved(offset, media, start) for offset in struct.unpack_from(f">{count}{letter}", box.fields, ENTRY_COUNT)]
    kind, letter = (b"stco", "I") if max(offsets, default=0) <= MAX_32 and letter == "I" else (b"co64", "Q")
    return Box(kind, box.fields[:ENTRY_COUNT] + struct.pack(f">{count}{letter}", *offsets))


def _moved(offset: int, media: list[_Span], start: int) -> int:
    for span in media:
        if span.start <= offset < span.start + span.size:
            return offset - span.start + start
        start += span.size
    return offset


def _read_moov(file: BufferedReader, spans: Iterable[_Span], source: Path) -> Box:
    for span in spans:
        if span.kind == b"moov":
            file.seek(span.start)
            return next(_boxes(file.read(span.size)))
    raise InputError(f"{source}: is not a finished MP4 (it has no index)")


def _boxes(data: bytes) -> Iterator[Box]:
    """The boxes in `data`, those of known containers taken apart."""
    while len(data) >= 8:
        size, kind = struct.unpack_from(">I4s", data)
        size = max(size, 8) if size else len(data)
        body, data = data[8:size], data[size:]
        before = ENTRY_COUNT if kind == b"stsd" else 0
        yield Box(kind, body[:before], list(_boxes(body[before:]))) if kind in CONTAINERS else Box(kind, body)


def _top_level(file: BufferedReader, source: Path) -> Iterator[_Span]:
    """The boxes of a file, without reading what is in them."""
    end, start = source.stat().st_size, 0
    while start + 8 <= end:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        if size == 1:  # the size follows in 64 bits
            size = struct.unpack(">Q", file.read(8))[0]
        elif size == 0:  # to the end of the file
            size = end - start
        if size < 8 or start + size > end:
            raise InputError(f"{source}: is not a finished MP4 (broken at byte {start})")
        yield _Span(kind, start, size)
        start += size


def _copy(file: BufferedReader, span: _Span, out: IO[bytes]) -> None:
    file.seek(span.start)
    for _ in range(span.size // COPY_BYTES):
        out.write(file.read(COPY_BYTES))
    out.write(file.read(span.size % COPY_BYTES))
