"""A channel on air, in the delivery process: the hub its viewers hang on, the engine that feeds it, and what is known of both."""

import asyncio
import time
from collections.abc import Callable
from fractions import Fraction
from types import TracebackType
from typing import Any, Literal, Self

from pydantic import ValidationError

from streaming.access_unit import AccessUnit
from streaming.ending import ENDINGS
from streaming.h264 import Level, level_for
from streaming.hub import Channel
from streaming.intake import Intake
from streaming.ladder import rungs_of
from streaming.link import DeliverySide
from streaming.sound_format import AMBISONICS, STEREO, SoundFormat
from vrlive.api.models import (
    ChannelPhase,
    ChannelState,
    DeliveryState,
    EngineReport,
    EngineState,
    LayoutState,
    LoopState,
    RenditionState,
)
from vrlive.api.totals import histogram_state, process_state
from vrlive.channels import FileMarks, channel_loop, file_marks
from vrlive.clock import now_s, wall_offset_s
from vrlive.config import PUBLISHED, ChannelConfig, HlsConfig, ProgrammeConfig, RecordConfig, SoundTuning, Tuning
from vrlive.engine import Job
from vrlive.errors import LinkError, ServeError
from vrlive.outlets import Outlets
from vrlive.records import Records
from vrlive.scene_news import event_of
from vrlive.showcase import Showcase, unix_s
from vrlive.supervisor import Supervisor
from vrlive.wishes import Wishes

FOLLOW_EVERY_S = 0.2
SOUND_AFTER_S = 0.045  # after its capture sound goes out, evenly: browsers hold back sound that comes unevenly, and the picture with it;
# a packet of 20 ms is mixed and encoded 12 ms after its end (`vrlive.sound.limiter`, Opus)


Change = Literal["unchanged", "changed", "restarted"]


