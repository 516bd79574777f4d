import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from vrlive.bench.report import Report, Row, show, usable_cores, write

ROWS = [
    Row("warp 1920x960", 1, "vrlive", median_ms=2.0, p95_ms=2.5, max_error=0.0),
    Row("warp 1920x960", 1, "opencv", median_ms=6.0, p95_ms=7.5, ratio=3.0),
]


def shown(report: Report, without: Sequence[str] = ()) -> str:
    console = Console(width=80)
    with console.capture() as captured:
        show(report, console, without=without)
    return captured.get()


def test_a_file_names_the_machine_the_versions_and_each_row(tmp_path: Path) -> None:
    write(Report(ROWS), tmp_path / "x.json")
    document = json.loads((tmp_path / "x.json").read_text("utf-8"))
    assert list(document) == ["machine", "versions", "rows"]
    assert document["machine"]["cores"] == usable_cores()
    assert {"vrlive", "numpy", "av"} <= document["versions"].keys()


def test_fields_that_do_not_apply_are_left_out_and_a_zero_is_not(tmp_path: Path) -> None:
    write(Report(ROWS), tmp_path / "x.json")
    ours, peer = json.loads((tmp_path / "x.json").read_text("utf-8"))["rows"]
    assert ours == {"work": "warp 1920x960", "cores": 1, "name": "vrlive", "median_ms": 2.0, "p95_ms": 2.5, "max_error": 0.0}
    assert peer["ratio"] == 3.0
    assert "max_error" not in peer


def test_the_table_names_each_work_once_and_only_columns_that_differ() -> None:
    text = shown(Report(ROWS))
    assert text.count("warp 1920x960") == 1
    assert "ratio" in text
    assert "fps" not in text
    assert [line.split()[-4:] for line in text.splitlines() if "opencv" in line] == [["opencv", "6.0", "7.5", "3.00"]]


def test_who_and_on_how_many_cores_is_said_where_it_is_not_us_on_all() -> None:
    ours = [Row("a", usable_cores(), "vrlive", stage, median_ms=1.0) for stage in ("stitch", "encode")]
    assert "vrlive" not in shown(Report(ours))
    assert "name" not in shown(Report(ours)).split()
    on_fewer = shown(Report([*ours, Row("a", usable_cores() + 1, "opencv", median_ms=1.0)]))
    assert {"cores", "name", "opencv"} <= set(on_fewer.split())


def test_a_table_of_every_live_field_fits_a_terminal() -> None:
    rows = [
        Row("2880x1440, flat out", 2, "vrlive", "decode to encode", 123.4, 234.5, 345.6, 25.5, 750, 12),
        Row("2880x1440, live", 2, "vrlive", "glass to encoded", 123.4, 234.5, None, None, 250),
    ]
    glass = next(line for line in shown(Report(rows)).splitlines() if "glass to encoded" in line)
    assert glass.split() == ["glass", "to", "encoded", "123.4", "234.5", "250"]


def test_a_table_of_stitchers_fits_a_terminal_whole() -> None:
    work = "six 1080p to 7680x3840"
    rows = [
        Row(work, 2, "vrlive", None, 12345.6, 12345.6, 12345.6, 345.6, 750, max_error=0.58, psnr_db=59.71, others_percent=3),
        Row(work, 2, "OpenCV detail, multi-band", None, 12345.6, 12345.6, 12345.6, 345.6, 750, None, 1234.56, others_percent=3),
        Row(f"tables, {work}", 2, "of a turned rig", median_ms=1234.5, megapixels=29.49, bytes_px=6.97),
    ]
    text = shown(Report(rows), without=("p95_ms", "fps", "frames", "megapixels"))
    assert "…" not in text
    assert "OpenCV detail, multi-band 12345.6 12345.6 1234.56 3" in " ".join(text.split())
    assert "345.6 345.6" not in text
