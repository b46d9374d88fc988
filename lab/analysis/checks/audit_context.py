"""A configuration with its stand-ins, ready to be asked: who is there, and what would a message do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import date
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

from lab.analysis.checks import stand_ins
from lab.drivers.simulator import simulate
from lab.model.certificate import CertificateProfile
from lab.model.names import Address, Domain
from lab.model.onprem import OnPremOrganization, ReceiveConnector, SendConnector
from lab.model.rules import TransportRule
from lab.model.steps import Attributed, Bounced, Refused, Routed, Step
from lab.model.tenant import (
    AcceptedDomain,
    InboundConnector,
    OutboundConnector,
    Recipient,
    RecipientKind,
    Tenant,
)
from lab.model.topology import Host, Topology
from lab.model.trace import Hop, S
from lab.model.value import dataclass
from lab.reports.explanation.conclusions import Fate, fates
from lab.reports.scenario_runs import Run
from lab.scenario.builders.correspondents import AddressOwner, OwnCompany, distinct, own_company
from lab.scenario.changeable_scenario import ChangeableScenario, SettingChange
from lab.scenario.model import MessageSpec, Variant
from lab.scenario.setting_paths import bracketed

Owner = TypeVar("Owner", OnPremOrganization, Tenant)
NamedObject: TypeAlias = (
    InboundConnector | OutboundConnector | SendConnector | ReceiveConnector | TransportRule | AcceptedDomain
)
_LISTS = {
    InboundConnector: "InboundConnectors",
    OutboundConnector: "OutboundConnectors",
    SendConnector: "SendConnectors",
    ReceiveConnector: "ReceiveConnectors",
    TransportRule: "TransportRules",
    AcceptedDomain: "AcceptedDomains",
}
_CATCH_ALL = Domain("stand-in.example")
"""A domain that no configuration names: what covers it covers everything."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A flow: messages, and what else is assumed while they travel."""

    messages: tuple[MessageSpec, ...]
    change: SettingChange = field(default_factory=dict)
    """Settings that are different for this flow only: what happens once the certificate has expired, say."""


@dataclass(frozen=True, slots=True)
class PlayedProbe:
    """A probe that was run."""

    run: Run
    fates: Mapping[str, Fate]
    """By key of the message; one that left no trace is missing."""

    @property
    def first(self) -> Fate | None:
        """Of the first message that left a trace."""
        return next(iter(self.fates.values()), None)

    @property
    def hops(self) -> tuple[Hop, ...]:
        """Those of all messages."""
        return tuple(hop for fate in self.fates.values() for hop in fate.trace.hops)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Those of all hops."""
        return tuple(step for hop in self.hops for step in hop.steps)

    def all(self, kind: type[S]) -> tuple[S, ...]:
        """All steps of that class."""
        return tuple(step for step in self.steps if isinstance(step, kind))

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of the rules that the decisions on the way rest on, each once."""
        return tuple(dict.fromkeys(rule for step in self.steps for rule in step.rules))

    @property
    def deciding(self) -> tuple[str, ...]:
        """Those of whom a message speaks for, of refusals and of routes."""
        deciding = (step for step in self.steps if isinstance(step, Attributed | Refused | Routed | Bounced))
        return tuple(dict.fromkeys(rule for step in deciding for rule in step.rules))


@dataclass(slots=True)
class _Memory:
    variants: dict[str, Variant] = field(default_factory=dict)
    played: dict[str, PlayedProbe] = field(default_factory=dict)