class Broadcast:
    """One channel. An asynchronous context: on air inside, its engine ended outside.

    `wake` is called when there is something new to send to viewers; `records` are where the show's state outlives the server.

    Raises
    ------
    ServeError
        If no H.264 level allows the channel's size and rate.
    """

    def __init__(self, config: ChannelConfig, wake: Callable[[], None] = lambda: None, records: Records | None = None) -> None:
        self.name, self.title, self.embed_origins = config.name, config.title or config.name, config.embed_origins
        self._config = config
        self._epoch_s = now_s()
        level = _level(config)
        self._link = DeliverySide(
            on_unit=self._take_unit,
            on_status=self._take_report,
            on_slate=self._take_slate,
            on_ask=self._take_ask,
            on_lost=self._lose_engine,
            on_scene=self._take_scene,
        )
        self.intake = Intake(config.name, _published(config), self._link.send_camera)
        self.hub = Channel(config.name, level, rungs_of(config), self._ask_keyframe, self._epoch_s, wake, _sounds_of(config))
        self.outlets = Outlets(self.hub, config)
        self.show = Showcase(config, records, self.hub.publish)
        self._report = EngineReport()
        self.wishes = Wishes(config, self.show, self._link.send_control)
        self._marks = file_marks(config)
        self._supervisor = Supervisor("vrlive.engine", self._job)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self._link.start()
        self.outlets.begin()
        self._tasks = [asyncio.create_task(work) for work in (self.hub.run(), self._supervisor.run(), self._follow_viewers())]
        await self.show.open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        await self.outlets.end()
        await self.show.close()
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
            size=str(self._config.frame),
            layout=LayoutState(projection=self._config.picture.projection, stereo=self._config.picture.stereo or "mono"),
            fps=self._config.fps,
            viewers=self.hub.viewers,
            keyframes=self.hub.keyframes,
            engine=EngineState(
                state=supervisor.state,
                restarts=supervisor.restarts,
                pid=supervisor.pid,
                process=process_state(supervisor.pid),
                dropped=self._report.dropped,
                fault=fault,
            ),
            delivery=self._delivery(),
            cameras=self._report.cameras,
            stages=self._report.stages,
            garments=self.wishes.garment_states(self._report),
            renditions=self._renditions(),
            feeds=self.hub.feeds,
            stitch=self.wishes.stitch_state(self._report),
            sound=self.wishes.sound_state(self._report),
            record=self.outlets.record_state(),
            hls=self.outlets.hls_state(),
            loop=self._loop(),
            **self._programme(),
            show_revision=self.show.revision,
            caption_revision=self.show.captions.revision,
            now_unix_s=time.time(),
        )

    def check_change(self, config: ChannelConfig) -> None:
        """Refuse what the channel cannot become while it is on air.

        Raises
        ------
        ServeError
            If no H.264 level allows it, or only a higher one than viewers were promised.
        """
        level = _level(config)
        if level.idc > self.hub.level.idc:
            kbps = config.encode.bitrate_kbps
            raise ServeError(
                f"channel {self.name}: {config.frame} at {config.fps:g} frames a second and {kbps} kbit/s needs H.264 "
                f"level {level}, but viewers were promised {self.hub.level} at most; restart the server, or take the channel away first"
            )

    async def change(self, config: ChannelConfig, marks: FileMarks) -> Change:
        """Become what the channel's file says now; `marks` tell whether other files that it names were changed.

        What was tuned on air stays, but for what the file itself says otherwise than before.
        """
        before, self._config, marks_before, self._marks = self._config, config, self._marks, marks
        self.title, self.embed_origins = config.title or config.name, config.embed_origins
        self.intake.cameras = _published(config)
        self.wishes.change(config)
        self.hub.change_sounds(_sounds_of(config))
        goes_on = marks == marks_before and _for_engine(before) == _for_engine(config)
        if not goes_on:
            self.hub.change_rungs(rungs_of(config))
        await self.outlets.change(config)
        told = await self.show.change(config)
        if goes_on:
            return "changed" if told or before != config else "unchanged"
        await self._supervisor.renew()
        return "restarted"

    def _job(self) -> bytes:
        channel = self.wishes.granted(self._config)
        job = Job(channel=channel, epoch_s=self._epoch_s, socket=self._link.path, garments=self.wishes.garments)
        return job.model_dump_json().encode()

    def _delivery(self) -> DeliveryState:
        hub, sent = self.hub, self.hub.sent
        return DeliveryState(
            bytes_sent=sent.octets,
            packets_sent=sent.packets,
            dropped=sent.dropped,
            unsendable=sent.lost,
            missed=sent.missed,
            resent=sent.resent,
            resent_bytes=sent.resent_octets,
            probed_bytes=sent.probed_octets,
            denied=sent.denied,
            late=hub.late,
            delay_ms=hub.latency_s * 1e3,
            refused=hub.refused,
            joins=histogram_state(hub.joins),
            ended={why: hub.ended[why] for why in ENDINGS},
        )

    def _phase(self) -> ChannelPhase:
        if self._supervisor.state == "stopped":
            return "offline"
        if self.hub.phase != "live":
            return "slate" if self.hub.pictures else "connecting"
        return "live" if all(camera.state == "live" for camera in self._report.cameras) else "degraded"

    def _programme(self) -> dict[str, Any]:
        told = self._config.programme
        moments = {"starts_unix_s": unix_s(told.starts), "ends_unix_s": unix_s(told.ends)}
        return {"description": told.description, "host": told.host, "brand": told.brand, **moments}

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

    def _take_scene(self, news: dict[str, Any], picture: bytes) -> None:
        self.hub.publish(event_of(news, picture, wall_offset_s()), "clean")

    def _take_ask(self, ask: dict[str, Any]) -> None:
        match ask:
            case {"do": "keyframe", "camera": str(camera)}:
                self.intake.ask_keyframe(camera)
            case _:
                raise LinkError(f"the engine asks for something unknown: {ask}")

    def _take_report(self, report: dict[str, Any]) -> None:
        self._supervisor.heard()
        try:
            self._report = EngineReport.model_validate(report)
        except ValidationError as fault:
            raise LinkError(f"the engine's report cannot be read: {fault.error_count()} faults") from fault
        for stream, state in zip(self.hub.streams, self._report.renditions, strict=False):
            stream.offered = state.state != "refused"
        self.show.hear(self._report.garments)
        self.wishes.repeat(self._report)

    def _lose_engine(self) -> None:
        nothing_in_force: dict[str, Any] = {"tuning": None, "renditions": [], "sounds": [], "garment_tunings": {}}
        self._report = self._report.model_copy(update=nothing_in_force)
        self.hub.lose_engine(now_s())

    def _ask_keyframe(self, *renditions: int) -> None:
        self._link.send_control({"do": "keyframe", "renditions": renditions})

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
            RenditionState(name=rung.name, feed=rung.feed, bitrate_kbps=rung.bitrate_kbps, state="idle") for rung in rungs_of(self._config)
        ]
        return [
            state.model_copy(
                update={
                    "viewers": stream.watching,
                    "pictures": stream.pictures,
                    "keyframes": stream.keyframes,
                    "bytes": stream.octets,
                }
            )
            for state, stream in zip(reported, self.hub.streams, strict=False)
        ]


def _level(config: ChannelConfig) -> Level:
    level = level_for(config.frame, Fraction(config.fps).limit_denominator(1001), config.encode.bitrate_kbps)
    if level is None:
        raise ServeError(f"channel {config.name}: no H.264 level allows {config.frame} at {config.fps:g} frames a second; choose less")
    return level


def _for_engine(config: ChannelConfig) -> ChannelConfig:
    """The channel without what changes while its engine runs."""
    still = config.stitch.model_copy(update=Tuning().model_dump())
    sound = tuple(each.model_copy(update=SoundTuning().model_dump()) for each in config.sound)
    beside = {
        "title": "",
        "programme": ProgrammeConfig(),
        "record": RecordConfig(),
        "hls": HlsConfig(),
        "embed_origins": (),
        "shop_origins": (),
    }
    return config.model_copy(update={**beside, "stitch": still, "sound": sound})


def _sounds_of(config: ChannelConfig) -> tuple[SoundFormat, ...]:
    return (STEREO, AMBISONICS) if config.ambisonics else (STEREO,)


def _published(config: ChannelConfig) -> dict[str, bool]:
    """Whether each camera is one that somebody publishes."""
    return {camera.name: camera.url == PUBLISHED for camera in config.camera}
