"""`mflab sweep` over 100,000 tenants with 1,000,000 certificate names: `python -m benchmarks.sweep`.

The input is made up (`benchmarks.provider`), and swept as a user does it, by a process of its own, until the result is on
disk: by one worker, by two, and by a Dask cluster of this machine (`LocalCluster`, started before, its workers warm) with
one worker of one thread, and with two. They take turns in each round, each begins with nothing.

Time is wall-clock time, CPU time is that of the command and of all its workers, memory the highest sum of what they had
to themselves (PSS), looked at once a second. On two cores, two workers share them with the parent, which reads, groups and
writes.

Peers, in processes of their own:
- "one directory": the same questions, asked of one directory of all tenants by one process, nothing written;
- "SQLite": the pairs that show one certificate name, by a join of (name, tenant) with itself in memory, beside the sweep's
  grouping, which finds four more kinds of pairs in its time. Both count the same pairs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import provider
from benchmarks.timing import Spread, load, machine
from lab.analysis.sweep.line_reader import read_line
from lab.analysis.sweep.shard_decision import ShardDecision
from lab.analysis.sweep.shard_plan import ShardPlan
from lab.analysis.sweep.trait_groups import TraitIndex, groups, traits
from lab.analysis.sweep.types import TraitKind
from lab.model.switches import Switches
from lab.scenario.syntax.problem_report import ProblemReport
from lab.scenario.syntax.source_tree import SourceLocation


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of a command."""

    seconds: float
    cpu: float
    mib: float
    told: Mapping[str, object]


class Tree:
    """The processes below some, watched while they work."""

    def __init__(self, *roots: int) -> None:
        self._roots = roots
        self._stop = threading.Event()
        self._cpu: dict[int, float] = {}
        self._before = self._cpu_now()
        self.mib = 0.0

    def cpu(self) -> float:
        """Seconds since the start, as last seen of each process."""
        return sum(used - self._before.get(pid, 0.0) for pid, used in self._cpu.items())

    def __enter__(self) -> Tree:
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(1):
            self._cpu |= self._cpu_now()
            self.mib = max(self.mib, sum(map(_pss, self._cpu)))

    def _cpu_now(self) -> dict[int, float]:
        return {pid: used for pid in _below(self._roots) if (used := _cpu(pid)) is not None}


def _below(roots: tuple[int, ...]) -> Iterator[int]:
    for pid in roots:
        yield pid
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                yield from _below(tuple(map(int, (task / "children").read_text().split())))


def _cpu(pid: int) -> float | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / 100


