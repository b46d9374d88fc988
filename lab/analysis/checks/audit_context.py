"""A configuration with its stand-ins, ready to be asked: who is there, and what would a message do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import date
from functools import cached_property
from typing import Any

from lab.analysis.checks import stand_ins
from lab.drivers.simulator import simulate
from lab.model.names import Address, Domain
from lab.model.onprem import OnPremOrganization, SendConnector
from lab.model.steps import Attributed, Bounced, Refused, Routed
from lab.model.tenant import InboundConnector, OutboundConnector, Recipient, RecipientKind, Tenant
from lab.model.topology import Host, Topology
from lab.model.value import dataclass
from lab.reports.explanation.conclusions import Fate, fates
from lab.reports.scenario_runs import Run
from lab.scenario.builders.correspondents import OwnCompany, distinct, own_company
from lab.scenario.changeable_scenario import ChangeableScenario, SettingChange
from lab.scenario.model import MessageSpec, Variant
from lab.scenario.setting_paths import bracketed

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
    def fate(self) -> Fate:
        """Of the first message. Raises KeyError when it left no trace."""
        return self.fates[self.run.variant.messages[0].key]

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of the rules that the decisions on the way rest on, each once."""
        steps = (step for fate in self.fates.values() for hop in fate.trace.hops for step in hop.steps)
        return tuple(dict.fromkeys(rule for step in steps for rule in step.rules))

    @property
    def deciding(self) -> tuple[str, ...]:
        """Those of whom a message speaks for, of refusals and of routes."""
        steps = (step for fate in self.fates.values() for hop in fate.trace.hops for step in hop.steps)
        deciding = (step for step in steps if isinstance(step, Attributed | Refused | Routed | Bounced))
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
        known = self._memory.played.get(key)
        if known is None:
            variant = replace(self.changed(probe.change), messages=probe.messages)
            run = simulate(variant)
            known = PlayedProbe(run, {fate.spec.key: fate for fate in fates(run)})
            self._memory.played[key] = known
        return known

    def changed(self, change: SettingChange) -> Variant:
        """The configuration with stand-ins and a change, without its own messages. Raises ScenarioError."""
        key = repr(sorted((path, repr(value)) for path, value in change.items()))
        if key not in self._memory.variants:
            self._memory.variants[key] = self.built(change)
        return self._memory.variants[key]

    def built(self, change: SettingChange) -> Variant:
        """The same, and nothing is remembered: for those who try thousands. Raises ScenarioError."""
        silent: SettingChange = {
            "messages": None,
            "expect": None,
            "matrix": None,
            "timeline": None,
            "outages": None,
        }
        return self.configuration.changed(self.variant.name, {**silent, **self.standins, **change})

    def value(self, path: str) -> Any:
        """A setting as it is written, None if it is not."""
        return self.configuration.value(self.variant.name, path)

    def setting(self, owner: OnPremOrganization | Tenant, kind: str, name: str, parameter: str = "") -> str:
        """The path of a connector or of one of its parameters: `tenants.contoso.InboundConnectors[Name].RequireTls`.

        What the wizard made may be written as `Inbound from *`, and is then found by that name.
        """
        above = f"{'tenants' if isinstance(owner, Tenant) else 'organizations'}.{owner.name}.{kind}"
        below = f".{parameter}" if parameter else ""
        return f"{above}{bracketed(self._written(above, name))}{below}"

    def _written(self, path: str, name: str) -> str:
        listed = self.value(path)
        found = (
            (connector.get("Name", "") for connector in listed if isinstance(connector, dict))
            if isinstance(listed, list)
            else ()
        )
        shortened = (
            known for known in found if known.endswith("*") and name.lower().startswith(known[:-1].lower())
        )
        return next(shortened, name)

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

    def _hosts(self, organization: str | None) -> Iterator[Host]:
        names = {organization.name for organization in self.organizations}
        for host in self.topology.hosts.values():
            if host.organization in names and organization in (None, host.organization):
                yield host

    def mailbox(self, owner: OnPremOrganization | Tenant) -> Address | None:
        """Somebody who has a mailbox there, one with an own domain first; None if nobody has."""
        found = [
            recipient.primary for recipient in distinct(owner.recipients.values()) if _is_mailbox(recipient)
        ]
        moera = [address for address in found if address.domain.endswith(".onmicrosoft.com")]
        return next((address for address in found if address not in moera), next(iter(moera), None))

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


def _is_mailbox(found: Recipient) -> bool:
    return found.kind is RecipientKind.MAILBOX


def message(
    sender: Address, recipient: Address, *, key: str = "probe", via: str | None = None, **more: Any
) -> MessageSpec:
    """A message of a probe."""
    return MessageSpec(key=key, sender=sender, recipients=(recipient,), via=via, subject="Probe", **more)


def of_host(host: Host, parameter: str) -> str:
    """The path of a machine's setting."""
    above = f"organizations.{host.organization}.hosts" if host.organization else "hosts"
    return f"{above}.{host.name}.{parameter}"
