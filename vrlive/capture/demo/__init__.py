"""The demo room: a fashion showroom drawn by arithmetic, for everyone without cameras, and the truth for tests."""

from vrlive.capture.demo.cameras import demo_rig, exposure_error
from vrlive.capture.demo.layout import DEMO_FPS, DEMO_SECONDS

__all__ = ["DEMO_FPS", "DEMO_SECONDS", "demo_rig", "exposure_error"]
