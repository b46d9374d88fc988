"""The machines of every company: built, given their certificates, and named by connectors instead of what was exported."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field

from lab.core.service_host_names import front_door
from lab.importers.assembly import certificate_alternatives
from lab.importers.assembly.answers_file import Answers
from lab.importers.assembly.certificate_collection import (
    CertificateCollection,
    CollectedCertificate,
    key_of,
    meant,
    of_server,
    shown_by,
    usable,
)
from lab.importers.assembly.dns_records import FoundRecords, is_address, is_service
from lab.importers.assembly.language_conversion import ConvertedTable
from lab.importers.assembly.machine_drafts import (
    MachineDraft,
    MachineFacts,
    Machines,
    is_for_all,
    park,
    postfix_routes,
)
from lab.importers.assembly.party_sections import PartyDraft, unique
from lab.importers.assembly.stand_ins import Addresses
from lab.importers.assembly.types import ImportNotes
from lab.importers.types import Exports
from lab.model.names import Domain, DomainPattern
from lab.model.value import dataclass
from lab.scenario.builders import service_machines
from lab.scenario.syntax.yaml_dump import PlainData
from lab.sentence import sentence

_TLS_NAME = "TlsCertificateName"
_FILTER = re.compile(r"(?<![a-z])(gateway|filter|relay|mx)(?![a-z])")
"""What files and folders are called that tell of a filter."""


@dataclass(slots=True, kw_only=True)
class Ground:
    """What all companies have in common."""

    exports: Exports
    papers: CertificateCollection
    records: FoundRecords
    addresses: Addresses
    answers: Answers
    notes: ImportNotes
    tenants: Sequence[PartyDraft]
    taken: set[str]
    """Keys of hosts."""
    hosts: PlainData = field(default_factory=dict)
    """Those at top level."""
    own: dict[str, str] = field(default_factory=dict)
    """Names of machines, and where they lead."""
    derived: set[str] = field(default_factory=set)
    """Those of them that the lab's DNS has anyhow."""
    moved: dict[str, str] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)
    """Front doors of tenants that were not exported."""
    variants: PlainData = field(default_factory=dict)

    @property
    def doors(self) -> tuple[str, ...]:
        """The front doors of all tenants."""
        names = (
            name
            for tenant in self.tenants
            for name in (*tenant.domains, tenant.table["initial_domain"], *tenant.all_domains)
        )
        return tuple(str(front_door(Domain(name))) for name in names)


def build(
    ground: Ground, organization: PartyDraft | None, tenants: Sequence[PartyDraft], key: str
) -> PlainData:
    """The hosts of one company, by key; `organization` is None where only a filter stands before a tenant."""
    site = _site(ground, organization, tenants, key)
    made = park(site)
    exchange = _exchange(ground, site, organization, made)
    _gateways(ground, site, made, exchange)
    others = _rewired(ground, site, made, [*site.send, *site.outbound])
    ground.moved |= {public: own for public, own in made.moved.items() if public != own}
    tables = {}
    for machine in made.all():
        ground.own |= {name: machine.table["address"] for name in machine.names if "." in name}
        ground.derived |= {machine.table["fqdn"]} if "fqdn" in machine.table else set()
        tables[machine.key] = machine.table
    return {**tables, **others}


def _site(
    ground: Ground, organization: PartyDraft | None, tenants: Sequence[PartyDraft], key: str
) -> MachineFacts:
    plain = not ground.taken & {"exchange", "gateway", "mx"}
    own = [organization] if organization else []
    return MachineFacts(
        key=key,
        prefix="" if plain else f"{key}-",
        side=organization.side if organization else None,
        domains=tuple(dict.fromkeys(name for party in (*own, *tenants) for name in party.domains)),
        send=organization.send if organization else (),
        inbound=[connector for party in tenants for connector in party.inbound],
        outbound=[connector for party in tenants for connector in party.outbound],
        records=ground.records,
        gateways=ground.exports.gateways if plain else (),
        addresses=ground.addresses,
        notes=ground.notes,
    )


