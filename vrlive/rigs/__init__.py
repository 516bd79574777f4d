"""Reading and writing rig files: numbers, no pixels."""

from vrlive.rigs.export import export_rig
from vrlive.rigs.presets import PRESETS, preset_rig
from vrlive.rigs.read import SPHERES, equirect_rig, import_rig, read_rig, read_rig_file, rig_pictures, sphere_rig
from vrlive.rigs.summary import describe_rig, summarise
from vrlive.rigs.toml import write_rig

__all__ = [
    "PRESETS",
    "SPHERES",
    "describe_rig",
    "equirect_rig",
    "export_rig",
    "import_rig",
    "preset_rig",
    "read_rig",
    "read_rig_file",
    "rig_pictures",
    "sphere_rig",
    "summarise",
    "write_rig",
]
