"""Exit codes: one meaning each, the same for every verb."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What `mflab` ends with."""

    OK = 0
    FAILED = 1
    NOTHING = 2
    WARNINGS = 3
    BAD_INPUT = 4
    ENVIRONMENT = 5
    BUG = 70
    INTERRUPTED = 130
    BROKEN_PIPE = 141


MEANINGS: dict[Exit, str] = {
    Exit.OK: "all as expected",
    Exit.FAILED: "something is wrong: an expectation failed, an alarm, a finding of level error, a change for the worse",
    Exit.NOTHING: "nothing to run",
    Exit.WARNINGS: "passed, with warnings",
    Exit.BAD_INPUT: "bad input: arguments, a scenario, a file; nothing was started",
    Exit.ENVIRONMENT: "the environment lacks something: a port, an address, a folder, a package",
    Exit.BUG: "a bug in the lab",
    Exit.INTERRUPTED: "interrupted",
    Exit.BROKEN_PIPE: "the reader of the output has gone",
}
"""For the epilogue of --help and for the documentation."""


class BadInput(Exception):  # noqa: N818 - it is the caller's, and said to him without a traceback
    """An argument that argparse could not judge: told on stderr, exit code 4."""


class NothingToRun(Exception):  # noqa: N818 - likewise
    """There is no scenario, or no variant, to do the work on: exit code 2."""
