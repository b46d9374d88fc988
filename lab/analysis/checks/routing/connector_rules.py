"""Mail flow rules that choose a connector: whom they forget, and connectors that are off or that nobody uses."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message
from lab.analysis.checks.finding import Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import STRICT, in_tenant, is_moera, lost, mailbox_where, routed_by
from lab.core.routing import rule_connector
from lab.model.names import Address, Domain, ReversePath
from lab.model.rules import Conditions, RuleMode, RuleState, TransportRule, UserScope
from lab.model.steps import Ruled
from lab.model.tenant import OutboundConnector, Tenant
from lab.model.value import dataclass
from lab.scenario.changeable_scenario import SettingChange
from lab.scenario.model import MessageSpec
from lab.sentence import NOTHING, Sentence, sentence

NULL = ReversePath(None)
AUTOMATIC = ("Auto-Submitted", "auto-replied")
"""What automatic answers say of themselves (RFC 3834)."""


@dataclass(frozen=True, slots=True)
class SpecialMessage:
    """Mail that whoever writes a rule does not think of."""

    kind: str
    words: Sentence
    message: MessageSpec
    exception: SettingChange
    """What would spare it, by parameter of the rule."""

    def spared_by(self, rule_path: str) -> SettingChange:
        """The rule with the exception."""
        return {f"{rule_path}.{parameter}": value for parameter, value in self.exception.items()}


def acts(rule: TransportRule) -> bool:
    """Whether a rule does anything."""
    return rule.state is RuleState.ENABLED and rule.mode is RuleMode.ENFORCE


def hits(played: PlayedProbe, rule: TransportRule) -> bool:
    """Whether a rule applied to a message, anywhere on its way."""
    return any(rule.name in step.names for step in played.all(Ruled))


# -- rules that choose a connector


def routing_rules(context: AuditContext) -> Iterator[tuple[Tenant, TransportRule]]:
    """Those that do."""
    for tenant in context.tenants:
        for rule in tenant.transport_rules:
            if acts(rule) and rule.actions.route_message_outbound_connector:
                yield tenant, rule


def ordinary_message(context: AuditContext, tenant: Tenant, rule: TransportRule) -> MessageSpec | None:
    """An ordinary message that a rule is for, as far as domains and scopes decide; None if nobody can send one."""
    wanted = rule.conditions
    own = mailbox_where(tenant, lambda domain: fits(wanted, domain) and not is_moera(domain))
    sender = own or mailbox_where(tenant, partial(fits, wanted))
    inside = next(filter(None, map(context.mailbox, context.organizations)), None)
    recipient = inside if wanted.sent_to_scope is UserScope.IN_ORGANIZATION else stand_ins.OUTSIDE
    if wanted.recipient_domain_is:
        recipient = Address(stand_ins.OUTSIDE.local, wanted.recipient_domain_is[0])
    return message(sender, recipient) if sender and recipient else None


def fits(wanted: Conditions, domain: Domain) -> bool:
    """Whether a rule with these conditions is for senders in a domain."""
    return not wanted.sender_domain_is or domain in wanted.sender_domain_is


@check("MFL-RULE-001", Severity.ERROR, "R93", "R99", "R29", "R176")
def forgotten(context: AuditContext) -> Iterator[Suspicion]:
    """A rule that chooses a connector forgets some senders.

    A mail flow rule sends outgoing mail to a gateway, and is made for people with an own address. Users with an
    onmicrosoft.com address take the same way, and the gateway is in no SPF record of that domain; automatic answers
    have a null reverse-path, by which no connector knows them.

    Cure: Exceptions for such senders, whose mail then leaves by MX; or a way that is right for them, too.
    """
    for tenant, rule in routing_rules(context):
        ordinary = ordinary_message(context, tenant, rule)
        if ordinary is None or lost(context.play(Probe((ordinary,), STRICT))):
            continue
        for special in _senders(tenant, rule, ordinary.sender):
            suspicion = _wrong_way(context, tenant, rule, special)
            spared = {**STRICT, **suspicion.cures[0].change}
            if not lost(context.play(Probe((special.message,), spared))):  # else the rule is not to blame
                yield suspicion


def _senders(tenant: Tenant, rule: TransportRule, ordinary: Address) -> Iterator[SpecialMessage]:
    """Those for whom the rule's way is likely the wrong one (R53, R231-R238)."""
    spared = [*map(str, rule.exceptions.sender_domain_is), str(tenant.initial_domain)]
    moera = mailbox_where(tenant, lambda domain: domain == tenant.initial_domain)
    if moera is not None:
        words = sentence("{sender}, who has no other address", sender=moera)
        exception: SettingChange = {"ExceptIfSenderDomainIs": spared}
        yield SpecialMessage("onmicrosoft.com", words, message(moera, stand_ins.OUTSIDE), exception)
    automatic = message(ordinary, stand_ins.OUTSIDE, reverse_path=NULL, headers=(AUTOMATIC,))
    spares: SettingChange = {
        "ExceptIfHeaderMatchesMessageHeader": AUTOMATIC[0],
        "ExceptIfHeaderMatchesPatterns": ["auto-"],
    }
    answers = sentence("automatic answers of {sender}, with a null reverse-path", sender=ordinary)
    yield SpecialMessage("<>", answers, automatic, spares)


def _wrong_way(
    context: AuditContext, tenant: Tenant, rule: TransportRule, special: SpecialMessage
) -> Suspicion:
    connector = rule.actions.route_message_outbound_connector
    path = context.setting(tenant, rule)
    names = {"rule": rule.name, "sender": special.words}
    template = '"{rule}" routes by "{connector}", without an exception for such mail'
    return Suspicion(
        about=f"{rule.name}:{special.kind}",
        text=sentence('the rule "{rule}" sends mail of {sender} a way on which it fails', **names),
        facts=(
            fact(path, template, connector=connector, **names),
            fact("", "the connector is not made for {sender}", **names),
        ),
        probe=Probe((special.message,), STRICT),
        shows=partial(_hit_and_lost, rule),
        cures=(cure("an exception for such mail, which then leaves by MX", special.spared_by(path)),),
    )


