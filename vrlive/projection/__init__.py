"""Directions, lens models, look-up tables: the geometry that stitching, rendering and calibration share."""
