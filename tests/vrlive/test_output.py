from pathlib import Path

import pytest

from vrlive.errors import InputError
from vrlive.output import check_output, in_place


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("rig.txt", "a rig becomes a file that ends in .toml"),
        ("none/rig.toml", "there is no folder"),
        ("folder.toml", "is a folder"),
        ("input.toml", "is an input too"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_work(tmp_path: Path, name: str, complaint: str) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "input.toml").touch()
    with pytest.raises(InputError, match=complaint):
        check_output(tmp_path / name, (".toml",), "a rig becomes", [tmp_path / "input.toml"])


def test_an_older_file_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "rig.TOML").write_text("older")
    check_output(tmp_path / "rig.TOML", (".toml",), "a rig becomes", [tmp_path / "input.toml"])


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "x.json"
    out.write_text("older")
    with pytest.raises(UnicodeEncodeError), in_place(out) as unfinished:
        unfinished.write_text("half, then \udcff", "utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]
    assert out.read_text() == "older"
    with in_place(out) as unfinished:
        unfinished.write_text("new")
    assert out.read_text() == "new"


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.json: cannot be written"), in_place(tmp_path / "none" / "x.json"):
        pass
