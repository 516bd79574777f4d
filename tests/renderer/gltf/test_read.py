import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image
from pygltflib import GLTF2

from renderer.gltf import Model, read_glb
from renderer.gltf.materials import MAX_TEXTURE
from renderer.gltf.surface import smooth_normals, tangents
from tests.renderer.boxes import BYTE, FLOAT, RED, UBYTE, USHORT, Blob, glb, write_box
from vrlive import resources
from vrlive.errors import InputError

TRIANGLE = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
Prepare = Callable[[Blob, dict[str, int]], dict[str, Any] | None]

SCENE: dict[str, Any] = {"nodes": [{"mesh": 0}], "scenes": [{"nodes": [0]}]}


def written(folder: Path, data: bytes) -> Path:
    path = folder / "garment.glb"
    path.write_bytes(data)
    return path


def read_triangle(folder: Path, prepare: Prepare | None = None) -> Model:
    """A model of one triangle, after `prepare` added to its blob, attributes and JSON."""
    blob = Blob()
    attributes = {"POSITION": blob.add(TRIANGLE, FLOAT)}
    more = (prepare(blob, attributes) if prepare else None) or {}
    content = blob.content(**(SCENE | {"meshes": [{"primitives": [{"attributes": attributes}]}]} | more))
    return read_glb(written(folder, glb(content, blob.data)))


def saying(**more: Any) -> Prepare:
    """Adds nothing but JSON."""
    return lambda *_: more


@pytest.fixture
def corset() -> Path:
    folder = os.environ.get("VRLIVE_TEST_DATA")
    if not folder:
        pytest.skip("VRLIVE_TEST_DATA names no folder of test data")
    return Path(folder) / "gltf_corset" / "Corset.glb"


def test_the_khronos_corset_has_the_shape_that_trimesh_reads(corset: Path) -> None:
    model = read_glb(corset)
    witness: Any = trimesh.load(corset, force="mesh", process=False)
    assert sum(len(part.triangles) for part in model.primitives) == len(witness.faces) == 18324
    vertices = model.primitives[0].vertices
    np.testing.assert_allclose(vertices[:, :3], witness.vertices, atol=1e-6)
    np.testing.assert_array_equal(model.primitives[0].triangles, witness.faces)
    a, b, c = (vertices[model.primitives[0].triangles[:, corner]] for corner in range(3))
    facing = np.cross(b[:, :3] - a[:, :3], c[:, :3] - a[:, :3])
    assert np.mean(np.sum(facing * a[:, 3:6], axis=1) > 0) > 0.99  # normals look to the side that triangles are wound for


def test_the_khronos_corset_wears_what_its_file_says(corset: Path) -> None:
    model, raw = read_glb(corset), GLTF2().load(str(corset))
    assert raw is not None
    material = model.materials[model.primitives[0].material]
    assert material.name == raw.materials[0].name
    assert {"base_colour", "metallic_roughness", "normal"} <= set(material.textures)
    assert [image.shape for image in model.images] == [(256, 256, 4)] * len(raw.images)
    tangent = model.primitives[0].vertices[:, 6:10]
    np.testing.assert_allclose(np.linalg.norm(tangent[:, :3], axis=1), 1, atol=1e-3)
    assert set(np.unique(tangent[:, 3])) <= {-1, 1}


def test_our_dress_stands_as_a_garment_should() -> None:
    path = resources.scenes() / "showroom" / "dress.glb"
    model = read_glb(path)
    vertices = np.vstack([part.vertices for part in model.primitives])
    low, high = vertices[:, :3].min(axis=0), vertices[:, :3].max(axis=0)
    assert path.stat().st_size < 5_000_000
    assert low[1] == pytest.approx(0, abs=1e-4)  # on the floor
    assert 1.4 < high[1] < 1.9  # in metres
    assert np.abs(low + high)[[0, 2]].max() / 2 < 0.02  # its origin in the middle
    assert len(model.variants) == 4
    worn = {model.materials[part.material].name: part for part in model.primitives}
    assert {"cloth", "linen", "wood", "steel"} <= set(worn)
    assert model.materials[worn["cloth"].material].sheen_colour != (0, 0, 0)
    assert "normal" in model.materials[worn["cloth"].material].textures


