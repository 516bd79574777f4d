"""The engine process: ``python -m vrlive.engine``, a child of delivery. It owns everything that touches pixels.

It reads its job from standard input, connects to delivery's socket, runs the pipeline, and ends when delivery asks it to or is gone.
"""

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, replace
from math import degrees
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from renderer.standing import Shown, Standing, is_elsewhere
from streaming.access_unit import AccessUnit
from streaming.ladder import rungs_of
from streaming.link import EngineSide
from streaming.renditions import RenditionStatus
from streaming.slate import make_slate
from vrlive.api.models import CameraState, EngineReport, GarmentState, RenditionState, SoundInputState, StageState
from vrlive.capture.camera import CameraStatus
from vrlive.config import ChannelConfig, SoundTuning, Tuning
from vrlive.desk import Desk
from vrlive.errors import UserError
from vrlive.metrics import Stage
from vrlive.pipeline import Pipeline
from vrlive.show.scene import GarmentTuning

log = logging.getLogger("vrlive.engine")

REPORT_EVERY_S = 0.5
KILLED_WITHIN_S = 1.0  # the kernel closes a process's connections first, and gives its children another parent later
SPOILT = "no show: the rig's file cannot be used any more; the log says why"  # viewers need no path of this machine


class Job(BaseModel):
    """What the engine is told when it starts."""

    channel: ChannelConfig
    epoch_s: float
    socket: Path
    garments: dict[str, GarmentTuning] = {}


def main() -> None:
    """Run one engine until it is told to stop."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s", stream=sys.stderr)
    for ours in ("vrlive", "renderer", "streaming"):
        logging.getLogger(ours).setLevel(logging.INFO)
    stop, lost = threading.Event(), threading.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: stop.set())
    gc.freeze()  # all that was imported stays: walking through it, again and again, would hold up pictures
    delivery, job = os.getppid(), Job.model_validate_json(sys.stdin.read())
    try:
        run(job, stop, lost)
    finally:
        _tidy_up_after_delivery(delivery, job.socket, KILLED_WITHIN_S if lost.is_set() else 0.0)


def _tidy_up_after_delivery(delivery: int, socket: Path, patience_s: float) -> None:
    """If delivery was killed, it could not remove its socket and the folder made for it."""
    ends_s = time.monotonic() + patience_s
    while os.getppid() == delivery and time.monotonic() < ends_s:
        time.sleep(0.01)
    if os.getppid() != delivery:
        with suppress(OSError):
            socket.unlink(missing_ok=True)
            socket.parent.rmdir()


def run(job: Job, stop: threading.Event, lost: threading.Event) -> None:
    """Run the pipeline and speak with delivery until `stop` is set or delivery is gone, which sets both."""

    def lose() -> None:
        lost.set()
        stop.set()

    channel = job.channel
    controls = Controls()
    with closing(EngineSide(job.socket, on_control=controls.take, on_camera=controls.take_published, on_lost=lose)) as delivery:
        threading.Thread(target=_send_slate, args=(channel, delivery), name="slate", daemon=True).start()
        try:
            pipeline = Pipeline(
                channel,
                epoch_s=job.epoch_s,
                emit=delivery.send_unit,
                ask_keyframe=lambda camera: delivery.ask({"do": "keyframe", "camera": camera}),
                tell_scene=delivery.send_scene,
                garments=job.garments,
            )
        except UserError as fault:  # the rig was sound when the show began: to start again and again would not mend it
            log.warning("no show: %s", fault)
            _report(lambda: EngineReport(fault=SPOILT), delivery, stop)
            return
        controls.pipeline = pipeline
        reporter = threading.Thread(target=_report, args=(lambda: report(pipeline), delivery, stop), name="reporter", daemon=True)
        reporter.start()
        pipeline.run(stop)
        reporter.join()


class Controls:
    """Hands delivery's wishes on to the pipeline, once there is one; delivery repeats those that came too early."""

    pipeline: Pipeline | None = None

    def take(self, control: dict[str, Any]) -> None:
        """Do what delivery says."""
        match control:
            case {"do": "keyframe", "renditions": [*renditions]} if all(type(each) is int for each in renditions):
                if self.pipeline:
                    self.pipeline.renditions.request_keyframe(*renditions)
            case {"do": "renditions", "wanted": [*wanted]} if all(type(each) is int for each in wanted):
                if self.pipeline:
                    self.pipeline.renditions.want(wanted)
            case {"do": "tune", "tuning": wish}:
                self._tune(wish)
            case {"do": "sound", "camera": str(camera), "tuning": wish}:
                self._tune_sound(camera, wish)
            case {"do": "garment", "name": str(name), "tuning": wish}:
                self._tune_garment(name, wish)
            case _:
                log.warning("delivery asks for something unknown: %s", control)

    def take_published(self, camera: str, unit: AccessUnit) -> None:
        """Hand on what is published; before there is a pipeline, it is lost: each camera begins with asking for a keyframe."""
        if self.pipeline:
            self.pipeline.take_published(camera, unit)

    def _tune(self, wish: object) -> None:
        try:
            tuning = Tuning.model_validate(wish)
        except ValidationError as fault:
            log.warning("delivery asks for a tuning that cannot be: %d faults", fault.error_count())
            return
        if self.pipeline:
            self.pipeline.tune(tuning)

    def _tune_sound(self, camera: str, wish: object) -> None:
        try:
            tuning = SoundTuning.model_validate(wish)
        except ValidationError as fault:
            log.warning("delivery asks for a sound that cannot be: %d faults", fault.error_count())
            return
        if self.pipeline:
            self.pipeline.desk.tune(camera, tuning)

    def _tune_garment(self, name: str, wish: object) -> None:
        try:
            tuning = GarmentTuning.model_validate(wish)
        except ValidationError as fault:
            log.warning("delivery asks for a garment that cannot be: %d faults", fault.error_count())
            return
        if self.pipeline:
            self.pipeline.tune_garment(name, tuning)


