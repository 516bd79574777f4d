"""Spherical metadata: as FFmpeg reads it, as a file of Google's injector has it, and byte by byte as the RFC says."""

import os
import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from streaming.spherical import V1_UUID, Mapping, Stereo, spherical_xml, write_spherical
from vrlive.errors import InputError

SPHERICAL = "{http://ns.google.com/videos/1.0/spherical/}"
TRACK = (b"moov", b"trak")
ENTRY = (*TRACK, b"mdia", b"minf", b"stbl", b"stsd", b"avc1")
SKIPPED = {b"stsd": 8, b"avc1": 78}  # fields before the boxes inside

Encode = Callable[..., Path]


@pytest.fixture
def encode(tmp_path: Path) -> Encode:
    """Writes a small MP4 of noise, with sound if asked, its index first or last."""

    def write(name: str = "plain.mp4", *, video: bool = True, sound: bool = False, index_first: bool = False) -> Path:
        chance = np.random.default_rng(2)
        options = {"movflags": "faststart"} if index_first else {}
        with av.open(str(tmp_path / name), "w", options=options) as out:
            pictures = out.add_stream("libx264", rate=25) if video else None
            tone = out.add_stream("aac", rate=48000, layout="stereo") if sound else None
            if pictures:
                pictures.width, pictures.height, pictures.pix_fmt = 64, 32, "yuv420p"
                for number in range(10):
                    frame = av.VideoFrame.from_ndarray(chance.integers(0, 255, (48, 64)).astype(np.uint8), "yuv420p")
                    frame.pts, frame.time_base = number, Fraction(1, 25)
                    out.mux(pictures.encode(frame))
                out.mux(pictures.encode(None))
            if tone:
                piece = av.AudioFrame.from_ndarray(chance.normal(0, 0.1, (2, 4800)).astype(np.float32), "fltp", "stereo")
                piece.rate, piece.pts, piece.time_base = 48000, 0, Fraction(1, 48000)
                out.mux(tone.encode(piece))
                out.mux(tone.encode(None))
        return tmp_path / name

    return write


def boxes(data: bytes, path: tuple[bytes, ...]) -> list[bytes]:
    """What the boxes at a path hold: a reader of its own, as plain as can be."""
    if not path:
        return [data]
    found, at = [], 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == path[0]:
            inside = SKIPPED.get(kind, 0) if len(path) > 1 else 0
            found += boxes(data[at + 8 + inside : at + size], path[1:])
        at += size
    return found


def packets(path: Path) -> list[tuple[int, int | None, bytes]]:
    with av.open(str(path)) as source:
        return [(packet.stream.index, packet.pts, bytes(packet)) for packet in source.demux() if packet.size]


def mapping(path: Path) -> tuple[int, ...]:
    """FFmpeg's AVSphericalMapping of the first picture: projection, yaw, pitch, roll, four bounds, padding."""
    with av.open(str(path)) as source:
        found = next(source.decode(video=0)).side_data["SPHERICAL"]  # type: ignore[typeddict-item]  # PyAV's types know fewer kinds
        return struct.unpack("9i", bytes(found))


def test_ffmpeg_reads_a_whole_level_equirect_picture(encode: Encode, tmp_path: Path) -> None:
    write_spherical(encode(), tmp_path / "sphere.mp4")
    assert mapping(tmp_path / "sphere.mp4") == (0,) * 9  # AV_SPHERICAL_EQUIRECTANGULAR, no pose, nothing cut off


@pytest.mark.parametrize("stereo", Stereo)
def test_boxes_are_those_of_the_rfc(encode: Encode, tmp_path: Path, stereo: Stereo) -> None:
    write_spherical(encode(), tmp_path / "sphere.mp4", stereo=stereo)
    data = (tmp_path / "sphere.mp4").read_bytes()
    assert boxes(data, (*ENTRY, b"st3d")) == [bytes([0, 0, 0, 0, stereo])]
    assert boxes(data, (*ENTRY, b"sv3d", b"svhd")) == [bytes(4) + b"vrlive\0"]
    assert boxes(data, (*ENTRY, b"sv3d", b"proj", b"prhd")) == [bytes(4 + 12)]
    assert boxes(data, (*ENTRY, b"sv3d", b"proj", b"equi")) == [bytes(4 + 16)]


@pytest.mark.parametrize(
    ("mapping", "kind", "fields"),
    [
        (Mapping.HALF_EQUIRECT, b"equi", struct.pack(">IIIII", 0, 0, 0, 2**30, 2**30)),  # a quarter cut off left and right
        (Mapping.CUBEMAP, b"cbmp", struct.pack(">III", 0, 0, 0)),  # layout 0, no padding
    ],
)
def test_other_mappings_are_those_of_the_rfc_and_hidden_from_older_players(
    encode: Encode, tmp_path: Path, mapping: Mapping, kind: bytes, fields: bytes
) -> None:
    write_spherical(encode(), tmp_path / "sphere.mp4", mapping=mapping)
    data = (tmp_path / "sphere.mp4").read_bytes()
    assert boxes(data, (*ENTRY, b"sv3d", b"proj", kind)) == [fields]
    assert boxes(data, (*TRACK, b"uuid")) == []  # V1 would have them take it for the whole sphere


