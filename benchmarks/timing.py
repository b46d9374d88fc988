"""Timing pure Python: CPU time of this process on one core, many short rounds, median and spread."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Spread:
    """What several rounds came to."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    def over(self, other: Spread) -> Spread:
        """The ratios round by round: a machine that is slow for a while is slow for both."""
        return Spread(tuple(a / b for a, b in zip(self.values, other.values, strict=True)))

    def show(self, digits: int = 1) -> str:
        """`median (lowest-highest)`."""
        low, high = min(self.values), max(self.values)
        return f"{self.median:,.{digits}f} ({low:,.{digits}f}-{high:,.{digits}f})"


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of one call, with the collector off and the heap swept before: what is timed is the work."""
    gc.collect()
    gc.disable()
    try:
        start = time.process_time()
        kept = work()
        took = time.process_time() - start
        del kept
        return took
    finally:
        gc.enable()


def stay_on_one_core() -> str:
    """Bind this process to the first core that it may use, where the system can; says what was done."""
    if not hasattr(os, "sched_setaffinity"):
        return "not bound to a core"
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return f"bound to core {core}"


def machine() -> str:
    """Processor, system and Python."""
    return f"{_processor()}, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f"{next(names, platform.machine())} x {os.cpu_count()}"


def load() -> str:
    """How busy the machine is besides."""
    return f"load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"


def resident_mib() -> float:
    """Memory of this process now, in MiB; its peak where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:
        import resource  # not everywhere

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