@dataclass(frozen=True)
class AuditContext:
    """One variant of a configuration. Only the own company (`own_company`) is judged; others are theirs to judge."""

    configuration: ChangeableScenario
    variant: Variant
    today: date
    _memory: _Memory = field(default_factory=_Memory, repr=False, compare=False)

    @property
    def topology(self) -> Topology:
        """As it is written, without stand-ins."""
        return self.variant.topology

    @cached_property
    def own(self) -> OwnCompany:
        """The company."""
        return own_company(self.topology)

    @cached_property
    def region(self) -> str:
        """Where the company's first tenant lives."""
        return next((tenant.region for tenant in self.own.tenants), "EUR")

    @cached_property
    def standins(self) -> SettingChange:
        """What every probe adds."""
        return stand_ins.standins(self.topology, self.region, next(iter(self.own.tenants), None))

    # -- asking

    def play(self, probe: Probe) -> PlayedProbe:
        """Run a probe. Raises ScenarioError when its change makes no configuration."""
        key = repr((probe.messages, sorted((path, repr(value)) for path, value in probe.change.items())))
        if key not in self._memory.played:
            run = simulate(replace(self.changed(probe.change), messages=probe.messages))
            self._memory.played[key] = PlayedProbe(run, {fate.spec.key: fate for fate in fates(run)})
        return self._memory.played[key]

    def changed(self, change: SettingChange) -> Variant:
        """The configuration with stand-ins and a change, without its own messages. Raises ScenarioError."""
        key = repr(sorted((path, repr(value)) for path, value in change.items()))
        if key not in self._memory.variants:
            self._memory.variants[key] = self.built(change)
        return self._memory.variants[key]

    def built(self, change: SettingChange) -> Variant:
        """The same, and nothing is remembered: for those who try thousands. Raises ScenarioError."""
        silent = dict.fromkeys(("messages", "expect", "matrix", "timeline", "outages"))
        return self.configuration.changed(self.variant.name, {**silent, **self.standins, **change})

    def value(self, path: str) -> Any:
        """A setting as it is written, None if it is not."""
        return self.configuration.value(self.variant.name, path)

    def setting(self, owner: AddressOwner, item: NamedObject, parameter: str = "") -> str:
        """The path of a connector, rule or accepted domain, or of one of its parameters."""
        name = item.domain_name if isinstance(item, AcceptedDomain) else item.name
        return self.named_setting(owner, _LISTS[type(item)], name, parameter)

    def named_setting(self, owner: AddressOwner, kind: str, name: str, parameter: str = "") -> str:
        """The same by name: `tenants.contoso.InboundConnectors[Name].RequireTls`.

        What the wizard made may be written as `Inbound from *`, and is then found by that name.
        """
        above = f"{'tenants' if isinstance(owner, Tenant) else 'organizations'}.{owner.name}.{kind}"
        below = f".{parameter}" if parameter else ""
        return f"{above}{bracketed(self._written(above, name))}{below}"

    def _written(self, path: str, name: str) -> str:
        listed = self.value(path)
        items = listed if isinstance(listed, list) else ()
        for written in (item.get("Name", "") for item in items if isinstance(item, dict)):
            if written.endswith("*") and name.lower().startswith(written[:-1].lower()):
                return str(written)
        return name

    def profile(self, host: Host) -> CertificateProfile | None:
        """The certificate that a machine shows, as it is written."""
        return self.variant.profiles.get(host.certificate or "")

    # -- who is there

    @property
    def organizations(self) -> tuple[OnPremOrganization, ...]:
        """The on-premises sides of the company."""
        return self.own.organizations

    @property
    def tenants(self) -> tuple[Tenant, ...]:
        """The tenants of the company."""
        return self.own.tenants

    def exchange_servers(self, organization: str | None = None) -> Iterator[Host]:
        """Exchange servers of the company, or of one of its organisations."""
        return (host for host in self._hosts(organization) if host.holds_mailboxes)

    def filters(self, organization: str | None = None) -> Iterator[Host]:
        """Spam filters of the company, or of one of its organisations."""
        return (host for host in self._hosts(organization) if host.is_filter)

    def machines(self) -> tuple[Host, ...]:
        """Exchange servers and spam filters of the company."""
        return (*self.exchange_servers(), *self.filters())

    def owns(self, host: Host) -> bool:
        """Whether a machine is the company's."""
        return any(host.organization == organization.name for organization in self.organizations)

    def _hosts(self, organization: str | None) -> Iterator[Host]:
        for host in self.topology.hosts.values():
            if self.owns(host) and organization in (None, host.organization):
                yield host

    def mailbox(self, owner: AddressOwner) -> Address | None:
        """Somebody who has a mailbox there, one with an own domain first; None if nobody has."""
        addresses = [mailbox.primary for mailbox in mailboxes(owner)]
        moera = [address for address in addresses if address.domain.endswith(".onmicrosoft.com")]
        return next((address for address in addresses if address not in moera), next(iter(moera), None))

    def with_mailbox(self, owners: Iterable[Owner]) -> Iterator[tuple[Owner, Address]]:
        """Those of them where somebody has a mailbox, each with the address of one."""
        for owner in owners:
            address = self.mailbox(owner)
            if address is not None:
                yield owner, address

    @cached_property
    def domains(self) -> tuple[Domain, ...]:
        """The accepted domains of the company, on either side."""
        return tuple(accepted.domain_name for owner in self.own.owners for accepted in owner.accepted_domains)

    def inbound(self) -> Iterator[tuple[Tenant, InboundConnector]]:
        """Enabled inbound connectors of the company."""
        for tenant in self.tenants:
            yield from ((tenant, connector) for connector in tenant.inbound_connectors if connector.enabled)

    def outbound(self) -> Iterator[tuple[Tenant, OutboundConnector]]:
        """Enabled outbound connectors of the company."""
        for tenant in self.tenants:
            yield from ((tenant, connector) for connector in tenant.outbound_connectors if connector.enabled)

    def sends_to_internet(self, organization: OnPremOrganization) -> tuple[SendConnector, ...]:
        """Enabled send connectors for addresses that nobody in the configuration knows."""
        return tuple(
            connector
            for connector in organization.send_connectors
            if connector.enabled
            and any(space.pattern.covers(_CATCH_ALL) for space in connector.address_spaces)
        )


def mailboxes(owner: AddressOwner) -> Iterator[Recipient]:
    """The mailboxes of a directory."""
    recipients = distinct(owner.recipients.values())
    return (recipient for recipient in recipients if recipient.kind is RecipientKind.MAILBOX)


def first_domain(owner: AddressOwner) -> Domain | None:
    """The first accepted domain."""
    return next((accepted.domain_name for accepted in owner.accepted_domains), None)


def message(
    sender: Address, recipient: Address, *, key: str = "probe", via: str | None = None, **more: Any
) -> MessageSpec:
    """A message of a probe."""
    return MessageSpec(key=key, sender=sender, recipients=(recipient,), via=via, subject="Probe", **more)


def of_host(host: Host, parameter: str) -> str:
    """The path of a machine's setting."""
    above = f"organizations.{host.organization}.hosts" if host.organization else "hosts"
    return f"{above}.{host.name}.{parameter}"
