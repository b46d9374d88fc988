"""What was not exported is not what is not there: each kind of a side that no file tells of is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lab.importers import cmdlet_recognition
from lab.importers.assembly.object_owners import ExportedSide
from lab.importers.assembly.party_sections import PartyDraft
from lab.importers.assembly.types import ImportNotes
from lab.importers.assembly.types import SettingPath as Steps
from lab.importers.types import ExportLocation
from lab.sentence import listed, sentence

_CERTIFICATE = "ExchangeCertificate"
_DOMAIN = "AcceptedDomain"
_CLOUD = (
    ("InboundConnector", "InboundConnectors", ("R3", "R111")),
    ("OutboundConnector", "OutboundConnectors", ("R99", "R111")),
    (_DOMAIN, "AcceptedDomains", ("R15", "R156")),
)
"""Without which a verdict about a tenant means little: kind, section, rules."""
_OWN = (
    ("SendConnector", "SendConnectors", ("R101", "R109")),
    (_DOMAIN, "AcceptedDomains", ("R105", "R136")),
    (_CERTIFICATE, "hosts", ("R59", "R113")),
)


def ask(parties: Iterable[PartyDraft], without: Sequence[ExportLocation], notes: ImportNotes) -> None:
    """A to-do for each kind of each exported side that has no file; one that says `[]` tells that there is none."""
    every = [party for party in parties if party.side.objects]
    for party in every:
        alone = sum(other.side.cloud is party.side.cloud for other in every) == 1
        for kind, section, rules in _CLOUD if party.side.cloud else _OWN:
            lacks = not party.side.of(kind) or (kind == _DOMAIN and bool(party.side.lent))
            if lacks and not _said(party.side, kind, without, alone=alone):
                _ask(party, kind, section, rules, notes)


def ask_for_exchange(tenant: PartyDraft, key: str, notes: ImportNotes) -> None:
    """A to-do where a tenant expects an Exchange of its own, of which nothing was exported; `key` is that of its organisation."""
    expected = [
        connector
        for connector in tenant.inbound
        if connector.get("ConnectorType") == "OnPremises" and connector.get("Enabled", True)
    ]
    if not expected:
        return
    names = listed(sentence('"{name}"', name=connector["Name"]) for connector in expected)
    text = sentence(
        "The on-premises side of tenant {tenant} was not exported, and {names} expects it: which address and certificate do "
        "Exchange and the filter show?",
        tenant=tenant.key,
        names=names,
    )
    answer = sentence(
        "Export Get-SendConnector, Get-ExchangeCertificate and Get-AcceptedDomain of the Exchange "
        "servers too."
    )
    notes.ask(("organizations", key), text, answer, "R3", "R59", "R111")


def _said(side: ExportedSide, kind: str, without: Iterable[ExportLocation], *, alone: bool) -> bool:
    """Whether a file tells that there is none: one that lies with the side, or anywhere if there is no other such side."""
    folders = {exported.place.folder for exported in side.objects}
    shared = kind == _DOMAIN  # both sides have it, and a folder tells whose it is
    return any(
        cmdlet_recognition.of_file(place.file) == kind and (place.folder in folders or (alone and not shared))
        for place in without
    )


def _ask(party: PartyDraft, kind: str, section: str, rules: tuple[str, ...], notes: ImportNotes) -> None:
    top, noun = ("tenants", "tenant") if party.side.cloud else ("organizations", "organization")
    path: Steps = (top, party.key, section)
    taken = sentence("it is taken to have none")
    if kind == _DOMAIN and party.side.lent:
        taken = sentence("it is taken to accept {domains}", domains=party.side.lent)
    if kind == _CERTIFICATE:
        host, shows = _exchange(party)
        path = (*path, host, "certificate")
        if any(todo.path == path for todo in notes.todos):
            return
        taken = sentence("it is taken to show the certificate that its connectors name") if shows else taken
    whose = sentence("{noun} {name}", noun=noun, name=party.key)
    text = sentence("Get-{kind} was not exported for {whose}: {taken}.", kind=kind, whose=whose, taken=taken)
    answer = sentence("Export Get-{kind}; a file with [] says that there is none.", kind=kind)
    notes.ask(path, text, answer, *rules)


def _exchange(party: PartyDraft) -> tuple[str, bool]:
    """The Exchange server, and whether it is known to show a certificate."""
    hosts = party.table["hosts"]
    server = next(
        (key for key, host in hosts.items() if host.get("role", "exchange") == "exchange"), "exchange"
    )
    return server, "certificate" in hosts.get(server, {})
