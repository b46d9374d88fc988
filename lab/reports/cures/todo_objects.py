"""Objects of Exchange that differ, as New-, Set- and Remove-: connectors, mail flow rules, domains, settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeAlias

from lab.model.onprem import OnPremOrganization
from lab.model.rules import RuleState, TransportRule
from lab.model.tenant import AcceptedDomain, InboundConnector, OutboundConnector, Tenant
from lab.model.topology import Topology
from lab.model.value import dataclass
from lab.reports.cures.todo_types import Todo, TodoStep, cloud, on_premises, thumbprint
from lab.reports.text.powershell_text import Expression, cmdlet
from lab.scenario.language.exchange_objects import OWN, parameter, parameters
from lab.scenario.language.mail_flow_rules import shown
from lab.sentence import NOTHING, Sentence, sentence

_MANDATORY = {
    "InboundConnector": ("connector_type", "sender_domains"),
    "OutboundConnector": ("connector_type",),
}
"""What New- wants even where it is the default."""
_NEW_TAKES = {"RemoteDomain": ("DomainName",)}
"""All that New- takes beside the name, where it does not take everything."""
_BY_WIZARD = sentence(
    "the Hybrid Configuration Wizard made some of these objects, and sets them again when it runs: choose the same there"
)

_ADD = (
    "add the domain {domain} to the tenant (admin center, Settings, Domains), and verify it by its TXT record"
)

Connector: TypeAlias = InboundConnector | OutboundConnector


def todos(before: Topology, after: Topology) -> Iterator[Todo]:
    """Of all tenants and organisations that are on both sides."""
    for name, tenant in after.tenants.items():
        if name in before.tenants:
            yield from _tenant(before.tenants[name], tenant, after)
    for name, organization in after.organizations.items():
        if name in before.organizations:
            yield from _organization(before.organizations[name], organization, after)


def _tenant(old: Tenant, new: Tenant, topology: Topology) -> Iterator[Todo]:
    where = cloud(new.name)
    yield from _cloud_domains(old, new)
    lines = _Lines(topology)
    for noun, was, now, step in (
        ("InboundConnector", old.inbound_connectors, new.inbound_connectors, TodoStep.TENANT),
        ("OutboundConnector", old.outbound_connectors, new.outbound_connectors, TodoStep.OUTBOUND),
    ):
        yield from _todo(where, lines.of(noun, was, now), step, _BY_WIZARD if _wizards(was, now) else NOTHING)
    yield from _todo(where, _rules(old.transport_rules, new.transport_rules), TodoStep.REST)
    yield from (Todo(where, text, (line,)) for text, line in _switched(old, new))


def _todo(where: Sentence, lines: Iterable[str], step: TodoStep, text: Sentence = NOTHING) -> Iterator[Todo]:
    """One thing with all its commands, if there are any."""
    commands = tuple(lines)
    if commands:
        yield Todo(where, text, commands, step)


def _wizards(old: Sequence[Connector], new: Sequence[Connector]) -> bool:
    """Whether a connector that differs comes from the wizard."""
    return any(connector.connector_source == "HybridWizard" for connector in new if connector not in old)


def _switched(old: Tenant, new: Tenant) -> Iterator[tuple[Sentence, str]]:
    if old.reject_direct_send != new.reject_direct_send:
        yield NOTHING, cmdlet("Set-OrganizationConfig", {"RejectDirectSend": new.reject_direct_send})
    if old.trusted_arc_sealers != new.trusted_arc_sealers:
        sealers = tuple(sorted(new.trusted_arc_sealers))
        yield NOTHING, cmdlet("Set-ArcConfig", {"Identity": "Default", "ArcTrustedSealers": sealers})
    for domain in sorted(old.dkim_domains ^ new.dkim_domains):
        values = {"Identity": domain, "Enabled": domain in new.dkim_domains}
        if domain in old.dkim_domains:
            yield NOTHING, cmdlet("Set-DkimSigningConfig", values)
            continue
        commands = (
            "where Get-DkimSigningConfig shows {domain}; its two selector CNAME records must be in DNS first"
        )
        yield sentence(commands, domain=domain), cmdlet("Set-DkimSigningConfig", values)
        make = cmdlet("New-DkimSigningConfig", {"DomainName": domain, "Enabled": True})
        yield sentence("where it does not show {domain} yet, this instead", domain=domain), make


def _cloud_domains(old: Tenant, new: Tenant) -> Iterator[Todo]:
    """Exchange Online has no New-AcceptedDomain: domains are added to the tenant, and verified by DNS."""
    where = cloud(new.name)
    former, wanted = _domains(old.accepted_domains), _domains(new.accepted_domains)
    for name, domain in wanted.items():
        if name not in former:
            text = sentence(_ADD, domain=name)
            former[name] = AcceptedDomain(domain.domain_name, default=domain.default)
            yield Todo(where, text, step=TodoStep.DOMAINS)
        values = {key: value for key, value in _differing(former[name], domain).items() if key != "Default"}
        if values:
            line = cmdlet("Set-AcceptedDomain", {"Identity": name, **values})
            yield Todo(where, NOTHING, (line,), TodoStep.DOMAINS)
        if domain.default and not former[name].default:
            text = sentence("make {domain} the default domain (admin center, Settings, Domains)", domain=name)
            yield Todo(where, text, step=TodoStep.DOMAINS)
    for name in former:
        if name not in wanted:
            gone = "take the domain {domain} out of the tenant (admin center, Settings, Domains)"
            yield Todo(where, sentence(gone, domain=name), step=TodoStep.LAST)


def _domains(domains: Iterable[AcceptedDomain]) -> dict[str, AcceptedDomain]:
    return {str(domain.domain_name): domain for domain in domains}


def _organization(old: OnPremOrganization, new: OnPremOrganization, topology: Topology) -> Iterator[Todo]:
    where, lines = on_premises(new.name), _Lines(topology)
    yield from _todo(where, _own_domains(old.accepted_domains, new.accepted_domains), TodoStep.DOMAINS)
    commands = (
        *lines.of("SendConnector", old.send_connectors, new.send_connectors),
        *lines.of("ReceiveConnector", old.receive_connectors, new.receive_connectors),
        *lines.of("RemoteDomain", old.remote_domains, new.remote_domains),
    )
    yield from _todo(where, commands, TodoStep.EXCHANGE)
    yield from _todo(where, _rules(old.transport_rules, new.transport_rules), TodoStep.REST)
    gone = _domains(old.accepted_domains).keys() - _domains(new.accepted_domains).keys()
    removed = (cmdlet("Remove-AcceptedDomain", {"Identity": name}) for name in sorted(gone))
    yield from _todo(where, removed, TodoStep.LAST)


def _own_domains(old: Iterable[AcceptedDomain], new: Iterable[AcceptedDomain]) -> Iterator[str]:
    former, wanted = _domains(old), _domains(new)
    for name, domain in wanted.items():
        if name not in former:
            values = {
                key: value
                for key, value in parameters(domain).items()
                if key not in ("DomainName", "Default")
            }
            yield cmdlet("New-AcceptedDomain", {"Name": name, "DomainName": name, **values})
        values = _differing(former.get(name, domain), domain)
        if values.pop("Default", False):
            values["MakeDefault"] = True
        if values:
            yield cmdlet("Set-AcceptedDomain", {"Identity": name, **values})


@dataclass(frozen=True, slots=True)
class _Lines:
    """Cmdlets for objects with names."""

    topology: Topology

    def of(self, noun: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[str]:
        """What makes the old ones the new ones."""
        former = {item.name: item for item in old}
        for item in new:
            was = former.pop(item.name, None)
            if was is None:
                yield from self._new(noun, item)
            elif was != item:
                yield from self._line(f"Set-{noun}", "Identity", item, _differing(was, item))
        yield from (cmdlet(f"Remove-{noun}", {"Identity": name}) for name in former)

    def _new(self, noun: str, made: Any) -> Iterator[str]:
        values = _made(noun, made)
        taken = _NEW_TAKES.get(noun, tuple(values))
        yield from self._line(f"New-{noun}", "Name", made, {key: values[key] for key in taken})
        rest = {key: value for key, value in values.items() if key not in taken}
        yield from self._line(f"Set-{noun}", "Identity", made, rest)

    def _line(self, name: str, naming: str, made: Any, values: Mapping[str, Any]) -> Iterator[str]:
        """Words of the lab's own are left out; a certificate is named by what is in it."""
        arguments: dict[str, Any] = {naming: made.name}
        for key, value in values.items():
            if key in OWN or key in ("Name", "ConnectorSource"):
                continue
            arguments[key] = self._hosts(value) if key == "SmartHosts" else value
            if key == "TlsCertificateName" and value in self.topology.certificates:
                yield f"$certificate = {cmdlet('Get-ExchangeCertificate', {'Thumbprint': thumbprint(value)})}"
                arguments[key] = Expression('"<I>$($certificate.Issuer)<S>$($certificate.Subject)"')
        if len(arguments) > 1:
            yield cmdlet(name, arguments)

    def _hosts(self, keys: Sequence[str]) -> tuple[str, ...]:
        """Machines by name instead of by the scenario's key."""
        hosts = self.topology.hosts
        return tuple(str(hosts[key].fqdn) if key in hosts else key for key in keys)


