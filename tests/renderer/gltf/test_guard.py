import errno
import io
import signal
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from renderer.gltf import read_glb
from renderer.gltf.guard import Limits, read_guarded
from renderer.gltf.read import read_model
from renderer.gltf.wire import read_arrays, read_document, write_model
from tests.renderer.boxes import FLOAT, RED, Blob, glb, write_box
from tests.renderer.gltf.torture import write_torture
from vrlive.errors import InputError

SCENE: dict[str, Any] = {"nodes": [{"mesh": 0}], "scenes": [{"nodes": [0]}], "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}]}


@pytest.fixture(scope="module")
def torture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_torture(tmp_path_factory.mktemp("torture") / "torture.glb", "meshopt")


def same(ours: Any, theirs: Any) -> bool:
    """Whether two models, or parts of them, are equal."""
    if isinstance(ours, np.ndarray):
        return ours.dtype == theirs.dtype and np.array_equal(ours, theirs)
    if isinstance(ours, tuple):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if hasattr(ours, "__dataclass_fields__"):
        return type(ours) is type(theirs) and all(same(getattr(ours, each), getattr(theirs, each)) for each in ours.__dataclass_fields__)
    return bool(ours == theirs)


def test_the_child_reads_what_we_would_read(torture: Path) -> None:
    assert same(read_guarded(torture), read_glb(torture))


def written(folder: Path, data: bytes, name: str = "hostile.glb") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def triangle(**more: Any) -> tuple[Blob, dict[str, Any]]:
    blob = Blob()
    blob.add(np.eye(3, dtype=np.float32), FLOAT)
    return blob, SCENE | more


def lying_png(width: int, height: int) -> bytes:
    """A PNG file that claims to be large, with nothing but zeros in it, well packed."""
    head = struct.pack(">4sIIBBBBB", b"IHDR", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(4_000_000), 9)
    body = b"IDAT" + data
    chunks = [(head, 13), (body, len(data)), (b"IEND", 0)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", size) + each + struct.pack(">I", zlib.crc32(each)) for each, size in chunks)


def bomb() -> bytes:
    blob, content = triangle()
    content["images"] = [{"bufferView": blob.view(lying_png(60_000, 60_000))}]
    return glb(blob.content(**content), blob.data)


def too_many() -> bytes:
    blob, content = triangle()
    blob.accessors[0]["count"] = 1 << 31
    return glb(blob.content(**content), blob.data)


def deep() -> bytes:
    text = b'{"asset":{"version":"2.0"},"extras":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    return struct.pack("<4sII", b"glTF", 2, 20 + len(text)) + struct.pack("<I4s", len(text), b"JSON") + text


def ring() -> bytes:
    blob, content = triangle(nodes=[{"mesh": 0}, {"children": [2]}, {"children": [1]}])
    return glb(blob.content(**content), blob.data)


def elsewhere(uri: str) -> bytes:
    blob, content = triangle()
    made = blob.content(**content)
    made["buffers"].append({"uri": uri, "byteLength": 10})
    return glb(made, blob.data)


def unpacking() -> bytes:
    blob, content = triangle()
    packed = {"buffer": 0, "byteLength": 20, "byteStride": 256, "count": 1 << 24, "mode": "ATTRIBUTES"}
    blob.views[0]["extensions"] = {"EXT_meshopt_compression": packed}
    return glb(blob.content(**content), blob.data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (bomb(), "not a readable PNG.*decompression bomb|60000x60000 pixels; at most 4096"),
        (too_many(), "has 2147483648 vertices; at most 1000000"),
        (deep(), "not a sound GLB file"),
        (ring(), "node 1 hangs below two others, or below itself"),
        (elsewhere("/etc/passwd"), "buffer 1 lies in a file of its own, /etc/passwd; export as one GLB"),
        (elsewhere("http://example.org/x.bin"), "lies in a file of its own"),
        (elsewhere("file:///etc/passwd"), "lies in a file of its own"),
        (elsewhere("data:application/octet-stream;base64,AAA"), "not sound base64"),
        (unpacking(), "would unpack to 16777216 × 256 bytes; at most 256 MiB are"),
    ],
    ids=["bomb", "count", "deep", "ring", "path", "http", "file", "base64", "unpacking"],
)
def test_a_hostile_file_is_refused_in_one_sentence(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as fault:
        read_guarded(written(tmp_path, data))
    assert str(fault.value).startswith(str(tmp_path / "hostile.glb"))
    assert "\n" not in str(fault.value)


def test_a_reader_that_wants_too_much_memory_is_told_no(torture: Path) -> None:
    with pytest.raises(InputError, match=r"torture.glb: (needs more than 1 MiB of memory|cannot be read: it brings the reader down)"):
        read_guarded(torture, Limits(memory_bytes=1 << 20))


def test_a_reader_that_takes_too_long_is_ended(torture: Path) -> None:
    with pytest.raises(InputError, match=r"it takes more than 0\.01 s"):
        read_guarded(torture, Limits(wall_s=0.01))


CONFINED = """
import os, socket
from renderer.gltf.guard import confine
confine(4 << 30, 1)
for forbidden in (lambda: open("/dev/null"), socket.socket, lambda: os.pipe(), lambda: os.memfd_create("x")):
    try:
        forbidden()
    except OSError as fault:
        os.write(1, f"{fault.errno} ".encode())
os.write(1, b"and ")
try:
    bytearray(5 << 30)
except MemoryError:
    os.write(1, b"no memory; ")
while True:
    pass
"""


def test_a_confined_process_opens_nothing_and_ends_in_time() -> None:
    done = subprocess.run([sys.executable, "-c", CONFINED], stdout=subprocess.PIPE, check=False, timeout=30)
    assert done.stdout.decode() == f"{errno.EMFILE} " * 4 + "and no memory; "
    assert done.returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def test_an_obj_is_read_without_its_materials(tmp_path: Path) -> None:
    """It names a file of them, and that one a picture: trimesh would look for both."""
    written(tmp_path, b"newmtl a\nmap_Kd secret.png\n", "secret.mtl")
    shape = written(tmp_path, f"mtllib {tmp_path}/secret.mtl\nusemtl a\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n".encode(), "shape.obj")
    model = read_guarded(shape)
    assert len(model.primitives[0].triangles) == 1
    assert model.images == ()


@pytest.mark.parametrize("suffix", [".obj", ".ply", ".stl"])
@pytest.mark.parametrize(
    "data", [b"", b"\0" * 400, b"v 1 2\nf 1 2 3 4 5 9\n", b"ply\nformat ascii 1.0\nelement vertex 99999999999\nend_header\n"]
)
def test_a_faulty_shape_is_refused_in_one_sentence(tmp_path: Path, suffix: str, data: bytes) -> None:
    with pytest.raises(InputError, match=r"is not a sound|holds no triangles|names vertex"):
        read_guarded(written(tmp_path, data, f"shape{suffix}"))


@pytest.mark.parametrize("packing", ["", "meshopt", "draco"])
def test_a_mutated_file_is_read_or_refused_and_nothing_else(tmp_path: Path, packing: str) -> None:
    whole = write_torture(tmp_path / "torture.glb", packing).read_bytes()
    generator = np.random.default_rng(20)
    outcomes = {"read": 0, "refused": 0}
    for _ in range(80):
        try:
            read_model(mutated(whole, generator))
            outcomes["read"] += 1
        except InputError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 8, outcomes


def mutated(whole: bytes, generator: np.random.Generator) -> bytes:
    """One to three bytes changed: mostly numbers in the JSON into other numbers, or what the numbers speak of."""
    (size,) = struct.unpack_from("<I", whole, 12)
    data = np.frombuffer(whole, np.uint8).copy()
    digits = 20 + np.flatnonzero((data[20 : 20 + size] >= 0x30) & (data[20 : 20 + size] <= 0x39))
    for _ in range(generator.integers(1, 4)):
        if generator.random() < 0.5:
            data[generator.choice(digits)] = generator.integers(0x30, 0x3A)
        else:
            data[generator.integers(20 + size if generator.random() < 0.8 else 0, len(data))] = generator.integers(0, 256)
    return data.tobytes()


@pytest.mark.parametrize(
    "document",
    [
        {"model": {"type": "Popen", "fields": {}}, "arrays": []},
        {"model": {"array": 0}, "arrays": [["|O", [1]]]},
        {"model": {"array": 0}, "arrays": [["<f4", [1 << 40]]]},
        {"model": {"array": 0}, "arrays": [["<f4", [3]]]},
        {"model": 1, "arrays": []},
    ],
    ids=["a foreign type", "objects", "too much", "too little", "no model"],
)
def test_an_answer_that_is_nonsense_gives_no_model(document: dict[str, Any]) -> None:
    """The child may be somebody else's by now."""
    stream: Any = io.BufferedReader(io.BytesIO())
    with pytest.raises((InputError, KeyError)):
        read_arrays(document, stream)


@pytest.mark.parametrize("spoilt", ["triangles", "material", "vertices", "image"])
def test_a_model_that_leads_outside_of_itself_is_refused(tmp_path: Path, spoilt: str) -> None:
    """As a reader that was taken over might answer: whoever draws it would read memory that is not the model's."""
    model = read_glb(write_torture(tmp_path / "torture.glb", ""))
    part = model.primitives[0]
    if spoilt == "triangles":
        part = replace(part, triangles=part.triangles + np.uint32(1 << 20))
    elif spoilt == "material":
        part = replace(part, material=99)
    elif spoilt == "vertices":
        part = replace(part, vertices=part.vertices[:, :14].copy())
    images = model.images if spoilt != "image" else ()
    stream = io.BytesIO()
    write_model(replace(model, primitives=(part, *model.primitives[1:]), images=images), stream)
    stream.seek(0)
    reader: Any = io.BufferedReader(stream)
    document = read_document(reader)
    assert document
    with pytest.raises(InputError, match="gave a model that cannot be drawn"):
        read_arrays(document, reader)


def test_a_plain_box_needs_no_second_look(tmp_path: Path) -> None:
    assert len(read_guarded(write_box(tmp_path / "box.glb", variants={"a": RED})).primitives) == 6