def _exchange(
    ground: Ground,
    site: MachineFacts,
    organization: PartyDraft | None,
    made: Machines,
) -> CollectedCertificate | None:
    """Certificates of the servers, and of connectors by what they mean; the one that is shown."""
    if organization is None or made.exchange is None:
        return None
    held = of_server(organization.side, ground.exports.certificates, ground.papers, ground.notes)
    for connector in (*organization.send, *organization.table["ReceiveConnectors"]):
        connector.pop(_TLS_NAME, None)
        name = meant(connector.given, held, ground.papers, ground.notes)
        if name is not None:
            connector[_TLS_NAME] = name
    hybrid = [
        name
        for configuration in organization.side.of("HybridConfiguration")
        if (name := meant(configuration, held, ground.papers, ground.notes))
    ]
    shown = _shown(
        ground,
        held,
        [*(sending[_TLS_NAME] for sending in organization.send if _TLS_NAME in sending), *hybrid],
    )
    seen = shown_by(ground.exports.certificates, (*made.exchange.names, *made.exchange.seen), ground.papers)
    shown = shown or next(seen, None) or _believed(ground, site, made.exchange)
    if shown is not None:
        made.exchange.table["certificate"] = shown.key
    if len(held) > 1:
        made.exchange.table["certificates"] = [certificate.key for certificate in held]
    return shown


def _shown(
    ground: Ground, held: Sequence[CollectedCertificate], named: Sequence[str]
) -> CollectedCertificate | None:
    """What the server shows where no connector says it: the newest for SMTP that a CA has signed."""
    smtp = [certificate for certificate in held if certificate.smtp] or list(held)
    signed = [certificate for certificate in smtp if not certificate.self_signed]
    papers = (ground.papers.papers.get(name) for name in named)
    return ground.papers.newest(signed or smtp) or next(filter(None, papers), None)


def _believed(ground: Ground, site: MachineFacts, machine: MachineDraft) -> CollectedCertificate | None:
    """Without an exported certificate: the one that the tenant's connector expects, for else hybrid mail would not flow."""
    for connector in site.inbound:
        value = connector.get("TlsSenderCertificateName")
        if connector.get("ConnectorType") == "OnPremises" and value:
            text = sentence(
                "No certificate of Exchange was exported; one with the name {name} is assumed, as the tenant's "
                "connector expects it.",
                name=value,
            )
            site.ask(
                machine.key, "certificate", text, sentence("Export Get-ExchangeCertificate."), "R59", "R113"
            )
            names = usable((str(value),))
            return (
                ground.papers.enter(
                    CollectedCertificate(
                        key=key_of(names), names=names, place=connector.given.place, smtp=True
                    )
                )
                if names
                else None
            )
    return None


def _gateways(
    ground: Ground, site: MachineFacts, made: Machines, exchange: CollectedCertificate | None
) -> None:
    """What filters show, where they hand mail to, and who may relay."""
    postfix = site.gateways[0] if len(site.gateways) == 1 else None
    for machine in (made.gateway, made.inbound):
        if machine is None:
            continue
        sends = site.side is None or any(
            is_for_all(connector) for connector in site.send if machine.key in _named(connector, made)
        )
        shown = list(
            shown_by(ground.exports.certificates, (*machine.names, *machine.seen), ground.papers, _FILTER)
        )
        path = ("organizations", site.key, "hosts", machine.key)
        settled = certificate_alternatives.settled(machine, shown, postfix)
        answered = any(ground.answers.tells((*path, key)) for key in ("certificate", "client_certificate"))
        if sends and not settled and not answered:
            _tried(ground, certificate_alternatives.variants(site, machine, exchange, ground.papers, postfix))
        if site.side is None:
            machine.table["forwards_to"] = [ground.doors[0]] if ground.doors else []
        elif postfix is not None and (routes := [_next(made, host) for host in postfix_routes(postfix)]):
            machine.table["forwards_to"] = [host for host in routes if host]


