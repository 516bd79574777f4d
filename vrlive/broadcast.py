"""A channel on air, in the delivery process: the hub its viewers hang on, the engine that feeds it, and what is known of both."""

import asyncio
import time
from collections.abc import Callable
from fractions import Fraction
from types import TracebackType
from typing import Any, Self

from pydantic import ValidationError

from streaming.access_unit import AccessUnit
from streaming.h264 import level_for
from streaming.hls import HlsChannel
from streaming.hub import Channel
from streaming.ladder import rungs_of
from streaming.link import DeliverySide
from streaming.recorder import Recorder
from streaming.sink import Sink
from streaming.spherical import sphere_marks
from vrlive.api.models import (
    ChannelPhase,
    ChannelState,
    DeliveryState,
    EngineReport,
    EngineState,
    HlsState,
    LoopState,
    RecordState,
    RenditionState,
    StitchState,
)
from vrlive.channels import channel_loop
from vrlive.clock import now_s, wall_offset_s
from vrlive.config import ChannelConfig, Tuning
from vrlive.engine import Job
from vrlive.errors import LinkError, ServeError
from vrlive.supervisor import Supervisor

FOLLOW_EVERY_S = 0.2
RECORDED_S = 10.0  # when the show ends, a recording is waited for so long
SOUND_AFTER_S = 0.03  # after its capture sound goes out, evenly: browsers hold back sound that comes unevenly, and the picture with it


