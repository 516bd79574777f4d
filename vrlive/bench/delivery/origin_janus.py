"""The peer of the trade: Janus with its streaming plugin, fed with the film as RTP. This process feeds it, and is not counted.

``python -m vrlive.bench.delivery.origin_janus FILM LOOPS``; LOOPS: threads that send, 0 for one each viewer, as Janus does by default.
"""

import asyncio
import json
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from streaming.access_unit import AccessUnit, Kind
from streaming.rtp.ring import PacketRing
from streaming.rtp.wire import head
from vrlive.bench.delivery.film import Film, play
from vrlive.bench.delivery.talk import Message, answer, one_address
from vrlive.clock import now_s
from vrlive.errors import UserError
from vrlive.frames import SOUND_RATE_HZ
from vrlive.units import VIDEO_CLOCK_HZ

MOUNTPOINT: Final = 10
PAYLOAD_TYPES: Final[dict[Kind, int]] = {"video": 126, "audio": 111}
PATIENCE_S: Final = 20.0
END_S: Final = 5.0
RUNS: Final = 8  # its thread for Unix sockets ends at times because it began before the plugin had: a race of Janus' own
TICK_S, AT_ONCE = 0.004, 32  # packets: 8000 a second, as ours paces
LONGEST_MESSAGE: Final = 1 << 18

GENERAL = """
general: {{ configs_folder = "{folder}", server_name = "bench", debug_level = 2, admin_secret = "{secret}", interface = "127.0.0.1",
    event_loops = {loops} }}
nat: {{ ice_enforce_list = "{address}", full_trickle = false }}
plugins: {{ disable = "{others}" }}
transports: {{ disable = "libjanus_http.so,libjanus_websockets.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_rabbitmq.so" }}
loggers: {{ disable = "libjanus_jsonlog.so" }}
"""
OTHERS = "audiobridge duktape echotest lua nosip recordplay sip textroom videocall videoroom voicemail"
PLUGIN = """
film: {{ type = "rtp", id = {id}, description = "film", audio = true, audioport = {audio}, audiopt = 111, audiocodec = "opus",
    video = true, videoport = {video}, videopt = 126, videocodec = "h264",
    videofmtp = "profile-level-id=42e01f;packetization-mode=1", videobufferkf = true }}
"""
TRANSPORT = (
    'general: {{ enabled = true, json = "compact", path = "{socket}", type = "SOCK_SEQPACKET" }}\nadmin: {{ admin_enabled = false }}\n'
)


def fault() -> str | None:
    """Why it cannot take part, and what to do about it; None: it can."""
    return None if shutil.which("janus") else "not installed: apt-get install janus"


