"""Every error vrlive raises on purpose.

::

    VrliveError
    ├── UserError              the user can mend it: CLI exit code 2, HTTP 4xx, never a traceback
    │   ├── ConfigError        a key or value in channel.toml, rig.toml or scene.toml
    │   ├── RigFileError       a rig file of another program that cannot be read as it stands
    │   ├── InputError         a picture, video or model file that cannot be read
    │   └── ServeError         the address, port or certificate to serve on
    ├── CaptureError           a camera failed; it is retried, the show goes on
    ├── RenderUnavailable      no usable OpenGL; the show goes on without garments
    ├── EncodeError            the encoder refused a picture or its settings
    ├── StateError             what must outlive a restart could not be written
    └── LinkError              engine and delivery do not understand each other
"""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path


class VrliveError(Exception):
    """Base of all errors raised on purpose."""


class UserError(VrliveError):
    """Something the user gave is wrong; the message says what, where, and what would be right."""


class ConfigError(UserError):
    """A value in one of our TOML files is wrong.

    Parameters
    ----------
    path
        The file.
    key
        Dotted path of the key, such as ``lens[2].focal_px``; empty when the whole file is meant.
    problem
        What is wrong and what would be right, as one sentence without the file's name.
    """

    def __init__(self, path: Path, key: str, problem: str) -> None:
        self.path, self.key, self.problem = path, key, problem
        super().__init__(f"{path}: {key}: {problem}" if key else f"{path}: {problem}")


class RigFileError(UserError):
    """A rig file in another program's format holds something we do not support; it is named."""


class InputError(UserError):
    """A picture, video or model file is missing, unreadable or of the wrong kind."""


class ServeError(UserError):
    """The host, port or certificate cannot be served on."""


class CaptureError(VrliveError):
    """A camera could not be opened or stopped delivering."""


class RenderUnavailable(VrliveError):
    """OpenGL cannot be used here; the message says what to install."""


class EncodeError(VrliveError):
    """The video or audio encoder failed."""


class StateError(VrliveError):
    """What must outlive a restart could not be read or written; nothing was changed."""


class LinkError(VrliveError):
    """The other side of the engine link spoke another version, too much, or nonsense."""


def did_you_mean(word: str, known: Sequence[str], otherwise: str) -> str:
    """What to say to a word that is none of those `known`: the one that comes near, or `otherwise`."""
    near = get_close_matches(word, known, n=1)
    return f"did you mean “{near[0]}”?" if near else otherwise
