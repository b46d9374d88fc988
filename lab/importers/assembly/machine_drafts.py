"""Hosts: Exchange and what stands before it, with their names, addresses and certificates as far as anything tells them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from lab.importers.assembly.dns_records import FoundRecords, is_address, is_service
from lab.importers.assembly.language_conversion import ConvertedTable
from lab.importers.assembly.object_owners import ExportedSide
from lab.importers.assembly.stand_ins import Addresses
from lab.importers.assembly.types import ImportNotes
from lab.importers.types import FoundGateway
from lab.model.address_plan import is_inside
from lab.model.names import Domain
from lab.model.value import dataclass
from lab.scenario.syntax.yaml_dump import PlainData
from lab.sentence import Sentence, sentence

_ANSWER_ADDRESS = sentence("Add a zone file with its A record, or say it in answers.yaml.")
_ANSWER_NAT = sentence(
    "Say `nat:` of the host in answers.yaml; the SPF record or a partner's log may tell it."
)


@dataclass(slots=True, kw_only=True)
class MachineDraft:
    """A host in the making."""

    key: str
    role: str
    table: PlainData
    names: tuple[str, ...] = ()
    """All names that are known to be its own."""
    seen: tuple[str, ...] = ()
    """All addresses, likewise."""

    def is_called(self, text: str) -> bool:
        """Whether a smart host or an MX means it."""
        bare = text.strip("[] ").rstrip(".").lower()
        return bare in self.names or bare in self.seen


@dataclass(slots=True)
class Machines:
    """The machines of an organisation."""

    exchange: MachineDraft | None = None
    gateway: MachineDraft | None = None
    inbound: MachineDraft | None = None
    """What takes mail in, if that is another one."""
    moved: dict[str, str] = field(default_factory=dict)
    """Public addresses that lead to machines which listen at another one."""

    def all(self) -> list[MachineDraft]:
        """Those that there are."""
        return [machine for machine in (self.exchange, self.gateway, self.inbound) if machine is not None]

    def called(self, text: str) -> MachineDraft | None:
        """The machine that a smart host means."""
        return next((machine for machine in self.all() if machine.is_called(text)), None)


def hosts_of(connectors: Sequence[ConvertedTable], everything: bool) -> tuple[str, ...]:
    """Smart hosts of connectors: of those for the whole internet, or of all; not those of Exchange Online."""
    hosts = (
        host.strip("[] ").rstrip(".").lower()
        for connector in connectors
        if connector.get("Enabled", True) and (not everything or is_for_all(connector))
        for host in connector.get("SmartHosts", ())
    )
    return tuple(dict.fromkeys(host for host in hosts if host and not is_service(host)))


def is_for_all(connector: Mapping[str, Any]) -> bool:
    """Whether a connector is for every domain."""
    spaces = (*connector.get("AddressSpaces", ()), *connector.get("RecipientDomains", ()))
    return any(str(space).lower().removeprefix("smtp:").partition(";")[0] == "*" for space in spaces)


@dataclass(slots=True, kw_only=True)
class MachineFacts:
    """All that tells about the machines of one organisation."""

    key: str
    """The organisation's in the scenario."""
    prefix: str
    """Before the keys of its hosts, where another organisation has the plain ones."""
    side: ExportedSide | None
    domains: tuple[str, ...]
    send: Sequence[ConvertedTable]
    inbound: Sequence[ConvertedTable]
    outbound: Sequence[ConvertedTable]
    records: FoundRecords
    gateways: Sequence[FoundGateway]
    addresses: Addresses
    notes: ImportNotes

    @property
    def exchangers(self) -> tuple[str, ...]:
        """The MX hosts of its domains that are not Exchange Online's."""
        hosts = (host for domain in self.domains for host in self.records.exchangers(domain))
        return tuple(dict.fromkeys(host for host in hosts if not is_service(host)))

    @property
    def identified(self) -> tuple[str, ...]:
        """Single addresses by which the tenant knows on-premises."""
        own = (connector for connector in self.inbound if connector.get("ConnectorType") == "OnPremises")
        addresses = (str(address) for connector in own for address in connector.get("SenderIPAddresses", ()))
        return tuple(address for address in addresses if is_address(address))

    def ask(self, host: str, setting: str, text: Sentence, answer: Sentence, *rules: str) -> None:
        """A to-do at a setting of a host."""
        self.notes.ask(("organizations", self.key, "hosts", host, setting), text, answer, *rules)


