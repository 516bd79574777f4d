"""What is wanted of a show on air, otherwise than its files say: sent to the engine at once, and again until it reports that it is so."""

from collections.abc import Callable
from typing import Any

from vrlive.api.models import EngineReport, GarmentState, SoundInputState, SoundState, StitchState
from vrlive.config import ChannelConfig, SoundTuning, Tuning
from vrlive.errors import UserError, did_you_mean
from vrlive.show.scene import GarmentTuning
from vrlive.showcase import Showcase
from vrlive.toml import Section

UNTOUCHED = GarmentTuning()


class Wishes:
    """Of one channel.

    Parameters
    ----------
    config
        What its file says.
    show
        Knows the garments of its scene.
    send
        Brings a message to the engine, if there is one.

    Attributes
    ----------
    stitch
        How the picture is wanted to be turned, and how far the scene is taken to be.
    garments
        Those that are wanted otherwise than the scene has them, by name.
    """

    def __init__(self, config: ChannelConfig, show: Showcase, send: Callable[[dict[str, Any]], object]) -> None:
        self._config, self._show, self._send = config, show, send
        self.stitch = config.stitch.tuning
        self._sounds = {each.camera: each.tuning for each in config.sound}
        self.garments: dict[str, GarmentTuning] = {}

    def tune(self, tuning: Tuning) -> None:
        """Want the picture turned, or its scene nearer or farther. An engine that starts later begins with it."""
        self.stitch = tuning
        self._send_stitch()

    def sound(self, camera: str) -> SoundTuning | None:
        """How a camera's sound is wanted to be mixed; None: there is no such camera, or its sound is not mixed."""
        heard = [each.camera for each in self._config.sound] or [each.name for each in self._config.camera]
        return self._sounds.get(camera, SoundTuning()) if camera in heard else None

    def tune_sound(self, camera: str, tuning: SoundTuning) -> None:
        """Want a camera's sound louder, later, or not at all. An engine that starts later is told too."""
        self._sounds[camera] = tuning
        self._send_sound(camera)

    def garment(self, name: str) -> GarmentTuning:
        """How a garment is wanted, otherwise than the scene has it.

        Raises
        ------
        UserError
            If the scene has none of that name.
        """
        known = [each.name for each in self._show.garments]
        if name not in known:
            hint = did_you_mean(name, known, f"there is: {', '.join(known) or 'none'}")
            raise UserError(f"“{name}” is no garment of {self._config.name}; {hint}")
        return self.garments.get(name, UNTOUCHED)

    def tune_garment(self, name: str, tuning: GarmentTuning) -> None:
        """Want a garment in another variant or pose, or hidden. An engine that starts later begins so.

        Raises
        ------
        UserError
            If its model has no such variant.
        """
        variants = self._show.variants(name)
        if tuning.variant is not None and tuning.variant not in variants:
            hint = did_you_mean(tuning.variant, variants, f"there is: {', '.join(variants) or 'none'}")
            raise UserError(f"variant: “{tuning.variant}” is no variant of {name}; {hint}")
        self.garments[name] = tuning
        self._send_garment(name)
        self._show.tune(self.garments)

    def change(self, config: ChannelConfig) -> None:
        """The channel's file says something else: what it says otherwise than before is wanted now, and all other wishes stay."""
        before, self._config = self._config, config
        if tuned := _changes(before.stitch.tuning, config.stitch.tuning):
            self.tune(self.stitch.model_copy(update=tuned))
        known = {each.camera: each.tuning for each in before.sound}
        for each in config.sound:
            if each.camera not in known:
                self._sounds[each.camera] = each.tuning
            elif tuned := _changes(known[each.camera], each.tuning):
                self.tune_sound(each.camera, self._sounds[each.camera].model_copy(update=tuned))

    def granted(self, config: ChannelConfig) -> ChannelConfig:
        """The channel as an engine that starts now shall show it; garments are told apart."""
        stitch = config.stitch.model_copy(update=self.stitch.model_dump())
        sound = tuple(each.model_copy(update=self._sounds[each.camera].model_dump()) for each in config.sound)
        return config.model_copy(update={"stitch": stitch, "sound": sound})

    def repeat(self, report: EngineReport) -> None:
        """Say again what the engine reports otherwise: it was still starting, or its tables are still being made."""
        if report.tuning is not None and report.tuning != self.stitch:
            self._send_stitch()
        for each in report.sounds:
            if each.tuning != self._of(each):
                self._send_sound(each.camera)
        for name, wish in self.garments.items():
            if report.garment_tunings.get(name) != _set(wish):
                self._send_garment(name)

    def stitch_state(self, report: EngineReport) -> StitchState:
        """What is wanted, and whether it is so."""
        return StitchState(**self.stitch.model_dump(), in_force=report.tuning == self.stitch)

    def garment_states(self, report: EngineReport) -> list[GarmentState]:
        """As they are, and whether they are so as they are wanted."""
        return [
            each
            if report.garment_tunings.get(each.name, {}) == _set(self.garments.get(each.name, UNTOUCHED))
            else each.model_copy(update={"in_force": False})
            for each in report.garments
        ]

    def sound_state(self, report: EngineReport) -> SoundState:
        """As the engine reports it, with what is wanted of each input; before it does, as it shall be."""
        reported = report.sounds or [SoundInputState(camera=name, **wish.model_dump()) for name, wish in self._sounds.items()]
        inputs = [
            each.model_copy(update={**self._of(each).model_dump(), "in_force": bool(report.sounds) and each.tuning == self._of(each)})
            for each in reported
        ]
        return SoundState(inputs=inputs, ambisonics=self._config.ambisonics, limited_db=report.limited_db)

    def _of(self, sound: SoundInputState) -> SoundTuning:
        return self._sounds.get(sound.camera, sound.tuning)

    def _send_stitch(self) -> None:
        self._send({"do": "tune", "tuning": self.stitch.model_dump()})

    def _send_sound(self, camera: str) -> None:
        self._send({"do": "sound", "camera": camera, "tuning": self._sounds[camera].model_dump()})

    def _send_garment(self, name: str) -> None:
        self._send({"do": "garment", "name": name, "tuning": _set(self.garments[name])})


def _set(tuning: GarmentTuning) -> dict[str, Any]:
    """What is set of it, as JSON has it."""
    return tuning.model_dump(mode="json", exclude_none=True)


def _changes(before: Section, after: Section) -> dict[str, Any]:
    """What a file says otherwise than before."""
    old = before.model_dump()
    return {key: value for key, value in after.model_dump().items() if value != old[key]}
