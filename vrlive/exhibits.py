"""What a channel shows, read from its files: the scene, what its models are like, its masks, its catalogue and the catalogue's pictures."""

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from renderer.gltf import read_glb
from renderer.gltf.lint import bounds
from renderer.occlusion import read_mask
from vrlive.errors import ConfigError, InputError, did_you_mean
from vrlive.show.catalogue import Catalogue, read_catalogue
from vrlive.show.scene import Scene

LARGEST_PICTURE: Final = 2_000_000  # bytes: a page shows a dozen of them
LONGEST_SIDE_PX: Final = 4096
MEDIA: Final = {"PNG": ("png", "image/png"), "JPEG": ("jpg", "image/jpeg"), "WEBP": ("webp", "image/webp")}
MASK_PX: Final = 2048  # a side: a tenth of a degree, as sharp as a headset sees; and every graphics card has room for it
_NAMED: Final = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_DIGITS: Final = 16  # of a digest: nobody finds two files with 64 bits alike by chance


@dataclass(frozen=True)
class File:
    """A file that viewers may have, as it was when it was read.

    Attributes
    ----------
    digest
        Of its content, in hexadecimal digits.
    mark
        Modification time in ns and length: while they stay, so does the digest.
    """

    path: Path
    digest: str
    mark: tuple[int, int]
    media_type: str

    @property
    def unchanged(self) -> bool:
        """Whether the file is still the one that was read."""
        try:
            return _mark(self.path) == self.mark
        except OSError:
            return False


@dataclass(frozen=True)
class ModelFile:
    """A garment's model.

    Attributes
    ----------
    bounds
        Lowest and highest corner at rest, (2, 3) metres.
    """

    file: File
    bounds: NDArray[np.float64]
    variants: tuple[str, ...]
    animations: tuple[str, ...]


@dataclass(frozen=True)
class Mask:
    """Where something of the room hides garments, as viewers get it.

    Attributes
    ----------
    png
        Grey, of at most `MASK_PX` a side.
    digest
        Of that, in hexadecimal digits.
    """

    png: bytes
    digest: str


@dataclass(frozen=True)
class Exhibits:
    """All of it.

    Attributes
    ----------
    models
        By the name of the garment.
    images
        By the path that the catalogue names.
    masks
        Of occluders in the panorama, by the path that the scene names.
    """

    scene: Scene | None = None
    catalogue: Catalogue = field(default_factory=Catalogue)
    models: Mapping[str, ModelFile] = field(default_factory=dict)
    images: Mapping[Path, File] = field(default_factory=dict)
    masks: Mapping[Path, Mask] = field(default_factory=dict)


def read_exhibits(scene: Scene | None) -> Exhibits:
    """Read what stands in a scene, and what of it can be bought.

    Raises
    ------
    UserError
        If a model or a mask cannot be read, or the catalogue has a fault.
    """
    if scene is None:
        return Exhibits()
    models = {garment.name: _model(garment.model, _mark(garment.model)) for garment in scene.garment}
    catalogue, faults = examine_catalogue(scene, {name: each.variants for name, each in models.items()})
    if faults:
        raise faults[0]
    images = {path: read_image(path) for _, path in named_images(catalogue)}
    masks = {each.mask: _mask(each.mask, _mark(each.mask)) for each in scene.occluder if each.mask and each.camera is None}
    return Exhibits(scene, catalogue, models, images, masks)


def examine_catalogue(scene: Scene, variants: Mapping[str, tuple[str, ...]]) -> tuple[Catalogue, list[ConfigError]]:
    """The catalogue of a scene, an empty one where there is none, and all of its faults.

    Parameters
    ----------
    scene
        As `vrlive.show.scene.read_scene` gives it.
    variants
        Of the models of its garments, by the garment's name; a garment whose model cannot be read may be left out.
    """
    path = scene.products
    if path is None:
        return Catalogue(), []
    catalogue, faults = read_catalogue(path, scene)
    if catalogue is None:
        return Catalogue(), faults
    for number, product in enumerate(catalogue.product):
        known = variants.get(product.garment or "")
        for place, variant in enumerate(product.variant):
            if known is not None and variant.gltf_variant is not None and variant.gltf_variant not in known:
                hint = did_you_mean(variant.gltf_variant, known, f"it has {', '.join(known) or 'none'}")
                key = f"product[{number}].variant[{place}].gltf_variant"
                faults.append(ConfigError(path, key, f"the model of {product.garment} has no variant “{variant.gltf_variant}”; {hint}"))
    for key, image in named_images(catalogue):
        try:
            read_image(image)
        except InputError as fault:
            faults.append(ConfigError(path, key, str(fault)))
    return catalogue, faults


def named_images(catalogue: Catalogue) -> Iterator[tuple[str, Path]]:
    """Every picture that a catalogue names, with its key."""
    for number, product in enumerate(catalogue.product):
        for n, image in enumerate(product.images):
            yield f"product[{number}].images[{n}]", image
        for place, variant in enumerate(product.variant):
            if variant.image:
                yield f"product[{number}].variant[{place}].image", variant.image


def read_image(path: Path) -> File:
    """Look at a product's picture.

    Raises
    ------
    InputError
        If there is none, it is of another kind than its name says, or too large.
    """
    try:
        mark = _mark(path)
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from fault
    return _image(path, mark)


@lru_cache(maxsize=1024)
def _image(path: Path, mark: tuple[int, int]) -> File:
    kind = _NAMED.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"{path}: is of no kind that every browser shows; those are {', '.join(_NAMED)}")
    if mark[1] > LARGEST_PICTURE:
        raise InputError(f"{path}: has {mark[1] / 1e6:.1f} MB; at most {LARGEST_PICTURE // 10**6} are shown, 0.2 are plenty")
    try:
        with Image.open(path, formats=[*MEDIA]) as picture:
            found, size = picture.format, picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as fault:
        raise InputError(f"{path}: is no sound picture") from fault
    if found != kind:
        raise InputError(f"{path}: is a {found}, whatever its name says; rename it")
    if max(size) > LONGEST_SIDE_PX:
        raise InputError(f"{path}: is {size[0]}x{size[1]}; at most {LONGEST_SIDE_PX} px a side are shown")
    return File(path, _digest(path), mark, MEDIA[kind][1])


@lru_cache(maxsize=256)
def _model(path: Path, mark: tuple[int, int]) -> ModelFile:
    model = read_glb(path)
    file = File(path, _digest(path), mark, "model/gltf-binary")
    return ModelFile(file, bounds(model), model.variants, tuple(each.name for each in model.animations))


@lru_cache(maxsize=64)
def _mask(path: Path, mark: tuple[int, int]) -> Mask:  # noqa: ARG001 - another mark is another file
    picture = Image.fromarray(read_mask(path))
    picture.thumbnail((MASK_PX, MASK_PX), Image.Resampling.BOX)
    packed = io.BytesIO()
    picture.save(packed, "PNG")
    return Mask(packed.getvalue(), hashlib.sha256(packed.getvalue()).hexdigest()[:_DIGITS])


def _mark(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:_DIGITS]
