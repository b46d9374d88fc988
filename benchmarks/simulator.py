"""Journeys per second in the simulator, beside plain SMTP hops: `python -m benchmarks.simulator`.

A journey is one message from its author to its end, with everything that the lab keeps of it: hops, steps, decisions
that can still explain themselves, the delivered message, the NDR and the NDR's own journey. Two flows of the article's
scenario are timed, on one core, many messages at once: the delivered one (Exchange, gateway, target tenant: two SMTP
sessions) and the bounced one (Exchange, gateway, own tenant, refusal by the target tenant, NDR by the tenant's
connector back to Exchange: four sessions). Then all variants of the article, one after the other, from loaded scenario to outcome, and once
more with the expectations judged.

For perspective the same round sends the same message through smtplib to a stock aiosmtpd on loopback: what one session
costs that only speaks SMTP, without TLS and without a decision. Times are CPU times of the process, client and server
together; the ratio, taken within a round, is to as many plain sessions as the flow has.
"""

from __future__ import annotations

import argparse
import asyncio
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP

from benchmarks.timing import Spread, cpu_seconds, load, machine, stay_on_one_core
from lab.drivers.run_outcome import RunOutcome
from lab.drivers.simulator import simulate
from lab.scenario.load import load as load_scenario
from lab.scenario.model import Scenario, Variant

ARTICLE = Path(__file__).parents[1] / "scenarios" / "wildcard-misrouting.yaml"
DELIVERED, BOUNCED = "dedicated-certificate", "shared-wildcard"


@dataclass(frozen=True, slots=True)
class Measured:
    """One thing that is timed: the seconds of each round."""

    name: str
    work: Callable[[], object]
    count: int
    """Journeys (or runs, or sessions) in one call of `work`."""
    sessions: int = 1
    """SMTP sessions of a journey."""
    rounds: list[float] = field(default_factory=list)

    def run(self) -> None:
        """One round: seconds for one journey."""
        self.rounds.append(cpu_seconds(self.work) / self.count)

    def spread(self, unit: float) -> Spread:
        """All rounds, in seconds times `unit`."""
        return Spread(tuple(seconds * unit for seconds in self.rounds))

    @property
    def rate(self) -> float:
        """Journeys a second."""
        return 1 / self.spread(1).median


def crowded(variant: Variant, messages: int) -> Variant:
    """The variant with its first message many times."""
    one = variant.messages[0]
    many = tuple(replace(one, key=f"{one.key}-{number}") for number in range(messages))
    return replace(variant, messages=many)


def all_variants(scenario: Scenario) -> list[RunOutcome]:
    """Every variant once."""
    return [simulate(variant) for variant in scenario.variants.values()]


def all_judged(scenario: Scenario) -> None:
    """Every variant once, and its claims."""
    for outcome in all_variants(scenario):
        outcome.findings()


def a_message(variant: Variant) -> tuple[str, str, bytes]:
    """Sender, recipient and content of the delivered message, as its mailbox got it."""
    (delivered,) = simulate(variant).delivered
    return str(variant.messages[0].sender), str(delivered.recipient), bytes(delivered.message)


@contextmanager
def stock_server() -> Iterator[int]:
    """A stock aiosmtpd in a thread of its own; its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    listening = loop.create_server(lambda: SMTP(Sink(), hostname="stock.example", loop=loop), "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(listening, loop).result()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def by_smtp(port: int, message: tuple[str, str, bytes], sessions: int) -> Callable[[], object]:
    """Sends the message over that many connections, one after the other."""

    def work() -> None:
        for _ in range(sessions):
            with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example") as client:
                client.sendmail(message[0], message[1], message[2])

    return work


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--messages", type=int, default=1_000, help="per round and flow")
    arguments = parser.parse_args()
    print(__doc__)
    print(f"Machine: {machine()}; {stay_on_one_core()}; {load()}.")
    print(
        f"Rounds: {arguments.rounds} of {arguments.messages:,} messages; median (lowest-highest), CPU time.\n"
    )
    start = time.process_time()
    scenario = load_scenario(ARTICLE)
    print(f"scenario loaded in {(time.process_time() - start) * 1e3:.0f} ms\n")
    with stock_server() as port:
        measure(scenario, port, arguments.rounds, arguments.messages)


def measure(scenario: Scenario, port: int, rounds: int, messages: int) -> None:
    """All rounds, then the table."""
    delivered, bounced = (crowded(scenario.variants[name], messages) for name in (DELIVERED, BOUNCED))
    sessions = max(messages // 10, 1)
    told = Measured("delivered", lambda: simulate(delivered), messages, sessions=2)
    returned = Measured("bounced", lambda: simulate(bounced), messages, sessions=4)
    plain = Measured(
        "a plain session", by_smtp(port, a_message(scenario.variants[DELIVERED]), sessions), sessions
    )
    article = Measured("all variants", lambda: all_variants(scenario), 1)
    judged = Measured("all variants, judged", lambda: all_judged(scenario), 1)
    for _ in range(rounds):
        for each in (told, returned, plain, article, judged):
            each.run()
    for each in (told, returned, plain):
        ratio = each.spread(1 / each.sessions).over(plain.spread(1)).show(2)
        print(
            f"{each.name:<22} {each.spread(1e6).show(0):>22} us {each.rate:>7,.0f}/s   {ratio} x plain SMTP"
        )
    print()
    for each in (article, judged):
        print(f"{each.name:<22} {each.spread(1e3).show():>22} ms for {len(scenario.variants)} variants")


if __name__ == "__main__":
    main()
