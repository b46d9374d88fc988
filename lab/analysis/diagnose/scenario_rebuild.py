"""A scenario that makes it happen again: written from a diagnosis, played in the simulator, and diagnosed itself.

It is the smallest configuration that shows the same, not the reader's own: what the evidence does not tell is made up.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import yaml

from lab.analysis.diagnose.reproduction_case import Case, case
from lab.analysis.diagnose.reproduction_parties import PlainTable, cast
from lab.analysis.diagnose.scenario_sections import message, sections
from lab.drivers.run_outcome import RunOutcome
from lab.drivers.simulator import simulate
from lab.errors import ScenarioError
from lab.evidence.diagnosis import Diagnosis, TieToTenant
from lab.evidence.hop_facts import taken
from lab.model.steps import Attributed, Bounced
from lab.model.trace import Hop
from lab.model.value import value
from lab.scenario.load import load_text
from lab.sentence import Sentence, sentence

MARK = "# Written by `mflab diagnose`"
"""What such a scenario begins with."""
_WRITTEN = sentence(
    "Written by `mflab diagnose` from a piece of evidence: the smallest configuration that shows the same."
)
_BY_CERTIFICATE = sentence(
    "That the connector matched by certificate is made up too; no header tells it from an address."
)
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


def rebuild(found: Diagnosis) -> RebuiltScenario | None:
    """The scenario of a diagnosis; None where there is nothing to build it from."""
    facts = case(found)
    if facts is None:
        return None
    text_ = _head(facts) + _dumped(facts)
    try:
        (variant,) = load_text(text_).variants.values()
    except ScenarioError as error:
        no_scenario = sentence("the names of the evidence make no scenario: {error}", error=error)
        return RebuiltScenario(text=text_, differs=(no_scenario,))
    return RebuiltScenario(text=text_, differs=tuple(_differences(facts, simulate(variant))))


def _head(facts: Case) -> str:
    lines = [_WRITTEN, *(sentence("Made up: {fact}.", fact=fact) for fact in facts.made_up)]
    if any(passage.by is TieToTenant.CONNECTOR for passage in facts.way):
        lines.append(_BY_CERTIFICATE)
    return "".join(f"# {line}\n" for line in lines)


def _dumped(facts: Case) -> str:
    roles = cast(facts)
    written: PlainTable = {
        "scenario": "rebuilt",
        "title": "What a piece of evidence shows",
        "only": "simulator",
        "only_why": "its names and addresses are those of the evidence",
        **_when(facts.at),
        **sections(roles),
        "messages": {"mail": message(roles)},
    }
    told: str = yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=120)
    return told


def _when(at: datetime | None) -> PlainTable:
    """The lab's clock, and the rules of that day."""
    if at is None or at.date() < _EARLIEST:
        return {}
    start = at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    rules = {"as_of": at.date()} if at.date() < _RULES_OF_TODAY else {}
    return {**rules, "start": start}


def _differences(facts: Case, outcome: RunOutcome) -> list[Sentence]:
    """What the simulation does otherwise: the tenants in their order, what tied the mail to them, the status."""
    trace = outcome.trace("mail")
    stays = [hop for hop in trace.hops if taken(hop) and hop.head.tenant]
    told = []
    if len(stays) != len(facts.way) and facts.end_known:
        number = "{number} stays in Exchange Online, not {wanted}"
        told.append(sentence(number, number=len(stays), wanted=len(facts.way)))
    ids = {each.name: each.id.lower() for each in outcome.variant.topology.tenants.values()}
    for count, (hop, passage) in enumerate(zip(stays, facts.way, strict=False), 1):
        if passage.tenant.id and ids[str(hop.head.tenant)] != passage.tenant.id:
            elsewhere = "stay {number} is in tenant {tenant}, not in {wanted}"
            tenant, wanted = hop.head.tenant, passage.tenant.short
            told.append(sentence(elsewhere, number=count, tenant=tenant, wanted=wanted))
        if passage.by and _basis(hop) is not passage.by:
            by, wanted = Sentence(_basis(hop).value), Sentence(passage.by.value)
            told.append(
                sentence("stay {number} is by {by}, not by {wanted}", number=count, by=by, wanted=wanted)
            )
    return [*told, *_ends_otherwise(facts, trace.hops)] if facts.end_known else told


def _basis(hop: Hop) -> TieToTenant:
    decided = hop.first(Attributed)
    return _BASES.get(decided.basis, TieToTenant.UNKNOWN) if decided else TieToTenant.MAILBOX


def _ends_otherwise(facts: Case, hops: tuple[Hop, ...]) -> list[Sentence]:
    found = [(hop, step) for hop in hops for step in hop.all(Bounced)]
    if facts.refusal is None:
        return [sentence("it bounces: {reply}", reply=found[0][1].reply)] if found else []
    if not found:
        return [sentence("nothing bounces")]
    hop, step = found[0]
    told = []
    if step.status != facts.refusal.status:
        wanted = facts.refusal.status or sentence("none")
        told.append(sentence("the status is {status}, not {wanted}", status=step.status, wanted=wanted))
    if facts.maker_is_service != bool(hop.head.tenant):
        told.append(sentence("the report is made by {host}", host=hop.head.host))
    return told
