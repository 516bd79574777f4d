"""Where things are in the demo room, and when: the numbers that tests, pages and the room itself share.

World frame: metres from the rig's centre, +X right, +Y up, −Z forward; the floor lies `EYE_HEIGHT_M` below.
Everything that moves is periodic in `DEMO_SECONDS`.
"""

from math import radians
from typing import Final

DEMO_FPS: Final = 25
DEMO_SECONDS: Final = 20
CAMERAS: Final = 6

EYE_HEIGHT_M: Final = 1.6
ROOM_MIN: Final = (-5.0, -EYE_HEIGHT_M, -5.0)
ROOM_MAX: Final = (5.0, 1.7, 4.0)

RUG_BEARING_DEG: Final = 32.0  # kept free: the garment of scenes/showroom is composited here
RUG_DISTANCE_M: Final = 2.6
RUG_RADIUS_M: Final = 0.95

FLASH_PERIOD_S: Final = 2.0  # the lamp flashes and the sound clicks at each whole multiple
FLASH_FADE_S: Final = 0.2
FLASH_YAW_DEG: Final = 14.2  # the middle of the lamp, as seen from the rig's centre
FLASH_PITCH_DEG: Final = 1.5

EXPOSURE_EV: Final = (0.0, 0.35, -0.30, 0.20, -0.15, 0.10)
"""Exposure error of each camera in stops."""

WHITE_BALANCE: Final = ((1.00, 1.00), (1.06, 0.95), (0.95, 1.05), (1.03, 0.97), (0.94, 1.04), (1.05, 1.06))
"""White balance error of each camera: factors on linear red and blue."""

VIEW_DEG: Final = 190.0
FULL_TURN_DEG: Final = 360.0
MAX_ANGLE_RAD: Final = radians(VIEW_DEG / 2)