def _tried(ground: Ground, variants: PlainData) -> None:
    """Filters of several companies are tried together: each shows Exchange's certificate, its own, or none."""
    for name, variant in variants.items():
        there: PlainData = ground.variants.get(name) or variant
        there["change"] |= variant["change"]
        ground.variants[name] = there


def _named(connector: ConvertedTable, made: Machines) -> set[str]:
    return {machine.key for host in connector.get("SmartHosts", ()) if (machine := made.called(str(host)))}


def _next(made: Machines, host: str) -> str:
    machine = made.called(host)
    return machine.key if machine is not None else ""


def _rewired(
    ground: Ground, site: MachineFacts, made: Machines, connectors: Sequence[ConvertedTable]
) -> PlainData:
    """Smart hosts by the keys of the machines that they mean; a host for each that is somebody else's."""
    others: PlainData = {}
    for connector in connectors:
        hosts = []
        for host in map(str, connector.get("SmartHosts", ())):
            machine = made.called(host)
            if machine is not None:
                hosts.append(machine.key)
                if machine.role == "gateway" and is_for_all(connector) and connector in site.outbound:
                    machine.table["relay_from"] = _senders(ground)
            elif is_service(host):
                _door(ground, site, connector, host)
                hosts.append(host)
            else:
                hosts.append(_other(ground, site, connector, host, others))
        if hosts:
            connector["SmartHosts"] = list(dict.fromkeys(hosts))
    return others


def _door(ground: Ground, site: MachineFacts, connector: ConvertedTable, host: str) -> None:
    """A name in the service that belongs to none of the tenants: it leads to one of them, where the recipient decides."""
    if host.lower() not in ground.doors:
        ground.strangers.add(host.lower())
        site.notes.about(
            connector.given,
            sentence("{host} belongs to no exported tenant; here it leads to one of those", host=host),
        )


def _other(
    ground: Ground, site: MachineFacts, connector: ConvertedTable, host: str, others: PlainData
) -> str:
    """The key of a host that is no known machine: the end of its domains, or a relay where it is for everything."""
    bare = host.strip("[] ").rstrip(".").lower()
    for name, there in {**ground.hosts, **others}.items():
        if bare in (there.get("fqdn"), there["address"]):
            _also(there, connector)
            return name
    key = unique("host" if is_address(bare) else bare.partition(".")[0], ground.taken)
    addresses = [bare] if is_address(bare) else list(ground.records.addresses(bare))
    address = next(filter(ground.addresses.take, addresses), None) or ground.addresses.spare()
    table: PlainData = {"address": address}
    if not is_address(bare) and "." in bare:
        table["fqdn"] = bare
    ends = _ends(connector)
    if ends:
        ground.hosts[key] = {**table, "domains": ends}
    else:
        others[key] = {
            "role": "gateway",
            **table,
            "accepts_domains": [],
            "relay_from": _senders(ground),
        }
        site.notes.about(
            connector.given, sentence("{host} is taken for a relay that delivers by MX", host=host)
        )
    return key


def _senders(ground: Ground) -> list[str]:
    """The service's own addresses in the regions of all tenants, from which their mail comes."""
    regions = list(dict.fromkeys(str(tenant.table["region"]) for tenant in ground.tenants))
    planned = service_machines.plan(regions)
    machines = (service_machines.region(name, planned.index(name)) for name in regions)
    return [host.address for machine in machines for host in machine.senders]


def _ends(connector: ConvertedTable) -> list[str]:
    """The domains that a connector is for, as far as they are domains."""
    spaces = (*connector.get("AddressSpaces", ()), *connector.get("RecipientDomains", ()))
    patterns = (DomainPattern.parse(str(space)) for space in spaces)
    return list(dict.fromkeys(str(pattern.domain) for pattern in patterns if pattern.domain is not None))


def _also(table: PlainData, connector: ConvertedTable) -> None:
    if "domains" in table:
        table["domains"] = list(dict.fromkeys((*table["domains"], *_ends(connector))))
