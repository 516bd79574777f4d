"""Frames of one instant, gathered from all cameras."""

from vrlive.sync.frames import FrameSet, FrameSync

__all__ = ["FrameSet", "FrameSync"]
