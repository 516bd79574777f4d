"""One monotonic clock per host, and its offset to wall time.

Inside vrlive every instant is in seconds of `now_s`. It is turned into wall time only where it leaves the host.
"""

import time

now_s = time.monotonic


def wall_offset_s() -> float:
    """Seconds to add to a monotonic instant of this host to get Unix time."""
    return time.time() - time.monotonic()
