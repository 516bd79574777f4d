"""Cameras in: any URL that PyAV opens becomes frames in the house format."""
