"""Materials and pictures of a glTF file.

Sources: glTF 2.0, sections 3.8 and 3.9; KHR_materials_sheen, _unlit, _emissive_strength; KHR_texture_transform; EXT_texture_webp.
"""

import io
import math
from typing import Any, Final

import numpy as np
from PIL import Image, UnidentifiedImageError

from renderer.gltf.container import Document, data_uri, extension, pick
from renderer.gltf.model import AlphaMode, Material, Pixels, Slot, Wrap
from vrlive.errors import InputError

MAX_TEXTURE: Final = 4096  # pixels a side
MAX_TEXELS: Final = 8 * MAX_TEXTURE**2  # of all textures together: half a gigabyte

_ALPHA: Final[dict[Any, AlphaMode]] = {None: "opaque", "OPAQUE": "opaque", "MASK": "mask", "BLEND": "blend"}
_WRAPS: Final[dict[Any, Wrap]] = {None: "repeat", 10497: "repeat", 33071: "clamp", 33648: "mirror"}
_NEAREST: Final = 9728


def read_materials(document: Document) -> tuple[Material, ...]:
    """All materials, and glTF's default as the last one."""
    return (*(_material(document, each) for each in document.gltf.materials or ()), Material())


def read_images(document: Document) -> tuple[Pixels, ...]:
    """All textures; their sizes are known and checked before one is decoded."""
    try:
        opened = [_open_image(document, image, number) for number, image in enumerate(document.gltf.images or ())]
        if sum(image.width * image.height for image in opened) > MAX_TEXELS:
            raise InputError(f"its textures have more than {MAX_TEXELS >> 20} million pixels together; make them smaller")
        return tuple(np.array(image.convert("RGBA")) for image in opened)
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as fault:
        raise InputError(f"a texture is not a readable PNG, JPEG or WebP picture ({fault})") from fault


def warm_up_pictures() -> None:
    """Have the decoders loaded: Pillow finds them when they are first needed."""
    Image.preinit()
    for form in ("PNG", "JPEG", "WEBP"):
        data = io.BytesIO()
        Image.new("RGB", (8, 8)).save(data, form)
        Image.open(io.BytesIO(data.getvalue()), formats=(form,)).convert("RGBA")


def _material(document: Document, material: Any) -> Material:
    pbr = material.pbrMetallicRoughness
    sheen = extension(material, "KHR_materials_sheen")
    strength = _number(extension(material, "KHR_materials_emissive_strength").get("emissiveStrength"), 1.0)
    infos = {
        "base_colour": pbr and pbr.baseColorTexture,
        "metallic_roughness": pbr and pbr.metallicRoughnessTexture,
        "normal": material.normalTexture,
        "occlusion": material.occlusionTexture,
        "emissive": material.emissiveTexture,
        "sheen_colour": sheen.get("sheenColorTexture"),
        "sheen_roughness": sheen.get("sheenRoughnessTexture"),
    }
    if material.alphaMode not in _ALPHA:
        raise InputError(f"a material has the alpha mode {material.alphaMode}; there are OPAQUE, MASK and BLEND")
    mode = _ALPHA[material.alphaMode]
    return Material(
        name=str(material.name or "")[:200],
        base_colour=_floats(pbr and pbr.baseColorFactor, (1, 1, 1, 1)),
        metallic=_number(pbr and pbr.metallicFactor, 1.0),
        roughness=_number(pbr and pbr.roughnessFactor, 1.0),
        emissive=tuple(strength * value for value in _floats(material.emissiveFactor, (0, 0, 0))),
        sheen_colour=_floats(sheen.get("sheenColorFactor"), (0, 0, 0)),
        sheen_roughness=_number(sheen.get("sheenRoughnessFactor"), 0.0),
        normal_scale=_number(material.normalTexture and material.normalTexture.scale, 1.0),
        occlusion_strength=_number(material.occlusionTexture and material.occlusionTexture.strength, 1.0),
        alpha_mode=mode,
        alpha_cutoff=_number(material.alphaCutoff, 0.5) if mode == "mask" else None,
        double_sided=bool(material.doubleSided),
        unlit="KHR_materials_unlit" in (material.extensions or {}),
        textures={name: _slot(document, info) for name, info in infos.items() if info is not None},
    )


def _slot(document: Document, info: Any) -> Slot:
    said = info if isinstance(info, dict) else {"index": info.index, "texCoord": info.texCoord, "extensions": info.extensions}
    texture = pick(document.gltf.textures, said.get("index"), "texture")
    image = extension(texture, "EXT_texture_webp").get("source", texture.source)
    pick(document.gltf.images, image, "image")
    transform = (said.get("extensions") or {}).get("KHR_texture_transform") or {}
    coordinates = transform.get("texCoord", said.get("texCoord"))
    if coordinates not in (None, 0, 1):
        raise InputError(f"a texture uses TEXCOORD_{coordinates}; only 0 and 1 are read")
    sampler = None if texture.sampler is None else pick(document.gltf.samplers, texture.sampler, "sampler")
    wraps = (None, None) if sampler is None else (sampler.wrapS, sampler.wrapT)
    if not set(wraps) <= set(_WRAPS):
        raise InputError(f"a texture is wrapped in the ways {wraps}, which glTF has not")
    smooth = sampler is None or sampler.magFilter != _NEAREST
    return Slot(image, coordinates or 0, _matrix(transform), (_WRAPS[wraps[0]], _WRAPS[wraps[1]]), smooth)


def _matrix(transform: dict[str, Any]) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Translation × rotation × scale of KHR_texture_transform."""
    (tx, ty), (sx, sy) = _floats(transform.get("offset"), (0, 0)), _floats(transform.get("scale"), (1, 1))
    turn = _number(transform.get("rotation"), 0.0)
    cos, sin = math.cos(turn), math.sin(turn)
    return (cos * sx, sin * sy, tx), (-sin * sx, cos * sy, ty)


def _open_image(document: Document, image: Any, number: int) -> Image.Image:
    data = data_uri(image.uri, f"texture {number}") if image.bufferView is None else document.view(image.bufferView)
    opened = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP"))
    if max(opened.size) > MAX_TEXTURE:
        raise InputError(f"a texture has {opened.width}x{opened.height} pixels; at most {MAX_TEXTURE} a side are read")
    return opened


def _floats(values: Any, usual: tuple[float, ...]) -> tuple[float, ...]:
    read = tuple(_number(value, 0.0) for value in (usual if values is None else values))
    if len(read) != len(usual):
        raise InputError(f"a material has {len(read)} numbers where {len(usual)} are needed")
    return read


def _number(value: Any, usual: float) -> float:
    read = usual if value is None else float(value)
    if not math.isfinite(read):
        raise InputError("a material has a factor that is no number")
    return read
