"""Where the cameras that are published to a channel come in, in the delivery process: on their way to the engine."""

from collections.abc import Callable, Mapping

from streaming.access_unit import AccessUnit

Send = Callable[[str, AccessUnit], bool]


class Intake:
    """The cameras of one channel.

    Parameters
    ----------
    name
        Of the channel.
    cameras
        By name, whether one is published to us; the others are opened at their addresses.
    send
        Passes an access unit on to the engine; False if there is none, or it is too slow for more.
    """

    def __init__(self, name: str, cameras: Mapping[str, bool], send: Send) -> None:
        self.name, self.cameras = name, cameras
        self.refused = 0  # offers
        self.dropped = 0  # access units that the engine was not there for, or too slow
        self._send = send
        self._ask: dict[str, Callable[[], None]] = {}
        self._incomplete: set[str] = set()  # cameras of which the engine lacks pictures up to a keyframe

    def connect(self, camera: str, ask_keyframe: Callable[[], None]) -> None:
        """Let somebody publish a camera, in the place of whoever did."""
        self._ask[camera] = ask_keyframe
        self._incomplete.add(camera)

    def disconnect(self, camera: str, ask_keyframe: Callable[[], None]) -> None:
        """Note that somebody has ended, unless another has taken the place."""
        if self._ask.get(camera) == ask_keyframe:
            del self._ask[camera]

    def is_publisher(self, camera: str, ask_keyframe: Callable[[], None]) -> bool:
        """Whether this is who publishes the camera now."""
        return self._ask.get(camera) == ask_keyframe

    def push(self, camera: str, unit: AccessUnit) -> None:
        """Pass an access unit on. Pictures that the engine could not decode are not sent."""
        if unit.kind == "video":
            if camera in self._incomplete and not unit.keyframe:
                self.dropped += 1
                self.ask_keyframe(camera)
                return
            self._incomplete.discard(camera)
        if not self._send(camera, unit):
            self.dropped += 1
            if unit.kind == "video":
                self._incomplete.add(camera)

    def ask_keyframe(self, camera: str) -> None:
        """Ask whoever publishes the camera for a keyframe."""
        if ask := self._ask.get(camera):
            ask()