def test_our_dress_faces_forward() -> None:
    """The neckline is lower in front, which is +Z, than behind."""
    model = read_glb(resources.scenes() / "showroom" / "dress.glb")
    cloth = next(part for part in model.primitives if model.materials[part.material].name == "cloth").vertices[:, :3]
    middle = np.abs(cloth[:, 0]) < 0.01
    front, behind = (cloth[middle & (cloth[:, 2] * side > 0), 1].max() for side in (1, -1))
    assert front < behind


def test_elements_lie_as_far_apart_as_the_file_says(tmp_path: Path) -> None:
    interleaved = np.zeros((3, 8), np.float32)
    interleaved[:, 1:4] = TRIANGLE * 7
    interleaved[:, 4:7] = [0, 0, 1]

    def prepare(blob: Blob, attributes: dict[str, int]) -> None:
        view = blob.view(interleaved.tobytes(), byteStride=32)
        for name, offset in (("POSITION", 4), ("NORMAL", 16)):
            blob.accessors.append({"bufferView": view, "byteOffset": offset, "componentType": FLOAT, "count": 3, "type": "VEC3"})
            attributes[name] = len(blob.accessors) - 1

    vertices = read_triangle(tmp_path, prepare).primitives[0].vertices
    np.testing.assert_array_equal(vertices[:, :3], TRIANGLE * 7)
    np.testing.assert_array_equal(vertices[:, 3:6], np.tile([0, 0, 1], (3, 1)))


@pytest.mark.parametrize(
    ("dtype", "component", "codes", "values"),
    [
        (np.uint16, USHORT, [0, 32768, 65535], [0, 32768 / 65535, 1]),
        (np.uint8, UBYTE, [0, 51, 255], [0, 0.2, 1]),
        (np.int8, BYTE, [-128, -127, 127], [-1, -1, 1]),
    ],
)
def test_normalized_integers_are_fractions(tmp_path: Path, dtype: Any, component: int, codes: list[int], values: list[float]) -> None:
    def prepare(blob: Blob, attributes: dict[str, int]) -> None:
        attributes["TEXCOORD_0"] = blob.add(np.column_stack([codes, codes]).astype(dtype), component, normalized=True)

    vertices = read_triangle(tmp_path, prepare).primitives[0].vertices
    np.testing.assert_allclose(vertices[:, 10], values, atol=1e-7)
    np.testing.assert_array_equal(vertices[:, 12:14], vertices[:, 10:12])  # a missing second set is the first


def test_sparse_values_replace_some_elements(tmp_path: Path) -> None:
    def prepare(blob: Blob, attributes: dict[str, int]) -> None:
        where, what = blob.view(np.array([2], np.uint16).tobytes()), blob.view(np.array([[5, 6, 7]], np.float32).tobytes())
        blob.accessors[attributes["POSITION"]]["sparse"] = {
            "count": 1, "indices": {"bufferView": where, "componentType": USHORT}, "values": {"bufferView": what},
        }  # fmt: skip

    position = read_triangle(tmp_path, prepare).primitives[0].vertices[:, :3]
    np.testing.assert_array_equal(position, [[0, 0, 0], [1, 0, 0], [5, 6, 7]])


def test_nodes_move_turn_and_mirror_what_hangs_below_them(tmp_path: Path) -> None:
    half = np.sqrt(0.5)
    nodes = [
        {"children": [1], "translation": [10, 0, 0], "scale": [1, 1, -2]},
        {"mesh": 0, "rotation": [0, half, 0, half]},  # a quarter turn about up: +X to −Z
    ]
    part = read_triangle(tmp_path, saying(nodes=nodes)).primitives[0]
    np.testing.assert_allclose(part.vertices[:, :3], [[10, 0, 0], [10, 0, 2], [10, 1, 0]], atol=1e-6)
    a, b, c = part.vertices[part.triangles[0], :3]
    facing = np.cross(b - a, c - a)
    assert facing @ part.vertices[0, 3:6] > 0  # a mirrored triangle is wound anew, so that its outside stays outside


