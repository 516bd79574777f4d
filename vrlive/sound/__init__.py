"""Many cameras' sound into one programme's, in step with its pictures. Nothing in here has a clock: time is passed in."""

from vrlive.sound.mix import BLOCK, Heard, Mix, Programme

__all__ = ["BLOCK", "Heard", "Mix", "Programme"]
