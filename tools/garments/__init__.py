"""What our garments are made of: bodies, cloth, weaves, and the GLB files that hold them."""
