"""Whether everything that is named exists, and what could not be read: a check that needs it would tell the same mistake again,
in false words, and is left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lab.core.certificate_store import is_described
from lab.model.onprem import SendConnector
from lab.model.tenant import OutboundConnector
from lab.model.topology import Topology
from lab.model.value import dataclass
from lab.scenario.builders.certificate_profiles import profile
from lab.scenario.language.exchange_objects import parameter
from lab.scenario.language.party_keys import DnsKeys, HostKeys, HybridKeys, OrganizationKeys, TenantKeys
from lab.scenario.language.scenario_keys import (
    AttributedKeys,
    ExpectationKeys,
    MessageKeys,
    NdrKeys,
    ScenarioKeys,
    SectionKeys,
)
from lab.scenario.syntax.problem_report import ProblemReport, unknown
from lab.scenario.syntax.records import Fields, RecordKey
from lab.scenario.syntax.source_tree import TableNode, is_null
from lab.scenario.validation.address_rules import written_hosts
from lab.sentence import Sentence, sentence

_SEND_HOSTS = parameter("smart_hosts", SendConnector)
_OUTBOUND_HOSTS = parameter("smart_hosts", OutboundConnector)
_CERTIFICATE = parameter("tls_certificate_name", SendConnector)
_A_CERTIFICATE, _A_TENANT = sentence("certificate"), sentence("tenant")
_A_HOST, _A_PLACE = sentence("host"), sentence("host or tenant:NAME")
_OF_MAILBOXES = re.compile(r"(organizations|tenants|hosts)\.[^.]+\.(mailboxes|remote_mailboxes|domains)\b")
_OF_NAMES = re.compile(
    r"(organizations\.[^.]+\.)?hosts\.[^.]+\.(fqdn|helo|domains)\b|organizations\.[^.]+\.domains\b"
    r"|tenants\.[^.]+\.accepteddomains\b|dns\b",
    re.IGNORECASE,
)
PEOPLE = ("sender", "recipient")
"""Who notices a fault besides the admins."""


@dataclass(frozen=True, slots=True)
class WrittenNames:
    """All names as they are written. A thing that is wrong in itself still has its name here: one mistake, one report."""

    hosts: tuple[str, ...]
    tenants: tuple[str, ...]
    certificates: tuple[str, ...]
    messages: tuple[str, ...]
    organizations: tuple[str, ...]

    @classmethod
    def of(cls, tree: TableNode) -> WrittenNames:
        """From the expanded tree."""
        organizations = tree.get("organizations")
        entries = organizations.entries.values() if isinstance(organizations, TableNode) else ()
        inner = [entry.value.get("hosts") for entry in entries if isinstance(entry.value, TableNode)]
        hosts = [name for node in (*inner, tree.get("hosts")) for name in _names(node)]
        return cls(
            tuple(hosts),
            _names(tree.get("tenants")),
            (*_names(tree.get("certificates")), "eop"),
            _names(tree.get("messages")),
            _names(organizations),
        )

    @property
    def places(self) -> tuple[str, ...]:
        """What an expectation can name: hosts, and tenants as `tenant:NAME`."""
        return (*self.hosts, *(f"tenant:{name}" for name in self.tenants))


def _names(node: Any) -> tuple[str, ...]:
    if not isinstance(node, TableNode):
        return ()
    return tuple(name for name, entry in node.entries.items() if not is_null(entry.value))


@dataclass(frozen=True)
class UnreadParts:
    """The mistakes that were found while reading, before anything was compared with anything else."""

    report: ProblemReport
    missing: bool
    """Whether a host, an organisation or a tenant is not there at all."""

    @classmethod
    def of(cls, read: Fields, known: WrittenNames, report: ProblemReport) -> UnreadParts:
        """What is wrong so far."""
        there = {name for name, _ in written_hosts(read)}
        missing = (
            bool(set(known.hosts) - there)
            or bool(set(known.tenants) - set(read[SectionKeys.tenants]))
            or bool(set(known.organizations) - set(read[SectionKeys.organizations]))
        )
        return cls(ProblemReport(dict(report.found)), missing)

    def below(self, fields: Fields, key: RecordKey[Any]) -> bool:
        """Whether a key, or part of what it says, could not be read."""
        return self.report.troubled(fields.at.key(key.name).path)

    @property
    def mailboxes(self) -> bool:
        """Whether somebody's mailbox may be among what could not be read."""
        return self.missing or self._found(_OF_MAILBOXES)

    @property
    def host_names(self) -> bool:
        """Whether a name that DNS would have had may be."""
        return self.missing or self._found(_OF_NAMES)

    def _found(self, pattern: re.Pattern[str]) -> bool:
        return any(pattern.match(problem.path) for problem in self.report.found.values())


