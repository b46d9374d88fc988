"""Accepted domains, connectors and remote domains of either side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lab.importers.assembly.exported_object import ExportedProperties
from lab.importers.assembly.language_conversion import ConvertedTable, Numbers, distinct, written
from lab.importers.assembly.object_owners import MOERA, ROUTING, ExportedSide
from lab.importers.assembly.types import ImportNotes
from lab.importers.exchange_values import address_spaces
from lab.scenario.language.exchange_objects import EXCHANGE_RECORDS
from lab.sentence import sentence

_DOMAIN_TYPES = ("Authoritative", "ExternalRelay", "InternalRelay")
_TLS = ("", "EncryptionOnly", "CertificateValidation", "DomainValidation")
_CONNECTOR = ("", "OnPremises", "Partner")
_SOURCE = ("", "Default", "Migrated", "HybridWizard", "AdminUI")
_NUMBERS: Mapping[str, Numbers] = {
    "AcceptedDomain": {"DomainType": _DOMAIN_TYPES},
    "InboundConnector": {"ConnectorType": _CONNECTOR, "ConnectorSource": _SOURCE},
    "OutboundConnector": {"ConnectorType": _CONNECTOR, "ConnectorSource": _SOURCE, "TlsSettings": _TLS},
    "SendConnector": {"TlsAuthLevel": _TLS},
}


def accepted_domains(side: ExportedSide, notes: ImportNotes) -> list[ConvertedTable]:
    """What the side receives for. `*.contoso.com` is a domain with MatchSubDomains (R140)."""
    domains: dict[str, ConvertedTable] = {}
    for given in side.of("AcceptedDomain"):
        name = given.text("DomainName") or given.name
        if name == "*":
            notes.without(given, sentence("the lab has no accepted domain for everything"))
            continue
        made = _converted(given.saying({"DomainName": name.removeprefix("*.")}), notes)
        if made is None:
            continue
        if name.startswith("*."):
            made["MatchSubDomains"] = True
        if domains.setdefault(made["DomainName"], made) is not made:
            notes.without(given, sentence("the domain is listed already"))
    return list(_one_default(domains.values(), notes))


def _converted(given: ExportedProperties, notes: ImportNotes) -> ConvertedTable | None:
    return written(given, EXCHANGE_RECORDS[given.kind], notes, _NUMBERS.get(given.kind))


def _one_default(made: Iterable[ConvertedTable], notes: ImportNotes) -> Iterable[ConvertedTable]:
    first = None
    for domain in made:
        if domain.get("Default") and first is not None:
            name = first["DomainName"]
            text = sentence("a second default domain; {domain} stays the default", domain=name)
            notes.about(domain.given, text)
            del domain["Default"]
        elif domain.get("Default"):
            first = domain
        yield domain


def initial_domain(side: ExportedSide) -> str:
    """The tenant's NAME.onmicrosoft.com; '' where nothing tells it."""
    for given in side.of("AcceptedDomain"):
        name = (given.text("DomainName") or given.name).lower()
        if name.endswith(MOERA) and not name.endswith(ROUTING) and given.truth("InitialDomain") is not False:
            return name
    names = [name for name in side.domains if name.endswith(MOERA)]
    own = [name for name in names if not name.endswith(ROUTING)]
    if own or not names:
        return own[0] if own else ""
    return f"{names[0].removesuffix(ROUTING)}{MOERA}"


def named_objects(side: ExportedSide, kind: str, notes: ImportNotes) -> list[ConvertedTable]:
    """Inbound connectors of a tenant, or remote domains of an organisation (R104)."""
    return distinct((_converted(exported, notes) for exported in side.of(kind)), notes)


def outbound(side: ExportedSide, notes: ImportNotes) -> list[ConvertedTable]:
    """Outbound connectors of a tenant."""
    made = named_objects(side, "OutboundConnector", notes)
    for connector in made:
        _routed(connector, "UseMXRecord", notes)
        _validated(connector, "TlsSettings", notes)
    return made


def send(side: ExportedSide, notes: ImportNotes) -> list[ConvertedTable]:
    """Send connectors. What is for X.400 or for a site only is nothing that the lab has."""
    made = []
    for given in side.of("SendConnector"):
        spaces = address_spaces(given.value("AddressSpaces"))
        smtp = tuple(str(space) for space in spaces if space.type == "SMTP" and space.domain != "--")
        connector = _converted(given.saying({"AddressSpaces": smtp}), notes)
        if connector is None:
            continue
        if not connector.get("AddressSpaces"):
            notes.without(given, sentence("it has no SMTP address space"))
            continue
        connector["SmartHosts"] = connector.get("SmartHosts", [])
        _routed(connector, "DNSRoutingEnabled", notes)
        _validated(connector, "TlsAuthLevel", notes)
        made.append(connector)
    return distinct(made, notes)


def _routed(made: ConvertedTable, by_dns: str, notes: ImportNotes) -> None:
    """Either by DNS or to smart hosts: what the flag says counts, and what is left over by a former setting does not."""
    uses_dns = made.given.truth(by_dns)
    hosts = made.pop("SmartHosts", [])
    if uses_dns and hosts:
        notes.about(made.given, sentence("{by_dns} is true, so SmartHosts have no effect", by_dns=by_dns))
        hosts = []
    made.pop(by_dns, None)
    if hosts:
        made.update({by_dns: False, "SmartHosts": hosts})


def _validated(made: ConvertedTable, level: str, notes: ImportNotes) -> None:
    if "TlsDomain" in made and made.get(level) != "DomainValidation":
        text = sentence("TlsDomain has no effect without {level} DomainValidation (R91)", level=level)
        notes.about(made.given, text)
        del made["TlsDomain"]


def receive(side: ExportedSide, notes: ImportNotes) -> list[ConvertedTable]:
    """Receive connectors on port 25 as far as they decide something (R103), that of the front end first."""
    connectors = []
    fronts = sorted(
        side.of("ReceiveConnector"), key=lambda connector: "frontend" not in connector.text("Name").lower()
    )
    for given in fronts:
        bindings = given.many("Bindings", blanks=True)
        if given.truth("Enabled") is False or (
            bindings and not any(binding.endswith(":25") for binding in bindings)
        ):
            continue
        made = _converted(given, notes)
        if made is not None and "." not in str(made.get("Fqdn", ".")):
            del made["Fqdn"]
        connectors.append(made)
    return distinct(connectors, notes)
