"""Where a message goes next: MX records, smart hosts, and the choice between connectors (R86-R100, R143-R148)."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime

from lab.model.decision import DecisionCandidate, Phrase, RoutingDecision, Why, phrase
from lab.model.dns import DnsQueries, DnsQuestion, DnsRecords, NoData, NxDomain, ServFail
from lab.model.names import Domain
from lab.model.onprem import AddressSpace, OnPremOrganization, SendConnector
from lab.model.steps import NextHop
from lab.model.switches import Switches
from lab.model.tenant import ConnectorType, OutboundConnector, Tenant
from lab.model.transport import Target
from lab.model.value import value


@value()
class Targets:
    """Addresses to try, in order; `how` says where they come from."""

    how: NextHop
    targets: tuple[Target, ...]


@value()
class NoTargets:
    """Nowhere to go, and the name that was asked about. Only `NextHop.DNS_FAILED` is temporary."""

    why: NextHop
    name: str


def way_of(found: Targets | NoTargets) -> NextHop:
    """How the next host was found, or why there is none."""
    return found.how if isinstance(found, Targets) else found.why


def hosts_of(found: Targets | NoTargets) -> tuple[str, ...]:
    """The names of the hosts to try, each once."""
    return tuple(dict.fromkeys(t.host for t in found.targets)) if isinstance(found, Targets) else ()


def turn(now: datetime, switches: Switches) -> int:
    """By how many places the addresses of a host are rotated: none, or one more each minute of the lab's clock."""
    return int(now.timestamp() // 60) if switches.front_end_choice == "rotating" else 0


def mx_targets(domain: Domain, turned: int = 0) -> DnsQueries[Targets | NoTargets]:
    """The mail servers of a domain by preference; without MX its own address (RFC 5321 5.1), null MX is none (RFC 7505)."""
    answer = yield DnsQuestion(domain, "MX")
    if isinstance(answer, ServFail):
        return NoTargets(NextHop.DNS_FAILED, domain)
    if isinstance(answer, NxDomain):
        return NoTargets(NextHop.NO_DOMAIN, domain)
    if isinstance(answer, NoData):
        return (yield from _addresses((domain,), NextHop.IMPLICIT_MX, domain, turned))
    hosts = answer.mx()
    if len(hosts) == 1 and not hosts[0].host:
        return NoTargets(NextHop.NULL_MX, domain)
    return (yield from _addresses(tuple(mx.host for mx in hosts if mx.host), NextHop.MX, domain, turned))


def smart_host_targets(smart_hosts: tuple[str, ...], turned: int = 0) -> DnsQueries[Targets | NoTargets]:
    """The addresses of smart hosts in the order given; an address, bare or in brackets, stands for itself (R89)."""
    return (yield from _addresses(smart_hosts, NextHop.SMART_HOST, ", ".join(smart_hosts), turned))


def _addresses(
    hosts: tuple[str, ...], how: NextHop, asked: str, turned: int
) -> DnsQueries[Targets | NoTargets]:
    targets: list[Target] = []
    failed = False
    for host in hosts:
        bare = host.strip("[]")
        if bare.replace(".", "").isdigit():
            targets.append(Target(bare, bare))
            continue
        answer = yield DnsQuestion(Domain.parse(host), "A")
        if isinstance(answer, DnsRecords):
            targets += [Target(host, address) for address in _turned(answer.texts(), turned)]
        failed = failed or isinstance(answer, ServFail)
    if targets:
        return Targets(how, tuple(targets))
    return NoTargets(NextHop.DNS_FAILED if failed else NextHop.NO_ADDRESS, asked)


def _turned(addresses: tuple[str, ...], by: int) -> tuple[str, ...]:
    start = by % len(addresses)
    return (*addresses[start:], *addresses[:start])


@value()
class OutboundChoice:
    """The outbound connector for a recipient domain; None means MX routing (R100)."""

    connector: OutboundConnector | None
    rules: tuple[str, ...]
    tenant: Tenant = field(repr=False)
    domain: Domain
    hosted: bool
    switches: Switches = field(repr=False)
    by_rule: bool = False
    """A mail flow rule named it: it overrides all others (R93, R99)."""

    def explain(self) -> RoutingDecision:
        """The choice as data, with the tenant's other outbound connectors and why each lost."""
        from lab.core.rulebook import (
            settings_behind,  # a library of texts, and only for those who want to know why
        )

        won = phrase(Why.RULE_CHOSE) if self.by_rule else phrase(Why.OUTBOUND_FITS, domain=self.domain)
        candidates = [self._candidate(self.connector, won, self.rules)] if self.connector else []
        candidates += [
            self._candidate(c, *self._why_lost(c))
            for c in self.tenant.outbound_connectors
            if c is not self.connector
        ]
        return RoutingDecision(
            on_premises=False,
            domain=self.domain,
            connector=self.connector.name if self.connector else None,
            rules=self.rules,
            candidates=tuple(candidates),
            switches=settings_behind(self.rules, self.switches),
        )

    def _candidate(
        self, connector: OutboundConnector, why: Phrase, rules: tuple[str, ...]
    ) -> DecisionCandidate:
        return DecisionCandidate(
            name=connector.name, won=connector is self.connector, why=(why,), rules=rules
        )

    def _why_lost(self, connector: OutboundConnector) -> tuple[Phrase, tuple[str, ...]]:
        if not connector.enabled:
            return phrase(Why.DISABLED), ("R98",)
        if self.by_rule:
            return phrase(Why.RULE_CHOSE_ANOTHER), ("R93", "R99")
        if connector.is_transport_rule_scoped:
            return phrase(Why.ONLY_BY_RULE), ("R93",)
        if connector.test_mode:
            return phrase(Why.TEST_MODE), ("R95",)
        if _cmt_only(connector, self.tenant, self.domain) and not self.hosted:
            return phrase(Why.CENTRALIZED_ONLY), ("R92", "R146")
        order = self.switches.outbound_connector_order
        rank = _rank(connector, self.tenant, self.domain, order)
        if rank is None:
            return phrase(Why.OTHER_RECIPIENT_DOMAIN, domain=self.domain), ("R87",)
        best = self.connector and _rank(self.connector, self.tenant, self.domain, order)
        return phrase(Why.LATER_NAME if rank == best else Why.LESS_SPECIFIC), ("R99",)


def choose_outbound(
    tenant: Tenant, domain: Domain, *, hosted: bool, switches: Switches, ruled: str = ""
) -> OutboundChoice:
    """Exact recipient domain, then all accepted domains, then wildcards (R99; the order is a switch, U15).

    `ruled` is the name of the connector that a mail flow rule chose; it goes before all others, unless it is disabled.
    `hosted`: the message was sent by a cloud mailbox or made by the service; only such mail is caught by centralized
    transport (R92, R146). Rule-scoped and test-mode connectors are invisible here (R93, R95).
    """
    chosen_by_rule = rule_connector(tenant, ruled)
    if chosen_by_rule is not None:
        return OutboundChoice(chosen_by_rule, ("R93", "R99"), tenant, domain, hosted, switches, by_rule=True)
    best: tuple[tuple[int, int], str, OutboundConnector] | None = None
    for connector in tenant.outbound_connectors:
        if not connector.enabled or connector.is_transport_rule_scoped or connector.test_mode:
            continue
        if not hosted and _cmt_only(connector, tenant, domain):
            continue
        rank = _rank(connector, tenant, domain, switches.outbound_connector_order)
        if rank is not None and (best is None or (rank, connector.name) > (best[0], best[1])):
            best = (rank, connector.name, connector)
    if best is None:
        return OutboundChoice(None, ("R100", "R145"), tenant, domain, hosted, switches)
    chosen = best[2]
    rules = ("R99", "R92", "R146") if chosen.route_all_messages_via_on_premises else ("R99",)
    return OutboundChoice(chosen, rules, tenant, domain, hosted, switches)


def rule_connector(tenant: Tenant, name: str) -> OutboundConnector | None:
    """The enabled connector that a rule names, or None."""
    if not name:
        return None
    connectors = (c for c in tenant.outbound_connectors if c.enabled)
    return next((c for c in connectors if c.name.lower() == name.lower()), None)


def _cmt_only(connector: OutboundConnector, tenant: Tenant, domain: Domain) -> bool:
    """Whether the connector would catch `domain` only because of centralized transport."""
    return connector.route_all_messages_via_on_premises and tenant.accepts(domain) is None


def _rank(connector: OutboundConnector, tenant: Tenant, domain: Domain, order: str) -> tuple[int, int] | None:
    exact, accepted, wildcard = (3, 1, 2) if order == "exact,wildcard,accepted_domains" else (3, 2, 1)
    meant = [pattern for pattern in connector.recipient_domains if pattern.covers(domain)]
    ranks = [(wildcard if pattern.wildcard else exact, pattern.rank) for pattern in meant]
    if connector.all_accepted_domains and tenant.accepts(domain):
        ranks.append((accepted, 0))
    return max(ranks, default=None)


@value()
class SendChoice:
    """The send connector for a recipient domain on-premises; None: no connector's address space means it."""

    connector: SendConnector | None
    space: AddressSpace | None
    organization: OnPremOrganization = field(repr=False)
    domain: Domain

    def explain(self) -> RoutingDecision:
        """The choice as data, with the organisation's other send connectors and why each lost."""
        return RoutingDecision(
            on_premises=True,
            domain=self.domain,
            connector=self.connector.name if self.connector else None,
            space=str(self.space) if self.space else "",
            rules=() if self.connector else ("R102",),
            candidates=tuple(
                sorted(map(self._candidate, self.organization.send_connectors), key=lambda c: not c.won)
            ),
            switches={},
        )

    def _candidate(self, connector: SendConnector) -> DecisionCandidate:
        won = connector is self.connector
        why, rules = (phrase(Why.SPACE_FITS, space=str(self.space)), ()) if won else self._why_lost(connector)
        return DecisionCandidate(name=connector.name, won=won, why=(why,), rules=rules)

    def _why_lost(self, connector: SendConnector) -> tuple[Phrase, tuple[str, ...]]:
        if not connector.enabled:
            return phrase(Why.DISABLED), ()
        best = _best_space(connector, self.domain)
        if best is None:
            routing = self.domain.replace(".onmicrosoft.com", ".mail.onmicrosoft.com")
            wizards = any(str(space.pattern) == routing for space in connector.address_spaces)
            spaces = ", ".join(map(str, connector.address_spaces))
            why = phrase(Why.SPACE_MISFIT, spaces=spaces, domain=self.domain)
            return why, ("R102",) if wizards else ()
        assert self.space is not None, "a connector that fits can only lose to another"
        if best.pattern.rank < self.space.pattern.rank:
            return phrase(Why.SPACE_LESS_SPECIFIC, space=str(best), chosen=str(self.space)), ()
        if best.cost > self.space.cost:
            return phrase(Why.SPACE_COSTS_MORE, space=str(best), chosen=str(self.space)), ()
        return phrase(Why.SPACE_AS_GOOD, space=str(best)), ()


def _best_space(connector: SendConnector, domain: Domain) -> AddressSpace | None:
    """The most specific address space that means a domain, among equals the cheapest."""
    meant = (space for space in connector.address_spaces if space.pattern.covers(domain))
    return min(meant, key=_goodness, default=None)


def _goodness(space: AddressSpace) -> tuple[int, int]:
    """Smaller is better."""
    return -space.pattern.rank, space.cost


def choose_send_connector(organization: OnPremOrganization, domain: Domain) -> SendChoice:
    """The most specific address space, then the lowest cost, then the name."""
    enabled = (connector for connector in organization.send_connectors if connector.enabled)
    fitting = ((_best_space(connector, domain), connector) for connector in enabled)
    ranked = [(_goodness(space), connector.name, connector, space) for space, connector in fitting if space]
    if not ranked:
        return SendChoice(None, None, organization, domain)
    _, _, connector, space = min(ranked, key=lambda each: each[:2])
    return SendChoice(connector, space, organization, domain)


def is_on_premises(connector: OutboundConnector | None) -> bool:
    """Whether mail through it goes to the tenant's own on-premises side."""
    return connector is not None and connector.connector_type is ConnectorType.ON_PREMISES