class Janus:
    """A running Janus, and its API by Unix socket. An asynchronous context would be more than its one user needs: `start`, then `close`."""

    def __init__(self, loops: int) -> None:
        self._kept = ExitStack()
        self._folder = Path(self._kept.enter_context(tempfile.TemporaryDirectory(prefix="janus-")))
        self.ports: dict[Kind, int] = {kind: _free_port() for kind in PAYLOAD_TYPES}
        self._write(
            "janus.jcfg",
            GENERAL,
            secret=self._folder.name,
            loops=loops,
            address=one_address(),
            others=",".join(f"libjanus_{n}.so" for n in OTHERS.split()),
        )
        self._write("janus.plugin.streaming.jcfg", PLUGIN, id=MOUNTPOINT, **self.ports)
        self._write("janus.transport.pfunix.jcfg", TRANSPORT, socket=self._folder / "api")
        self._log = self._kept.enter_context((self._folder / "log").open("w+b"))
        self._process = self._run()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._kept.callback(self._socket.close)
        self._count, self._session = 0, 0

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    async def start(self) -> None:
        """Wait for it, and open a session."""
        self._socket.setblocking(False)
        runs = 1
        async with asyncio.timeout(PATIENCE_S):
            while not self._is_connected():
                if self._process.poll() is not None:
                    if runs == RUNS:
                        raise UserError(f"Janus ended at once, {RUNS} times: {self._last_words()}")
                    self._process, runs = self._run(), runs + 1
                await asyncio.sleep(0.05)
        self._session = (await self._ask("success", janus="create"))["data"]["id"]

    def _run(self) -> "subprocess.Popen[bytes]":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # at times it crashes when it is ended
        command = ["janus", "--configs-folder", str(self._folder), "--disable-colors"]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)

    def _is_connected(self) -> bool:
        try:
            self._socket.connect(str(self._folder / "api"))
        except OSError:
            return False
        return True

    def _last_words(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace").rstrip().rpartition("\n")[2]

    async def offer(self) -> Message:
        """Let one more viewer watch: Janus' offer, and the handle to answer it with."""
        handle = (await self._ask("success", janus="attach", plugin="janus.plugin.streaming"))["data"]["id"]
        event = await self._ask("event", janus="message", handle_id=handle, body={"request": "watch", "id": MOUNTPOINT})
        if "jsep" not in event:
            raise UserError(f"Janus refuses a viewer: {event}")
        return {"handle": handle, "sdp": event["jsep"]["sdp"]}

    async def accept(self, handle: int, sdp: str) -> Message:
        """Take the viewer's answer, and begin to send."""
        jsep = {"type": "answer", "sdp": sdp}
        await self._ask("event", janus="message", handle_id=handle, body={"request": "start"}, jsep=jsep)
        return {}

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._kept.close()

    def _write(self, name: str, text: str, **values: Any) -> None:
        (self._folder / name).write_text(text.format(folder=self._folder, **values), "utf-8")

    async def _ask(self, kind: str, **message: Any) -> Message:
        """Ask, and wait for the answer of this kind; other messages are about what we do not need to know."""
        self._count += 1
        transaction = str(self._count)
        session = {"session_id": self._session} if self._session else {}
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self._socket, json.dumps({**message, **session, "transaction": transaction}).encode())
        async with asyncio.timeout(PATIENCE_S):
            while True:
                heard: Message = json.loads(await loop.sock_recv(self._socket, LONGEST_MESSAGE))
                if heard.get("transaction") == transaction and heard["janus"] == kind:
                    return heard
                if heard["janus"] == "error":
                    raise UserError(f"Janus says: {heard['error']}")

    async def keep_alive(self) -> None:
        """Janus ends a session of which it hears nothing for a minute; until cancelled."""
        while True:
            await asyncio.sleep(20)
            message = {"janus": "keepalive", "session_id": self._session, "transaction": "alive"}
            await asyncio.get_running_loop().sock_sendall(self._socket, json.dumps(message).encode())


class Feed:
    """The film as RTP, to Janus' ports: evenly, for it would lose part of a keyframe that came at once."""

    def __init__(self, ports: dict[Kind, int]) -> None:
        self._ports = ports
        self._rings = {"video": PacketRing("video", VIDEO_CLOCK_HZ), "audio": PacketRing("audio", SOUND_RATE_HZ)}
        self._sent: dict[Kind, int] = {"video": 0, "audio": 0}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def take(self, unit: AccessUnit) -> None:
        """Send an access unit: sound at once, of pictures what may go now."""
        self._rings[unit.kind].append(unit)
        self._send(unit.kind)

    async def run(self) -> None:
        """Send what waits, until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            self._send("video")

    def close(self) -> None:
        """Send no more."""
        self._socket.close()

    def _send(self, kind: Kind) -> None:
        ring, first = self._rings[kind], self._sent[kind]
        self._sent[kind] = min(ring.head, first + AT_ONCE)
        for number in range(first, self._sent[kind]):
            last, stamp = bool(ring.last[number & ring.mask]), int(ring.stamps[number & ring.mask]) & 0xFFFFFFFF
            start = head(PAYLOAD_TYPES[kind], number, stamp, self._ports[kind], last=last, extended=False)
            self._socket.sendto(start + ring.payload(number), ("127.0.0.1", self._ports[kind]))


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _run(path: Path, loops: int) -> None:
    film, janus = Film.load(path), Janus(loops)
    feed = Feed(janus.ports)
    tasks: list[asyncio.Task[None]] = []
    try:
        await janus.start()
        began_s = now_s()

        async def where() -> Message:
            return {"pid": janus.pid, "began_s": began_s}

        tasks = [asyncio.create_task(work) for work in (play(film, feed.take, feed.take, began_s), feed.run(), janus.keep_alive())]
        await answer({"where": where, "offer": janus.offer, "accept": janus.accept})
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        feed.close()
        janus.close()


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]), int(sys.argv[2])))