def machines_of(facts: MachineFacts) -> Machines:
    """The machines: Exchange where there is an on-premises side, a gateway where mail goes through one."""
    made = Machines()
    relays = hosts_of(facts.send, everything=True)
    if facts.side is not None:
        made.exchange = _exchange(facts, relays, made)
    own = made.exchange
    relays = tuple(host for host in relays if own is None or not own.is_called(host))
    entries = tuple(host for host in facts.exchangers if own is None or not own.is_called(host))
    if relays:
        made.gateway = _gateway(facts, "gateway", relays, _same(relays, entries, facts), made)
    left = tuple(host for host in entries if made.called(host) is None)
    if left and made.gateway is None:
        made.gateway = _gateway(facts, "gateway", left, (), made)
    elif left:
        made.inbound = _gateway(facts, "mx", left, (), made)
    return made


def _same(relays: Sequence[str], entries: Sequence[str], facts: MachineFacts) -> tuple[str, ...]:
    """The MX, where the relay is known inside only: most filters do both, and the outside knows them by that name."""
    inside = all(_is_internal(host, facts.records) for host in relays)
    if inside and entries:
        text = sentence(
            "the smart host {relay} and the MX {mx} are taken for one machine", relay=relays[0], mx=entries[0]
        )
        facts.notes.say(facts.send[0].given.place, text)
    return tuple(entries) if inside else ()


def _is_internal(host: str, records: FoundRecords) -> bool:
    if is_address(host):
        return is_inside(host)
    addresses = records.addresses(host)
    return "." not in host or not addresses or all(map(is_inside, addresses))


def _exchange(facts: MachineFacts, relays: Sequence[str], machines: Machines) -> MachineDraft:
    assert facts.side is not None, "an organisation has servers"
    own = [connector for connector in facts.outbound if connector.get("ConnectorType") == "OnPremises"]
    called = [host for host in hosts_of(own, everything=False) if host not in relays]
    fqdn, others = _server_name(facts.side, facts.notes)
    names = tuple(dict.fromkeys(filter(None, (fqdn, *(n for n in called if not is_address(n)), *others))))
    seen = [host for host in called if is_address(host)]
    seen += [address for name in names for address in facts.records.addresses(name)]
    relayed = {address for host in relays for address in (host, *facts.records.addresses(host))}
    seen += [address for address in facts.identified if address not in relayed]
    table: PlainData = {"role": "exchange"}
    machine = MachineDraft(key=f"{facts.prefix}exchange", role="exchange", table=table, names=names)
    _settle(facts, machine, [address for address in dict.fromkeys(seen) if address not in relayed], machines)
    if names:
        table["fqdn"] = names[0]
    return machine


def _server_name(side: ExportedSide, notes: ImportNotes) -> tuple[str, tuple[str, ...]]:
    """The name of the first server, and those of the others, which the lab has not."""
    servers = [host for host in side.of("ExchangeServer") if "edge" not in host.text("ServerRole").lower()]
    hosts = [_host_name(server.text("Fqdn", "Name")) for server in servers]
    fronts = sorted(
        side.of("ReceiveConnector"), key=lambda connector: "frontend" not in connector.text("Name").lower()
    )
    hosts += [_host_name(front.text("Fqdn")) for front in fronts]
    names = list(dict.fromkeys(filter(None, hosts)))
    if len(servers) > 1:
        name = names[0] if names else servers[0].label
        text = sentence(
            "{number} Exchange servers become one in the lab: {name}", number=len(servers), name=name
        )
        notes.say(servers[0].place, text)
    return (names[0] if names else ""), tuple(names[1:])


