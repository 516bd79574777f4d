"""Garments from flat panels: cut, sewn, draped over a mannequin by position-based dynamics, finished and written as glTF."""