class Broadcast:
    """One channel. An asynchronous context: on air inside, its engine ended outside.

    `wake` is called when there is something new to send to viewers.

    Raises
    ------
    ServeError
        If no H.264 level allows the channel's size and rate.
    """

    def __init__(self, config: ChannelConfig, wake: Callable[[], None] = lambda: None) -> None:
        self.name, self.title = config.name, config.title or config.name
        self._config = config
        self._epoch_s = now_s()
        level = level_for(config.size, Fraction(config.fps).limit_denominator(1001), config.encode.bitrate_kbps)
        if level is None:
            raise ServeError(f"channel {config.name}: no H.264 level allows {config.size} at {config.fps:g} frames a second; choose less")
        self._link = DeliverySide(
            on_unit=self._take_unit, on_status=self._take_report, on_slate=self._take_slate, on_lost=self._lose_engine
        )
        self.hub = Channel(config.name, level, rungs_of(config), self._ask_keyframe, self._epoch_s, wake)
        marks = sphere_marks(cameras=len(config.camera))
        self.hls = HlsChannel(self.hub, config.fps, config.hls, marks) if config.hls.enabled else None
        self._recorder = Recorder(config.name, config.record, marks) if config.record.enabled else None
        self._recording = Sink(f"record {config.name}", self.hub, self._recorder) if self._recorder else None
        self._report = EngineReport()
        self.tuning = config.stitch.tuning
        self._supervisor = Supervisor("vrlive.engine", self._job)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self._link.start()
        if self._recording:
            self._recording.open(now_s())
        works = [self.hub.run(), self._supervisor.run(), self._follow_viewers(), *([self.hls.run()] if self.hls else [])]
        self._tasks = [asyncio.create_task(work) for work in works]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        if self._recording and self._tasks:
            await asyncio.to_thread(self._recording.close(), RECORDED_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._link.close()

    def state(self) -> ChannelState:
        """The channel as it is now."""
        supervisor = self._supervisor
        fault = self._report.fault if supervisor.state == "running" else supervisor.fault
        return ChannelState(
            name=self.name,
            title=self.title,
            state=self._phase(),
            size=str(self._config.size),
            fps=self._config.fps,
            viewers=self.hub.viewers,
            keyframes=self.hub.keyframes,
            engine=EngineState(
                state=supervisor.state, restarts=supervisor.restarts, pid=supervisor.pid, dropped=self._report.dropped, fault=fault
            ),
            delivery=DeliveryState(bytes_sent=self.hub.bytes_sent, dropped=self.hub.dropped, refused=self.hub.refused),
            cameras=self._report.cameras,
            stages=self._report.stages,
            garments=self._report.garments,
            renditions=self._renditions(),
            stitch=StitchState(**self.tuning.model_dump(), in_force=self._report.tuning == self.tuning),
            record=self._record_state(),
            hls=self._hls_state(),
            loop=self._loop(),
            now_unix_s=time.time(),
        )

    def tune(self, tuning: Tuning) -> None:
        """Want the picture turned, or its scene nearer or farther. An engine that starts later begins with it."""
        self.tuning = tuning
        self._send_tuning()

    def _job(self) -> bytes:
        stitch = self._config.stitch.model_copy(update=self.tuning.model_dump())
        job = Job(channel=self._config.model_copy(update={"stitch": stitch}), epoch_s=self._epoch_s, socket=self._link.path)
        return job.model_dump_json().encode()

    def _send_tuning(self) -> None:
        self._link.send_control({"do": "tune", "tuning": self.tuning.model_dump()})

    def _phase(self) -> ChannelPhase:
        if self._supervisor.state == "stopped":
            return "offline"
        if self.hub.phase != "live":
            return "slate" if self.hub.pictures else "connecting"
        return "live" if all(camera.state == "live" for camera in self._report.cameras) else "degraded"

    def _record_state(self) -> RecordState:
        if not (self._recorder and self._recording):
            return RecordState(state="off")
        status = self._recorder.status
        return RecordState(
            state=status.phase,
            file=status.file,
            duration_s=status.duration_s,
            bytes_written=status.bytes_written,
            dropped=self._recording.dropped,
            fault=status.fault,
        )

    def _hls_state(self) -> HlsState:
        if self.hls is None:
            return HlsState(state="off")
        hls = self.hls
        return HlsState(
            state="cutting" if hls.active else "idle", window_s=hls.window.duration_s, bytes_sent=hls.bytes_sent, dropped=hls.dropped
        )

    def _loop(self) -> LoopState | None:
        loop = channel_loop(self._config)
        if loop is None:
            return None
        return LoopState(frames=loop.frames, fps=loop.fps, origin_unix_s=self._epoch_s + wall_offset_s())

    def _take_unit(self, unit: AccessUnit) -> None:
        self._supervisor.heard()
        early_s = unit.captured_s + SOUND_AFTER_S - now_s() if unit.kind == "audio" else 0.0
        if early_s > 0:
            asyncio.get_running_loop().call_later(early_s, self._push, unit)
        else:
            self._push(unit)

    def _push(self, unit: AccessUnit) -> None:
        self.hub.push(unit, now_s())

    def _take_slate(self, units: tuple[AccessUnit, ...]) -> None:
        self.hub.set_slate(units)

    def _take_report(self, report: dict[str, Any]) -> None:
        self._supervisor.heard()
        try:
            self._report = EngineReport.model_validate(report)
        except ValidationError as fault:
            raise LinkError(f"the engine's report cannot be read: {fault.error_count()} faults") from fault
        for stream, state in zip(self.hub.streams, self._report.renditions, strict=False):
            stream.offered = state.state != "refused"
        if self._report.tuning is not None and self._report.tuning != self.tuning:
            self._send_tuning()  # the wish came while the engine started, or its tables are still being made

    def _lose_engine(self) -> None:
        self._report = self._report.model_copy(update={"tuning": None, "renditions": []})  # nothing is in force
        self.hub.lose_engine(now_s())

    def _ask_keyframe(self, rendition: int) -> None:
        self._link.send_control({"do": "keyframe", "rendition": rendition})

    async def _follow_viewers(self) -> None:
        """Have encoded what viewers watch. An engine that started later, or did not listen, is told again."""
        while True:
            wanted = self.hub.wanted(now_s())
            reported = [n for n, each in enumerate(self._report.renditions) if n and each.state == "encoding"]
            offered = [n for n in wanted if self.hub.streams[n].offered]
            if self._report.renditions and offered != reported:
                self._link.send_control({"do": "renditions", "wanted": wanted})
            await asyncio.sleep(FOLLOW_EVERY_S)

    def _renditions(self) -> list[RenditionState]:
        """As the engine reports them, with who watches; before it does, as they shall be."""
        reported = self._report.renditions or [
            RenditionState(name=stream.rung.name, bitrate_kbps=stream.rung.bitrate_kbps, state="idle") for stream in self.hub.streams
        ]
        return [state.model_copy(update={"viewers": stream.watching}) for state, stream in zip(reported, self.hub.streams, strict=False)]
