"""unbound and Knot DNS in the place of the lab's own DNS server: the same answers, and the same verdicts."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from lab.drivers.address_mapping import Endpoint
from lab.drivers.configuration_history import History
from lab.drivers.embedded import Embedded
from lab.drivers.run_outcome import RunOutcome
from lab.drivers.simulator import simulate
from lab.model.dns import DnsQuestion, DnsRecords, Mx, NoData, NxDomain, RecordType, ServFail, Zones
from lab.model.names import Domain
from lab.pki import rsa_signing
from lab.scenario.load import load
from lab.scenario.model import Scenario, Variant
from lab.wire.resolver import Resolver
from tests.embedded.labs import SCENARIOS, played
from tests.embedded.nameservers import COMMANDS, serving
from tests.embedded.tools import needs
from tests.normalised_traces import diff, normalise

pytestmark = pytest.mark.wire

MANY = " ".join(f"ip4:198.51.100.{last}" for last in range(2, 120))
LONG_SPF = f"""
dns:
  records:
    msxfaq.example: {{TXT: "v=spf1 {MANY} include:spf.protection.outlook.com -all"}}
"""
"""More than a datagram takes: asked again by TCP."""
NO_SUCH_DOMAIN = """
messages: {nowhere: {from: useronline@msxfaq.example, to: somebody@nowhere.example}}
expect: {nowhere: {ends: bounced}}
"""
CASES = [
    ("wildcard-misrouting", "shared-wildcard"),
    ("wildcard-misrouting", "half-fix"),
    ("wildcard-misrouting", "dedicated-certificate"),
    ("wildcard-misrouting", "no-client-certificate"),
    ("authentication/changed-body", None),
    ("authentication/second-hop", None),
    ("flows/unreachable", "dns-fails"),
    ("flows/unreachable", "no-mail-wanted"),
    ("topologies/several-front-ends", None),
]
servers = pytest.mark.parametrize(
    "server", [pytest.param(name, marks=needs(*command[:1])) for name, command in COMMANDS.items()]
)


@cache
def scenario(name: str) -> Scenario:
    return load(SCENARIOS / f"{name}.yaml")


def chosen(name: str, variant: str | None) -> Variant:
    variants = scenario(name).variants
    return variants[variant or next(iter(variants))]


async def with_names_of(server: str, variant: Variant, folder: Path) -> RunOutcome:
    """A run in which nobody asks the lab's own DNS server."""
    state = folder / "state"
    state.mkdir()
    history = History.of(variant, suite=rsa_signing.signatures(variant, state))
    with serving(server, history.versions[0].topology.zones, folder / server) as names:
        async with Embedded(variant, state, names=names) as lab:
            messages = await lab.submit()
            await lab.finish()
            assert not lab.dns.counts
            return RunOutcome(
                variant=variant,
                driver="embedded",
                hops=lab.journal.hops(),
                delivered=tuple(lab.mailboxes),
                messages=messages,
                started=variant.starts,
                took=lab.clock.now() - variant.starts,
            )


async def same_as_simulated(server: str, variant: Variant, folder: Path) -> RunOutcome:
    real, simulated = await with_names_of(server, variant, folder), simulate(variant)
    wire = normalise(real.traces, real.messages)
    assert diff(normalise(simulated.traces, simulated.messages), wire, ("simulator", server)) == ""
    return real


@servers
@pytest.mark.parametrize(("name", "variant"), CASES)
async def test_the_same_verdict(server, name, variant, tmp_path):
    outcome = await same_as_simulated(server, chosen(name, variant), tmp_path)
    assert [str(finding) for finding in outcome.findings() if not finding.ok] == []


@servers
async def test_the_same_trace_with_an_spf_record_that_fits_no_datagram(server, tmp_path):
    await same_as_simulated(server, played(LONG_SPF), tmp_path)


@servers
async def test_the_same_trace_for_a_domain_that_does_not_exist(server, tmp_path):
    variant = played(NO_SUCH_DOMAIN)
    assert variant.topology.zones.answer(DnsQuestion(Domain("nowhere.example"), "MX")) == NxDomain()
    await same_as_simulated(server, variant, tmp_path)


ODD = Zones(
    {
        ("many.example", "TXT"): ("x" * 255, "y" * 256, 'a "quoted" \\ one; \x00\x7f', "grüße", ""),
        ("huge.example", "TXT"): tuple(str(n) * 255 for n in range(9)),
        ("both.example", "MX"): (Mx(10, "a.both.example"), Mx(20, "b.both.example")),
        ("a.both.example", "A"): ("198.51.100.7", "198.51.100.8"),
        ("a.both.example", "AAAA"): ("2001:db8::7",),
        ("null.example", "MX"): (Mx(0, ""),),
        ("alias.example", "CNAME"): ("alias2.example",),
        ("alias2.example", "CNAME"): ("a.both.example",),
        ("astray.example", "CNAME"): ("no.such.example",),
        ("deep.down.in.test", "A"): ("203.0.113.9",),
        ("host.invalid", "A"): ("203.0.113.9",),
        ("1.113.0.203.in-addr.arpa", "PTR"): ("deep.down.in.test",),
        ("1.0.18.198.in-addr.arpa", "PTR"): ("host.invalid",),
        ("beside.broken.test", "A"): ("203.0.113.9",),
    },
    broken=frozenset({"broken.example", "names.broken.test"}),
)


def names_to_ask(zones: Zones) -> list[str]:
    """Everything there is, what is above and below it, and something else."""
    known = {name for name, _ in zones.rows}
    above = {parent for name in known for parent in Domain(name).parents()}
    return sorted({*known, *above, *zones.broken, *(f"no.{name}" for name in known), "nowhere.example"})


async def differences(zones: Zones, names: Endpoint) -> list[str]:
    resolver = Resolver(names.address, names.port)
    found = []
    for name, kind in product(names_to_ask(zones), get_args(RecordType)):
        question = DnsQuestion(Domain(name), kind)
        wanted, got = plain(zones.answer(question)), plain(await resolver.answer(question))
        if wanted != got:
            found.append(f"{name} {kind}: {wanted} is {got}")
    return found


def plain(answer):
    """The order of records says nothing."""
    return sorted(map(str, answer.rows)) if isinstance(answer, DnsRecords) else answer


@servers
async def test_every_answer_is_that_of_the_zones(server, tmp_path):
    article = chosen("wildcard-misrouting", None).topology.zones
    zones = replace(ODD, rows={**article.rows, **ODD.rows})
    with serving(server, zones, tmp_path / server) as names:
        assert await differences(zones, names) == []


@needs("unbound")
async def test_a_resolver_follows_an_alias_to_a_failing_name(tmp_path):
    zones = replace(ODD, rows={**ODD.rows, ("to-broken.example", "CNAME"): ("broken.example",)})
    with serving("unbound", zones, tmp_path / "unbound") as names:
        assert await differences(zones, names) == []


@servers
async def test_what_is_below_a_failing_name_fails_as_well(server, tmp_path):
    with serving(server, ODD, tmp_path / server) as names:
        resolver = Resolver(names.address, names.port)
        assert await resolver.answer(DnsQuestion(Domain("www.broken.example"), "A")) == ServFail()
        assert await resolver.answer(DnsQuestion(Domain("in.test"), "A")) == NoData()
