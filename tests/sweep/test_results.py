"""The result: whole or not at all, gone on with after a kill, the same from whoever did the work, and exported."""

from __future__ import annotations

import csv
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from lab.analysis.sweep import result_store, shard_plan
from lab.analysis.sweep.executors import InProcessExecutor, ProcessExecutor
from lab.analysis.sweep.result_store import COLUMNS, NoSweepResult, ResultRow, ResultStore
from lab.analysis.sweep.run import OtherInput, Sweep
from lab.analysis.sweep.tenant_source import LinesFile
from lab.analysis.sweep.types import ShardResult
from lab.errors import DriverError
from lab.model.switches import Switches
from tests.sweep.customers import Json, a_tenant, on_premises, sending, swept, written

T = TypeVar("T")
R = TypeVar("R")


def provider(pairs: int) -> list[Json]:
    """Pairs of tenants, of which the second one's gateway shows a name of the first."""
    made = []
    for n in range(pairs):
        first, second, name = f"a{n}", f"b{n}", f"mx.a{n}.example"
        made.append(a_tenant(first, inbound=(on_premises(name),), domains=[f"a{n}.example", name]))
        made.append(a_tenant(second, sending("internet", name, address=f"203.0.113.{n % 250}")))
    return made


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_plan, "_SHARD", 2_000)


def run(
    path: Path, out: Path, executor: InProcessExecutor | ProcessExecutor, *, fresh: bool = False
) -> list[ResultRow]:
    with LinesFile(path) as source, ResultStore(out) as store:
        Sweep(source=source, switches=Switches(), fresh=fresh).run(store, executor)
        return list(store.misroutes())


class Stopping(InProcessExecutor):
    """Works until it has decided so much, and is interrupted."""

    def __init__(self, after: int) -> None:
        self.left = after

    def each(self, work: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
        for result in super().each(work, things):
            if isinstance(result, ShardResult):
                if not self.left:
                    raise KeyboardInterrupt
                self.left -= 1
            yield result


@pytest.mark.usefixtures("small_shards")
def test_an_interrupted_sweep_goes_on_where_it_was(tmp_path: Path) -> None:
    path, out = written(tmp_path, *provider(20)), tmp_path / "out.sqlite"
    with pytest.raises(KeyboardInterrupt):
        run(path, out, Stopping(3))
    with ResultStore(out) as store:
        before = store.done()
    assert len(before) == 3
    counting = Stopping(10_000)
    rows = run(path, out, counting)
    assert rows == run(path, tmp_path / "whole.sqlite", InProcessExecutor())
    with ResultStore(out) as store:
        assert 10_000 - counting.left == len(store.done()) - 3


KILLED = """
import os, signal, sys
from pathlib import Path
from lab.analysis.sweep import shard_plan as planning
from lab.analysis.sweep.run import Sweep
from lab.analysis.sweep.executors import InProcessExecutor as Alone
from lab.analysis.sweep.tenant_source import LinesFile
from lab.analysis.sweep.result_store import ResultStore as Store
from lab.model.switches import Switches

planning._SHARD = 2_000
def step(what, done, total):
    if total and done == 5:
        os.kill(os.getpid(), signal.SIGKILL)
with LinesFile(Path(sys.argv[1])) as source, Store(Path(sys.argv[2])) as store:
    Sweep(source=source, switches=Switches()).run(store, Alone(), step)
"""


@pytest.mark.usefixtures("small_shards")
def test_a_killed_sweep_loses_no_shard_that_was_done(tmp_path: Path) -> None:
    path, out = written(tmp_path, *provider(20)), tmp_path / "out.sqlite"
    died = subprocess.run([sys.executable, "-c", KILLED, path, out], env={**os.environ}, check=False)
    assert died.returncode == -signal.SIGKILL
    with ResultStore(out) as store:
        assert len(store.done()) == 5
    assert run(path, out, InProcessExecutor()) == run(path, tmp_path / "whole.sqlite", InProcessExecutor())


def test_another_input_or_option_is_not_gone_on_with(tmp_path: Path) -> None:
    path, out = written(tmp_path, *provider(2)), tmp_path / "out.sqlite"
    run(path, out, InProcessExecutor())
    with LinesFile(path) as source, ResultStore(out) as store:
        with pytest.raises(OtherInput, match="another setting of crowd"):
            Sweep(source=source, switches=Switches(), crowd=3).run(store, InProcessExecutor())
        with pytest.raises(OtherInput, match="another setting of switches"):
            Sweep(source=source, switches=Switches(tenant_tie_break="oldest")).run(store, InProcessExecutor())
    written(tmp_path, *provider(3))
    with pytest.raises(OtherInput, match="another input"):
        run(path, out, InProcessExecutor())
    assert run(path, out, InProcessExecutor(), fresh=True) == run(
        path, tmp_path / "whole.sqlite", InProcessExecutor()
    )


def test_an_input_that_changes_meanwhile_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, *provider(2))

    def step(what: str, done: int, _: int) -> None:
        if what == "tenants read" and done:
            path.write_bytes(b"x" * path.stat().st_size)

    changed = pytest.raises(DriverError, match=r"tenants.jsonl:1: the file has changed")
    with LinesFile(path) as source, ResultStore(tmp_path / "out.sqlite") as store, changed:
        Sweep(source=source, switches=Switches()).run(store, InProcessExecutor(), step)


