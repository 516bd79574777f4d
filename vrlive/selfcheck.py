"""`vrlive check`: what this machine can do, and what to install for what it cannot."""

import os
import platform
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import packages_distributions

import av
import numba

from renderer.context import describe
from vrlive import resources
from vrlive.errors import RenderUnavailable
from vrlive.network import lan_addresses


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `needed` means that nothing works without it."""

    subject: str
    good: bool
    text: str
    needed: bool = True


def run_checks() -> list[Finding]:
    """Look at everything that vrlive stands on."""
    return [_python(), _packages(), _codecs(), _compiler(), _opengl(), _pages(), _network(), _cache()]


def _python() -> Finding:
    return Finding("Python", True, f"{platform.python_version()} on {os.cpu_count()} cores, {platform.machine()}")


def _packages() -> Finding:
    """`renderer` and `streaming` are common names: another distribution may have put its own in their place."""
    owners = packages_distributions()
    foreign = {name: sorted(set(owners.get(name, [])) - {"vrlive"}) for name in ("vrlive", "renderer", "streaming")}
    taken = [f"{name} belongs to {', '.join(others)}" for name, others in foreign.items() if others]
    advice = "install vrlive into a virtual environment of its own"
    return Finding("Packages", not taken, f"{'; '.join(taken)}; {advice}" if taken else "vrlive, renderer and streaming are ours")


def _codecs() -> Finding:
    missing = sorted({"libx264", "libopus", "h264", "png", "mjpeg"} - av.codecs_available)
    return Finding("Codecs", not missing, f"PyAV {av.__version__} lacks {', '.join(missing)}" if missing else f"PyAV {av.__version__}")


def _compiler() -> Finding:
    """Tables are made beside the show. Numba's own pool of threads, its last resort, ends a process that uses it from two threads."""
    about = f"Numba {numba.__version__}, {numba.get_num_threads()} threads"
    safe = [pool for pool in ("omppool", "tbbpool") if _is_usable(f"numba.np.ufunc.{pool}")]
    cure = "; without OpenMP a show ends when it is tuned or loses a camera: install libgomp1"
    return Finding("Kernels", bool(safe), about + ("" if safe else cure))


def _is_usable(module: str) -> bool:
    try:
        import_module(module)
    except ImportError:  # a library that it is linked to is missing
        return False
    return True


def _opengl() -> Finding:
    try:
        return Finding("OpenGL", True, ", ".join(describe().values()), needed=False)
    except RenderUnavailable as fault:
        return Finding("OpenGL", False, f"{fault} (the show goes on without garments)", needed=False)


def _pages() -> Finding:
    built = (resources.pages() / "index.html").is_file()
    return Finding("Pages", built, "built" if built else "not built; run “make web” in the checkout")


def _network() -> Finding:
    addresses = lan_addresses()
    text = ", ".join(addresses) if addresses else "no network but loopback: WebRTC has no address to offer; connect one"
    return Finding("Network", bool(addresses), text, needed=False)


def _cache() -> Finding:
    folder = resources.cache()
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    good = os.access(nearest, os.W_OK)
    return Finding(
        "Cache", good, str(folder) if good else f"{nearest} cannot be written; set XDG_CACHE_HOME to a folder that can", needed=False
    )
