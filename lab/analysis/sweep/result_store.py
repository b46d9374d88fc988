"""The result of a sweep: one SQLite file, which also knows how far it has come; and its misroutes as CSV and Parquet."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from lab.analysis.sweep.types import Misroute, ShardResult, SharedTrait
from lab.errors import DriverError

VERSION = 1
APPLICATION = 0x6D666C73
"""`mfls` in the file's header: a file without it is none of ours, and is left alone."""
_OWN = tuple(field.name for field in fields(Misroute))
COLUMNS = (*_OWN, "command")
"""Of a misroute: what `Misroute` has, and the command that asks about it again."""
LISTS = frozenset({"names", "faults", "rules"})
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tenant (place INTEGER PRIMARY KEY, name TEXT NOT NULL, line INTEGER NOT NULL);
CREATE TABLE shared (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, what TEXT NOT NULL, tenants INTEGER NOT NULL);
CREATE TABLE member (shared INTEGER NOT NULL, tenant INTEGER NOT NULL, PRIMARY KEY (shared, tenant)) WITHOUT ROWID;
CREATE TABLE shard (number INTEGER PRIMARY KEY, decisions INTEGER NOT NULL);
CREATE TABLE misroute (shard INTEGER NOT NULL, COLUMNS);
CREATE VIEW pair AS
  SELECT shared.kind, shared.what, one.name AS tenant, two.name AS other
  FROM shared JOIN member a ON a.shared = shared.id JOIN member b ON b.shared = shared.id AND a.tenant < b.tenant
  JOIN tenant one ON one.place = a.tenant JOIN tenant two ON two.place = b.tenant;
"""
ResultRow = Mapping[str, Any]
_BUSY_SECONDS = 10
_BATCH = 10_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A connector may be called `=HYPERLINK(...)`."""
NO_PYARROW = "Parquet needs pyarrow: pip install 'mailflow-lab[parquet]'"


class NoSweepResult(Exception):  # noqa: N818 - it says whose the file is
    """The file is there, and is no result of a sweep, or one of another version of the lab."""


