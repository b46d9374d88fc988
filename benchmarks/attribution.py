"""One attribution among 10, 1,000 and 100,000 tenants: `python -m benchmarks.attribution`.

Every tenant has ten OnPremises connectors with one certificate name each (half of them wildcards, one with an address
besides), so that the largest directory compares a certificate with 1,000,000 names. The questions are drawn at random
over all tenants, equal parts of five kinds: a wildcard certificate, an exact one, an address, a stranger's mail for a
tenant, and a stranger's mail for nobody.

All directories exist at once. A round asks each of them the same number of questions, one after the other; ratios are
taken within a round. Timed is `attribute` on judged credentials, then with its explanation as data, then with that told
in lines, then the front end's whole question, which judges the credentials anew.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import cycle, islice
from random import Random  # noqa: TID251 - a seed of its own, as a driver has

from benchmarks.timing import Spread, cpu_seconds, load, machine, resident_mib, stay_on_one_core
from lab.core.attribution import attribute
from lab.core.attribution_result import Attribution
from lab.core.client_credentials import Credentials, judge_credentials
from lab.core.directory import TenantDirectory
from lab.model.certificate import CertificateIdentity
from lab.model.names import Address, Domain, DomainPattern, ReversePath
from lab.model.switches import Switches
from lab.model.tenant import AcceptedDomain, ConnectorType, InboundConnector, Recipient, RecipientKind, Tenant
from lab.words.decisions import story

SIZES = (10, 1_000, 100_000)
CONNECTORS = 10
SWITCHES = Switches()
STRANGER = "203.0.113.9"


@dataclass(frozen=True, slots=True)
class Question:
    """The facts of one decision."""

    credentials: Credentials
    reverse_path: ReversePath
    recipient: Address

    def decide(self, directory: TenantDirectory) -> Attribution:
        """Ask the brain."""
        return attribute(
            self.credentials,
            self.reverse_path,
            self.recipient,
            region="EUR",
            directory=directory,
            switches=SWITCHES,
        )

    def decide_whole(self, directory: TenantDirectory) -> Attribution:
        """As a front end does for each RCPT TO: the credentials are judged anew."""
        mine = self.credentials
        judged = judge_credentials(mine.address, mine.tls, mine.certificate, SWITCHES)
        return Question(judged, self.reverse_path, self.recipient).decide(directory)


@dataclass(frozen=True, slots=True)
class World:
    """A directory, and questions about it."""

    tenants: int
    directory: TenantDirectory
    questions: tuple[Question, ...]
    seconds: float
    """To build tenants and directory."""
    mib: float
    """That they take."""


def tenants(count: int) -> Iterator[Tenant]:
    """Tenants t0, t1, ... with a domain, a mailbox and ten connectors each."""
    for number in range(count):
        domain = Domain(f"t{number}.example")
        user = Address("user", domain)
        yield Tenant(
            name=f"t{number}",
            id=f"{number:08x}-0000-4000-8000-000000000001",
            initial_domain=Domain(f"t{number}lab.onmicrosoft.com"),
            region="EUR",
            age=number,
            accepted_domains=(AcceptedDomain(domain, match_sub_domains=True),),
            recipients={user.key: Recipient(RecipientKind.MAILBOX, user)},
            inbound_connectors=tuple(connector(number, place) for place in range(CONNECTORS)),
        )


def connector(tenant: int, place: int) -> InboundConnector:
    """A connector for `c<place>.t<tenant>.example`, below it for odd places; the first by address too."""
    return InboundConnector(
        name=f"Inbound {place}",
        connector_type=ConnectorType.ON_PREMISES,
        tls_sender_certificate_name=DomainPattern(
            Domain(f"c{place}.t{tenant}.example"), wildcard=place % 2 == 1
        ),
        sender_ip_addresses=(IPv4Network(address(tenant)),) if place == 0 else (),
    )


def address(tenant: int) -> str:
    """An address of the tenant's own."""
    return f"10.{tenant >> 16 & 255}.{tenant >> 8 & 255}.{tenant & 255}"


