"""The CPU time of a server and of all its children, by the best means that this machine offers.

A control group counts exactly, in nanoseconds, whoever was born and died in it. Where none can be made (no root, no
cgroup file system), the process tree is read from /proc instead: in clock ticks, and without children whose parent
did not wait for them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Protocol

_ROOT = Path("/sys/fs/cgroup")
_TICK = 1e6 / os.sysconf("SC_CLK_TCK")


class Meter(Protocol):
    """Measures what is started by `command`."""

    how: str

    def command(self, words: list[str]) -> list[str]:
        """The command that runs `words` under this meter."""

    def microseconds(self, pid: int) -> float:
        """CPU time so far, of the process `pid` and its descendants."""

    def close(self) -> None:
        """Clean up, once all that was measured has ended."""


def meter() -> Meter:
    """A fresh meter."""
    for folder, tasks, usage in (
        (_ROOT / "cpuacct", "tasks", "cpuacct.usage"),
        (_ROOT, "cgroup.procs", "cpu.stat"),
    ):
        group = folder / f"mflab-bench-{os.getpid()}-{secrets.token_hex(3)}"
        with contextlib.suppress(OSError):
            group.mkdir()
            if (group / usage).exists():
                return _Group(group, tasks, usage)
            group.rmdir()
    return _Tree()


class _Group:
    def __init__(self, group: Path, tasks: str, usage: str) -> None:
        self.how = f"cgroup {usage} (exact, children included)"
        self._group = group
        self._tasks = group / tasks
        self._usage = group / usage

    def command(self, words: list[str]) -> list[str]:
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self._tasks), *words]

    def microseconds(self, pid: int) -> float:  # noqa: ARG002 - part of the interface
        text = self._usage.read_text()
        if self._usage.name == "cpuacct.usage":
            return int(text) / 1e3
        return float(dict(line.split() for line in text.splitlines())["usage_usec"])

    def close(self) -> None:
        with contextlib.suppress(
            OSError
        ):  # a zombie that is not yet reaped keeps it busy; it is empty and harmless
            self._group.rmdir()


class _Tree:
    how = "process tree in /proc (clock ticks)"

    def command(self, words: list[str]) -> list[str]:
        return words

    def microseconds(self, pid: int) -> float:
        stats = _stats()
        family = found = {pid}
        while found:
            found = {child for child, (parent, _) in stats.items() if parent in family} - family
            family = family | found
        return sum(stats[each][1] for each in family if each in stats) * _TICK

    def close(self) -> None:
        pass


def _stats() -> dict[int, tuple[int, int]]:
    """Parent and ticks (own, and of children waited for) of all processes."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            found[int(folder.name)] = int(fields[1]), sum(int(each) for each in fields[11:15])
    return found
