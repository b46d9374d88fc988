"""`mflab up`: keep an embedded lab running on fixed ports, for swaks, openssl, dig and curl to play its hosts."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
import traceback
from argparse import Namespace
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from lab.cli import locations
from lab.cli.arguments import add_scenario, chosen, endpoint, loaded, port, today
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.labs import control_client, lab_state
from lab.cli.labs.example_commands import Access, lines
from lab.cli.labs.lab_state import DNS_PORT, HTTP_PORT, SMTP_PORT, RunningLab
from lab.cli.output import plainly, put, talk, tell_bug
from lab.cli.verb_declaration import Verb, declare
from lab.drivers.run_outcome import again
from lab.errors import DriverError, LabBug, WireError
from lab.scenario.model import Scenario, Variant

if TYPE_CHECKING:
    from lab.drivers.embedded import Embedded

Announce: TypeAlias = Callable[[str], None]
"""Tells whoever started the lab that it runs."""

_ABOUT = """\
Real SMTP with STARTTLS and client certificates, and DNS, each host on an address of its own on loopback. Prints lines
to paste into another terminal: send as any host, or as a stranger, and read the logs. Ctrl-C or `mflab down` ends it.
What it had queued is still there when it is started again. HTTP on 127.0.0.1 has /livez, /readyz, and /metrics for
Prometheus."""

_EXAMPLES = """\
  mflab up wildcard-misrouting
  mflab up wildcard-misrouting --variant dedicated-certificate --port 3025 --dns-port 3053
  mflab up wildcard-misrouting --send --detach && mflab trace --state .mflab --as lab && mflab down"""
_BESIDE = "--port N --dns-port N --http-port N --state DIR"
_ADVICE = {
    errno.EADDRINUSE: f"beside another lab or program: `mflab up SCENARIO {_BESIDE}`, where N is a port or 0",
    errno.EACCES: "--port N, --dns-port N and --http-port N take ports above 1023",
    errno.EADDRNOTAVAIL: "`mflab doctor` tells what to do",
}
"""What to do when the lab cannot listen."""
_LAST_LINES = 12


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    add_scenario(parser)
    parser.add_argument("--port", **_port(SMTP_PORT, "SMTP port on all addresses"))
    parser.add_argument("--dns-port", **_port(DNS_PORT, "DNS port on 127.0.0.1"))
    parser.add_argument(
        "--names",
        type=endpoint,
        metavar="A:N",
        help="address and port of another DNS server, which the lab's hosts ask: see `mflab zones`",
    )
    http = parser.add_mutually_exclusive_group()
    http.add_argument("--http-port", **_port(HTTP_PORT, "HTTP port on 127.0.0.1"))
    http.add_argument("--no-http", action="store_true", help="serve no HTTP")
    parser.add_argument(
        "--state", metavar="DIR", help="folder for queue, journal and certificates (default: .mflab)"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="forget the queue and the journal that are there"
    )
    parser.add_argument("--send", action="store_true", help="send the variant's messages at the start")
    parser.add_argument("--detach", action="store_true", help="go on in the background once it runs")


def _port(default: int, what: str) -> dict[str, Any]:
    """What argparse is told of a port."""
    text = f"{what}, 0 for any free one (default: {default})"
    return {"type": port, "default": default, "metavar": "N", "help": text}


def run(args: Namespace) -> int:
    """Start, say how to play, and wait to be told to stop."""
    if args.http_port == args.dns_port != 0 and not args.no_http:
        raise BadInput(
            f"--dns-port and --http-port: both are on 127.0.0.1, and you gave them {args.dns_port} twice"
        )
    scenario = loaded(args)
    variant = chosen(scenario, args.variant)
    state = locations.state_folder(args.state)
    _check_state(state, scenario, variant, fresh=args.fresh)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    if args.fresh:  # certificates stay: they are made anew anyway when the profiles differ
        for store in state.glob(f"{lab_state.STORE}*"):
            store.unlink()
    serve = LabSession(args, scenario, variant, state)
    return _detached(serve, state) if args.detach else _serve(serve, put)


def _serve(serve: LabSession, announce: Announce) -> int:
    """Until it is stopped. Raises DriverError, with what to do, when it cannot listen."""
    try:
        return asyncio.run(serve.until_stopped(announce))
    except WireError as error:
        cause = error.__cause__
        hint = _ADVICE.get(cause.errno or 0) if isinstance(cause, OSError) else None
        raise DriverError(f"{error}; {hint}" if hint else str(error)) from error


class LabSession:
    """One lab and what it was started with."""

    def __init__(self, args: Namespace, scenario: Scenario, variant: Variant, state: Path) -> None:
        self.args, self.scenario, self.variant, self.state = args, scenario, variant, state

    async def until_stopped(self, announce: Announce) -> int:
        """Run until SIGINT or SIGTERM; both end it cleanly, so neither is an error. A bug in the lab is one."""
        from lab.drivers.embedded import Embedded  # loads asyncio's servers and OpenSSL, which few verbs need

        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        args = self.args
        lab = Embedded(
            self.variant,
            self.state,
            port=args.port,
            dns_port=args.dns_port,
            names=args.names,
            starts=today(),
            on_bug=_tell,
        )
        loop.set_exception_handler(lambda _, context: lab.bug(_error(context)))
        async with lab, self._http(lab) as http_port, self._control(lab):
            running = self._running(lab.port, lab.dns_port, http_port)
            lab_state.write(self.state, running, self.variant)
            if args.send:
                await (
                    lab.send(again(self.variant.messages, lab.ids.hex(6)))
                    if len(lab.journal)
                    else lab.submit()
                )
            announce(lines(self.variant, Access.to(running, self.state)))
            await stop.wait()
        return Exit.BUG if lab.bugs else Exit.OK

    @asynccontextmanager
    async def _http(self, lab: Embedded) -> AsyncIterator[int | None]:
        """Serve the pages to watch the lab by, unless that is not wanted; on which port."""
        from lab.cli.labs.health_pages import pages
        from lab.wire.http import HttpServer

        if self.args.no_http:
            yield None
            return
        server = HttpServer(pages(lab, self.scenario.name), lab.bug)
        await server.start(self.args.http_port)
        try:
            yield server.port
        finally:
            await server.close()

    def _control(self, lab: Embedded) -> AbstractAsyncContextManager[None]:
        from lab.analysis.matrix import prepared

        matrix = partial(prepared, self.variant, self.scenario.file)
        sets = {
            control_client.MESSAGES: lambda: self.variant.messages,
            control_client.MATRIX: lambda: matrix().messages,
        }
        return control_client.listening(lab, self.state, sets)

    def _running(self, port: int, dns_port: int, http_port: int | None) -> RunningLab:
        return RunningLab(
            pid=os.getpid(),
            scenario=str(Path(self.scenario.file).absolute()),
            variant=self.variant.name,
            kind=self.variant.kind,
            port=port,
            dns_port=dns_port,
            http_port=http_port,
        )


def _tell(error: Exception) -> None:
    tell_bug(error)
    talk(f"mflab: a bug in the lab: {error!r}; the lab goes on")


def _error(context: Mapping[str, object]) -> Exception:
    """What asyncio has to tell of a callback, or of a task that nobody waits for."""
    error = context.get("exception")
    return error if isinstance(error, Exception) else LabBug(str(context.get("message")))


def _check_state(state: Path, scenario: Scenario, variant: Variant, *, fresh: bool) -> None:
    """One lab a folder, and a queue only for the configuration that filled it."""
    if lab_state.is_up(state):
        raise DriverError(
            f"a lab runs in {state} already; `mflab down --state {state}` ends it, and another beside it needs "
            f"a folder and ports of its own: `mflab up SCENARIO {_BESIDE}`"
        )
    if fresh or not lab_state.has_lab(state):
        return
    before = lab_state.read(state)
    if (before.scenario, before.variant) != (str(Path(scenario.file).absolute()), variant.name):
        raise BadInput(
            f"{state} holds the queue of another configuration ({before.scenario}, {before.variant}); "
            "--fresh forgets it, --state DIR leaves it alone"
        )


def _detached(serve: LabSession, state: Path) -> int:
    """Go on in a child; return when it runs, or when it has failed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os._exit(_in_background(serve, state, writing))
    os.close(writing)
    with os.fdopen(reading) as pipe:
        output = pipe.read()
    if not output:
        return _not_started(os.waitpid(child, 0)[1], state / lab_state.LOG)
    put(output.rstrip("\n"))
    talk(f"running in the background as process {child}; `mflab down` ends it")
    return Exit.OK


def _not_started(status: int, log: Path) -> int:
    """Pass on what the child has said last."""
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    talk("\n".join([*lines[-_LAST_LINES:], f"mflab: the lab has not started; {log} has all that it said"]))
    return Exit.BUG if os.waitstatus_to_exitcode(status) == Exit.BUG else Exit.ENVIRONMENT


def _in_background(serve: LabSession, state: Path, ready: int) -> int:
    """The child: a session of its own, its talk in a file; the lines to paste go to the parent, and tell that it runs."""
    os.setsid()
    log = os.open(state / lab_state.LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, theirs in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(ours, theirs)

    def announce(text: str) -> None:
        with os.fdopen(ready, "w") as pipe:
            pipe.write(text)

    try:
        return _serve(serve, announce)
    except (DriverError, OSError) as error:
        talk(f"mflab: {plainly(error)}")
        return Exit.ENVIRONMENT
    except Exception:  # noqa: BLE001 - the child ends here, and its parent tells what it said
        traceback.print_exc()
        return Exit.BUG
    finally:
        sys.stderr.flush()
