"""What a call of `mflab` costs before and while it does little: `python -m benchmarks.start [TREE ...]`.

Each call is a process of its own, with its .pyc files there, and its CPU time (user and system, children too) is what the
system says of it. In every round stands `python -c pass` of the same interpreter: what a call costs above that is the lab's.
The calls take turns, and so do the trees: other checkouts to compare with, which run with their own code. `part dns` and
`part node` are measured from their start until they say that they are ready, `probe` while the node runs; they need
addresses of the scenario on this machine (`ip address add 198.51.100.25/32 dev lo`, and 198.51.100.53) and the right to
take ports below 1024, and are left out where that is missing.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.timing import Spread, load, machine

HERE = Path(__file__).parents[1]
ATTRIBUTE = (
    "attribute --config wildcard-misrouting --variant shared-wildcard --ip 198.51.100.25 --name *.msxfaq.example "
    "--mail-from a@msxfaq.example --rcpt-to b@uclabor.example"
)
CALLS: Mapping[str, str] = {
    "--version": "--version",
    "--help": "--help",
    "completion bash": "completion bash",
    "rules R3": "rules R3",
    "attribute": ATTRIBUTE,
    "explain wildcard-misrouting": "explain wildcard-misrouting",
    "trace wildcard-misrouting": "trace wildcard-misrouting --as lab",
    "run wildcard-misrouting": "run wildcard-misrouting",
    "scenarios": "scenarios",
}
DNS, NODE = "198.51.100.53", "198.51.100.25"
PARTS: Mapping[str, tuple[str, ...]] = {
    "part dns": ("dns", "--at", DNS),
    "part node": ("node", "--at", NODE, "--dns", DNS),
}
BARE = "python -c pass"


class Tree:
    """A checkout whose code is run."""

    def __init__(self, folder: Path, state: Path) -> None:
        self.folder = folder
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(folder),
            "MFLAB_STATE": str(state),
            "MFLAB_PART": NODE,
            "SCENARIO": "wildcard-misrouting",
        }

    def calls(self, *, parts: bool) -> Iterator[tuple[str, float]]:
        """Milliseconds of everything, once."""
        yield BARE, self._cpu("-c", "pass")
        for name, call in CALLS.items():
            yield name, self._cpu("-m", "lab", *call.split())
        if parts:
            yield "part setup", self._cpu("-m", "lab", "part", "setup")
            for name, argv in PARTS.items():
                yield from self._served(name, argv)

    def _cpu(self, *argv: str) -> float:
        before = _children()
        subprocess.run(
            [sys.executable, *argv],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return (_children() - before) * 1000

    def _served(self, name: str, argv: tuple[str, ...]) -> Iterator[tuple[str, float]]:
        part = subprocess.Popen(
            [sys.executable, "-m", "lab", "part", *argv],
            cwd=self.folder,
            env=self._environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert part.stderr is not None, "it was asked for"
        with part:
            said = part.stderr.readline()
            if not said.startswith("ready"):
                raise SystemExit(f"{name}: {said}{part.stderr.read()}")
            ticks = Path(f"/proc/{part.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
            yield name, sum(map(int, ticks)) * 1000 / os.sysconf("SC_CLK_TCK")
            if "node" in argv:
                yield "probe", self._cpu("-m", "lab", "probe")
            part.send_signal(signal.SIGTERM)


def _children() -> float:
    """CPU time of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _has_addresses() -> bool:
    told = subprocess.run(["ip", "-o", "address"], capture_output=True, text=True, check=False).stdout
    return all(f" {address}/" in told for address in (DNS, NODE)) and os.geteuid() == 0


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tree", nargs="*", type=Path, default=[HERE], help="checkouts (default: this one)")
    parser.add_argument("--rounds", type=int, default=7, metavar="N")
    args = parser.parse_args()
    parts = sys.platform == "linux" and _has_addresses()
    folders = [path.resolve() for path in args.tree]
    found: list[dict[str, list[float]]] = [{} for _ in folders]
    for number in range(args.rounds + 1):
        for folder, rows in zip(folders, found, strict=True):
            with tempfile.TemporaryDirectory() as state:
                for name, took in Tree(folder, Path(state)).calls(parts=parts):
                    if number:  # the first round only writes .pyc files
                        rows.setdefault(name, []).append(took)
    print(f"{machine()}, {load()}; {args.rounds} rounds; CPU ms above `{BARE}`: median (lowest-highest)\n")
    for folder, rows in zip(folders, found, strict=True):
        print(f"{folder.name}: `{BARE}` {Spread(tuple(rows[BARE])).show()}")
    print(f"\n| what | {' | '.join(folder.name for folder in folders)} | last to first |")
    print(f"|---|{'---|' * (len(folders) + 1)}")
    for name in found[0]:
        if name != BARE:
            columns = [_above(rows[name], rows[BARE]) for rows in found]
            shown = " | ".join(each.show(0) for each in columns)
            print(f"| `{name}` | {shown} | {columns[-1].over(columns[0]).show(2)} |")


def _above(took: list[float], bare: list[float]) -> Spread:
    """Round by round, as a machine that is slow for a while is slow for both."""
    return Spread(tuple(each - least for each, least in zip(took, bare, strict=True)))


if __name__ == "__main__":
    main()
