"""A camera: a thread that opens a URL, delivers its frames in the house format, and opens it again when it fails.

::

    connecting ──► live ──► stalled ──► live …      it was live, and is tried again
        └────────► failed ──► live …                it could not be opened, and is tried again
                     └── a file that has ended stays so

A read that hangs cannot be interrupted from outside: threads are daemons, and every wait on the network has a time-out.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vrlive.capture.backoff import Backoff
from vrlive.capture.feeds import Feed, FileFeed, LiveFeed, StillFeed
from vrlive.capture.opening import redacted, scheme
from vrlive.capture.published import Mailbox, PublishedFeed
from vrlive.capture.stills import is_still
from vrlive.clock import now_s
from vrlive.config import CameraConfig
from vrlive.errors import CaptureError, InputError
from vrlive.frames import Frame, Sound
from vrlive.units import Size

log = logging.getLogger("vrlive.capture")

CLOSE_S = 1.0  # a thread that is not done by then sits in a read: it ends by itself when that returns


class CameraState(StrEnum):
    """What a camera does, in the words of API and page."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALLED = "stalled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """How a camera is doing.

    Attributes
    ----------
    size
        Of its last picture; None before the first.
    fps
        Frames a second over the last few seconds; 0 when it is not live.
    frames, dropped
        Delivered, and lost because this machine was too slow, since start.
    reconnects
        How often it was opened again.
    last_fault
        Why it is not live, or was not the last time; without passwords and folders.
    """

    name: str
    state: CameraState
    size: Size | None
    fps: float
    frames: int
    dropped: int
    reconnects: int
    last_fault: str


class Camera:
    """Delivers the frames and the sound of one URL until it is closed.

    Parameters
    ----------
    config
        Name, URL, looping and time-outs. Relative paths are resolved already.
    epoch_s
        When the first frame of a file is due: see `vrlive.capture.playback`.
    on_frame, on_sound
        Called on the camera's own thread. Must not block.
    still_fps
        How often a second a still picture is delivered.
    ambisonics
        Whether its sound is, though it may not say so: see `vrlive.capture.sound`.
    mailbox
        Of a camera that is published to us: where its access units come in.
    """

    def __init__(
        self,
        config: CameraConfig,
        *,
        epoch_s: float,
        on_frame: Callable[[Frame], None],
        on_sound: Callable[[Sound], None] | None = None,
        still_fps: float = 25.0,
        ambisonics: bool = False,
        mailbox: Mailbox | None = None,
    ) -> None:
        self._ambisonics = ambisonics
        self._config, self._epoch_s, self._still_fps = config, epoch_s, still_fps
        self._on_frame, self._on_sound, self._mailbox = on_frame, on_sound, mailbox
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"camera {config.name}", daemon=True)
        self._state = CameraState.CONNECTING
        self._feed: Feed | None = None
        self._live_s = self._last_s = 0.0
        self._size: Size | None = None
        self._fps = 0.0
        self._frames = self._dropped = self._reconnects = 0
        self._last_fault = ""

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop delivering; returns within a second, even when the thread still hangs in a read."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_S)

    @property
    def state(self) -> CameraState:
        """What the camera does now."""
        silent = self._state is CameraState.LIVE and now_s() - self._last_s > self._config.read_timeout_s
        return CameraState.STALLED if silent else self._state

    @property
    def status(self) -> CameraStatus:
        """How the camera is doing now; any thread may ask."""
        state, feed = self.state, self._feed
        return CameraStatus(
            name=self._config.name,
            state=state,
            size=self._size,
            fps=round(self._fps, 2) if state is CameraState.LIVE else 0.0,
            frames=self._frames,
            dropped=self._dropped + (feed.dropped if feed else 0),
            reconnects=self._reconnects,
            last_fault=self._last_fault,
        )

    def _run(self) -> None:
        backoff = Backoff()
        while not self._closed.is_set():
            try:
                self._deliver()
            except (CaptureError, InputError) as fault:
                self._fail(str(fault))
            except Exception as fault:  # a camera never takes the show down, whatever its stream made a decoder do
                log.exception("camera %s: unexpected fault", self._config.name)
                self._fail(f"unexpected fault: {type(fault).__name__}")
            else:
                self._fail(f"{redacted(self._config.url)}: the file has ended", state=CameraState.FAILED)
                return
            lived_s = self._last_s - self._live_s if self._state is CameraState.STALLED else 0.0
            if self._rest(backoff.pause_s(lived_s)):
                return
            self._reconnects += 1

    def _rest(self, pause_s: float) -> bool:
        """Wait before it is opened again: a published camera until somebody publishes it. True if it was closed meanwhile."""
        return self._mailbox.wait(self._closed) if self._mailbox else self._closed.wait(pause_s)

    def _deliver(self) -> None:
        """Deliver until the camera is closed or its source fails; returning otherwise means that a file has ended."""
        self._live_s = self._last_s = 0.0
        self._feed = feed = self._open()
        try:
            for item in feed.items(self._closed):
                if self._closed.is_set():
                    return
                if isinstance(item, Sound):
                    if self._on_sound:
                        self._on_sound(item)
                else:
                    self._count(item)
                    self._on_frame(item)
        finally:
            self._feed, self._dropped = None, self._dropped + feed.dropped
            feed.close()

    def _open(self) -> Feed:
        url = self._config.url
        if self._mailbox:
            return PublishedFeed(self._config, self._mailbox)
        if scheme(url) != "file":
            return LiveFeed(self._config, ambisonics=self._ambisonics)
        if is_still(Path(url)):
            return StillFeed(self._config, self._epoch_s, self._still_fps)
        return FileFeed(self._config, self._epoch_s, ambisonics=self._ambisonics)

    def _count(self, frame: Frame) -> None:
        now = now_s()
        if not self._live_s:
            self._live_s, self._fps, self._state = now, 0.0, CameraState.LIVE
            log.info("camera %s: live, %s", self._config.name, frame.picture.size)
        elif now > self._last_s:
            rate = 1 / (now - self._last_s)
            self._fps = rate if not self._fps else 1 / (0.95 / self._fps + 0.05 / rate)
        self._last_s = now
        self._size = frame.picture.size
        self._frames += 1

    def _fail(self, fault: str, state: CameraState | None = None) -> None:
        if self._closed.is_set():
            return
        shown = self._without_folder(fault)
        news, self._last_fault = shown != self._last_fault, shown  # before the state: who sees that one may ask why
        self._state = state or (CameraState.STALLED if self._live_s or self._state is CameraState.STALLED else CameraState.FAILED)
        if news:
            log.warning("camera %s: %s: %s", self._config.name, self._state, fault)

    def _without_folder(self, fault: str) -> str:
        """A fault as viewers may read it: where a file lies on this machine is said in the log only."""
        url = self._config.url
        return fault.replace(str(Path(url)), Path(url).name) if scheme(url) == "file" else fault
