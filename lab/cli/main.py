"""The command `mflab`: reads the arguments, runs one verb, and gives every way of failing its exit code."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Container, Sequence
from pathlib import Path

from lab import __version__
from lab.cli.exit_codes import MEANINGS, BadInput, Exit, NothingToRun
from lab.cli.output import flush, plainly, talk
from lab.cli.verb_declaration import SUMMARIES, Parser, Verbs
from lab.errors import DriverError, ScenarioError, WireError

UNCONFIGURED = frozenset({"config", "completion", "hook", "part", "probe"})
"""Verbs that follow no configuration: one that shows it, one that calls others, and those that run where nobody has one."""

_ABOUT = """\
A lab that reproduces and explains hybrid Exchange mail flow faults: who a connection is taken for, and why.

It is not Microsoft's, it is no mail server, and nothing in it leaves this machine."""


def declared(needed: Container[str] = SUMMARIES) -> tuple[Parser, Verbs]:
    """The command line: all verbs, and the arguments of those that are needed."""
    codes = "\n".join(f"  {code.value:>3}  {meaning}" for code, meaning in MEANINGS.items())
    whole = Parser(prog="mflab", description=_ABOUT, epilog=f"exit codes:\n{codes}")
    whole.add_argument("--version", action="version", version=f"mflab {__version__}")
    verbs = Verbs(whole)
    for name in SUMMARIES:
        if name in needed:
            verbs.declare(name)
    return whole, verbs


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an arrow must not end the run where the locale has none
    try:
        return _run(sys.argv[1:] if argv is None else argv)
    except SystemExit as end:  # argparse has said everything: --help, --version, or what is wrong
        return int(end.code or 0)
    except BrokenPipeError:
        return _reader_gone()
    except KeyboardInterrupt:
        talk("interrupted")
        return Exit.INTERRUPTED
    except ScenarioError as error:
        talk(str(error))
        return Exit.BAD_INPUT
    except BadInput as error:
        talk(f"mflab: {error}")
        return Exit.BAD_INPUT
    except NothingToRun as error:
        talk(f"mflab: nothing to run: {error}")
        return Exit.NOTHING
    except (DriverError, WireError, OSError) as error:
        talk(f"mflab: {plainly(error)}")
        return Exit.ENVIRONMENT
    except Exception:  # noqa: BLE001 - the last place that can tell a bug from a verdict
        return _bug()


def _run(argv: Sequence[str]) -> int:
    """Parse, with the defaults that are configured, and run the verb."""
    called = [word for word in argv if not word.startswith("-")][:1]  # before the verb, no option has a value
    whole, verbs = declared(called)
    verb = verbs.known.get(argv[0]) if argv else None
    if verb is None or verb.name in UNCONFIGURED:
        args = whole.parse_args(argv)
        return _flushed(args.run(args))
    from lab.cli.configuration import settings

    configured = settings.Settings(os.environ, Path.cwd())
    settings.apply(configured, verb, argv)
    with settings.process_wide(configured):
        args = whole.parse_args(argv)
        return _flushed(args.run(args))


def _flushed(code: int) -> int:
    flush()
    return int(code)


def _reader_gone() -> int:
    """`mflab ... | head`: nobody wants the rest; Python must not complain when it closes stdout."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.BROKEN_PIPE


def _bug() -> int:
    traceback.print_exc()
    talk(
        f"\nThis is a bug in the lab (mflab {__version__}), not in your scenario. Please report it with the lines above."
    )
    return Exit.BUG
