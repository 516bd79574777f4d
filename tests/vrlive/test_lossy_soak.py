"""Half an hour of people coming and going on lines that lose packets: nothing stays behind in the process that serves them."""

import asyncio
import random
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.show import running
from tests.e2e.test_soak import SOAK_S, memory_mib
from tests.streaming.client import use_loopback
from tests.streaming.watcher import Shown, come_and_go
from tests.vrlive.film_channel import film_channel

VIEWERS, LOSS = 20, 0.01
STAYS_S = (3.0, 12.0)  # so that all together come less often than one address may
SETTLE_S = min(60.0, SOAK_S)  # caches and pools fill
ENOUGH_S = 0.5  # a picture that is whole later comes too late for most players
START_S = 120.0


def open_files(pid: int) -> int:
    """Sockets among them."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@pytest.mark.soak
async def test_viewers_on_bad_lines_miss_nothing_and_leave_nothing_behind(tmp_path: Path) -> None:
    waited_s, joined = list[float](), 0
    use_loopback()  # the viewers are in this process

    def note(shown: Shown) -> None:
        waited_s.append(shown.waited_s)

    async def seat(number: int, url: str, lasts_s: float) -> None:
        nonlocal joined
        async for watcher in come_and_go(url, LOSS, lasts_s, random.Random(number), STAYS_S, kept=1):
            watcher.on_shown = note
            joined += 1

    with running("serve", film_channel(tmp_path), "--port", "0") as show:
        show.wait_for("it is live", lambda state: state["state"] == "live", START_S, channel="film")
        url, pid = f"{show.url}whep/film", show.process.pid
        memory, files = list[float](), list[int]()
        for lasts_s in (SETTLE_S, SOAK_S):
            await asyncio.gather(*(seat(number, url, lasts_s) for number in range(VIEWERS)))
            await asyncio.to_thread(show.wait_for, "all have left", lambda state: state["viewers"] == 0, channel="film")
            memory.append(memory_mib(pid))
            files.append(open_files(pid))
        state = await asyncio.to_thread(show.state, "film")
    print(
        f"{joined} viewers, {len(waited_s)} pictures; whole after {np.median(waited_s) * 1e3:.0f} ms in the median, 99 % within "
        f"{np.percentile(waited_s, 99) * 1e3:.0f} ms; MiB {memory}, open files {files}"
    )
    assert state["delivery"]["dropped"] == 0
    assert memory[1] < 1.1 * memory[0] + 20
    assert files[1] <= files[0] + 2
    assert np.percentile(waited_s, 99) < ENOUGH_S