def _made(noun: str, made: Any) -> dict[str, Any]:
    wanted = {parameter(name, type(made)): getattr(made, name) for name in _MANDATORY.get(noun, ())}
    return {**wanted, **parameters(made)}


def _differing(old: Any, new: Any) -> dict[str, Any]:
    names = (field.name for field in fields(new) if getattr(old, field.name) != getattr(new, field.name))
    return {parameter(name, type(new)): getattr(new, name) for name in names}


def _rules(old: Sequence[TransportRule], new: Sequence[TransportRule]) -> Iterator[str]:
    numbered = {rule.name: shown(rule, 0) for rule in old}
    for place, rule in enumerate(new):
        values, was = shown(rule, place), numbered.pop(rule.name, None)
        state = values.pop("State", RuleState.ENABLED)
        if was is None:
            disabled = {"Enabled": False} if state is RuleState.DISABLED else {}
            yield cmdlet("New-TransportRule", {**values, **disabled})
            continue
        former = was.pop("State", RuleState.ENABLED)
        names = dict.fromkeys(key for key in (*values, *was) if key not in ("Name", "Priority"))
        changed = {key: values.get(key) for key in names if values.get(key) != was.get(key)}
        if changed:
            yield cmdlet("Set-TransportRule", {"Identity": rule.name, **changed})
        if state is not former:
            verb = "Enable" if state is RuleState.ENABLED else "Disable"
            yield cmdlet(f"{verb}-TransportRule", {"Identity": rule.name})
    yield from (cmdlet("Remove-TransportRule", {"Identity": name}) for name in numbered)
