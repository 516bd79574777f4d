"""One form of a programme's sound in the delivery process: its packets and its time line.

It has no clock: `now_s` is passed in.
"""

from dataclasses import replace
from typing import Final

from streaming.access_unit import AccessUnit
from streaming.rtp.ring import PacketRing
from streaming.sound_format import FORMATS, SoundFormat
from streaming.stream import NEVER_S, Take
from streaming.timeline import Timeline
from vrlive.frames import SOUND_RATE_HZ

SILENCE_EVERY_S: Final = 0.4  # as an Opus encoder with discontinuous transmission does when nobody speaks (RFC 7587, section 3.1.3)
SOUND_SLACK_S: Final = 0.01  # a tenth of what the ear notices against the picture (ITU-R BT.1359)


class SoundStream:
    """What viewers hear; silence while there is nothing.

    Parameters
    ----------
    form
        What its packets are.
    epoch_s
        Zero of its time line.
    """

    def __init__(self, form: SoundFormat, epoch_s: float) -> None:
        self.form, self.offered = form, True
        self.line = Timeline(SOUND_RATE_HZ, epoch_s, SOUND_SLACK_S)
        self.ring = PacketRing("audio", SOUND_RATE_HZ)
        self.taps: list[Take] = []  # who takes its packets whole: recordings, HLS
        self._came_s = NEVER_S

    def push(self, unit: AccessUnit, now_s: float) -> None:
        """Take a packet from the engine."""
        self._came_s = now_s
        self._append(replace(unit, pts=self.line.stamp(unit.captured_s, now_s, unit.pts)))

    def tick(self, captured_s: float, now_s: float) -> bool:
        """Fill a pause with silence, as if captured at `captured_s`; whether that was needed."""
        if now_s - self._came_s < SILENCE_EVERY_S:
            return False
        self._came_s = now_s
        self._append(AccessUnit("audio", self.form.silence, self.line.stamp(captured_s, now_s), True, now_s, FORMATS.index(self.form)))
        return True

    def _append(self, unit: AccessUnit) -> None:
        self.ring.append(unit)
        for take in self.taps:
            take(unit)