def questions(count: int, number: int) -> tuple[Question, ...]:
    """Questions over all tenants; the same dice for every world."""
    dice = Random(1)  # noqa: S311 - no secrets

    def one(kind: int) -> Question:
        own, other = dice.randrange(count), dice.randrange(count)
        name, client = None, STRANGER
        if kind == 0:
            name = f"mx.c{1 + 2 * dice.randrange(CONNECTORS // 2)}.t{own}.example"
        elif kind == 1:
            name = f"c{2 * dice.randrange(CONNECTORS // 2)}.t{own}.example"
        elif kind == 2:
            client = address(own)
        else:
            name = "mx.elsewhere.example"
        shown = CertificateIdentity(name, (name,)) if name else None
        sender = f"user@t{own}.example" if kind < 3 else "user@elsewhere.example"
        recipient = f"user@t{other}.example" if kind < 4 else "user@nowhere.example"
        return Question(
            judge_credentials(client, True, shown, SWITCHES),
            ReversePath.parse(sender),
            Address.parse(recipient),
        )

    return tuple(one(kind) for kind in islice(cycle(range(5)), number))


def build(count: int, number: int) -> World:
    """A world of `count` tenants and `number` questions."""
    before, start = resident_mib(), time.process_time()
    directory = TenantDirectory(tenants(count))
    seconds, mib = time.process_time() - start, resident_mib() - before
    return World(count, directory, questions(count, number), seconds, mib)


def explain(question: Question, directory: TenantDirectory) -> object:
    """The decision with everything that was considered."""
    return question.decide(directory).explain()


def tell(question: Question, directory: TenantDirectory) -> object:
    """The decision told in lines."""
    return story(question.decide(directory).explain())


Ask = Callable[[Question, TenantDirectory], object]
KINDS: dict[str, Ask] = {
    "decision": Question.decide,
    "with explain()": explain,
    "with story()": tell,
    "credentials and decision": Question.decide_whole,
}


def timed(world: World, ask: Ask) -> float:
    """Microseconds for one question."""

    def work() -> None:
        directory = world.directory
        for question in world.questions:
            ask(question, directory)

    return cpu_seconds(work) / len(world.questions) * 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--questions", type=int, default=10_000, help="per round and directory")
    arguments = parser.parse_args()
    print(__doc__)
    print(f"Machine: {machine()}; {stay_on_one_core()}; {load()}.")
    print(
        f"Rounds: {arguments.rounds} of {arguments.questions:,} questions; median (lowest-highest), CPU time.\n"
    )
    worlds = [build(count, arguments.questions) for count in SIZES]
    gc.freeze()  # the sweep before each timing need not look at five million objects that stay
    for world in worlds:
        names = world.tenants * CONNECTORS
        print(
            f"{world.tenants:>7,} tenants, {names:>9,} names: built in {world.seconds:6.2f} s, {world.mib:5.0f} MiB"
        )
    print(f"whole process: {resident_mib():,.0f} MiB")
    seen = [
        len(question.decide(worlds[-1].directory).explain().candidates) for question in worlds[-1].questions
    ]
    print(f"connectors told of by explain(): {sum(seen) / len(seen):.1f} on average\n")
    for kind, ask in KINDS.items():
        rounds = [[timed(world, ask) for world in worlds] for _ in range(arguments.rounds)]
        report(kind, [Spread(values) for values in zip(*rounds, strict=True)])


def report(kind: str, found: list[Spread]) -> None:
    """One block of the output."""
    print(kind)
    for count, spread in zip(SIZES, found, strict=True):
        rate = f"{1e6 / spread.median:>9,.0f}/s"
        print(
            f"  {count:>7,} tenants: {spread.show():>20} us  {rate}   {spread.over(found[0]).show(2)} x 10 tenants"
        )


if __name__ == "__main__":
    main()
