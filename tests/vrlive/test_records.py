"""What outlives the server: kept whole, by several at once, and never silently lost."""

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from vrlive.errors import ServeError, StateError
from vrlive.records import VERSION, Changed, Kept, Records


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "show.sqlite"


def test_an_empty_file_knows_nothing(path: Path) -> None:
    with closing(Records(path)) as records:
        assert records.read("stage") == Kept()
        assert records.events("stage") == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_written_is_there_again_in_its_order(path: Path) -> None:
    with closing(Records(path)) as records:
        for at, product in enumerate(("coat", "dress", "coat")):
            records.pin("stage", product, 100.0 + at)
        records.pin("door", "scarf", 7)
        records.change("stage", "coat", 200, prices={"coat": Changed(1, 2)}, stock={"S": Changed(None, 3), "M": Changed(0, None)})
    with closing(Records(path)) as records:
        kept = records.read("stage")
        assert list(kept.pins.items()) == [("dress", 101), ("coat", 102)]
        assert (kept.revision, kept.prices) == (4, {"coat": Changed(1, 2)})
        assert kept.stock == {"S": Changed(None, 3), "M": Changed(0, None)}
        records.unpin("stage", "dress", 300)
        assert records.change("stage", "coat", 301, prices={"coat": None}, stock={"S": None}) == 6
        after = records.read("stage")
        assert (list(after.pins), after.prices, list(after.stock)) == (["coat"], {}, ["M"])
        assert records.read("door").pins == {"scarf": 7}


def test_each_change_is_an_event_with_its_revision(path: Path) -> None:
    with closing(Records(path)) as records:
        records.note("stage", 1, "begin")
        records.pin("stage", "coat", 2)
        records.change("stage", "coat", 3, prices={}, stock={"S": Changed(0, 3)})
        assert records.events("stage") == [
            (1, 1, "begin", {}),
            (2, 2, "pin", {"product": "coat"}),
            (3, 3, "product", {"product": "coat", "price": {}, "stock": {"S": 0}}),
        ]


def test_a_change_holds_until_the_catalogue_says_something_new() -> None:
    assert Changed(1, 5).over(5) == 1
    assert Changed(1, 5).over(6) == 6
    assert Changed(None, 5).over(5) is None
    assert Changed(None, None).over(0) == 0


def test_two_servers_of_one_user_write_at_once_and_no_revision_is_used_twice(path: Path) -> None:
    with closing(Records(path)) as one, closing(Records(path)) as two, ThreadPoolExecutor(8) as pool:
        revisions = list(pool.map(lambda n: (one, two)[n % 2].pin("stage", f"p{n}", n), range(40)))
        assert sorted(revisions) == list(range(1, 41))
        assert len(one.read("stage").pins) == 40


def test_names_are_data(path: Path) -> None:
    with closing(Records(path)) as records:
        for name in ("'; DROP TABLE pin; --", "\u202e", "a" * 10_000, "☃"):
            records.pin("stage", name, 1)
        assert len(records.read("stage").pins) == 4


def test_what_is_no_database_is_named_with_the_way_out(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("these are notes of mine\n" * 100, "utf-8")
    with pytest.raises(ServeError, match=r"show\.sqlite: file is not a database; move the file away to begin anew"):
        Records(path)
    assert path.read_text("utf-8").startswith("these are notes")


def test_a_newer_file_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(ServeError, match="was written by a newer vrlive"):
        Records(path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ServeError, match="the show's state cannot be kept in"):
        Records(tmp_path / "file" / "show.sqlite")


def test_a_change_that_fails_changes_nothing(path: Path) -> None:
    with closing(Records(path)) as records:
        records.pin("stage", "coat", 1)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("DROP TABLE event")
        with pytest.raises(StateError, match="no such table: event"):
            records.pin("stage", "dress", 2)
        assert (records.read("stage").revision, list(records.read("stage").pins)) == (1, ["coat"])
