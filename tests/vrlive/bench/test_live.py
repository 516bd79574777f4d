import json
from pathlib import Path

import pytest

from vrlive.bench.live import Effort, live_rows, measure_channel
from vrlive.bench.report import write
from vrlive.config import ChannelConfig
from vrlive.errors import CaptureError
from vrlive.units import Size

SHORT = Effort(settle=10, live_s=1.0, run_s=0.05)
STAGES = ["sync", "stitch", "encode", "glass to encoded", "cameras", "programme"]


def test_a_report_holds_every_stage_of_every_size(small_channel: ChannelConfig, tmp_path: Path) -> None:
    said: list[str] = []
    write(measure_channel(small_channel, (Size(128, 64), Size(256, 128)), SHORT, said.append), tmp_path / "live.json")
    rows = json.loads((tmp_path / "live.json").read_text("utf-8"))["rows"]
    for size in ("128x64", "256x128"):
        assert [row["stage"] for row in rows if row["work"] == f"{size}, live"] == STAGES
        assert any(size in line for line in said)
    assert {row["name"] for row in rows} == {"vrlive"}


def test_frames_on_air_and_dropped_ones_make_up_the_time(small_channel: ChannelConfig) -> None:
    rows = {row.stage: row for row in live_rows(small_channel.model_copy(update={"size": Size(256, 128)}), SHORT)}
    programme, encode, glass = rows["programme"], rows["encode"], rows["glass to encoded"]
    assert programme.frames is not None
    assert programme.dropped is not None
    assert programme.frames + programme.dropped == 25
    assert encode.frames == programme.frames
    assert glass.median_ms is not None
    assert 0 < glass.median_ms < 500
    assert programme.cpu_ms


def test_cameras_that_never_deliver_end_the_run_with_their_fault(small_channel: ChannelConfig) -> None:
    cameras = tuple(camera.model_copy(update={"url": "nowhere.mp4", "open_timeout_s": 0.2}) for camera in small_channel.camera)
    with pytest.raises(CaptureError, match=r"nowhere\.mp4"):
        list(live_rows(small_channel.model_copy(update={"camera": cameras}), Effort(1, 0.2, 0.1, patience_s=1.0)))
