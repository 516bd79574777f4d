"""Spherical metadata in a finished MP4: what makes players show a file as a sphere.

Sources: github.com/google/spatial-media, “Spherical Video V2 RFC” (boxes st3d and sv3d in the video's sample entry) and “Spherical Video
RFC” (V1: XML in a uuid box of the track, for older players), “Spatial Audio RFC” (box SA3D in the sound's sample entry); ISO/IEC 14496-12
for the boxes around them. Both ways of the picture are written and agree.
"""

import struct
from collections.abc import Callable, Iterator
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
AUDIO_ENTRY: Final = 28  # of an AudioSampleEntry of version 0
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
    with source.open("rb") as file:
        spans = list(_top_level(file, source))
        moov = _read_moov(file, spans, source)
        marked = _mark(_mark_sounds(moov) if ambisonics else moov, stereo, cameras, mapping)
        if marked is None:
            raise InputError(f"{source}: has no video track to mark as spherical")
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


def _mark(moov: Box, stereo: Stereo, cameras: int, mapping: Mapping | None) -> Box | None:
    """`moov` with its video tracks marked; None if it has none."""
    if mapping is None:
        return moov
    marked = [_mark_track(child, stereo, cameras, mapping) if _is_video(child) else child for child in moov.children]
    return replace(moov, children=marked) if any(map(_is_video, moov.children)) else None


def _mark_sounds(moov: Box) -> Box:
    """`moov` with SA3D in each sample entry of its sound."""
    return replace(moov, children=[_with_entries(child, _mark_sound) if _handles(child, b"soun") else child for child in moov.children])


def _is_video(track: Box) -> bool:
    return _handles(track, b"vide")


def _handles(track: Box, kind: bytes) -> bool:
    return any(handler.fields[8:12] == kind for handler in track.find(b"mdia", b"hdlr"))


def _mark_track(track: Box, stereo: Stereo, cameras: int, mapping: Mapping) -> Box:
    """V1 knows the whole sphere alone."""
    xml = [Box(b"uuid", V1_UUID + spherical_xml(stereo, cameras).encode())] if mapping is Mapping.EQUIRECT else []
    kept = [child for child in track.children if not (child.kind == b"uuid" and child.fields.startswith(V1_UUID))]
    return replace(track, children=[*(_with_entries(child, lambda entry: _mark_picture(entry, stereo, mapping)) for child in kept), *xml])


def _with_entries(box: Box, mark: Callable[[Box], Box]) -> Box:
    """`box` with each sample entry below it marked."""
    if box.kind != b"stsd":
        return replace(box, children=[_with_entries(child, mark) for child in box.children])
    return replace(box, children=[mark(entry) for entry in box.children])


def _mark_picture(entry: Box, stereo: Stereo, mapping: Mapping) -> Box:
    return _mark_entry(entry, VISUAL_ENTRY, spherical_boxes(stereo, mapping))


def _mark_sound(entry: Box) -> Box:
    return _mark_entry(entry, AUDIO_ENTRY, [spatial_audio_box()])


def _mark_entry(entry: Box, fields: int, boxes: list[Box]) -> Box:
    """A sample entry with `boxes` after its so many bytes of `fields`, in the place of any that it had."""
    kept = [box for box in _boxes(entry.fields[fields:]) if box.kind not in {box.kind for box in boxes}]
    place = next((i for i, box in enumerate(kept) if box.kind in AT_END_OF_ENTRY), len(kept))
    return replace(entry, fields=entry.fields[:fields], children=[*kept[:place], *boxes, *kept[place:]])


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


def _read_moov(file: BufferedReader, spans: list[_Span], source: Path) -> Box:
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