@pytest.mark.parametrize("index_first", [False, True])
@pytest.mark.parametrize("sound", [False, True])
def test_media_are_untouched_and_the_index_comes_first(encode: Encode, tmp_path: Path, *, sound: bool, index_first: bool) -> None:
    plain = encode(sound=sound, index_first=index_first)
    write_spherical(plain, tmp_path / "sphere.mp4")
    assert packets(tmp_path / "sphere.mp4") == packets(plain)
    data = (tmp_path / "sphere.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_only_the_track_of_pictures_is_marked(encode: Encode, tmp_path: Path) -> None:
    write_spherical(encode(sound=True), tmp_path / "sphere.mp4")
    data = (tmp_path / "sphere.mp4").read_bytes()
    assert len(boxes(data, TRACK)) == 2
    assert len(boxes(data, (*TRACK, b"uuid"))) == 1


def test_a_file_that_is_marked_already_is_marked_once(encode: Encode, tmp_path: Path) -> None:
    write_spherical(encode(), tmp_path / "once.mp4", stereo=Stereo.TOP_BOTTOM)
    write_spherical(tmp_path / "once.mp4", tmp_path / "twice.mp4", stereo=Stereo.MONO)
    write_spherical(encode(), tmp_path / "mono.mp4", stereo=Stereo.MONO)
    assert (tmp_path / "twice.mp4").read_bytes() == (tmp_path / "mono.mp4").read_bytes()


@pytest.mark.parametrize(("stereo", "mode"), [(Stereo.MONO, None), (Stereo.TOP_BOTTOM, "top-bottom"), (Stereo.LEFT_RIGHT, "left-right")])
def test_older_players_read_xml(stereo: Stereo, mode: str | None) -> None:
    facts = {element.tag.removeprefix(SPHERICAL): element.text for element in ET.fromstring(spherical_xml(stereo, 6))}
    assert facts.pop("StereoMode", None) == mode
    assert facts == {
        "Spherical": "true",
        "Stitched": "true",
        "StitchingSoftware": "vrlive",
        "ProjectionType": "equirectangular",
        "SourceCount": "6",
    }


def test_offsets_of_large_files_are_moved_in_64_bits(encode: Encode, tmp_path: Path) -> None:
    """The same media with its offsets in co64, as files over 4 GB have them."""
    plain = encode()
    data = plain.read_bytes()
    [chunks] = boxes(data, (*ENTRY[:-2], b"stco"))
    count = struct.unpack_from(">I", chunks, 4)[0]
    offsets = struct.unpack_from(f">{count}I", chunks, 8)
    small = struct.pack(">I4s", 8 + len(chunks), b"stco") + chunks
    large = struct.pack(">I4s", 16 + 8 * count, b"co64") + chunks[:8] + struct.pack(f">{count}Q", *offsets)
    assert data.index(b"moov") > data.index(b"mdat")
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        at = data.index(kind) - 4
        data = data[:at] + struct.pack(">I", struct.unpack_from(">I", data, at)[0] + len(large) - len(small)) + data[at + 4 :]
    (tmp_path / "large.mp4").write_bytes(data.replace(small, large))
    write_spherical(tmp_path / "large.mp4", tmp_path / "sphere.mp4")
    assert packets(tmp_path / "sphere.mp4") == packets(plain)
    assert boxes((tmp_path / "sphere.mp4").read_bytes(), (*ENTRY[:-2], b"co64"))


def test_the_box_of_the_spatial_audio_rfc(encode: Encode, tmp_path: Path) -> None:
    """Written once, however often it is marked; and FFmpeg's reader believes it."""
    source = encode("four.mp4", sound=True)
    write_spherical(source, tmp_path / "once.mp4", ambisonics=True)
    write_spherical(tmp_path / "once.mp4", tmp_path / "twice.mp4", ambisonics=True)
    data = (tmp_path / "twice.mp4").read_bytes()
    found = data.index(b"SA3D")
    assert data.count(b"SA3D") == 1
    assert data[found - 4 : found + 32].hex() == (
        "00000024" + b"SA3D".hex() + "00" + "00" + "00000001" + "00" + "00" + "00000004" + "00000000" + "00000001" + "00000002" + "00000003"
    )
    assert b"SA3D" not in source.read_bytes()


def test_what_is_no_finished_mp4_with_pictures_is_refused(encode: Encode, tmp_path: Path) -> None:
    sound = encode("sound.mp4", video=False, sound=True)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(encode().read_bytes()[:-200])
    text = tmp_path / "text.mp4"
    text.write_text("this is not a video, it is a sentence")
    (tmp_path / "empty.mp4").touch()
    for path, problem in ((sound, "no video track"), (cut, "broken at byte"), (text, "finished MP4"), (tmp_path / "empty.mp4", "no index")):
        with pytest.raises(InputError, match=problem):
            write_spherical(path, tmp_path / "sphere.mp4")
    assert not (tmp_path / "sphere.mp4").exists()


def test_a_stereo_file_of_googles_injector_says_the_same(tmp_path: Path) -> None:
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no files of Google's injector")
    [path] = (Path(os.environ["VRLIVE_TEST_DATA"]) / "spherical_video_testroom").glob("*1080Stereo*.mp4")
    [theirs] = [box for box in boxes(path.read_bytes(), (*TRACK, b"uuid")) if box.startswith(V1_UUID)]
    write_spherical(path, tmp_path / "ours.mp4", stereo=Stereo.TOP_BOTTOM)
    [ours] = [box for box in boxes((tmp_path / "ours.mp4").read_bytes(), (*TRACK, b"uuid")) if box.startswith(V1_UUID)]
    read = [{element.tag: element.text for element in ET.fromstring(box[16:].decode())} for box in (theirs, ours)]
    for name in ("Spherical", "Stitched", "ProjectionType", "StereoMode"):
        assert read[0][SPHERICAL + name] == read[1][SPHERICAL + name]
    assert packets(tmp_path / "ours.mp4") == packets(path)
