"""The garments that ship, one module each: what is cut, sewn, and put on."""