def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    text, base = tmp_path / "notes.txt", tmp_path / "other.sqlite"
    text.write_text("not a database, and long enough to be told from one: " * 40)
    with sqlite3.connect(base) as other:
        other.execute("CREATE TABLE mine (a)")
    other.close()
    for path in (text, base):
        before = path.read_bytes()
        with pytest.raises(NoSweepResult, match="no result of mflab sweep"):
            ResultStore(path)
        assert path.read_bytes() == before
    with pytest.raises(DriverError):
        ResultStore(tmp_path / "nowhere" / "out.sqlite")


@pytest.mark.usefixtures("small_shards")
def test_workers_find_what_one_process_finds(tmp_path: Path) -> None:
    path = written(tmp_path, *provider(20))
    with ProcessExecutor(2) as two:
        assert run(path, tmp_path / "two.sqlite", two) == run(
            path, tmp_path / "one.sqlite", InProcessExecutor()
        )


def test_dask_finds_what_one_process_finds(tmp_path: Path) -> None:
    distributed = pytest.importorskip(
        "distributed", reason="the extra `cluster` is not installed: Dask is NOT tested"
    )
    from lab.analysis.sweep.executors import DaskExecutor

    tenants = provider(20)
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=2,
            processes=False,
            dashboard_address=None,
            protocol="tcp",
            host="127.0.0.1",
        ) as local,
        DaskExecutor(local.scheduler_address) as cluster,
    ):
        assert swept(tmp_path, *tenants, executor=cluster) == swept(tmp_path, *tenants)


def test_pairs_are_in_the_result(tmp_path: Path) -> None:
    swept(tmp_path, *(a_tenant(name, sending("internet", "mx.provider.example")) for name in "abc"))
    with sqlite3.connect(tmp_path / "out.sqlite") as base:
        found = base.execute(
            "SELECT tenant, other FROM pair WHERE kind = 'source address' ORDER BY 1, 2"
        ).fetchall()
    base.close()
    assert found == [("a", "b"), ("a", "c"), ("b", "c")]


def test_csv_has_every_row_and_column(tmp_path: Path) -> None:
    _, rows = swept(tmp_path, *provider(3))
    path = tmp_path / "m.csv"
    with (
        ResultStore(tmp_path / "out.sqlite") as store,
        path.open("w", newline="", encoding="utf-8") as stream,
    ):
        result_store.write_csv(store, stream)
    with path.open(newline="", encoding="utf-8") as stream:
        again = list(csv.DictReader(stream))
    assert [{**row, "tls": row["tls"] == "true"} for row in again] == [
        {name: " ".join(cell) if isinstance(cell, list) else cell for name, cell in row.items()}
        for row in rows
    ]
    assert tuple(again[0]) == COLUMNS


def test_parquet_comes_back_as_it_was(tmp_path: Path) -> None:
    parquet = pytest.importorskip(
        "pyarrow.parquet", reason="the extra `parquet` is not installed: it is NOT tested"
    )
    _, rows = swept(tmp_path, *provider(3))
    path = tmp_path / "m.parquet"
    with ResultStore(tmp_path / "out.sqlite") as store:
        result_store.write_parquet(store, path)
    assert parquet.read_table(path).to_pylist() == rows


def test_parquet_of_nothing_is_a_table_without_rows(tmp_path: Path) -> None:
    parquet = pytest.importorskip(
        "pyarrow.parquet", reason="the extra `parquet` is not installed: it is NOT tested"
    )
    swept(tmp_path, a_tenant("a"))
    with ResultStore(tmp_path / "out.sqlite") as store:
        result_store.write_parquet(store, tmp_path / "m.parquet")
    table = parquet.read_table(tmp_path / "m.parquet")
    assert (table.num_rows, tuple(table.column_names)) == (0, COLUMNS)
