"""Python's garbage collector, told to wait while a run piles up its journal, and to come seldom while a lab stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def waiting() -> Iterator[None]:
    """No collection of cycles until the end of the block; nested blocks end with the outermost.

    A run only adds: hops, steps and decisions stay until it is over, and being frozen values they form no cycles.
    The collector would walk them again and again to find nothing, a third of the time of 5,000 journeys. What
    nobody refers to any more is freed at once all the same. This is a setting of the whole process: other threads
    wait too.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


SELDOM = 10_000, 20, 20
"""Thresholds of the three generations; Python's own are 700, 10, 10."""
_labs: list[tuple[int, int, int]] = []
"""The thresholds that each lab of this process has found, oldest first."""


@contextmanager
def seldom() -> Iterator[None]:
    """Collect seldom until the end of the block, and never walk what was there at its beginning.

    For a lab that stays: its journal grows too, but tasks and errors of years may form cycles. Under load the usual
    thresholds cost a front end a sixth of its time. A setting of the whole process; the last of several labs resets it.
    """
    _labs.append(gc.get_threshold())
    gc.freeze()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        thresholds = _labs.pop()
        if not _labs:
            gc.set_threshold(*thresholds)
            gc.unfreeze()
