"""A scenario that shows the same as the evidence: written from its diagnosis, played in the simulator, and compared.

It is the smallest configuration that shows the same, not the reader's own: what the evidence does not tell is made up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date

import yaml

from lab.analysis.diagnose import scenario_tenants
from lab.analysis.diagnose.reproduction_case import Case, case
from lab.analysis.diagnose.reproduction_parties import (
    DMARC,
    ELSEWHERE,
    FAR,
    NO_ANSWER,
    NO_DNS,
    NO_STARTTLS,
    PlainTable,
    ReproductionParties,
    filled,
    parties,
)
from lab.core.service_host_names import front_door
from lab.drivers.run_outcome import RunOutcome
from lab.drivers.simulator import simulate
from lab.errors import ScenarioError
from lab.evidence.hop_facts import taken
from lab.model.names import Domain
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
_REPLY = 400
"""Characters of a server's words that are kept."""


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
    tables |= {**_sections(roles), "messages": {"mail": _message(roles)}}
    text: str = yaml.safe_dump(tables, sort_keys=False, allow_unicode=True, width=120)
    return text


def _sections(parties: ReproductionParties) -> PlainTable:
    """All of them, in the order of the language."""
    case = parties.case
    exchange = _sends_by_exchange(parties)
    elsewhere = not parties.same and (not parties.target or case.meant_for is not None)
    tenants = {
        "own": scenario_tenants.own(parties) if parties.own else {},
        "target": scenario_tenants.target(parties) if parties.target else {},
    }
    hosts = {
        "client": _by_mx(parties) if not exchange and not parties.began_inside else {},
        "elsewhere": _elsewhere(parties) if elsewhere else {},
    }
    return filled(
        {
            "organizations": {"sender": _exchange(parties)} if exchange else {},
            "tenants": filled(tenants),
            "hosts": filled(hosts),
            "certificates": {} if parties.began_inside else {"shown": {"names": [str(case.helo)]}},
            "dns": {"servfail": [str(case.recipient.domain)]} if parties.number == NO_DNS else {},
        }
    )


def _message(parties: ReproductionParties) -> PlainTable:
    """The mail itself."""
    case = parties.case
    return filled(
        {
            "from": str(case.sender),
            "to": str((case.meant_for if parties.target else None) or case.recipient),
            "reverse_path": "<>" if case.null_sender else str(case.reverse_path or ""),
            "via": "tenant:own" if parties.began_inside else "client",
        }
    )


def _sends_by_exchange(parties: ReproductionParties) -> bool:
    """Whether the client has to be Exchange: it relays to the tenant, or its headers are to be promoted (R117)."""
    internal = parties.through is not None and parties.through.internal is True
    connects = parties.own and not parties.began_inside and parties.number != FAR
    return connects and (parties.relays or internal)


def _machine(parties: ReproductionParties) -> PlainTable:
    name = str(parties.case.helo)
    return {"address": parties.address, "fqdn": name, "helo": name, "certificate": "shown"}


def _policy(parties: ReproductionParties) -> PlainTable:
    return {"dmarc": "reject"} if parties.number == DMARC else {}


def _by_mx(parties: ReproductionParties) -> PlainTable:
    """A server on the internet. It is no final server for the recipient's domain: it would keep the mail."""
    case = parties.case
    home = (case.meant_for or case.recipient).domain
    senders = [address for address in (case.sender, case.reverse_path) if address and address.domain != home]
    own = {
        "domains": list(dict.fromkeys(str(address.domain) for address in senders)),
        "mailboxes": list(map(str, senders)),
    }
    return filled(_machine(parties) | own | _policy(parties))


def _exchange(parties: ReproductionParties) -> PlainTable:
    """An organisation with one Exchange server; whom it does not know, it sends on."""
    sender = parties.case.sender
    connector: PlainTable = {"Name": "To Exchange Online", "AddressSpaces": ["smtp:*;1"]}
    if parties.relays:
        connector["SmartHosts"] = [str(front_door(parties.accepted))]
    if parties.through is not None and parties.through.internal:
        connector["CloudServicesMailEnabled"] = True
    return {
        "AcceptedDomains": [{"DomainName": str(sender.domain), "DomainType": "InternalRelay"}],
        "mailboxes": [str(sender)],
        "hosts": {"client": {"role": "exchange", **_machine(parties)}},
        "SendConnectors": [connector],
        **_policy(parties),
    }


def _elsewhere(parties: ReproductionParties) -> PlainTable:
    """The server outside that the mail goes to, and what it answers."""
    case = parties.case
    host: PlainTable = {
        "address": ELSEWHERE,
        "domains": [str(case.recipient.domain)],
        "mailboxes": [str(case.recipient)],
    }
    if parties.number == NO_ANSWER:
        return host | {"down": True}
    if parties.number == NO_STARTTLS:
        return host | {"offers_tls": False}
    if case.refusal is None or not case.refusal.said_by or case.refusal.service:
        return host
    reply = case.refusal.reply.rpartition(" -> ")[2]  # without what Exchange Online wraps it in (R150, R203)
    if not reply[:3].isdecimal():
        reply = f"550 {reply}"
    return host | {"refuses_with": reply[:_REPLY]} | _name(case.refusal.said_by, case.helo)


def _name(host: str, taken: Domain) -> PlainTable:
    try:
        name = Domain.parse(host)
    except ValueError:
        return {}
    return {"fqdn": str(name)} if "." in name and name != taken else {}


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
