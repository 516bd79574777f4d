"""What a show's state must not forget when the server starts again: pins, prices and stock as they were changed on air, and every change.

One SQLite file in WAL mode. The tables are the truth; each change moves the channel's revision and writes its event in the same
transaction. All of it blocks: call it on a thread.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, delete, event, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from vrlive.errors import ServeError, StateError

FILE: Final = "show.sqlite"
VERSION: Final = 1  # of the tables
BUSY_S: Final = 10.0  # another server of this user may write at the moment


class Base(DeclarativeBase):
    """The tables."""


class _Show(Base):
    __tablename__ = "show"
    channel: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]


class _Pin(Base):
    __tablename__ = "pin"
    channel: Mapped[str] = mapped_column(primary_key=True)
    product: Mapped[str] = mapped_column(primary_key=True)
    since_unix_s: Mapped[float]


class _Price(Base):
    __tablename__ = "price"
    channel: Mapped[str] = mapped_column(primary_key=True)
    product: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int]
    before: Mapped[int]


class _Stock(Base):
    __tablename__ = "stock"
    channel: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int | None]
    before: Mapped[int | None]


class _Event(Base):
    __tablename__ = "event"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    channel: Mapped[str] = mapped_column(index=True)
    revision: Mapped[int]
    at_unix_s: Mapped[float]
    kind: Mapped[str]
    detail: Mapped[str]  # JSON


@dataclass(frozen=True)
class Changed:
    """A number as it was changed on air, and what the catalogue said then: once it says otherwise, the catalogue holds again."""

    value: int | None
    before: int | None

    def over(self, catalogue: int | None) -> int | None:
        """The number that holds, where the catalogue says this one now."""
        return self.value if self.before == catalogue else catalogue


@dataclass
class Kept:
    """What is known of a channel's show.

    Attributes
    ----------
    pins
        Product and the Unix time of its pin, the newest last.
    prices, stock
        By product, and by SKU.
    """

    revision: int = 0
    pins: dict[str, float] = field(default_factory=dict)
    prices: dict[str, Changed] = field(default_factory=dict)
    stock: dict[str, Changed] = field(default_factory=dict)


class Records:
    """The file.

    Raises
    ------
    ServeError
        If it cannot be made, is no database, or was written by a newer vrlive.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._engine = _engine(path)
            self._prepare()
        except OSError as fault:
            raise ServeError(f"the show's state cannot be kept in {path}: {fault.strerror or fault}") from fault
        except SQLAlchemyError as fault:
            raise ServeError(f"the show's state cannot be kept in {path}: {_why(fault)}; move the file away to begin anew") from fault

    def close(self) -> None:
        """Let the file go."""
        self._engine.dispose()

    def read(self, channel: str) -> Kept:
        """What is known of a channel."""
        with self._session() as session:
            show = session.get(_Show, channel)
            pins = session.scalars(select(_Pin).where(_Pin.channel == channel).order_by(_Pin.since_unix_s, _Pin.product))
            prices = session.scalars(select(_Price).where(_Price.channel == channel))
            stock = session.scalars(select(_Stock).where(_Stock.channel == channel))
            return Kept(
                show.revision if show else 0,
                {each.product: each.since_unix_s for each in pins},
                {each.product: Changed(each.amount, each.before) for each in prices},
                {each.sku: Changed(each.count, each.before) for each in stock},
            )

    def note(self, channel: str, at_unix_s: float, kind: str, detail: Mapping[str, Any] | None = None) -> int:
        """Write down that something else has changed; the revision after it."""
        with self._session() as session:
            return _move(session, channel, at_unix_s, kind, detail or {})

    def pin(self, channel: str, product: str, at_unix_s: float) -> int:
        """Pin a product now, again if it was; the revision after it."""
        with self._session() as session:
            session.merge(_Pin(channel=channel, product=product, since_unix_s=at_unix_s))
            return _move(session, channel, at_unix_s, "pin", {"product": product})

    def unpin(self, channel: str, product: str, at_unix_s: float) -> int:
        """End its pin; the revision after it."""
        with self._session() as session:
            session.execute(delete(_Pin).where(_Pin.channel == channel, _Pin.product == product))
            return _move(session, channel, at_unix_s, "unpin", {"product": product})

    def change(
        self, channel: str, product: str, at_unix_s: float, *, prices: Mapping[str, Changed | None], stock: Mapping[str, Changed | None]
    ) -> int:
        """Change a product's price and the stock of its sizes; None: the catalogue's holds again. The revision after it."""
        with self._session() as session:
            for name, price in prices.items():
                session.execute(delete(_Price).where(_Price.channel == channel, _Price.product == name))
                if price is not None:
                    session.add(_Price(channel=channel, product=name, amount=price.value, before=price.before))
            for sku, count in stock.items():
                session.execute(delete(_Stock).where(_Stock.channel == channel, _Stock.sku == sku))
                if count is not None:
                    session.add(_Stock(channel=channel, sku=sku, count=count.value, before=count.before))
            said = {
                "product": product,
                "price": {name: each and each.value for name, each in prices.items()},
                "stock": {sku: each and each.value for sku, each in stock.items()},
            }
            return _move(session, channel, at_unix_s, "product", said)

    def events(self, channel: str) -> list[tuple[int, float, str, dict[str, Any]]]:
        """Every change of a channel's show: revision, Unix time, kind and what it was."""
        with self._session() as session:
            found = session.scalars(select(_Event).where(_Event.channel == channel).order_by(_Event.id))
            return [(each.revision, each.at_unix_s, each.kind, json.loads(each.detail)) for each in found]

    @contextmanager
    def _session(self) -> Iterator[Session]:
        try:
            with Session(self._engine) as session, session.begin():
                yield session
        except SQLAlchemyError as fault:
            raise StateError(f"the show's state cannot be kept in {self._path}: {_why(fault)}") from fault

    def _prepare(self) -> None:
        with self._engine.begin() as connection:
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if version > VERSION:
                raise ServeError(f"{self._path} was written by a newer vrlive: its tables are version {version}, this one knows {VERSION}")
            Base.metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_S})

    @event.listens_for(engine, "connect")
    def begin_by_ourselves(connection: Any, _: object) -> None:
        connection.isolation_level = None  # Python's sqlite3 would begin later than asked
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")

    @event.listens_for(engine, "begin")
    def begin_writing(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # two that read first and then both write would fail

    return engine


def _move(session: Session, channel: str, at_unix_s: float, kind: str, detail: Mapping[str, Any]) -> int:
    show = session.get(_Show, channel) or _Show(channel=channel, revision=0)
    show.revision += 1
    session.add(show)
    session.add(_Event(channel=channel, revision=show.revision, at_unix_s=at_unix_s, kind=kind, detail=json.dumps(detail)))
    return show.revision


def _why(fault: SQLAlchemyError) -> str:
    return str(getattr(fault, "orig", None) or fault).splitlines()[0]
