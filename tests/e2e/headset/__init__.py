"""A visit by headset: its rooms are on air while these tests run, and no longer."""
