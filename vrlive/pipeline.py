"""The product, from top to bottom: cameras, one instant, one picture, garments, one encode.

::

    capture -> sync -> stitch -> composite -> encode -> (emit)
         `-> mix -> encode ------------------------^

This is the only module that joins the stages. It runs in the engine process; what it emits are encoded access units.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from functools import partial
from math import inf
from types import MappingProxyType
from typing import Any

from renderer.compositor import Compositor
from renderer.standing import Shown, Standing, spoilt_of
from streaming.access_unit import AccessUnit
from streaming.ladder import Feed, rungs_of
from streaming.renditions import Renditions, encoding_speed
from vrlive.capture.camera import Camera, CameraState, CameraStatus
from vrlive.capture.published import Mailbox
from vrlive.channels import camera_url, channel_scene
from vrlive.clock import now_s
from vrlive.config import PUBLISHED, ChannelConfig, Tuning
from vrlive.desk import Desk
from vrlive.errors import RenderUnavailable, UserError
from vrlive.frames import Frame, Picture
from vrlive.metrics import Stage
from vrlive.scene_news import Herald
from vrlive.show.scene import GarmentTuning, Scene
from vrlive.showing import EYES_M
from vrlive.sync import FrameSet, FrameSync
from vrlive.units import VIDEO_CLOCK_HZ
from vrlive.view import View

log = logging.getLogger("vrlive.pipeline")

PATIENCE_S = 5.0  # for cameras that have not begun: garments lit by a room that is not there yet would stand in it black
IDLE_S = 0.25  # how often a programme without cameras looks whether it shall end


class Pipeline:
    """One channel's show, from its cameras to encoded access units.

    Parameters
    ----------
    channel
        What to show.
    epoch_s
        Instant at which looped files play their first frame: seconds of `vrlive.clock.now_s`.
    emit
        Receives each access unit; called on the programme's and on the sound's thread, must not block.
    ask_keyframe
        Asks whoever publishes the camera of this name for a keyframe; called on any thread.
    tell_scene
        Takes news of the scene for who draws garments by himself, see `vrlive.scene_news`; must not block.
    garments
        How garments are wanted, otherwise than the scene has them, by their names.

    Attributes
    ----------
    renditions
        What it is encoded as; any thread may ask for keyframes, and for others.
    desk
        Where its sound is mixed.
    """

    def __init__(
        self,
        channel: ChannelConfig,
        *,
        epoch_s: float,
        emit: Callable[[AccessUnit], None],
        ask_keyframe: Callable[[str], None] = lambda _: None,
        tell_scene: Callable[[dict[str, Any], bytes], None] = lambda *_: None,
        garments: Mapping[str, GarmentTuning] = MappingProxyType({}),
    ) -> None:
        self._emit = emit
        published = [camera.name for camera in channel.camera if camera.url == PUBLISHED]
        self._mailboxes = {name: Mailbox(partial(ask_keyframe, name)) for name in published}
        self._epoch_s = epoch_s
        self._period_s = 1 / channel.fps
        self._due_s = self._shown_s = 0.0
        self._skipped = 0  # by sync since the last moment shown
        self._arrived = threading.Condition()
        self._sync = FrameSync(len(channel.camera), self._period_s, channel.sync.hold_ms / 1e3)
        self._cameras = [self._camera(i, channel) for i in range(len(channel.camera))]
        self._view = View(channel)
        self.stages = {name: Stage(name) for name in ("sync", "stitch", "composite", "encode", "glass to encoded", "sound")}
        opening = ThreadPoolExecutor(1, "opening")  # beside the desk: viewers of an engine that died wait for this
        scenery = opening.submit(open_compositor, channel)
        opening.shutdown(wait=False)
        self.desk = Desk(
            channel,
            self._view.rig,
            epoch_s=epoch_s,
            emit=emit,
            shown=lambda: self._view.tuning,
            timed=lambda: self.stages["sound"].timed(),  # noqa: PLW0108 - a benchmark puts other stages in their place
        )
        self._programme = Picture.filled(channel.frame)
        self._compositor, self._fault = scenery.result()
        self.garment_tunings: dict[str, GarmentTuning] = {}
        for name, tuning in garments.items():
            self.tune_garment(name, tuning)
        self._herald = Herald(tell_scene)
        self._room_is_there, self._patient_until_s = False, inf
        self._turned_for: Tuning | None = None  # what occluders were last asked for
        self.renditions = Renditions(rungs_of(channel), channel.fps, channel.encode, encoding_speed(channel.encode))

    def run(self, stop: threading.Event) -> None:
        """Run the show until `stop` is set."""
        with ExitStack() as on_air:
            on_air.callback(self._view.close)
            on_air.callback(self.renditions.close)
            if self._compositor:
                on_air.callback(self._compositor.close)
            threading.Thread(target=self.renditions.keep_measuring, args=(stop,), name="measuring", daemon=True).start()
            self.desk.start()
            on_air.callback(self.desk.close)
            for camera in self._cameras:
                camera.start()
                on_air.callback(camera.close)
            while not stop.is_set():
                moment = self._next_moment()
                if moment is not None:
                    self._produce(moment)

    @property
    def cameras(self) -> list[CameraStatus]:
        """How each camera is doing; one whose pictures cannot be stitched has failed, whatever it delivers."""
        return [_without_misfit(camera.status, self._view.misfits.get(index, "")) for index, camera in enumerate(self._cameras)]

    @property
    def garments(self) -> tuple[Standing, ...]:
        """The garments of the scene and where they stand; none without a scene or without OpenGL."""
        return self._compositor.garments if self._compositor else ()

    @property
    def shown(self) -> Mapping[str, Shown]:
        """The garments as they are in the newest picture."""
        return self._compositor.shown if self._compositor else {}

    @property
    def fault(self) -> str:
        """Why there are no garments, or not all, or why they stand still; empty when all is well."""
        return self._fault or (self._compositor.fault if self._compositor else "")

    @property
    def tuning(self) -> Tuning:
        """How the picture is turned, and how far the scene is taken to be."""
        return self._view.tuning

    def tune(self, tuning: Tuning) -> None:
        """Change that, as soon as tables for it are made; any thread may ask."""
        self._view.tune(tuning)

    def tune_garment(self, name: str, tuning: GarmentTuning) -> None:
        """Change a garment, as soon as it is drawn anew; any thread may ask. What cannot be is logged, and leaves it as it is."""
        self.garment_tunings[name] = tuning
        if self._compositor:
            try:
                self._compositor.change(name, tuning)
            except UserError as fault:
                log.warning("a garment stays as it is: %s", fault)

    def take_published(self, camera: str, unit: AccessUnit) -> None:
        """Take an access unit of a camera that is published; never blocks."""
        if mailbox := self._mailboxes.get(camera):
            mailbox.put(unit)

    def _camera(self, index: int, channel: ChannelConfig) -> Camera:
        config = channel.camera[index].model_copy(update={"url": camera_url(channel.camera[index])})
        return Camera(
            config,
            epoch_s=self._epoch_s,
            on_frame=lambda frame: self._take_frame(index, frame),
            on_sound=lambda sound: self.desk.push(index, sound),
            ambisonics=any(each.camera == config.name and each.format == "ambisonics" for each in channel.sound),
            mailbox=self._mailboxes.get(config.name),
        )

    def _take_frame(self, index: int, frame: Frame) -> None:
        with self._arrived:
            self._sync.push(index, frame)
            self._arrived.notify()

    def _next_moment(self) -> FrameSet | None:
        """Wait for the frames of the next instant that the programme shows."""
        with self._arrived:
            moment = self._sync.take(now_s())
            if moment is None:
                self._arrived.wait(IDLE_S)
                moment = self._sync.take(now_s())
        if moment is None:
            return None
        self._skipped += moment.skipped
        if moment.captured_s < self._due_s - self._period_s / 2:
            return None
        self._count_skipped(moment.captured_s)
        self._due_s = max(self._due_s + self._period_s, moment.captured_s + self._period_s / 2)
        self.stages["sync"].record(max(0.0, now_s() - moment.captured_s))
        return moment

    def _count_skipped(self, captured_s: float) -> None:
        """Count what cameras delivered and the programme had no time for; not what it thins out, nor what no camera delivered."""
        missed = round((captured_s - self._shown_s) / self._period_s) - 1
        for _ in range(min(missed, self._skipped)):
            self.stages["sync"].drop("the stages after it were too slow")
        self._shown_s, self._skipped = captured_s, 0

    def _produce(self, moment: FrameSet) -> None:
        pictures = [frame.picture if frame else None for frame in moment.frames]
        with self.stages["stitch"].timed():
            self._view.run(pictures, self._programme, moment.captured_s)
        pts = round((moment.captured_s - self._epoch_s) * VIDEO_CLOCK_HZ)
        frame = Frame(self._programme, pts, Fraction(1, VIDEO_CLOCK_HZ), moment.captured_s)
        encoding_s = self._encode(frame, "clean")  # before garments are laid over it: nothing is copied for it
        if self._compositor and self._may_dress(moment):
            if self._turned_for != self._view.tuning:
                self._turned_for = self._view.tuning
                self._compositor.set_lenses(self._view.lenses)
            with self.stages["composite"].timed():
                self._compositor.run(self._programme, moment.captured_s)
            self._herald.look(moment.captured_s, self._compositor.light, self._compositor.shown, self._compositor.floor_m)
        self.stages["encode"].record(encoding_s + self._encode(frame, "burned"))

    def _encode(self, frame: Frame, feed: Feed) -> float:
        """Encode a frame in the renditions of a feed that are wanted; how long it took."""
        began_s = now_s()
        for unit in self.renditions.encode(frame, feed):
            self._emit(unit)
            if not unit.rendition:
                self.stages["glass to encoded"].record(now_s() - frame.captured_s)
        return now_s() - began_s

    def _may_dress(self, moment: FrameSet) -> bool:
        """Whether garments can be lit: all cameras have begun, or those that have not were waited for."""
        self._patient_until_s = min(self._patient_until_s, now_s() + PATIENCE_S)
        self._room_is_there = self._room_is_there or None not in moment.frames or now_s() > self._patient_until_s
        return self._room_is_there


def open_compositor(channel: ChannelConfig) -> tuple[Compositor | None, str]:
    """The scene's compositor; or none, where OpenGL is missing. And what is missing, in words for viewers: no path of this machine."""
    try:
        scene = channel_scene(channel)
        return _dress(scene, channel) if scene else (None, "")
    except RenderUnavailable as fault:
        log.warning("no garments: %s", fault)
        return None, f"no garments: {fault}"
    except UserError as fault:
        log.warning("no garments: %s", fault)
        return None, "no garments: the scene or its models cannot be used; the log says why"


def _dress(scene: Scene, channel: ChannelConfig) -> tuple[Compositor, str]:
    """The scene's compositor, without garments whose files were spoilt since the show began; and which those are."""
    try:
        return _compositor(scene, channel), ""
    except UserError:
        spoilt = spoilt_of(scene, channel.size)
        left = tuple(each for each in scene.garment if each.name not in spoilt)
        if not spoilt or not left:
            raise
    for fault in spoilt.values():
        log.warning("left out: %s", fault)
    missing = f"without {', '.join(spoilt)}: the model cannot be used; the log says why"
    return _compositor(scene.model_copy(update={"garment": left}), channel), missing


def _compositor(scene: Scene, channel: ChannelConfig) -> Compositor:
    return Compositor(scene, channel.size, eyes_m=EYES_M if channel.stereo else 0.0, beside=True)


def _without_misfit(status: CameraStatus, misfit: str) -> CameraStatus:
    return replace(status, state=CameraState.FAILED, last_fault=misfit) if misfit and status.state is CameraState.LIVE else status
