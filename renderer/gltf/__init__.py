"""Garments from glTF files: the model, what reads it, and its poses."""

from renderer.gltf.model import Animation, Floats, Material, Model, Pixels, Primitive, Slot
from renderer.gltf.motion import find_animation, posed_vertices
from renderer.gltf.read import read_glb

__all__ = ["Animation", "Floats", "Material", "Model", "Pixels", "Primitive", "Slot", "find_animation", "posed_vertices", "read_glb"]