def _hit_and_lost(rule: TransportRule, played: PlayedProbe) -> Sentence:
    return lost(played) if hits(played, rule) else NOTHING


@check("MFL-RULE-002", Severity.ERROR, "R93", "R98")
def disabled_connector(context: AuditContext) -> Iterator[Suspicion]:
    """A rule names a connector that is disabled.

    The rule applies, the connector that it names is off, and the mail takes the way that it would take without the
    rule: past the gateway, the encryption or the partner's own entry that the rule is there for.

    Cure: Enable the connector, or disable the rule.
    """
    for tenant, rule in routing_rules(context):
        name = rule.actions.route_message_outbound_connector or ""
        ordinary = ordinary_message(context, tenant, rule)
        if ordinary is not None and rule_connector(tenant, name) is None:
            enabled = context.named_setting(tenant, "OutboundConnectors", name, "Enabled")
            names = {"rule": rule.name, "connector": name}
            yield Suspicion(
                about=rule.name,
                text=sentence('the rule "{rule}" names "{connector}", which is disabled', **names),
                facts=(
                    fact(context.setting(tenant, rule), '"{rule}" routes by "{connector}"', **names),
                    fact(enabled, '"{connector}" is disabled', **names),
                ),
                probe=Probe((ordinary,)),
                shows=partial(_otherwise, tenant, rule, name),
                cures=(cure('"{connector}" is enabled', {enabled: True}, **names),),
            )


def _otherwise(tenant: Tenant, rule: TransportRule, name: str, played: PlayedProbe) -> Sentence:
    by = routed_by(played, in_tenant(tenant))
    if not hits(played, rule) or by is None or by.lower() == name.lower():
        return NOTHING
    return sentence("the rule applies, and the mail leaves by {way} all the same", way=_way(by))


def _way(connector: str) -> str:
    """The connector in quotes, or MX."""
    return f'"{connector}"' if connector else "MX"


@check("MFL-RULE-003", Severity.NOTE, "R93", "R92")
def unused(context: AuditContext) -> Iterator[Suspicion]:
    """A connector for rules that no rule uses.

    IsTransportRuleScoped makes a connector invisible to routing. No rule that is on names it, so it carries nothing,
    whatever its RecipientDomains say. With RouteAllMessagesViaOnPremises the company believes to have centralized
    transport, and has none.

    Cure: A rule that names it; or IsTransportRuleScoped off; or no connector.
    """
    for tenant, connector in context.outbound():
        rules = [(rule.actions.route_message_outbound_connector, rule) for rule in tenant.transport_rules]
        naming = [rule for name, rule in rules if name and name.lower() == connector.name.lower()]
        if not connector.is_transport_rule_scoped or any(map(acts, naming)):
            continue
        idle = next(iter(naming), None)
        ordinary = _for_connector(context, tenant, connector, idle)
        if ordinary is not None:
            yield _dead(context, tenant, connector, idle, ordinary)


def _for_connector(
    context: AuditContext, tenant: Tenant, connector: OutboundConnector, idle: TransportRule | None
) -> MessageSpec | None:
    """Mail that the connector, or the rule that is off, seems to be made for."""
    if idle is not None:
        return ordinary_message(context, tenant, idle)
    sender = context.mailbox(tenant)
    domains = [pattern.domain for pattern in connector.recipient_domains if pattern.domain]
    recipient = Address(stand_ins.OUTSIDE.local, domains[0]) if domains else stand_ins.OUTSIDE
    return message(sender, recipient) if sender else None


def _dead(
    context: AuditContext,
    tenant: Tenant,
    connector: OutboundConnector,
    idle: TransportRule | None,
    ordinary: MessageSpec,
) -> Suspicion:
    path = context.setting(tenant, connector)
    change: SettingChange = {f"{path}.IsTransportRuleScoped": False}
    if not connector.recipient_domains:
        change = {**change, f"{path}.RecipientDomains": "*"}
    unnamed = fact("", "no rule names it")
    helps = "a connector like others, without IsTransportRuleScoped; or none, if nobody misses it"
    used = cure(helps, change)
    if idle is not None:
        rule = context.setting(tenant, idle)
        unnamed = fact(rule, 'the rule "{rule}" that names it is off', rule=idle.name)
        on: SettingChange = {f"{rule}.State": "Enabled", f"{rule}.Mode": "Enforce"}
        used = cure('the rule "{rule}" is on', on, rule=idle.name)
    central = connector.route_all_messages_via_on_premises
    names = {"connector": connector.name}
    return Suspicion(
        about=connector.name,
        text=sentence('"{connector}" of {tenant} carries nothing', tenant=tenant.name, **names),
        facts=(
            fact(f"{path}.IsTransportRuleScoped", 'only rules can choose "{connector}"', **names),
            unnamed,
        ),
        probe=Probe((ordinary,)),
        shows=partial(_not_by, tenant, connector),
        cures=(used,),
        severity=Severity.ERROR if central else None,
    )


def _not_by(tenant: Tenant, connector: OutboundConnector, played: PlayedProbe) -> Sentence:
    by = routed_by(played, in_tenant(tenant))
    if by is None or by == connector.name:
        return NOTHING
    if connector.route_all_messages_via_on_premises:
        return sentence("mail leaves by {way}, although centralized transport is on", way=_way(by))
    return sentence("mail leaves by {way}", way=_way(by))
