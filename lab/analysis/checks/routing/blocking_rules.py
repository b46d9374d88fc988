"""Mail flow rules that refuse, delete or redirect, and hit the company's own mail."""

from __future__ import annotations

from collections.abc import Iterator

from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message
from lab.analysis.checks.finding import Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import in_tenant
from lab.analysis.checks.routing.connector_rules import AUTOMATIC, NULL, SpecialMessage, acts, hits
from lab.model.names import Address, Domain
from lab.model.rules import TransportRule
from lab.model.tenant import Tenant
from lab.scenario.builders.correspondents import AddressOwner
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import NOTHING, Sentence, sentence

_VOICEMAIL = Address("noreply", Domain("skype.voicemail.microsoft.com"))


@check("MFL-RULE-004", Severity.ERROR, "R119", "R143", "R231")
def hits_own_mail(context: AuditContext) -> Iterator[Suspicion]:
    """A rule stops the company's own mail.

    A rule refuses, deletes or redirects what it takes for a stranger's: mail of colleagues on the other side that does
    not arrive as internal, their automatic answers, voicemail that Microsoft's service makes inside the tenant.

    Cure: Exceptions for the on-premises servers, and for what the service itself sends.
    """
    for owner in context.own.owners:
        for rule in owner.transport_rules:
            if acts(rule) and _stops(rule) and not (rule.conditions.from_ or rule.conditions.sent_to):
                for special in _own_mail(context, owner, rule):
                    yield _hit(context, owner, rule, special)


def _stops(rule: TransportRule) -> bool:
    actions = rule.actions
    return actions.rejects or actions.delete_message or bool(actions.redirect_message_to)


def _own_mail(context: AuditContext, owner: AddressOwner, rule: TransportRule) -> Iterator[SpecialMessage]:
    cloud = next(filter(None, map(context.mailbox, context.tenants)), None)
    home = next(filter(None, map(context.mailbox, context.organizations)), None)
    servers = [host.source for host in context.exchange_servers()]
    trusted: SettingChange = {"ExceptIfSenderIpRanges": servers}
    inside: SettingChange = {"ExceptIfFromScope": "InOrganization"}
    if cloud and home:
        upward = sentence("{sender} to {recipient}", sender=home, recipient=cloud)
        yield SpecialMessage("on-premises", upward, message(home, cloud), trusted)
        answers = sentence("automatic answers of {sender} to {recipient}", sender=home, recipient=cloud)
        automatic = message(home, cloud, reverse_path=NULL, headers=(AUTOMATIC,))
        yield SpecialMessage("<>", answers, automatic, trusted)
        downward = sentence("{sender} to {recipient}", sender=cloud, recipient=home)
        yield SpecialMessage("cloud", downward, message(cloud, home), inside)
    if isinstance(owner, Tenant) and (recipient := context.mailbox(owner)):
        spared = [*map(str, rule.exceptions.sender_domain_is), str(_VOICEMAIL.domain)]
        exception: SettingChange = {"ExceptIfSenderDomainIs": spared}
        words = sentence("Cloud Voicemail to {recipient}", recipient=recipient)
        voicemail = message(_VOICEMAIL, recipient, via=in_tenant(owner))
        yield SpecialMessage("voicemail", words, voicemail, exception)


def _hit(
    context: AuditContext, owner: AddressOwner, rule: TransportRule, special: SpecialMessage
) -> Suspicion:
    path = context.setting(owner, rule)

    def shows(played: PlayedProbe) -> Sentence:
        applies = sentence('"{rule}" applies to mail from {sender}', rule=rule.name, sender=special.words)
        return applies if hits(played, rule) else NOTHING

    template = '"{rule}" refuses, deletes or redirects, with no exception that holds for such mail'
    return Suspicion(
        about=f"{rule.name}:{special.kind}",
        text=sentence('the rule "{rule}" stops mail from {sender}', rule=rule.name, sender=special.words),
        facts=(
            fact(path, template, rule=rule.name),
            fact("", "{sender}: the company's own mail", sender=special.words),
        ),
        probe=Probe((special.message,)),
        shows=shows,
        cures=(cure("an exception for such mail", special.spared_by(path)),),
    )
