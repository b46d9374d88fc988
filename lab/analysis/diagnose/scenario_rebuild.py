"""A scenario that shows the same as the evidence: written from its diagnosis, played in the simulator, and compared.

It is the smallest configuration that shows the same, not the reader's own: what the evidence does not tell is made up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date

import yaml

from lab.analysis.diagnose.reproduction_case import Case, case
from lab.analysis.diagnose.reproduction_parties import PlainTable, parties
from lab.analysis.diagnose.scenario_sections import message, sections
from lab.drivers.run_outcome import RunOutcome
from lab.drivers.simulator import simulate
from lab.errors import ScenarioError
from lab.evidence.hop_facts import taken
from lab.model.steps import Attributed, Bounced
from lab.model.trace import Hop
from lab.model.value import value
from lab.reports.findings.diagnosis import Diagnosis, TieToTenant
from lab.scenario.load import load_text
from lab.sentence import Sentence, sentence

MARK = "# Written by `mflab diagnose`"
"""What such a scenario begins with."""
_BASES = {
    "certificate": TieToTenant.CONNECTOR,
    "address": TieToTenant.CONNECTOR,
    "recipient": TieToTenant.RECIPIENT,
}
_RULES_OF_TODAY = date(2026, 2, 2)
_EARLIEST = date(2017, 1, 1)


@value(kw_only=True)
class RebuiltScenario:
    """The scenario, and in what its simulation differs from the evidence."""

    text: str
    differs: tuple[Sentence, ...]
    """Empty if it gives the same tenants, and the same status."""


def rebuild(diagnosis: Diagnosis) -> RebuiltScenario | None:
    """The scenario of a diagnosis; None where there is nothing to build it from."""
    facts = case(diagnosis)
    if facts is None:
        return None
    text = _head(facts) + _dumped(facts)
    try:
        (variant,) = load_text(text).variants.values()
    except ScenarioError as error:
        no_scenario = sentence("the names of the evidence make no scenario: {error}", error=error)
        return RebuiltScenario(text=text, differs=(no_scenario,))
    return RebuiltScenario(text=text, differs=tuple(_differences(facts, simulate(variant))))


def _head(facts: Case) -> str:
    lines = [
        sentence(
            "Written by `mflab diagnose` from a piece of evidence: the smallest configuration that shows the same."
        ),
        *(sentence("Made up: {fact}.", fact=fact) for fact in facts.made_up),
    ]
    if any(passage.by is TieToTenant.CONNECTOR for passage in facts.way):
        by_certificate = (
            "That the connector matched by certificate is made up too; no header tells it from an address."
        )
        lines.append(sentence(by_certificate))
    return "".join(f"# {line}\n" for line in lines)


def _dumped(facts: Case) -> str:
    roles = parties(facts)
    tables: PlainTable = {
        "scenario": "rebuilt",
        "title": "What a piece of evidence shows",
        "only": "simulator",
        "only_why": "its names and addresses are those of the evidence",
    }
    if facts.at is not None and facts.at.date() >= _EARLIEST:  # the lab's clock, and the rules of that day
        start = facts.at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
        tables |= {"as_of": facts.at.date()} if facts.at.date() < _RULES_OF_TODAY else {}
        tables["start"] = start
    tables |= {**sections(roles), "messages": {"mail": message(roles)}}
    text: str = yaml.safe_dump(tables, sort_keys=False, allow_unicode=True, width=120)
    return text


def _differences(facts: Case, outcome: RunOutcome) -> Iterator[Sentence]:
    """What the simulation does otherwise: the tenants in their order, what tied the mail to them, the status."""
    trace = outcome.trace("mail")
    stays = [hop for hop in trace.hops if taken(hop) and hop.head.tenant]
    if len(stays) != len(facts.way) and facts.end_known:
        number = "{number} stays in Exchange Online, not {wanted}"
        yield sentence(number, number=len(stays), wanted=len(facts.way))
    ids = {tenant.name: tenant.id.lower() for tenant in outcome.variant.topology.tenants.values()}
    for count, (hop, passage) in enumerate(zip(stays, facts.way, strict=False), 1):
        tenant = passage.tenant
        if tenant.id and ids[str(hop.head.tenant)] != tenant.id:
            elsewhere = "stay {number} is in tenant {tenant}, not in {wanted}"
            yield sentence(elsewhere, number=count, tenant=hop.head.tenant, wanted=tenant.short)
        attributed = hop.first(Attributed)
        basis = _BASES.get(attributed.basis, TieToTenant.UNKNOWN) if attributed else TieToTenant.MAILBOX
        if passage.by and basis is not passage.by:
            by, wanted = Sentence(basis.value), Sentence(passage.by.value)
            yield sentence("stay {number} is by {by}, not by {wanted}", number=count, by=by, wanted=wanted)
    if facts.end_known:
        yield from _ends_otherwise(facts, trace.hops)


def _ends_otherwise(facts: Case, hops: tuple[Hop, ...]) -> Iterator[Sentence]:
    bounced = next(((hop, step) for hop in hops for step in hop.all(Bounced)), None)
    if bounced is None or facts.refusal is None:
        if bounced is not None:
            yield sentence("it bounces: {reply}", reply=bounced[1].reply)
        elif facts.refusal is not None:
            yield sentence("nothing bounces")
        return
    hop, step = bounced
    if step.status != facts.refusal.status:
        wanted = facts.refusal.status or sentence("none")
        yield sentence("the status is {status}, not {wanted}", status=step.status, wanted=wanted)
    if facts.maker_is_service != bool(hop.head.tenant):
        yield sentence("the report is made by {host}", host=hop.head.host)
