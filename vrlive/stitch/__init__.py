"""Many lenses in, one equirectangular picture out."""
