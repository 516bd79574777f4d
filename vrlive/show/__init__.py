"""The show's own state: scenes, garments, places. No media, no HTTP."""
