"""vrlive: live 360° and VR broadcast, from camera feeds to headsets and browsers.

The stages stand on one line, each in a package of its own::

    capture -> sync -> stitch -> composite (renderer) -> encode -> deliver (streaming)

`vrlive.pipeline` is the only module that joins them; read it first.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("vrlive")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+checkout"
