"""What a garment is once its file has been read: typed arrays that can be drawn.

Sources: glTF 2.0; KHR_materials_variants, KHR_materials_sheen, KHR_materials_unlit, KHR_materials_emissive_strength, KHR_texture_transform.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

AlphaMode = Literal["opaque", "mask", "blend"]
Wrap = Literal["repeat", "mirror", "clamp"]
Interpolation = Literal["LINEAR", "STEP", "CUBICSPLINE"]
Property = Literal["translation", "rotation", "scale", "weights"]

COLOURED: Final = ("base_colour", "emissive", "sheen_colour")  # these textures are gamma-coded (sRGB), the others linear
TEXTURES: Final = ("base_colour", "metallic_roughness", "normal", "occlusion", "emissive", "sheen_colour", "sheen_roughness")

# Columns of `Primitive.vertices`.
POSITION: Final = slice(0, 3)
NORMAL: Final = slice(3, 6)
TANGENT: Final = slice(6, 10)
FIRST_UV: Final = slice(10, 12)
SECOND_UV: Final = slice(12, 14)
COLOUR: Final = slice(14, 18)
COLUMNS: Final = 18


@dataclass(frozen=True)
class Slot:
    """A texture's place in a material.

    Attributes
    ----------
    image
        Index into `Model.images`.
    coordinates
        Which of the two sets of texture coordinates: 0 or 1 (KHR_texture_transform's own, if it names one).
    transform
        The two rows of KHR_texture_transform's matrix: ``uv = transform @ (u, v, 1)``.
    wrap
        What lies beyond 0…1 along u and along v.
    smooth
        Whether a texture that is seen enlarged is interpolated (glTF's LINEAR) or shows its pixels (NEAREST).
    """

    image: int
    coordinates: int = 0
    transform: tuple[tuple[float, float, float], tuple[float, float, float]] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    wrap: tuple[Wrap, Wrap] = ("repeat", "repeat")
    smooth: bool = True


@dataclass(frozen=True)
class Material:
    """How a surface answers light; factors are linear, as glTF has them.

    Attributes
    ----------
    base_colour
        R, G, B, alpha.
    emissive
        R, G, B, with KHR_materials_emissive_strength multiplied in: may be above 1.
    sheen_colour, sheen_roughness
        Factors of KHR_materials_sheen; black where the material has none.
    normal_scale, occlusion_strength
        How much of those two textures is taken.
    alpha_mode, alpha_cutoff
        The cutoff is there in the mode ``mask`` and None in the others. In ``opaque``, alpha is to be taken as 1.
    textures
        By the names in `TEXTURES`; those in `COLOURED` are gamma-coded. The channels are glTF's: roughness G and metallic B,
        occlusion R, sheen colour RGB, sheen roughness A.
    """

    name: str = ""
    base_colour: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)
    metallic: float = 1.0
    roughness: float = 1.0
    emissive: tuple[float, ...] = (0.0, 0.0, 0.0)
    sheen_colour: tuple[float, ...] = (0.0, 0.0, 0.0)
    sheen_roughness: float = 0.0
    normal_scale: float = 1.0
    occlusion_strength: float = 1.0
    alpha_mode: AlphaMode = "opaque"
    alpha_cutoff: float | None = None
    double_sided: bool = False
    unlit: bool = False
    textures: Mapping[str, Slot] = field(default_factory=dict)


@dataclass(frozen=True)
class Shape:
    """A primitive's geometry before nodes, morph targets and skin take hold of it: what poses are made from.

    Attributes
    ----------
    node
        The node that carries it: index into `Model.nodes`.
    vertices
        (n, 18) float32 in the mesh's own frame, columns as `Primitive.vertices`.
    targets
        (targets, n, 9) float32: what each morph target adds to position, normal and tangent (without its sign).
    skin
        Index into `Model.skins`, or None: then the node's matrix places it.
    joints, weights
        (n, k) uint16 indices into the skin's joints, and (n, k) float32 shares that sum to 1; k is 0 without a skin, else 4 or a
        multiple of it.
    """

    node: int
    vertices: Floats
    targets: Floats
    skin: int | None
    joints: NDArray[np.uint16]
    weights: Floats


@dataclass(frozen=True)
class Primitive:
    """Triangles of one material.

    Attributes
    ----------
    vertices
        (n, 18) float32, at rest: position in metres, normal, tangent with its sign, two sets of texture coordinates, and a colour
        (linear R, G, B, alpha) that its base colour is multiplied with.
        `renderer.gltf.posed_vertices` gives the same at a time of an animation.
    triangles
        (m, 3) uint32 indices into `vertices`, counter-clockwise seen from outside.
    material, variants
        Index of the usual material, and of the one for each variant that has another.
    shape
        What moves it; None if nothing can.
    """

    vertices: Floats
    triangles: NDArray[np.uint32]
    material: int
    variants: Mapping[str, int]
    shape: Shape | None = None


@dataclass(frozen=True)
class Node:
    """A joint of the tree that carries the parts.

    Attributes
    ----------
    parent
        Index into `Model.nodes`, always smaller than its own; −1 at the top.
    translation, rotation, scale
        (3,), (4,) as x, y, z, w, and (3,) float64.
    matrix
        (4, 4) float64, in place of the three, for a node that no animation moves; or None.
    weights
        (targets,) float64: shares of its mesh's morph targets at rest.
    """

    parent: int
    translation: NDArray[np.float64]
    rotation: NDArray[np.float64]
    scale: NDArray[np.float64]
    matrix: NDArray[np.float64] | None
    weights: NDArray[np.float64]


@dataclass(frozen=True)
class Skin:
    """Joints that a mesh follows.

    Attributes
    ----------
    joints
        (j,) indices into `Model.nodes`.
    inverse_bind
        (j, 4, 4) float64: from the mesh's own frame to that of each joint, as they were bound.
    """

    joints: tuple[int, ...]
    inverse_bind: NDArray[np.float64]


@dataclass(frozen=True)
class Channel:
    """What an animation does to one property of one node.

    Attributes
    ----------
    times_s
        (k,) float32, rising.
    values
        (k, width) float32; for CUBICSPLINE (k, 3, width): in-tangent, value, out-tangent.
    """

    node: int
    path: Property
    interpolation: Interpolation
    times_s: Floats
    values: Floats


@dataclass(frozen=True)
class Animation:
    """A movement, from 0 to `duration_s`."""

    name: str
    channels: tuple[Channel, ...]
    duration_s: float


@dataclass(frozen=True)
class Model:
    """A garment as its file holds it.

    Attributes
    ----------
    images
        (height, width, 4) uint8 each.
    variants
        Names, the first one being shown when nobody asks for another; empty if the file has none.
    nodes, skins, animations
        What moves it; without animations it may still have a skin, which then holds its pose at rest.
    ignored
        What the file also holds and is not drawn, in words for people.
    """

    primitives: tuple[Primitive, ...]
    materials: tuple[Material, ...]
    images: tuple[Pixels, ...]
    variants: tuple[str, ...]
    nodes: tuple[Node, ...] = ()
    skins: tuple[Skin, ...] = ()
    animations: tuple[Animation, ...] = ()
    ignored: tuple[str, ...] = ()
