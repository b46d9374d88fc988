"""Python's garbage collector, told to wait while a run piles up its journal."""

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
