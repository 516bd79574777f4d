"""Garments from glTF files: the model, and what reads it."""

from renderer.gltf.model import Animation, Floats, Material, Model, Pixels, Primitive, Slot
from renderer.gltf.read import read_glb

__all__ = ["Animation", "Floats", "Material", "Model", "Pixels", "Primitive", "Slot", "read_glb"]
