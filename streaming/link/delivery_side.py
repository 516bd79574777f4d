"""Delivery's end of the link: listens, and outlives any number of engines."""

import asyncio
import logging
import os
import socket
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streaming.access_unit import AccessUnit
from streaming.link.messages import (
    PREFIX_SIZE,
    Kind,
    Message,
    check_hello,
    decode,
    decode_prefix,
    from_camera,
    hello,
    to_slate,
    to_unit,
)
from vrlive.errors import LinkError

HELLO_TIMEOUT_S = 5.0
UNSENT_CAMERA_BYTES = 8 * 1024 * 1024  # of cameras: a second of six good ones, and any keyframe
UNSENT_CONTROL_BYTES = UNSENT_CAMERA_BYTES + 64 * 1024  # an engine that reads nothing this long is stuck; more of it would not help

log = logging.getLogger("streaming.link")


class DeliverySide:
    """Listens in a folder that only this user can enter. One engine at a time: the newest connection is the engine.

    Parameters
    ----------
    on_unit, on_status, on_slate, on_ask, on_scene
        Called on the event loop with what the engine sends; they must not block.
    on_lost
        Called when the engine's connection ends, however that comes.
    """

    def __init__(
        self,
        *,
        on_unit: Callable[[AccessUnit], None],
        on_status: Callable[[dict[str, Any]], None],
        on_slate: Callable[[tuple[AccessUnit, ...]], None],
        on_ask: Callable[[dict[str, Any]], None],
        on_lost: Callable[[], None],
        on_scene: Callable[[dict[str, Any], bytes], None] = lambda *_: None,
    ) -> None:
        self._on_scene = on_scene
        self._on_unit, self._on_status, self._on_slate, self._on_lost = on_unit, on_status, on_slate, on_lost
        self._on_ask = on_ask
        self._folder = tempfile.TemporaryDirectory(prefix="vrlive-")  # mode 0700
        self._server: asyncio.Server | None = None
        self._engine: asyncio.StreamWriter | None = None

    @property
    def path(self) -> Path:
        """The socket's path, for the engine."""
        return Path(self._folder.name) / "engine"

    @property
    def connected(self) -> bool:
        """Whether an engine is there."""
        return self._engine is not None

    async def start(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_unix_server(self._welcome, self.path)
        self.path.chmod(0o600)

    def send_control(self, control: dict[str, Any]) -> bool:
        """Send a control message down; False if there is no engine, or it has stopped reading."""
        engine = self._engine
        if engine is None or engine.transport.get_write_buffer_size() > UNSENT_CONTROL_BYTES:
            return False
        engine.write(Message(Kind.CONTROL, control).encode())
        return True

    def send_camera(self, camera: str, unit: AccessUnit) -> bool:
        """Send an access unit of a published camera down; False if there is no engine, or it reads too slowly."""
        engine = self._engine
        if engine is None or engine.transport.get_write_buffer_size() + len(unit.data) > UNSENT_CAMERA_BYTES:
            return False
        engine.write(from_camera(camera, unit).encode())
        return True

    async def close(self) -> None:
        """Stop listening and hang up."""
        if self._server is not None:
            self._server.close()
        if self._engine is not None:
            self._engine.transport.abort()
            self._engine = None
        if self._server is not None:
            await self._server.wait_closed()
        self._folder.cleanup()

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._greet(reader, writer)
            self._replace_engine(writer)
            while (message := await _receive(reader)) is not None:
                if self._engine is not writer:
                    break
                self._dispatch(message)
        except (LinkError, OSError, TimeoutError) as fault:
            log.warning("engine link: %s", fault or "no hello in time")
        finally:
            writer.transport.abort()
            if self._engine is writer:
                self._engine = None
                self._on_lost()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        user = _peer_user(writer.get_extra_info("socket"))
        if user != os.getuid():
            raise LinkError(f"user {user} is not who runs this server")
        greeting = await asyncio.wait_for(_receive(reader), HELLO_TIMEOUT_S)
        if greeting is None:
            raise LinkError("the engine hung up before it said hello")
        writer.write(hello().encode())
        check_hello(greeting)

    def _replace_engine(self, writer: asyncio.StreamWriter) -> None:
        if self._engine is not None:
            log.warning("engine link: a second engine has come; the first is cut off")
            self._engine.transport.abort()
        self._engine = writer

    def _dispatch(self, message: Message) -> None:
        match message.kind:
            case Kind.UNIT:
                self._on_unit(to_unit(message))
            case Kind.STATUS:
                self._on_status(message.header)
            case Kind.SLATE:
                self._on_slate(to_slate(message))
            case Kind.ASK:
                self._on_ask(message.header)
            case Kind.SCENE:
                self._on_scene(message.header, message.payload)
            case _:
                raise LinkError(f"the engine sent a {message.kind.name}")


async def _receive(reader: asyncio.StreamReader) -> Message | None:
    """The next message; None at the end of the stream."""
    try:
        kind, header_length, payload_length = decode_prefix(await reader.readexactly(PREFIX_SIZE))
        header = await reader.readexactly(header_length)
        payload = await reader.readexactly(payload_length)
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return None
    return decode(kind, header, payload)


def _peer_user(link: socket.socket) -> int:
    """User id of the process at the other end (unix(7), SO_PEERCRED)."""
    _pid, user, _group = struct.unpack("3i", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(user)
