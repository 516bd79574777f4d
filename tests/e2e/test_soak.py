"""Half an hour on air: nothing falls behind, nothing grows."""

import os
import time
from pathlib import Path

import pytest

from tests.e2e.show import encoded, running

SOAK_S = float(os.environ.get("VRLIVE_SOAK_S", "1800"))
SETTLE_S = 60  # caches and pools fill


def memory_mib(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


@pytest.mark.soak
def test_half_an_hour_on_air_drops_nothing_and_grows_nothing() -> None:
    with running("demo", "--port", "0") as show:
        show.wait_until_live()
        time.sleep(SETTLE_S)
        start, started_s = show.state(), time.monotonic()
        processes = [show.process.pid, start["engine"]["pid"]]
        before = [memory_mib(pid) for pid in processes]
        time.sleep(SOAK_S)
        end, lasted_s = show.state(), time.monotonic() - started_s
        after = [memory_mib(pid) for pid in processes]

    fps = (encoded(end) - encoded(start)) / lasted_s
    print(f"{fps:.2f} fps; MiB {before} before, {after} after")
    assert end["engine"]["restarts"] == 0
    assert all(camera["state"] == "live" and camera["reconnects"] == 0 for camera in end["cameras"])
    assert fps >= 0.97 * end["fps"]
    assert all(now < 1.1 * then + 20 for then, now in zip(before, after, strict=True))
