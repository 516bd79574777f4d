"""Frames of one instant, gathered from all cameras."""