class ResultStore(AbstractContextManager["ResultStore"]):
    """A result, open. Whatever is written is written whole, or not at all."""

    def __init__(self, path: Path) -> None:
        """Open a file, or make it. Raises NoSweepResult, and DriverError when it cannot be opened."""
        self.path = path
        try:
            self._base = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        except sqlite3.DatabaseError as error:
            raise _unopened(path, error) from error
        try:
            self._prepare()
            self._base.execute("PRAGMA journal_mode = WAL")  # not before the file is known to be ours
        except (sqlite3.DatabaseError, NoSweepResult) as error:
            self.close()
            raise _unopened(path, error) from error

    def _prepare(self) -> None:
        mark, version, tables = (
            self._base.execute(query).fetchone()[0]
            for query in (
                "PRAGMA application_id",
                "PRAGMA user_version",
                "SELECT count(*) FROM sqlite_master",
            )
        )
        if mark == 0 and not tables:
            self._base.execute(f"PRAGMA application_id = {APPLICATION}")
            self._base.execute(f"PRAGMA user_version = {VERSION}")
            own = ", ".join(f"{name} TEXT NOT NULL" for name in COLUMNS)
            self._base.executescript(f"BEGIN; {_SCHEMA.replace('COLUMNS', own)} COMMIT;")
        elif mark != APPLICATION:
            raise NoSweepResult(f"{self.path} is no result of mflab sweep")
        elif version != VERSION:
            raise NoSweepResult(f"{self.path} is of another version of the lab")

    def meta(self) -> dict[str, Any]:
        """What was said of the sweep: its input, its options, its numbers; empty before it was planned."""
        return {key: json.loads(value) for key, value in self._base.execute("SELECT key, value FROM meta")}

    def begin(
        self,
        meta: Mapping[str, object],
        tenants: Iterable[tuple[int, str, int]],
        shared: Sequence[SharedTrait],
    ) -> None:
        """Forget what was there, and keep the plan: the tenants by place, with their lines, and what they share."""
        with self._transaction() as base:
            for table in ("meta", "tenant", "shared", "member", "shard", "misroute"):
                base.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
            base.executemany("INSERT INTO tenant VALUES (?, ?, ?)", tenants)
            rows = ((number, t.kind.value, t.what, len(t.tenants)) for number, t in enumerate(shared))
            base.executemany("INSERT INTO shared VALUES (?, ?, ?, ?)", rows)
            members = ((number, tenant) for number, trait in enumerate(shared) for tenant in trait.tenants)
            base.executemany("INSERT INTO member VALUES (?, ?)", members)
            base.executemany("INSERT INTO meta VALUES (?, ?)", ((k, json.dumps(v)) for k, v in meta.items()))

    def done(self) -> frozenset[int]:
        """The shards that are decided."""
        return frozenset(number for (number,) in self._base.execute("SELECT number FROM shard"))

    def keep(self, result: ShardResult, commands: Iterable[str]) -> None:
        """A shard and its findings, each with the command that asks again."""
        marks = ", ".join("?" * (len(_OWN) + 2))
        rows = (
            (result.number, *(_cell(getattr(misroute, name)) for name in _OWN), command)
            for misroute, command in zip(result.findings, commands, strict=True)
        )
        with self._transaction() as base:
            base.execute("INSERT INTO shard VALUES (?, ?)", (result.number, result.decisions))
            base.executemany(f"INSERT INTO misroute VALUES ({marks})", rows)  # noqa: S608 - only question marks

    def counts(self) -> ResultRow:
        """Decisions, misroutes, whom they concern."""
        row = self._base.execute(
            "SELECT count(*), count(DISTINCT tenant), count(DISTINCT nullif(attributed, '')), "
            "coalesce(sum(confidence = 'assumed'), 0) FROM misroute"
        ).fetchone()
        decisions = self._base.execute("SELECT coalesce(sum(decisions), 0) FROM shard").fetchone()[0]
        names = ("misroutes", "misrouted_tenants", "wrong_tenants", "assumed")
        return {"decisions": decisions, **dict(zip(names, row, strict=True))}

    def misroutes(self, limit: int = -1) -> Iterator[ResultRow]:
        """The findings in the order of the input, as rows of text and lists; -1 is all."""
        rows = self._base.execute(
            f"SELECT {', '.join(COLUMNS)} FROM misroute ORDER BY shard, rowid LIMIT ?",  # noqa: S608 - names of ours
            (limit,),
        )
        for row in rows:
            yield {name: _value(name, cell) for name, cell in zip(COLUMNS, row, strict=True)}

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it, or nothing."""
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield self._base
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def __exit__(self, *_: object) -> None:
        self.close()


def _unopened(path: Path, error: Exception) -> Exception:
    if isinstance(error, NoSweepResult):
        return error
    if isinstance(error, sqlite3.OperationalError):
        return DriverError(f"{path}: {error}")
    return NoSweepResult(f"{path} is no result of mflab sweep ({error})")


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return json.dumps(value, ensure_ascii=False)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _value(name: str, cell: str) -> object:
    if name in LISTS:
        return json.loads(cell)
    return cell == "yes" if name == "tls" else cell


def write_csv(store: ResultStore, stream: TextIO) -> None:
    """All misroutes, RFC 4180, a heading first; lists are joined by spaces, and what a spreadsheet would calculate has a `'`."""
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for row in store.misroutes():
        writer.writerow([_flat(row[name]) for name in COLUMNS])


def check_parquet() -> None:
    """Raise DriverError where Parquet cannot be written, before a long run and not after it."""
    try:
        import pyarrow.parquet  # noqa: F401 - an extra, and slow to load
    except ImportError:
        raise DriverError(NO_PYARROW) from None


def write_parquet(store: ResultStore, path: Path) -> None:
    """All misroutes, a batch at a time; lists are lists of strings."""
    check_parquet()
    import pyarrow as pa
    import pyarrow.parquet as parquet

    columns = {name: pa.list_(pa.string()) if name in LISTS else pa.string() for name in COLUMNS}
    schema = pa.schema({**columns, "tls": pa.bool_()})
    rows = store.misroutes()
    with parquet.ParquetWriter(path, schema) as writer:
        while batch := [dict(row) for row in islice(rows, _BATCH)]:
            writer.write_batch(pa.RecordBatch.from_pylist(batch, schema=schema))


def _flat(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = " ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
