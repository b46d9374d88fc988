"""The misroutes of a result as tables for other programs: CSV, and Parquet where pyarrow is installed."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from lab.analysis.sweep.result_store import COLUMNS, LISTS, ResultRow, ResultStore
from lab.errors import DriverError

if TYPE_CHECKING:
    import pyarrow

_BATCH = 10_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A connector may be called `=HYPERLINK(...)`."""
NO_PYARROW = "Parquet needs pyarrow: pip install 'mailflow-lab[parquet]'"


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
    import pyarrow.parquet as parquet

    schema = _schema()
    with parquet.ParquetWriter(path, schema) as writer:
        for batch in _batches(store.misroutes()):
            writer.write_batch(_record(batch, schema))


def _batches(rows: Iterator[ResultRow]) -> Iterator[list[ResultRow]]:
    for first in rows:
        yield list(chain([first], islice(rows, _BATCH - 1)))


def _schema() -> pyarrow.Schema:
    import pyarrow as pa

    kinds = {name: pa.list_(pa.string()) if name in LISTS else pa.string() for name in COLUMNS}
    return pa.schema({**kinds, "tls": pa.bool_()})


def _record(rows: list[ResultRow], schema: pyarrow.Schema) -> Any:
    import pyarrow as pa

    return pa.RecordBatch.from_pylist([dict(row) for row in rows], schema=schema)


def _flat(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    told = " ".join(value) if isinstance(value, list) else str(value)
    return f"'{told}" if told.startswith(_FORMULA) else told
