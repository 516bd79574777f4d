"""What a channel feeds besides its viewers: its recording, and HLS."""

import asyncio
from pathlib import Path
from typing import Final

from streaming.hls import HlsChannel, Replay
from streaming.hub import Channel
from streaming.ladder import rungs_of
from streaming.recorder import Recorder
from streaming.sink import Sink
from streaming.sound_format import AMBISONICS, STEREO
from streaming.spherical import Stereo, sphere_marks
from vrlive.api.models import HlsState, RecordState
from vrlive.clock import now_s
from vrlive.config import ChannelConfig
from vrlive.showing import MAPPINGS

RECORDED_S: Final = 10.0  # when a recording ends, it is waited for so long


class Outlets:
    """The recording and the HLS of a channel, as far as its file asks for them.

    Parameters
    ----------
    hub, config
        What they take, and what its file says.

    Attributes
    ----------
    hls
        None: it is not offered.
    """

    def __init__(self, hub: Channel, config: ChannelConfig) -> None:
        self._hub = hub
        self._task: asyncio.Task[None] | None = None
        self._open = False
        self._make(config)

    def begin(self) -> None:
        """Record, and offer HLS."""
        self._open = True
        if self._sink:
            self._sink.open(now_s())
        if self.hls:
            self._task = asyncio.create_task(self.hls.run())

    async def end(self) -> None:
        """End both; the recording is whole then."""
        if not self._open:
            return
        self._open = False
        if self._sink:
            await asyncio.to_thread(self._sink.close(), RECORDED_S)
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def change(self, config: ChannelConfig) -> None:
        """Become what the channel's file says now: another file begins, and HLS begins anew, where that makes a difference."""
        if _for_outlets(config) == _for_outlets(self._config):
            return
        was_open = self._open
        await self.end()
        self._make(config)
        if was_open:
            self.begin()

    def record_state(self) -> RecordState:
        """The recording as it is now."""
        if not (self._recorder and self._sink):
            return RecordState(state="off")
        status = self._recorder.status
        return RecordState(
            state=status.phase,
            file=status.file,
            duration_s=status.duration_s,
            bytes_written=status.bytes_written,
            dropped=self._sink.dropped,
            fault=status.fault,
        )

    def hls_state(self) -> HlsState:
        """HLS as it is now."""
        hls = self.hls
        if hls is None:
            return HlsState(state="off")
        state = HlsState(state="cutting" if hls.active else "idle", window_s=hls.window_s)
        replay_s = hls.replay.duration_s if hls.replay else 0.0
        return state.model_copy(update={"bytes_sent": hls.bytes_sent, "dropped": hls.dropped, "replay_s": replay_s})

    def _make(self, config: ChannelConfig) -> None:
        self._config = config
        stereo, mapping = Stereo.TOP_BOTTOM if config.stereo else Stereo.MONO, MAPPINGS.get(config.picture.projection)
        marks = sphere_marks(stereo, len(config.camera), mapping)
        replay = Replay(config.name, Path(config.record.folder)) if config.record.replay else None
        self.hls = HlsChannel(self._hub, config.fps, config.hls, marks, replay) if config.hls.enabled else None
        sound = AMBISONICS if config.ambisonics else STEREO
        heard = sphere_marks(stereo, len(config.camera), mapping, ambisonics=config.ambisonics)
        self._recorder = Recorder(config.name, config.record, heard, sound) if config.record.enabled else None
        self._sink = Sink(f"record {config.name}", self._hub, self._recorder, sound=sound) if self._recorder else None


def _for_outlets(config: ChannelConfig) -> tuple[object, ...]:
    return config.record, config.hls, config.fps, len(config.camera), config.ambisonics, config.picture, rungs_of(config)
