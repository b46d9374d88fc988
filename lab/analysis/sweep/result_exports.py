"""The misroutes of a result as tables for other programs: CSV, and Parquet where pyarrow is installed."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path
from typing import TextIO

from lab.analysis.sweep.result_store import COLUMNS, LISTS, ResultStore
from lab.errors import DriverError

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