def check(read: Fields, known: WrittenNames) -> None:
    """Hosts, tenants, certificates and messages by name."""
    for _, host in written_hosts(read):
        _certificate(host, HostKeys.certificate.name, read, known)
        for name in host[HostKeys.certificates]:
            _exists(host, HostKeys.certificates, name, known.certificates, _A_CERTIFICATE)
    for organization in read[SectionKeys.organizations].values():
        keys = (OrganizationKeys.send_connectors, OrganizationKeys.receive_connectors)
        for connector in (connector for key in keys for connector in organization[key]):
            _certificate(connector, _CERTIFICATE, read, known)
        hybrid = organization[OrganizationKeys.hybrid]
        if hybrid is not None:
            _exists(hybrid, HybridKeys.tenant, hybrid[HybridKeys.tenant], known.tenants, _A_TENANT)
    for written, key, host_name in _smart_hosts(read):
        if "." not in host_name:  # those with a dot are looked for in DNS
            _exists(written, key, host_name, known.hosts, _A_HOST)
    regions = (tenant[TenantKeys.region] for tenant in read[SectionKeys.tenants].values())
    senders = (*known.places, *read[SectionKeys.regions], *regions)
    for message in read[SectionKeys.messages].values():
        _exists(message, MessageKeys.via, message[MessageKeys.via], senders, _A_PLACE)
    administrators = (symptom for symptom in read[ScenarioKeys.symptoms] if symptom not in PEOPLE)
    _places(read, ScenarioKeys.symptoms, administrators, known)
    for name, expectation in read[SectionKeys.expect].items():
        if name.partition("#")[0] not in known.messages:
            hint = unknown(name, known.messages)
            expectation.at.wrong(expectation.place, sentence("no message is named {name!r}", name=name), hint)
        _expectation(expectation, known)


def _smart_hosts(read: Fields) -> Iterator[tuple[Fields, str, str]]:
    """Every smart host: the record that names it, its key there, and the name."""
    records = [
        (host, key.name)
        for _, host in written_hosts(read)
        for key in (HostKeys.smart_hosts, HostKeys.forwards_to)
    ]
    for organization in read[SectionKeys.organizations].values():
        records += [(connector, _SEND_HOSTS) for connector in organization[OrganizationKeys.send_connectors]]
        wizard = organization[OrganizationKeys.hybrid]
        records += [(wizard, HybridKeys.smart_host.name)] if wizard is not None else []
    for tenant in read[SectionKeys.tenants].values():
        records += [(connector, _OUTBOUND_HOSTS) for connector in tenant[TenantKeys.outbound_connectors]]
    for written, key in records:
        names = written.values.get(key, ())
        for name in (names,) if isinstance(names, str) else names:
            yield written, key, name


def _expectation(expectation: Fields, known: WrittenNames) -> None:
    keys = ExpectationKeys
    several = (
        keys.path,
        keys.seen_by,
        keys.not_seen_by,
        keys.not_twice,
        keys.not_astray,
        keys.spf,
        keys.dmarc,
    )
    for key in several:
        _places(expectation, key, expectation.values.get(key.name, ()), known)
    attributed, ndr = expectation[ExpectationKeys.attributed], expectation[ExpectationKeys.ndr]
    if attributed is not None:
        name = attributed[AttributedKeys.tenant]
        _exists(attributed, AttributedKeys.tenant, name, known.tenants, _A_TENANT)
    if ndr is not None:
        _exists(ndr, NdrKeys.generated_by, ndr[NdrKeys.generated_by], known.places, _A_PLACE)
        _places(ndr, NdrKeys.path, ndr[NdrKeys.path], known)
    if ndr is not None and expectation[ExpectationKeys.no_ndr]:
        wanted = sentence("either `ndr:` or `no_ndr: true`")
        expectation.wrong(ExpectationKeys.no_ndr, wanted, sentence("set the other to ~ in a variant"))


def _places(read: Fields, key: RecordKey[Any], named: Iterable[str], known: WrittenNames) -> None:
    for place in named:
        _exists(read, key, place, known.places, _A_PLACE)


def _exists(
    read: Fields, key: RecordKey[Any] | str, name: str | None, known: Iterable[str], what: Sentence
) -> None:
    names = tuple(known)
    if name is not None and name not in names:
        read.wrong(key, sentence("no {what} is named {name!r}", what=what, name=name), unknown(name, names))


def _certificate(read: Fields, key: str, scenario: Fields, known: WrittenNames) -> None:
    name = read.values.get(key)
    if name is not None and is_described(name):
        return  # <I>issuer<S>subject: that it may be stale is the point (R115)
    _exists(read, key, name, known.certificates, _A_CERTIFICATE)
    written = scenario[SectionKeys.certificates]
    if name is not None and name in written and not written[name].broken and not profile(name, written).names:
        wanted = sentence("the certificate {name!r} has no names", name=name)
        read.wrong(key, wanted, sentence("it is a template that others start from, with `profile:`"))


def check_smart_hosts(read: Fields, topology: Topology) -> None:
    """Smart hosts written as host names must be in the lab's DNS, unless the scenario says that they fail."""
    dns = read[SectionKeys.dns]
    records: Mapping[str, object] = dns[DnsKeys.records] if dns is not None else {}
    resolvable = {name for name, kind in topology.zones.rows if kind in ("A", "CNAME", "MX")}
    resolvable |= {*records, *topology.zones.broken}
    for written, key, name in _smart_hosts(read):
        if "." in name and not name.replace(".", "").isdigit() and name not in resolvable:
            wanted = sentence("nothing in the lab's DNS is named {name}", name=name)
            written.wrong(key, wanted, unknown(name, resolvable))
