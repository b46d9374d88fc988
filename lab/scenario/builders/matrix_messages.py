"""`matrix:`: everybody writes to everybody, and each cell becomes a message with an expectation.

By rule a cell is delivered (unless the recipient takes no mail of such senders), causes no report, is seen by no tenant
that nothing leads it to (`tenants_meant`), and passes none twice. Of a message to a group, each copy is judged by
itself. What the scenario says under `expect:` is laid over the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace

from lab.model.names import Address
from lab.model.topology import Topology
from lab.scenario.builders.correspondents import OwnCompany, address_owners, cast, own_company
from lab.scenario.builders.message_origin import has_mailbox
from lab.scenario.builders.messages import Rhythm, expectation, repeated, rhythm
from lab.scenario.builders.tenants_meant import ends, homes, refused, tenants_meant
from lab.scenario.language.scenario_keys import MatrixKeys, PartyKeys
from lab.scenario.model import Expectation, MatrixCell, MatrixParty, MatrixPlan, MatrixSection, MessageSpec
from lab.scenario.syntax.problem_report import unknown
from lab.scenario.syntax.records import Fields, RecordKey
from lab.scenario.syntax.source_tree import SourceLocation
from lab.sentence import sentence

AUTO = "auto"
ANY = "*"
_NOWHERE = SourceLocation("", 0)


def automatic(topology: Topology, file: str = "", later: Iterable[Topology] = ()) -> MatrixSection:
    """The matrix of a scenario that says nothing about it; `later` is what its timeline makes of the configuration."""
    everybody = cast(topology)
    return _matrix(everybody.senders, everybody.recipients, (topology, *later), SourceLocation(file, 0))


def written(read: Fields, topology: Topology, later: Iterable[Topology] = ()) -> MatrixSection:
    """The matrix as it is written; problems go to the report."""
    correspondents, own = cast(topology), own_company(topology)
    senders = _parties(read, MatrixKeys.senders, correspondents.senders, own)
    recipients = _parties(read, MatrixKeys.recipients, correspondents.recipients, own)
    made = _matrix(senders, recipients, (topology, *later), read.place)
    made = replace(made, expect=_with_claims(made, read, senders, recipients))
    again = read[MatrixKeys.repeat]
    return made if again is None else repeating(made, rhythm(again))


def repeating(made: MatrixSection, again: Rhythm) -> MatrixSection:
    """The same with every message sent again and again: what is claimed of a cell is claimed of each of them."""
    messages = tuple(message for once in made.messages for message in repeated(once, again))
    expect = {message.key: replace(made.expect[message.series], whole_series=True) for message in messages}
    return MatrixSection(made.plan, messages, expect)


def _parties(
    read: Fields, key: RecordKey[tuple[Fields, ...]], known: tuple[MatrixParty, ...], own: OwnCompany
) -> tuple[MatrixParty, ...]:
    """Those that are named, in order; all where nothing is written."""
    if not read.given(key):
        return known
    parties: dict[str, MatrixParty] = {}
    for record in read[key]:
        for party in _one(record, known, own):
            parties.setdefault(party.name, party)
    return tuple(parties.values())


def _one(read: Fields, known: tuple[MatrixParty, ...], own: OwnCompany) -> tuple[MatrixParty, ...]:
    """`auto`, one of the classes, or an address with a name of its own."""
    who = read[PartyKeys.who]
    if who == AUTO:
        return known
    if "@" not in who:
        fitting = tuple(party for party in known if party.name == who)
        if not fitting:
            hint = unknown(who, (AUTO, *(party.name for party in known)))
            read.wrong(PartyKeys.who, sentence("nobody here is called {who!r}", who=who), hint)
        return fitting
    address = Address.parse(who)
    name = read[PartyKeys.name] or address.local.lower().replace(".", "-")
    own_address, via = own.has(address.domain), read[PartyKeys.via]
    return (MatrixParty(name=name, address=address, own=own_address, via=via, about=str(address)),)


def _matrix(
    senders: Iterable[MatrixParty],
    recipients: Iterable[MatrixParty],
    times: Sequence[Topology],
    place: SourceLocation,
) -> MatrixSection:
    who, whom = tuple(senders), tuple(recipients)
    cells = tuple(_cells(who, whom, times[0]))
    return MatrixSection(
        MatrixPlan(senders=who, recipients=whom, cells=cells),
        tuple(message(cell) for cell in cells),
        {cell.key: by_rule(cell, times, place) for cell in cells},
    )


def _cells(
    senders: Iterable[MatrixParty], recipients: tuple[MatrixParty, ...], topology: Topology
) -> Iterator[MatrixCell]:
    """Every pair that concerns the company, but nobody who writes to himself."""
    for sender in senders:
        for recipient in recipients:
            if _concerns(sender, recipient, topology):
                yield MatrixCell(key=f"{sender.name}_to_{recipient.name}", sender=sender, recipient=recipient)


def _concerns(sender: MatrixParty, recipient: MatrixParty, topology: Topology) -> bool:
    if not recipient.own and (not sender.own or _is_robot(sender, topology)):
        return False
    mine, theirs = (_primary(party.address, topology) for party in (sender, recipient))
    return mine != theirs


def _is_robot(sender: MatrixParty, topology: Topology) -> bool:
    """A service of Microsoft's writes to the company's people only; a notification may go to anybody (R238)."""
    host = topology.hosts.get(sender.via or "")
    inside = sender.via is not None and sender.via.startswith("tenant:")
    foreign = all(not tenant.accepts(sender.address.domain) for tenant in topology.tenants.values())
    return (host is not None and host.is_service) or (inside and foreign)


def _primary(address: Address, topology: Topology) -> str:
    """The mailbox behind an address."""
    recipients = (owner.find(address) for owner in address_owners(topology))
    return next((recipient.primary.key for recipient in recipients if recipient is not None), address.key)


def message(cell: MatrixCell) -> MessageSpec:
    """What the sender of a cell sends."""
    return MessageSpec(
        key=cell.key,
        sender=cell.sender.address,
        recipients=(cell.recipient.address,),
        subject=f"From {cell.sender.name} to {cell.recipient.name}",
        via=cell.sender.via,
    )


def by_rule(cell: MatrixCell, times: Sequence[Topology], place: SourceLocation = _NOWHERE) -> Expectation:
    """What is claimed of a pair of which the scenario says nothing, under its configurations one after the other.

    What is led to a tenant at some time is judged when it is sent (`not_astray`).
    """
    topology = times[0]
    to = [ends(cell.recipient.address, moment) for moment in times]
    first, *later = (tenants_meant(cell.sender, *pair) for pair in zip(to, times, strict=True))
    meant = first.union(*later)
    passed = first - homes(to[0], topology)
    unwanted = refused(cell.sender, cell.recipient, topology)
    return Expectation(
        ends="bounced" if unwanted else "delivered",
        no_ndr=not unwanted,
        not_seen_by=tuple(f"tenant:{name}" for name in topology.tenants if name not in meant),
        not_twice=tuple(f"tenant:{name}" for name in topology.tenants if name in passed),
        not_astray=tuple(f"tenant:{name}" for name in topology.tenants if name in meant),
        file=place.file,
        line=place.line,
    )


def _with_claims(
    made: MatrixSection, read: Fields, senders: tuple[MatrixParty, ...], recipients: tuple[MatrixParty, ...]
) -> dict[str, Expectation]:
    expect = dict(made.expect)
    for pair, claim in read[MatrixKeys.expect].items():
        who, whom = _pair(pair, claim, senders, recipients)
        for cell in made.plan.cells:
            if who in (ANY, cell.sender.name) and whom in (ANY, cell.recipient.name):
                expect[cell.key] = _laid_over(expect[cell.key], claim)
    return expect


def _pair(
    pair: str, claim: Fields, senders: tuple[MatrixParty, ...], recipients: tuple[MatrixParty, ...]
) -> tuple[str, str]:
    """`onprem > cloud`; each side may be `*`."""
    who, arrow, whom = (part.strip() for part in pair.partition(">"))
    if not arrow:
        wanted = sentence("SENDER > RECIPIENT")
        claim.at.wrong(claim.place, wanted, sentence("such as `onprem > cloud` or `* > outside`"))
        return "", ""
    for name, parties in ((who, senders), (whom, recipients)):
        names = (ANY, *(party.name for party in parties))
        if name not in names:
            wanted = sentence("nobody here is called {name!r}", name=name)
            claim.at.wrong(claim.place, wanted, unknown(name, names))
    return who, whom


def _laid_over(rule: Expectation, read: Fields) -> Expectation:
    """What is written instead of the rule (`~`: no claim); a report or another end is no claim that there is no report."""
    claim = expectation(read)
    given = [field.name for field in fields(claim) if field.name in read.values or field.name in read.nulls]
    changed = {name: getattr(claim, name) for name in given}
    silent = claim.ndr is None and claim.ends in (None, "delivered", "dropped")
    changed.setdefault("no_ndr", rule.no_ndr and silent)
    return replace(rule, **changed, line=claim.line, file=claim.file)


def send_check(read: Fields, made: MatrixSection, topology: Topology) -> None:
    """Every sender has a place to start from."""
    for party in made.plan.senders:
        if party.via is None and not has_mailbox(party.address, topology):
            wanted = sentence("{address} has no mailbox here", address=party.address)
            read.wrong(MatrixKeys.senders, wanted, sentence("say `via:` a host"))
