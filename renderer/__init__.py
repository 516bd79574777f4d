"""Composite: garments drawn into the sphere. The only code that touches OpenGL."""
