"""How garments move: rules of the frame's own time alone, so that everybody who knows the time knows the pose.

A round is what repeats: one turn, one swing back and forth, one run of a clip. Its phase goes from 0 to 1.
"""

from math import pi, radians, sin
from typing import Annotated, Literal

from pydantic import Field

from vrlive.toml import Section

Period = Annotated[float, Field(ge=1, le=3600, description="Seconds of one round.")]


class Turntable(Section):
    """``kind = "turntable"``: it turns on its place, clockwise seen from above."""

    kind: Literal["turntable"]
    period_s: Period


class Sway(Section):
    """``kind = "sway"``: it turns a little to one side and to the other."""

    kind: Literal["sway"]
    amplitude_deg: Annotated[float, Field(gt=0, le=180, description="How far to each side.")]
    period_s: Period


class Clip(Section):
    """``kind = "clip"``: an animation of its model."""

    kind: Literal["clip"]
    name: Annotated[str, Field(min_length=1, max_length=200, description="The animation's name in the model.")]
    speed: Annotated[float, Field(ge=0.01, le=10, description="How many times as fast as it was made.")] = 1.0
    loop: Annotated[bool, Field(description="Whether it begins anew at its end; otherwise it stays there.")] = True


Motion = Annotated[Turntable | Sway | Clip, Field(discriminator="kind")]


def round_s(motion: Turntable | Sway | Clip, clip_s: float = 0.0) -> float:
    """How long one round takes; of a clip that lasts `clip_s` in its file."""
    return max(clip_s / motion.speed, 1e-3) if isinstance(motion, Clip) else motion.period_s


def repeats(motion: Turntable | Sway | Clip) -> bool:
    """Whether one round follows the other."""
    return not isinstance(motion, Clip) or motion.loop


def phase(motion: Turntable | Sway | Clip, time_s: float, clip_s: float = 0.0, began_s: float = 0.0) -> float:
    """Where in its round it is, 0 to 1, at the time of a frame.

    Parameters
    ----------
    clip_s
        How long the clip lasts in its file.
    began_s
        When the garment came up: a clip that runs once runs then.
    """
    if repeats(motion):
        return (time_s / round_s(motion, clip_s)) % 1.0
    return min(max((time_s - began_s) / round_s(motion, clip_s), 0.0), 1.0)


def turn_rad(motion: Turntable | Sway | Clip | None, at: float) -> float:
    """How far it is turned clockwise, beyond its own turn, in a phase."""
    if isinstance(motion, Turntable):
        return 2 * pi * at
    if isinstance(motion, Sway):
        return radians(motion.amplitude_deg) * sin(2 * pi * at)
    return 0.0
