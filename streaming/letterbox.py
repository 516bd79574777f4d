"""Messages to one viewer over its data channel: bounded, and of each type the newest when it reads slowly."""

import json
from typing import Any, Final, Protocol

UNSENT_BYTES: Final = 64 * 1024  # on their way; what comes while so much is waits here, one message of a type


class DataChannel(Protocol):
    """What is needed of an `aiortc.RTCDataChannel`."""

    @property
    def readyState(self) -> str:  # noqa: N802 - WebRTC's own name
        """As in WebRTC: connecting, open, closing, closed."""

    @property
    def bufferedAmount(self) -> int:  # noqa: N802 - as above
        """Bytes that were sent and have not left."""

    def send(self, data: str) -> None:
        """Send a message."""

    def on(self, event: str, listener: Any) -> Any:
        """Call `listener` at each event of this name."""


class Letterbox:
    """For one data channel. A message is a JSON object with a ``type``."""

    def __init__(self, channel: DataChannel) -> None:
        self._channel = channel
        self._waiting: dict[str, dict[str, Any]] = {}
        channel.on("bufferedamountlow", self._flush)

    def put(self, message: dict[str, Any]) -> None:
        """Send a message, or let it wait in the place of an older one of its type."""
        self._waiting.pop(message["type"], None)
        self._waiting[message["type"]] = message
        self._flush()

    def _flush(self) -> None:
        if self._channel.readyState != "open":
            self._waiting.clear()
            return
        while self._waiting and self._channel.bufferedAmount < UNSENT_BYTES:
            self._channel.send(json.dumps(self._waiting.pop(next(iter(self._waiting)))))
