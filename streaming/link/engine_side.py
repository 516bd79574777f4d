"""The engine's end of the link: threads, no event loop. Sending never waits."""

import logging
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from streaming.access_unit import AccessUnit
from streaming.link.messages import PREFIX_SIZE, Kind, Message, check_hello, decode, decode_prefix, from_slate, hello, to_camera
from streaming.link.outbox import Outbox
from vrlive.errors import LinkError

HELLO_TIMEOUT_S = 5.0

log = logging.getLogger("streaming.link")


class EngineSide:
    """A connection to the delivery process. Its methods may be called from any thread.

    Parameters
    ----------
    path
        The socket that delivery listens on.
    on_control
        Called on the reader's thread with each control message, and with ``{"do": "keyframe"}`` when pictures were lost on the way.
    on_camera
        Called there with each access unit of a camera that is published; must not block.
    on_lost
        Called once when delivery is gone. The engine then has nobody to work for.

    Raises
    ------
    LinkError
        If nobody listens there, or it speaks another version.
    """

    def __init__(
        self,
        path: Path,
        *,
        on_control: Callable[[dict[str, Any]], None],
        on_camera: Callable[[str, AccessUnit], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._on_control, self._on_camera, self._on_lost = on_control, on_camera, on_lost
        self._outbox, self._filled, self._closed = Outbox(), threading.Condition(), False
        self._socket = _connect(path)
        self._threads = [threading.Thread(target=each, name=f"link {each.__name__}", daemon=True) for each in (self._read, self._write)]
        for thread in self._threads:
            thread.start()

    @property
    def dropped(self) -> int:
        """Access units lost so far because delivery read too slowly."""
        return self._outbox.dropped

    def send_unit(self, unit: AccessUnit) -> None:
        """Send an access unit up."""
        with self._filled:
            whole = self._outbox.put_unit(unit)
            self._filled.notify()
        if not whole:
            self._on_control({"do": "keyframe", "renditions": [unit.rendition]})

    def send_status(self, status: dict[str, Any]) -> None:
        """Send the engine's status up; it replaces one that still waits."""
        self._send(Message(Kind.STATUS, status))

    def send_slate(self, units: Iterable[AccessUnit]) -> None:
        """Send up what delivery shall play when this process dies."""
        self._send(from_slate(units))

    def send_scene(self, news: dict[str, Any], picture: bytes = b"") -> None:
        """Send up news of the scene, an object with the key ``what``; they replace those of the same that still wait."""
        self._send(Message(Kind.SCENE, news, picture))

    def ask(self, wish: dict[str, Any]) -> None:
        """Ask delivery for something: a JSON object with the key ``do``."""
        self._send(Message(Kind.ASK, wish))

    def close(self) -> None:
        """End both threads; what still waits is lost."""
        with self._filled:
            self._closed = True
            self._filled.notify()
        with suppress(OSError):  # the other side may have been faster
            self._socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()
        self._socket.close()

    def _send(self, message: Message) -> None:
        with self._filled:
            self._outbox.put(message)
            self._filled.notify()

    def _write(self) -> None:
        with suppress(OSError):  # the reader sees the same end, and reports it
            while (message := self._next()) is not None:
                self._socket.sendall(message.encode())

    def _next(self) -> Message | None:
        with self._filled:
            message = self._outbox.take()
            while message is None and not self._closed:
                self._filled.wait()
                message = self._outbox.take()
            return None if self._closed else message

    def _read(self) -> None:
        try:
            while (message := _receive(self._socket)) is not None:
                if message.kind is Kind.CAMERA:
                    self._on_camera(*to_camera(message))
                else:
                    self._on_control(_control(message))
        except (OSError, LinkError) as fault:
            log.warning("engine link: %s", fault)
        if not self._closed:
            self._on_lost()


def _connect(path: Path) -> socket.socket:
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.settimeout(HELLO_TIMEOUT_S)
        link.connect(str(path))
        link.sendall(hello().encode())
        check_hello(_receive(link) or Message(Kind.HELLO))
        link.settimeout(None)
    except OSError as fault:
        link.close()
        raise LinkError(f"delivery does not answer on {path}: {fault}") from fault
    except LinkError:
        link.close()
        raise
    return link


def _control(message: Message) -> dict[str, Any]:
    if message.kind is not Kind.CONTROL:
        raise LinkError(f"delivery sent a {message.kind.name}")
    return message.header


def _receive(link: socket.socket) -> Message | None:
    """The next message; None at the end of the stream."""
    prefix = _read_exactly(link, PREFIX_SIZE)
    if prefix is None:
        return None
    kind, header_length, payload_length = decode_prefix(prefix)
    header, payload = _read_exactly(link, header_length), _read_exactly(link, payload_length)
    return None if header is None or payload is None else decode(kind, header, payload)


def _read_exactly(link: socket.socket, length: int) -> bytes | None:
    read = bytearray()
    while len(read) < length:
        piece = link.recv(min(length - len(read), 1 << 20))
        if not piece:
            return None
        read += piece
    return bytes(read)