def _pss(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def command(file: Path, *arguments: str, cluster: tuple[int, ...] = ()) -> Ran:
    """Sweep the file with nothing there before."""
    out = file.with_suffix(".sqlite")
    out.unlink(missing_ok=True)
    words = [
        sys.executable,
        "-m",
        "lab",
        "sweep",
        str(file),
        "--out",
        str(out),
        "--json",
        "--show",
        "0",
        *arguments,
    ]
    return timed(words, cluster, good=(0, 1))


def timed(words: list[str], cluster: tuple[int, ...] = (), good: tuple[int, ...] = (0,)) -> Ran:
    """Run a command that prints JSON."""
    start = time.monotonic()
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        with Tree(process.pid, *cluster) as tree:
            told, _ = process.communicate()
        if process.returncode not in good:
            raise SystemExit(f"{' '.join(words)} ended with {process.returncode}")
    return Ran(time.monotonic() - start, tree.cpu(), tree.mib, json.loads(told))


@contextlib.contextmanager
def dask(workers: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A cluster's address and its workers' process ids."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        Client(cluster) as client,
    ):
        import os

        pids = tuple(client.run(os.getpid).values())
        yield cluster.scheduler_address, pids


def by_dask(file: Path, workers: int) -> Ran:
    """Sweep with a cluster that is there already."""
    with dask(workers) as (address, pids):
        return command(file, "--scheduler", address, cluster=pids)


def one_directory(file: Path) -> Mapping[str, object]:
    """The naive way, in this process: everything at once, one question after the other."""
    report, index = ProblemReport(), TraitIndex()
    lines = file.read_bytes().splitlines()
    customers = {
        n: c
        for n, line in enumerate(lines)
        if (c := read_line(line, SourceLocation(str(file), n + 1), report))
    }
    for customer in customers.values():
        index.add(traits(customer))
    shared = tuple(index.shared())
    plan = ShardPlan(groups(index.count, shared), shared)
    deciding = ShardDecision(customers, Switches())
    start = time.process_time()
    found = sum(len(deciding.decided(0, shard.asks).findings) for shard in plan.shards())
    return {"misroutes": found, "decisions": deciding.decisions, "deciding": time.process_time() - start}


def grouping(file: Path) -> Mapping[str, object]:
    """The index of all marks and what is shared, beside SQLite's answer to one of its five questions."""
    every = [
        traits(customer)
        for number, line in enumerate(file.read_bytes().splitlines(), 1)
        if (customer := read_line(line, SourceLocation(str(file), number), ProblemReport()))
    ]
    start = time.process_time()
    index = TraitIndex()
    for each in every:
        index.add(each)
    shared = tuple(index.shared())
    ours = time.process_time() - start
    start = time.process_time()
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE shown (name TEXT, tenant INTEGER)")
    base.executemany(
        "INSERT INTO shown VALUES (?, ?)", ((n, t) for t, m in enumerate(every) for n in m.shown)
    )
    base.execute("CREATE INDEX by_name ON shown (name, tenant)")
    joined = "SELECT count(*) FROM shown a JOIN shown b ON a.name = b.name AND a.tenant < b.tenant"
    pairs = base.execute(joined).fetchone()[0]
    theirs = time.process_time() - start
    base.close()
    mine = sum(each.pairs for each in shared if each.kind is TraitKind.CERTIFICATE_NAME)
    if mine != pairs:
        raise SystemExit(f"the sweep counts {mine} pairs that show one name, SQLite {pairs}")
    return {"ours": ours, "sqlite": theirs, "pairs": pairs, "kinds": len({each.kind for each in shared})}


PEERS: Mapping[str, Callable[[Path], Mapping[str, object]]] = {
    "one-directory": one_directory,
    "grouping": grouping,
}
WAYS: Mapping[str, Callable[[Path], Ran]] = {
    "1 worker": lambda file: command(file, "--workers", "1"),
    "2 workers": lambda file: command(file, "--workers", "2"),
    "Dask, 1 worker": lambda file: by_dask(file, 1),
    "Dask, 2 workers": lambda file: by_dask(file, 2),
    "one directory, 1 process": lambda file: _peer("one-directory", file),
}


def _peer(name: str, file: Path) -> Ran:
    return timed([sys.executable, "-m", "benchmarks.sweep", "--peer", name, "--file", str(file)])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tenants", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=WAYS, nargs="*", default=list(WAYS), help="which ways")
    parser.add_argument("--peer", choices=PEERS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        print(json.dumps(PEERS[arguments.peer](arguments.file)))
        return
    print(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        measure(_written(Path(folder), arguments.tenants), arguments.rounds, arguments.only)


def _written(folder: Path, count: int) -> Path:
    file = folder / "tenants.jsonl"
    with file.open("wb") as stream:
        stream.writelines(line + b"\n" for line in provider.lines(count))
    print(f"{count:,} tenants, {count * provider.NAMES:,} names, {file.stat().st_size / 2**20:,.0f} MiB")
    return file


def measure(file: Path, rounds: int, ways: Sequence[str]) -> None:
    """All ways in turns, then the grouping."""
    print(f"Machine: {machine()}; {load()} at the start.\n", flush=True)
    found: dict[str, list[Ran]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in ways:
            found[name].append(WAYS[name](file))
            last = found[name][-1]
            print(
                f"round {number + 1}, {name}: {last.seconds:.1f} s, {last.cpu:.1f} s CPU, {last.mib:.0f} MiB, {load()}",
                flush=True,
            )
    print(f"\n{json.dumps(found[ways[0]][0].told, indent=None)}\n")
    first = Spread(tuple(ran.seconds for ran in found[ways[0]]))
    for name, runs in found.items():
        seconds, cpu, mib = (
            Spread(tuple(getattr(r, key) for r in runs)) for key in ("seconds", "cpu", "mib")
        )
        print(
            f"{name:<26} {seconds.show():>22} s  {cpu.show():>22} s CPU  {mib.show(0):>22} MiB  "
            f"{seconds.over(first).show(2)} x {ways[0]}"
        )
    told = _peer("grouping", file).told
    print(f"\ngrouping: {told}\nMachine at the end: {load()}.")


if __name__ == "__main__":
    main()
