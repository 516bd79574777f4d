"""Files that nobody trusts are read by a process of their own that can do no harm: it has the file, some memory and some seconds.

``python -m renderer.gltf.guard SUFFIX`` reads the file on its standard input and writes the model, or why there is none, to its standard
output. Before it looks at a byte it gives up the right to open anything: no other file, no socket.
"""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, Final
from weakref import WeakValueDictionary

from renderer.gltf.materials import warm_up_pictures
from renderer.gltf.model import Model
from renderer.gltf.read import check_size, read_model
from renderer.gltf.shapes import SAMPLES, SHAPES, read_shape
from renderer.gltf.wire import read_arrays, read_document, write_document, write_model
from vrlive.errors import InputError

_AT_ONCE: Final = 4  # processes

_in_use: WeakValueDictionary[tuple[Path, int, int, int], Model] = WeakValueDictionary()

SUFFIXES: Final = (".glb", ".gltf", *SHAPES)

_PLAIN = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Limits:
    """What reading one file may cost.

    Attributes
    ----------
    memory_bytes
        Address space of the process: the largest textures that are read, four times over.
    cpu_s, wall_s
        Seconds of a core, and seconds at all. The largest files that are read take a fifth of it.
    """

    memory_bytes: int = 4 << 30
    cpu_s: int = 30
    wall_s: float = 60.0


def read_guarded(path: Path, limits: Limits = Limits()) -> Model:
    """Read a garment that may be meant to do harm from its file.

    Raises
    ------
    InputError
        With the file's name and one sentence: as `read_glb`, and if reading it takes more than the limits, or brings the reader down.
    """
    try:
        with path.open("rb") as file:
            check_size(os.fstat(file.fileno()).st_size)
            return _read_in_child(file, path.suffix.lower(), limits)
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror or fault}") from fault
    except InputError as fault:
        raise InputError(f"{path}: {fault}") from fault


def read_all_guarded(paths: Collection[Path]) -> dict[Path, Model]:
    """Read several garments beside one another; InputError for the first that cannot be read, as `read_guarded`."""
    with ThreadPoolExecutor(max_workers=max(1, min(len(paths), os.cpu_count() or 1, _AT_ONCE))) as readers:
        return dict(zip(paths, readers.map(_read_once, paths), strict=True))


def _read_once(path: Path) -> Model:
    """A model that somebody has read already and still uses, if its file has not changed; otherwise as `read_guarded`."""
    try:
        found = path.stat()
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror or fault}") from fault
    mark = (path, found.st_ino, found.st_size, found.st_mtime_ns)
    model = _in_use.get(mark)
    if model is None:
        model = _in_use[mark] = read_guarded(path)
    return model


def read_untrusted(data: bytes, suffix: str, limits: Limits = Limits()) -> Model:
    """The same from a file's bytes; the message is without its name."""
    check_size(len(data))
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        return _read_in_child(file, suffix, limits)


def _read_in_child(file: IO[bytes], suffix: str, limits: Limits) -> Model:
    if suffix not in SUFFIXES:
        raise InputError(f"is of no kind that is read; those are {', '.join(SUFFIXES)}")
    command = [sys.executable, "-m", "renderer.gltf.guard", suffix, str(limits.memory_bytes), str(limits.cpu_s)]
    environment = _PLAIN | {"PYTHONPATH": os.pathsep.join(each or os.getcwd() for each in sys.path)}  # noqa: PTH109 - a string is needed
    child = subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    assert isinstance(child.stdout, BufferedReader)
    late = threading.Event()

    def end() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(limits.wall_s, end)
    timer.start()
    try:
        document = read_document(child.stdout)
        if document is None:
            raise InputError(f"cannot be read: {_why(child, late=late.is_set(), limits=limits)}")
        if "error" in document:
            raise InputError(str(document["error"])[:1000])
        return read_arrays(document, child.stdout)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as fault:
        raise InputError(f"cannot be read: its reader answered with nonsense ({type(fault).__name__})") from fault
    finally:
        timer.cancel()
        child.kill()
        child.stdout.close()
        child.wait()


def _why(child: "subprocess.Popen[bytes]", *, late: bool, limits: Limits) -> str:
    code = child.wait()
    if late or code in (-24, -9):  # SIGXCPU; or SIGKILL, a second later
        return f"it takes more than {limits.wall_s if late else limits.cpu_s:g} s"
    return f"it brings the reader down (exit code {code})"


def confine(memory_bytes: int, cpu_s: int) -> None:
    """Give up what this process will not need: more memory, more time, and the right to open anything."""
    import resource  # noqa: PLC0415 - not on every system; it is only needed here

    for kind, limit in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))


def main(suffix: str, memory_bytes: int, cpu_s: int) -> None:
    """Read the file on standard input, as the child."""
    if suffix in SHAPES:  # everything that reading such a file will load
        read_shape(SAMPLES[suffix], suffix)
    else:
        warm_up_pictures()
    output = os.fdopen(os.dup(1), "wb")
    source = os.fdopen(os.dup(0), "rb")
    confine(memory_bytes, cpu_s)
    try:
        data = source.read()
        model = read_shape(data, suffix) if suffix in SHAPES else read_model(data)
        write_model(model, output)
    except InputError as fault:
        write_document({"error": str(fault)}, output)
    except MemoryError:
        write_document({"error": f"needs more than {memory_bytes >> 20} MiB of memory to be read"}, output)
    output.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
