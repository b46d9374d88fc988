"""How much CPU the lab's wire takes, side by side with Postfix, OpenSSL and aiosmtpd: `python -m benchmarks.wire`.

All servers run at the same time, each on core 0; the load generator has core 1. In each round every server gets the
same load, one after the other, so that a machine that is slow for a while is slow for all of them. A ratio is taken
within a round; what is printed is the median of the rounds, and the lowest and highest beside it.
Nothing leaves the machine: all addresses are loopback addresses.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import ssl
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from OpenSSL import SSL

from benchmarks import postfix, timing
from benchmarks.load import Generator, Load
from benchmarks.running import CLIENT_CORE, SERVER_CORE, Machine, Server
from benchmarks.timing import Spread

EOP, BARE = "lab: EOP front end", "lab: bare SMTP server"
POSTFIX, HELD = "Postfix, queue and discard", "Postfix, queue, held"
OPENSSL, TICKETS = "openssl s_server", "openssl s_server, 2 tickets"
STOCK = "aiosmtpd, stock"
COMPARED = {
    EOP: (POSTFIX, HELD),
    BARE: (OPENSSL, TICKETS, STOCK),
}
"""Which of ours with whom."""
TARGETS = {
    (EOP, POSTFIX, "1/conn"): "<= 0.6",
    (EOP, POSTFIX, "100/conn"): "<= 0.5",
    (BARE, OPENSSL, "1/conn"): "<= 3",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure."""

    rounds: int
    single: int
    """Messages (or handshakes) of a load with one message per connection."""
    many: int
    """Messages of a load with a hundred per connection."""

    def loads(self, server: Server) -> Iterator[tuple[str, Load]]:
        """What a server gets in each round."""
        yield "1/conn", server.load.of(self.single, 1)
        if not server.load.handshakes:
            yield "100/conn", server.load.of(self.many, 100)


def start(machine: Machine, wanted: Sequence[str]) -> list[Server]:
    """All servers that this machine can run and whose names contain one of `wanted`."""
    first = machine.own(EOP, "eop")  # its certificates are everybody's
    certificates = first.load.chain.parent
    found = [first]
    starters: dict[str, Callable[[], Server]] = {
        POSTFIX: lambda: machine.postfix(POSTFIX, certificates, hold=False),
        HELD: lambda: machine.postfix(HELD, certificates, hold=True),
        BARE: lambda: machine.own(BARE, "bare"),
        OPENSSL: lambda: machine.openssl(OPENSSL, certificates, tickets=0),
        TICKETS: lambda: machine.openssl(TICKETS, certificates, tickets=2),
        STOCK: lambda: machine.own(STOCK, "aiosmtpd"),
    }
    for name, starter in starters.items():
        if not any(word in name for word in wanted):
            continue
        why = _absent(name)
        if why:
            print(f"{name}: left out, {why}")
        else:
            found.append(starter())
    return found


def _absent(name: str) -> str:
    """Why this machine cannot run a server."""
    if name.startswith("Postfix"):
        if not postfix.version():
            return "Postfix is not installed"
        return "" if os.geteuid() == 0 else "Postfix's master needs root"
    return "openssl is not installed" if name.startswith("openssl") and not shutil.which("openssl") else ""


def measure(running: Sequence[Server], generator: Generator, plan: Plan) -> None:
    """Warm up, then all rounds."""
    for server in running:
        generator.run(server.load.of(200, 1))
    for number in range(plan.rounds):
        for server in running:
            for kind, load in plan.loads(server):
                server.measure(generator, kind, load)
        print(f"round {number + 1} of {plan.rounds} done", file=sys.stderr)


def table(running: Sequence[Server]) -> Iterator[str]:
    """CPU and rates."""
    yield f"{'server':28} {'load':9} {'CPU us/message (lowest-highest)':>32} {'messages/s':>11}"
    for server in running:
        for kind, found in server.found.items():
            rate = statistics.median(server.rates[kind])
            yield f"{server.name:28} {kind:9} {Spread(tuple(found)).show(0):>32} {rate:11,.0f}"


def ratios(running: Sequence[Server]) -> Iterator[str]:
    """Ours to others, and the targets."""
    named = {server.name: server for server in running}
    yield f"{'server CPU per message, same round':62} {'ratio (lowest-highest)':>23} {'target':>7}"
    for ours, others in COMPARED.items():
        for other in (each for each in others if ours in named and each in named):
            for kind in [k for k in named[ours].found if k in named[other].found]:
                ratio = Spread(tuple(named[ours].found[kind])).over(Spread(tuple(named[other].found[kind])))
                target = TARGETS.get((ours, other, kind), "")
                yield f"{f'{ours} / {other}, {kind}':62} {ratio.show(2):>23} {target:>7}"


def method(plan: Plan, how: str) -> Iterator[str]:
    """What the numbers mean."""
    linked = SSL.SSLeay_version(SSL.SSLEAY_VERSION).decode()
    yield f"{timing.machine()}, {timing.load()}"
    yield (
        f"aiosmtpd {version('aiosmtpd')}, cryptography {version('cryptography')} with {linked}; "
        f"system {ssl.OPENSSL_VERSION}; Postfix {postfix.version() or '-'}"
    )
    yield f"CPU by {how}; servers on core {SERVER_CORE}, client on core {CLIENT_CORE}; {plan.rounds} rounds, medians"
    yield (
        "each message 4 KB, STARTTLS, TLS 1.3 only, P-256, client certificate with one intermediate, never resumed, "
        "no pipelining"
    )
    yield (
        f"10 clients at once; per round {plan.single} connections with 1 message, and {plan.many} messages over "
        f"{plan.many // 100} connections"
    )


def main() -> None:
    """Read the command line and measure."""
    arguments = argparse.ArgumentParser(description="CPU per message of the lab's wire and of others")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--single", type=int, default=1000, help="connections with one message")
    arguments.add_argument("--many", type=int, default=5000, help="messages, a hundred per connection")
    arguments.add_argument("--only", nargs="*", default=[""], help="servers whose name contains one of these")
    given = arguments.parse_args()
    plan = Plan(given.rounds, given.single, given.many)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mflab-bench-")))
        folder.chmod(0o755)  # Postfix's daemons are not root
        running = start(Machine(folder, stack), given.only)
        for line in method(plan, running[0].meter.how):
            print(line)
        measure(running, Generator(folder, CLIENT_CORE), plan)
        print("", *table(running), "", *ratios(running), sep="\n")


if __name__ == "__main__":
    main()