def test_missing_normals_and_tangents_are_made() -> None:
    position = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float64)
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.uint32)
    normal = smooth_normals(position, triangles)
    np.testing.assert_allclose(normal, np.tile([0, 0, 1], (4, 1)))
    upright = np.column_stack([position[:, 0], 1 - position[:, 1]])  # v grows downwards, as in the picture
    np.testing.assert_allclose(tangents(position, normal, upright, triangles)[0], np.tile([1, 0, 0, 1], (4, 1)), atol=1e-12)
    mirrored = upright * [-1, 1]
    np.testing.assert_allclose(tangents(position, normal, mirrored, triangles)[0], np.tile([-1, 0, 0, -1], (4, 1)), atol=1e-12)


def test_variants_name_the_material_of_each_part(tmp_path: Path) -> None:
    model = read_glb(write_box(tmp_path / "box.glb", variants={"rouge": RED, "ink": (0.0, 0.0, 0.2)}))
    assert model.variants == ("rouge", "ink")
    part = model.primitives[0]
    assert model.materials[part.variants["rouge"]].base_colour == (1, 0, 0, 1)
    assert model.materials[part.variants["ink"]].base_colour == (0, 0, 0.2, 1)


def picture(size: tuple[int, int], form: str = "PNG") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, (255, 0, 0)).save(data, form)
    return data.getvalue()


def textured(data: bytes, **info: Any) -> Prepare:
    def prepare(blob: Blob, attributes: dict[str, int]) -> dict[str, Any]:
        material = {"pbrMetallicRoughness": {"baseColorTexture": {"index": 0, **info}}}
        return {"images": [{"bufferView": blob.view(data)}], "textures": [{"source": 0}], "materials": [material]}

    return prepare


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_textures_are_read_with_opacity(tmp_path: Path, form: str) -> None:
    image = read_triangle(tmp_path, textured(picture((4, 2), form))).images[0]
    assert image.shape == (2, 4, 4)
    assert np.abs(image.astype(int) - (255, 0, 0, 255)).max() < 12


def endless(blob: Blob, attributes: dict[str, int]) -> dict[str, Any]:
    return {"nodes": [{"mesh": 0, "children": [0]}]}


def huge_count(blob: Blob, attributes: dict[str, int]) -> None:
    blob.accessors[0]["count"] = 1 << 40


def fewer_than_none(blob: Blob, attributes: dict[str, int]) -> None:
    blob.accessors[0]["count"] = -1


def unbacked(blob: Blob, attributes: dict[str, int]) -> None:
    blob.accessors[0] = {"componentType": FLOAT, "count": 19_000_000, "type": "VEC3"}


def many_textures(blob: Blob, attributes: dict[str, int]) -> dict[str, Any]:
    return {"images": [{"bufferView": blob.view(picture((MAX_TEXTURE, MAX_TEXTURE)))}] * 9}


