"""Mail flow rules that refuse, delete or redirect, and hit the company's own mail."""

from __future__ import annotations

from collections.abc import Iterator

from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message
from lab.analysis.checks.finding import Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import in_tenant
from lab.analysis.checks.routing.connector_rules import (
    AUTOMATIC,
    NULL,
    RuleOwner,
    SpecialMessage,
    acts,
    hits,
    rule_path,
)
from lab.model.names import Address, Domain
from lab.model.rules import TransportRule
from lab.model.tenant import Tenant
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import NOTHING, Sentence, sentence

_VOICEMAIL = Address("noreply", Domain("skype.voicemail.microsoft.com"))


@check("MFL-RULE-004", Severity.ERROR, "R119", "R143", "R231")
def hits_own_mail(world: AuditContext) -> Iterator[Suspicion]:
    """A rule stops the company's own mail.

    A rule refuses, deletes or redirects what it takes for a stranger's: mail of colleagues on the other side that does
    not arrive as internal, their automatic answers, voicemail that Microsoft's service makes inside the tenant.

    Cure: Exceptions for the on-premises servers, and for what the service itself sends.
    """
    for owner in world.own.owners:
        for rule in owner.transport_rules:
            if acts(rule) and _stops(rule) and not (rule.conditions.from_ or rule.conditions.sent_to):
                for special in _own_mail(world, owner, rule):
                    yield _hit(world, owner, rule, special)


def _stops(rule: TransportRule) -> bool:
    actions = rule.actions
    return actions.rejects or actions.delete_message or bool(actions.redirect_message_to)


def _own_mail(world: AuditContext, owner: RuleOwner, rule: TransportRule) -> Iterator[SpecialMessage]:
    cloud = next(filter(None, map(world.mailbox, world.tenants)), None)
    home = next(filter(None, map(world.mailbox, world.organizations)), None)
    servers = [host.source for host in world.exchange_servers()]
    trusted: SettingChange = {"ExceptIfSenderIpRanges": servers}
    if cloud and home:
        yield SpecialMessage(
            "on-premises",
            sentence("{sender} to {recipient}", sender=home, recipient=cloud),
            message(home, cloud),
            trusted,
        )
        automatic = message(home, cloud, reverse_path=NULL, headers=(AUTOMATIC,))
        yield SpecialMessage(
            "<>",
            sentence("automatic answers of {sender} to {recipient}", sender=home, recipient=cloud),
            automatic,
            trusted,
        )
        inside: SettingChange = {"ExceptIfFromScope": "InOrganization"}
        yield SpecialMessage(
            "cloud",
            sentence("{sender} to {recipient}", sender=cloud, recipient=home),
            message(cloud, home),
            inside,
        )
    if isinstance(owner, Tenant) and (recipient := world.mailbox(owner)):
        via = in_tenant(owner)
        spared = [*map(str, rule.exceptions.sender_domain_is), str(_VOICEMAIL.domain)]
        voicemail = message(_VOICEMAIL, recipient, via=via)
        yield SpecialMessage(
            "voicemail",
            sentence("Cloud Voicemail to {recipient}", recipient=recipient),
            voicemail,
            {"ExceptIfSenderDomainIs": spared},
        )


def _hit(world: AuditContext, owner: RuleOwner, rule: TransportRule, special: SpecialMessage) -> Suspicion:
    path = rule_path(world, owner, rule)

    def shows(played: PlayedProbe) -> Sentence:
        applies = sentence('"{rule}" applies to mail from {sender}', rule=rule.name, sender=special.words)
        return applies if hits(played, rule) else NOTHING

    told = '"{rule}" refuses, deletes or redirects, with no exception that holds for such mail'
    return Suspicion(
        about=f"{rule.name}:{special.kind}",
        text=sentence('the rule "{rule}" stops mail from {sender}', rule=rule.name, sender=special.words),
        facts=(
            fact(path, told, rule=rule.name),
            fact("", "{sender}: the company's own mail", sender=special.words),
        ),
        probe=Probe((special.message,)),
        shows=shows,
        cures=(
            cure(
                "an exception for such mail",
                {f"{path}.{parameter}": value for parameter, value in special.exception.items()},
            ),
        ),
    )
