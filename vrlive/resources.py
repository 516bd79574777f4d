"""Where the files that ship with vrlive lie: in a wheel, an editable install or a checkout."""

import os
from importlib.resources import files
from pathlib import Path
from typing import Final

GARMENT: Final = "garment.glb"
"""The model's file in a garment's folder of the library."""


def shaders() -> Path:
    """Folder of the GLSL sources."""
    return _data("shaders")


def scenes() -> Path:
    """Folder that holds one folder for each showroom that ships."""
    return _data("scenes")


def pages() -> Path:
    """Folder of the built web pages; it may not exist in a checkout that was never set up."""
    return Path(str(files("streaming"))) / "web" / "dist"


def garments() -> Path:
    """The user's garment library, one folder for each garment, after the XDG specification; it may not exist yet."""
    return _xdg("XDG_DATA_HOME", ".local/share") / "garments"


def cache() -> Path:
    """The user's cache folder for vrlive, after the XDG base directory specification; it may not exist yet."""
    return _xdg("XDG_CACHE_HOME", ".cache")


def state() -> Path:
    """The user's folder for what must outlive a restart (certificates), after the XDG specification."""
    return _xdg("XDG_STATE_HOME", ".local/state")


def _data(kind: str) -> Path:
    package = Path(str(files("vrlive")))
    packaged = package / kind
    return packaged if packaged.is_dir() else package.parent / kind


def _xdg(variable: str, fallback: str) -> Path:
    named = Path(os.environ.get(variable, ""))
    return (named if named.is_absolute() else Path.home() / fallback) / "vrlive"
