"""The machines of every company: built, given their certificates, and named by connectors instead of what was exported."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
    is_for_all,
    machines_of,
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
class SharedFacts:
    """What all companies have in common."""

    exports: Exports
    store: CertificateCollection
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
    shared: SharedFacts, organization: PartyDraft | None, tenants: Sequence[PartyDraft], key: str
) -> PlainData:
    """The hosts of one company, by key; `organization` is None where only a filter stands before a tenant."""
    return _Company(shared, organization, _facts(shared, organization, tenants, key)).tables()


def _facts(
    shared: SharedFacts, organization: PartyDraft | None, tenants: Sequence[PartyDraft], key: str
) -> MachineFacts:
    plain = not shared.taken & {"exchange", "gateway", "mx"}
    own = [organization] if organization else []
    return MachineFacts(
        key=key,
        prefix="" if plain else f"{key}-",
        side=organization.side if organization else None,
        domains=tuple(dict.fromkeys(name for party in (*own, *tenants) for name in party.domains)),
        send=organization.send if organization else (),
        inbound=[connector for party in tenants for connector in party.inbound],
        outbound=[connector for party in tenants for connector in party.outbound],
        records=shared.records,
        gateways=shared.exports.gateways if plain else (),
        addresses=shared.addresses,
        notes=shared.notes,
    )


class _Company:
    """The machines of one company in the making."""

    def __init__(self, shared: SharedFacts, organization: PartyDraft | None, facts: MachineFacts) -> None:
        self.shared, self.organization, self.facts = shared, organization, facts
        self.machines = machines_of(facts)

    def tables(self) -> PlainData:
        """The hosts, and others that connectors lead to."""
        self._gateways(self._exchange())
        others = self._rewired([*self.facts.send, *self.facts.outbound])
        moved = self.machines.moved.items()
        self.shared.moved |= {public: own for public, own in moved if public != own}
        tables = {}
        for machine in self.machines.all():
            self.shared.own |= {name: machine.table["address"] for name in machine.names if "." in name}
            self.shared.derived |= {machine.table["fqdn"]} if "fqdn" in machine.table else set()
            tables[machine.key] = machine.table
        return {**tables, **others}

    def _exchange(self) -> CollectedCertificate | None:
        """Certificates of the servers, and of connectors by what they mean; the one that is shown."""
        organization, exchange, shared = self.organization, self.machines.exchange, self.shared
        if organization is None or exchange is None:
            return None
        held = of_server(organization.side, shared.exports.certificates, shared.store, shared.notes)
        for connector in (*organization.send, *organization.table["ReceiveConnectors"]):
            connector.pop(_TLS_NAME, None)
            name = meant(connector.given, held, shared.store, shared.notes)
            if name is not None:
                connector[_TLS_NAME] = name
        named = [sending[_TLS_NAME] for sending in organization.send if _TLS_NAME in sending]
        wizards = organization.side.of("HybridConfiguration")
        named += [meant(wizard, held, shared.store, shared.notes) for wizard in wizards]
        shown = self._shown(held, named) or next(self._seen(exchange), None) or self._believed(exchange)
        if shown is not None:
            exchange.table["certificate"] = shown.key
        if len(held) > 1:
            exchange.table["certificates"] = [certificate.key for certificate in held]
        return shown

    def _shown(
        self, held: Sequence[CollectedCertificate], named: Sequence[str | None]
    ) -> CollectedCertificate | None:
        """What the server shows where no connector says it: the newest for SMTP that a CA has signed."""
        smtp = [certificate for certificate in held if certificate.smtp] or list(held)
        signed = [certificate for certificate in smtp if not certificate.self_signed]
        by_name = (self.shared.store.by_key.get(name) for name in named if name)
        return self.shared.store.newest(signed or smtp) or next(filter(None, by_name), None)

    def _seen(
        self, machine: MachineDraft, named: re.Pattern[str] | None = None
    ) -> Iterator[CollectedCertificate]:
        """Certificates that a machine has shown, or that lie in a file or folder of such a name."""
        found = self.shared.exports.certificates
        return shown_by(found, (*machine.names, *machine.seen), self.shared.store, named)

    def _believed(self, exchange: MachineDraft) -> CollectedCertificate | None:
        """Without an exported certificate: the one that the tenant's connector expects, for else hybrid mail would not flow."""
        for connector in self.facts.inbound:
            value = connector.get("TlsSenderCertificateName")
            if connector.get("ConnectorType") != "OnPremises" or not value:
                continue
            text = sentence(
                "No certificate of Exchange was exported; one with the name {name} is assumed, as the tenant's "
                "connector expects it.",
                name=value,
            )
            answer = sentence("Export Get-ExchangeCertificate.")
            self.facts.ask(exchange.key, "certificate", text, answer, "R59", "R113")
            names, place = usable((str(value),)), connector.given.place
            assumed = CollectedCertificate(key=key_of(names), names=names, place=place, smtp=True)
            return self.shared.store.enter(assumed) if names else None
        return None

    def _gateways(self, exchange: CollectedCertificate | None) -> None:
        """What filters show, where they hand mail to, and who may relay."""
        facts, shared = self.facts, self.shared
        postfix = facts.gateways[0] if len(facts.gateways) == 1 else None
        for machine in filter(None, (self.machines.gateway, self.machines.inbound)):
            path = ("organizations", facts.key, "hosts", machine.key)
            settled = certificate_alternatives.settled(machine, list(self._seen(machine, _FILTER)), postfix)
            answered = any(
                shared.answers.tells((*path, key)) for key in ("certificate", "client_certificate")
            )
            if self._sends(machine) and not settled and not answered:
                store = shared.store
                self._tried(certificate_alternatives.variants(facts, machine, exchange, store, postfix))
            if facts.side is None:
                machine.table["forwards_to"] = [shared.doors[0]] if shared.doors else []
            elif postfix is not None and (routes := postfix_routes(postfix)):
                next_hops = map(self.machines.called, routes)
                machine.table["forwards_to"] = [next_hop.key for next_hop in next_hops if next_hop]

    def _sends(self, gateway: MachineDraft) -> bool:
        """Whether the company's mail to the internet leaves by it."""
        if self.facts.side is None:
            return True
        hosts = (
            str(host) for own in self.facts.send if is_for_all(own) for host in own.get("SmartHosts", ())
        )
        return any(self.machines.called(host) is gateway for host in hosts)

    def _tried(self, variants: PlainData) -> None:
        """Filters of several companies are tried together: each shows Exchange's certificate, its own, or none."""
        for name, variant in variants.items():
            self.shared.variants.setdefault(name, variant)
            self.shared.variants[name]["change"] |= variant["change"]

    def _rewired(self, connectors: Sequence[ConvertedTable]) -> PlainData:
        """Smart hosts by the keys of the machines that they mean; a host for each that is somebody else's."""
        others: PlainData = {}
        for connector in connectors:
            hosts = []
            for host in map(str, connector.get("SmartHosts", ())):
                machine = self.machines.called(host)
                if machine is not None:
                    hosts.append(machine.key)
                    if (
                        machine.role == "gateway"
                        and is_for_all(connector)
                        and connector in self.facts.outbound
                    ):
                        machine.table["relay_from"] = _senders(self.shared)
                elif is_service(host):
                    self._stranger(connector, host)
                    hosts.append(host)
                else:
                    hosts.append(self._other(connector, host, others))
            if hosts:
                connector["SmartHosts"] = list(dict.fromkeys(hosts))
        return others

    def _stranger(self, connector: ConvertedTable, host: str) -> None:
        """A name in the service that belongs to none of the tenants: it leads to one of them, where the recipient decides."""
        if host.lower() not in self.shared.doors:
            self.shared.strangers.add(host.lower())
            text = sentence("{host} belongs to no exported tenant; here it leads to one of those", host=host)
            self.shared.notes.about(connector.given, text)

    def _other(self, connector: ConvertedTable, host: str, others: PlainData) -> str:
        """The key of a host that is no known machine: the end of its domains, or a relay where it is for everything."""
        shared, bare, ends = self.shared, host.strip("[] ").rstrip(".").lower(), _ends(connector)
        for name, table in {**shared.hosts, **others}.items():
            if bare in (table.get("fqdn"), table["address"]):
                if "domains" in table:
                    table["domains"] = list(dict.fromkeys((*table["domains"], *ends)))
                return name
        key = unique("host" if is_address(bare) else bare.partition(".")[0], shared.taken)
        addresses = [bare] if is_address(bare) else list(shared.records.addresses(bare))
        address = next(filter(shared.addresses.take, addresses), None) or shared.addresses.spare()
        named = {} if is_address(bare) or "." not in bare else {"fqdn": bare}
        own: PlainData = {"address": address, **named}
        if ends:
            shared.hosts[key] = {**own, "domains": ends}
            return key
        others[key] = {"role": "gateway", **own, "accepts_domains": [], "relay_from": _senders(shared)}
        text = sentence("{host} is taken for a relay that delivers by MX", host=host)
        shared.notes.about(connector.given, text)
        return key


def _senders(shared: SharedFacts) -> list[str]:
    """The service's own addresses in the regions of all tenants, from which their mail comes."""
    regions = list(dict.fromkeys(str(tenant.table["region"]) for tenant in shared.tenants))
    planned = service_machines.plan(regions)
    machines = (service_machines.region(name, planned.index(name)) for name in regions)
    return [host.address for machine in machines for host in machine.senders]


def _ends(connector: ConvertedTable) -> list[str]:
    """The domains that a connector is for, as far as they are domains."""
    spaces = (*connector.get("AddressSpaces", ()), *connector.get("RecipientDomains", ()))
    patterns = (DomainPattern.parse(str(space)) for space in spaces)
    return list(dict.fromkeys(str(pattern.domain) for pattern in patterns if pattern.domain is not None))