def _send_slate(channel: ChannelConfig, delivery: EngineSide) -> None:
    """Beside the rest of the start: after a restart, viewers wait for pictures, and delivery has a slate already."""
    units: list[AccessUnit] = []
    for index, rung in enumerate(rungs_of(channel)):
        if rung.feed == "clean":  # nobody is in it
            continue
        encode = channel.encode.model_copy(update={"bitrate_kbps": rung.bitrate_kbps})
        units += [replace(unit, rendition=index) for unit in make_slate(rung.size, channel.fps, encode)]
    delivery.send_slate(units)


def _report(told: Callable[[], EngineReport], delivery: EngineSide, stop: threading.Event) -> None:
    while not stop.wait(REPORT_EVERY_S):
        delivery.send_status(told().model_copy(update={"dropped": delivery.dropped}).model_dump(mode="json"))


def report(pipeline: Pipeline) -> EngineReport:
    """Say how cameras, stages and garments are doing."""
    return EngineReport(
        cameras=[_camera_state(status) for status in pipeline.cameras],
        stages=[_stage_state(stage) for stage in pipeline.stages.values()],
        garments=[_garment_state(standing, pipeline.shown.get(standing.name)) for standing in pipeline.garments],
        tuning=pipeline.tuning,
        renditions=[_rendition_state(status) for status in pipeline.renditions.status],
        sounds=_sound_states(pipeline.desk),
        limited_db=round(pipeline.desk.limited_db, 2),
        fault=pipeline.fault,
        garment_tunings={name: tuning.model_dump(mode="json", exclude_none=True) for name, tuning in pipeline.garment_tunings.items()},
    )


def _camera_state(status: CameraStatus) -> CameraState:
    return CameraState(
        name=status.name,
        state=status.state.value,
        size=str(status.size or ""),
        fps=status.fps,
        frames=status.frames,
        dropped=status.dropped,
        reconnects=status.reconnects,
        fault=status.last_fault,
    )


def _stage_state(stage: Stage) -> StageState:
    return StageState(name=stage.name, fault=stage.last_fault, **asdict(stage.summary()))


def _sound_states(desk: Desk) -> list[SoundInputState]:
    return [
        SoundInputState(
            camera=camera,
            **heard.tuning.model_dump(),
            channels=heard.channels,
            level_db=None if heard.level_db is None else round(heard.level_db, 1),
            offset_ms=round(heard.offset_s * 1e3, 2),
            drift_ppm=round(heard.drift * 1e6, 1),
            missed=heard.missed,
            fault=desk.misfit(camera, heard),
        )
        for camera, heard in desk.inputs
    ]


def _rendition_state(status: RenditionStatus) -> RenditionState:
    rung = status.rung
    return RenditionState(name=rung.name, feed=rung.feed, bitrate_kbps=rung.bitrate_kbps, state=status.state, reason=status.reason)


def _garment_state(standing: Standing, shown: Shown | None) -> GarmentState:
    return GarmentState(
        name=standing.name,
        title=standing.title,
        variant=standing.variant,
        variants=list(standing.variants),
        yaw_deg=degrees(standing.yaw_rad),
        pitch_deg=degrees(standing.pitch_rad),
        visible=standing.garment.visible,
        in_force=shown is not None and shown.variant == standing.variant and not is_elsewhere(shown.garment, standing.garment),
    )


if __name__ == "__main__":
    main()