def _host_name(text: str) -> str:
    try:
        name = Domain.parse(text)
    except ValueError:
        return ""
    return str(name) if "." in name and not is_service(name) and not is_address(name) else ""


def _gateway(
    facts: MachineFacts, key: str, called: Sequence[str], also: Sequence[str], machines: Machines
) -> MachineDraft:
    everything = tuple(dict.fromkeys((*called, *also)))
    names = tuple(host for host in everything if not is_address(host))
    seen = [address for address in everything if is_address(address)]
    seen += [address for name in names for address in facts.records.addresses(name)]
    table: PlainData = {"role": "gateway"}
    machine = MachineDraft(key=f"{facts.prefix}{key}", role="gateway", table=table, names=names)
    _settle(facts, machine, list(dict.fromkeys(seen)), machines)
    postfix = facts.gateways[0] if len(facts.gateways) == 1 else None
    settings = postfix.settings if postfix else {}
    helo = _host_name(settings.get("smtp_helo_name") or settings.get("myhostname", ""))
    public = [host for host in (*also, *names) if _host_name(host)]
    if public or helo:
        table["fqdn"] = public[0] if public else helo
    if helo and helo != table.get("fqdn"):
        table["helo"] = helo
    table["accepts_domains"] = [
        domain for domain in facts.domains if _receives(machine, facts.records.exchangers(domain))
    ]
    return machine


def _receives(machine: MachineDraft, exchangers: Sequence[str]) -> bool:
    """Whether the MX leads there; where no MX is known, a filter is taken for what it mostly is."""
    return not exchangers or any(map(machine.is_called, exchangers))


def _settle(facts: MachineFacts, machine: MachineDraft, seen: Sequence[str], machines: Machines) -> None:
    """Its address, and the one that others see where that is another; what is missing is stood in for."""
    inside = list(filter(is_inside, seen))
    outside = [host for host in seen if not is_inside(host)]
    shared = [host for host in outside if host in machines.moved]
    free = [host for host in (*inside, *outside) if host not in machines.moved]
    address = next(filter(facts.addresses.take, free), None)
    table = machine.table
    if address is None and not shared:
        address = facts.addresses.spare()
        text = sentence(
            "The address of {machine} is in none of the exports; {address} stands in for it.",
            machine=machine.key,
            address=address,
        )
        facts.ask(machine.key, "address", text, _ANSWER_ADDRESS, "R7", "R58", "R166")
    elif address is None:
        address = facts.addresses.spare(inside=True)
    for moved in shared:
        _moved_inside(facts, moved, machines)
    table["address"] = address
    public = next(iter(shared or outside), None)
    if is_inside(address):
        if public is None:
            public = facts.addresses.spare()
            text = sentence(
                "{machine} has an internal address; its public address is in none of the exports.",
                machine=machine.key,
            )
            facts.ask(machine.key, "nat", text, _ANSWER_NAT, "R7", "R58", "R166")
        table["nat"] = public
    if public is not None:
        machines.moved.setdefault(public, address)
    machine.seen = tuple(dict.fromkeys((*seen, address)))


def _moved_inside(facts: MachineFacts, public: str, machines: Machines) -> None:
    """Two machines behind one public address are both inside, and have addresses of their own there."""
    for owner in (machine for machine in machines.all() if machine.table["address"] == public):
        owner.table |= {"address": facts.addresses.spare(inside=True), "nat": public}
        machines.moved[public] = owner.table["address"]


def postfix_routes(found: FoundGateway) -> tuple[str, ...]:
    """Where a Postfix hands incoming mail to, by its transport map."""
    targets = []
    for target in found.maps.get("transport", {}).values():
        _, _, rest = target.partition(":")
        host = re.sub(r"(?<!:):\d+$", "", rest.strip()).strip("[]")
        if host:
            targets.append(host.lower())
    return tuple(dict.fromkeys(targets))