def claiming(width: int, height: int) -> bytes:
    """A small PNG file that claims to be large."""
    head = struct.pack(">4sIIBBBBB", b"IHDR", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + bytes(100)


BOMB = claiming(30_000, 30_000)


def too_many(blob: Blob, attributes: dict[str, int]) -> None:
    blob.accessors[0]["count"] = 4


def outside(blob: Blob, attributes: dict[str, int]) -> None:
    blob.views[0]["byteLength"] = 1 << 20


def negative(blob: Blob, attributes: dict[str, int]) -> None:
    blob.accessors[0]["byteOffset"] = -4


def no_number(blob: Blob, attributes: dict[str, int]) -> None:
    attributes["POSITION"] = blob.add(TRIANGLE * np.float32(np.nan), FLOAT)


def short_normals(blob: Blob, attributes: dict[str, int]) -> None:
    attributes["NORMAL"] = blob.add(TRIANGLE[:2], FLOAT)


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (endless, "node 0 hangs below two others, or below itself"),
        (saying(nodes=[{"children": [n + 1]} for n in range(40)] + [{"mesh": 0}]), "nested more than 32 deep"),
        (saying(nodes=[{"children": [n + 1] * 2} for n in range(30)] + [{"mesh": 0}]), "hangs below two others"),  # 2³⁰ visits
        (saying(nodes=[{"mesh": 0}] * 5000), "has 5000 nodes; at most 4096"),
        (saying(meshes=[{"primitives": [{"attributes": {"POSITION": 0}}] * 5000}]), "has 5000 primitives; at most 4096"),
        (
            saying(
                nodes=[{"mesh": 0}] * 100,
                scenes=[{"nodes": list(range(100))}],
                meshes=[{"primitives": [{"attributes": {"POSITION": 0}}] * 100}],
            ),
            "draws 10000 primitives",
        ),
        (saying(nodes=[{"mesh": 0, "scale": [1, 0, 1]}]), "node 0 has no size"),
        (saying(nodes=[{"mesh": 0, "translation": [1e999, 0, 0]}]), "node 0 has no size, or one without end"),
        (saying(nodes=[{"mesh": 0, "scale": [1e60, 1, 1]}]), "a vertex more than 10000 m away"),
        (unbacked, "has 19000000 vertices; at most 1000000"),
        (many_textures, "more than 128 million pixels together"),
        (textured(BOMB), "not a readable PNG"),
        (fewer_than_none, "fewer vertices than none"),
        (huge_count, "has 1099511627776 vertices"),
        (too_many, "do not fit into bufferView 0"),
        (outside, "wants bytes 0 to 1048576"),
        (negative, "do not fit"),
        (no_number, "a position that is no number"),
        (short_normals, r"NORMAL has the shape \(2, 3\), \(3, 3\) is needed"),
        (saying(nodes=[{"mesh": 7}]), "mesh 7 is named, but the file has 1"),
        (saying(extensionsRequired=["KHR_texture_basisu"]), "needs KHR_texture_basisu.*without it"),
        (saying(meshes=[{"primitives": [{"attributes": {"POSITION": 0}, "mode": 1}]}]), "holds no triangles"),
        (saying(meshes=[{"primitives": [{"attributes": {"POSITION": 0}, "material": 3}]}]), "material 3 is named"),
        (textured(b"GIF89a, which is not read"), "not a readable PNG, JPEG or WebP"),
        (textured(picture((MAX_TEXTURE + 1, 1))), "at most 4096 a side"),
        (textured(picture((1, 1)), texCoord=4), "TEXCOORD_4; only 0 and 1"),
        (saying(images=[{"uri": "cloth.png"}]), "a file of its own, cloth.png; export as one GLB"),
    ],
)
def test_a_faulty_model_is_refused_with_its_name_and_the_fault(tmp_path: Path, prepare: Any, words: str) -> None:
    with pytest.raises(InputError, match=words) as fault:
        read_triangle(tmp_path, prepare)
    assert str(tmp_path / "garment.glb") in str(fault.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "does not start with “glTF”"),
        (b"<html>" * 10, "does not start with “glTF”"),
        (struct.pack("<4sII", b"glTF", 1, 20) + bytes(8), "claims glTF version 1"),
        (struct.pack("<4sII", b"glTF", 2, 1 << 20) + bytes(8), "claims glTF version 2 and 1048576 bytes"),
        (struct.pack("<4sIII4s", b"glTF", 2, 20, 1 << 30, b"JSON"), "a chunk claims 1073741824 bytes, 0 are left"),
        (struct.pack("<4sIII4s", b"glTF", 2, 24, 4, b"JSON") + b"[1] ", "not an object"),
        (struct.pack("<4sIII4s", b"glTF", 2, 24, 4, b"JSON") + b"\xff\xfe{}", "not a sound GLB"),
        (glb({"nodes": 7, "scenes": [{"nodes": "x"}]}), "not a sound GLB|is named"),
        (glb({}), "scene 0 is named"),
    ],
)
def test_what_is_no_glb_is_refused_with_its_name(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as fault:
        read_glb(written(tmp_path, data))
    assert str(tmp_path / "garment.glb") in str(fault.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.glb: cannot be read: No such file"):
        read_glb(tmp_path / "none.glb")


def test_a_file_cut_or_damaged_anywhere_never_fails_otherwise(tmp_path: Path) -> None:
    whole = write_box(tmp_path / "box.glb", variants={"a": RED, "b": RED}).read_bytes()
    generator = np.random.default_rng(5)
    outcomes = set()
    for number in range(300):
        damaged = bytearray(whole)
        damaged[generator.integers(0, len(whole))] = generator.integers(0, 256)
        try:
            read_glb(written(tmp_path, bytes(damaged) if number % 3 else whole[: generator.integers(0, len(whole))]))
            outcomes.add("read")
        except InputError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}
