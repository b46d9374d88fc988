"""Users in <tenant>.onmicrosoft.com: answers take another way, and they may not write much to the outside."""

from __future__ import annotations

from collections.abc import Iterator

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, mailboxes, message
from lab.analysis.checks.finding import Cure, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import arrives_internal, is_moera, lost, values
from lab.analysis.checks.recipients.recipient_mismatch import entry, written_key
from lab.core.routing import choose_send_connector
from lab.model.names import Address
from lab.model.onprem import OnPremOrganization, SendConnector
from lab.model.tenant import Tenant
from lab.scenario.builders.hybrid_wizard import coexistence_domain
from lab.sentence import NOTHING, Sentence, sentence


@check("MFL-ROUTE-011", Severity.WARNING, "R102", "R239", "R242")
def answers_by_internet(context: AuditContext) -> Iterator[Suspicion]:
    """Answers to onmicrosoft.com users take the internet.

    A cloud user has nothing but an onmicrosoft.com address. Mail of his to on-premises takes the hybrid connection.
    Answers do not: the wizard's send connector is for <tenant>.mail.onmicrosoft.com only. They leave for the internet,
    and arrive as mail of a stranger: filtered, tagged external, refused by groups that take internal mail only.

    Cure: <tenant>.onmicrosoft.com in the address spaces of the hybrid send connector, or an address in an own domain.
    """
    for tenant in context.tenants:
        users = _initial_addresses(tenant)
        for organization, sender in context.with_mailbox(context.organizations if users else ()):
            hybrid = choose_send_connector(organization, coexistence_domain(tenant.initial_domain)).connector
            if hybrid is not None:
                probe = Probe((message(sender, users[0]),))
                gap = _gap(context, organization, tenant, hybrid, probe, len(users))
                cured = context.play(Probe(gap.probe.messages, gap.cures[0].change))
                if arrives_internal(cured, tenant):  # else something else is wrong
                    yield gap


def _initial_addresses(tenant: Tenant) -> list[Address]:
    """Primary addresses in the initial domain."""
    addresses = (mailbox.primary for mailbox in mailboxes(tenant))
    return [address for address in addresses if address.domain == tenant.initial_domain]


def _gap(
    context: AuditContext,
    organization: OnPremOrganization,
    tenant: Tenant,
    hybrid: SendConnector,
    probe: Probe,
    users: int,
) -> Suspicion:
    user = probe.messages[0].recipients[0]

    def shows(played: PlayedProbe) -> Sentence:
        if arrives_internal(played, tenant):
            return NOTHING
        shown = "mail for {recipient} takes the internet, and arrives as a stranger's"
        return lost(played) or sentence(shown, recipient=user)

    initial = tenant.initial_domain
    path = context.setting(organization, hybrid, "AddressSpaces")
    spaces = [*map(str, hybrid.address_spaces), f"smtp:{initial};1"]
    names = {"recipient": user, "connector": hybrid.name, "initial": initial}
    wrong = "answers to {recipient} do not take the hybrid connection; users concerned: {number}"
    template = '"{connector}" is for {routing}, not for {initial}'
    return Suspicion(
        about=str(initial),
        text=sentence(wrong, number=users, **names),
        facts=(
            fact(path, template, routing=coexistence_domain(initial), **names),
            fact(entry(context, f"tenants.{tenant.name}", user), "{recipient} has no other address", **names),
        ),
        probe=probe,
        shows=shows,
        cures=(cure('"{connector}" is for {initial}, too', {path: spaces}, **names),),
    )


@check("MFL-ROUTE-015", Severity.NOTE, "R53")
def default_sender(context: AuditContext) -> Iterator[Suspicion]:
    """Mail to the outside is sent from onmicrosoft.com.

    A mailbox has a primary address in the initial domain. Such senders may reach 100 external recipients in 24 hours,
    for the organisation as a whole; a workflow or a scanner uses them up, and then all get 5.7.236.

    Cure: A primary address in an own domain.
    """
    for tenant in context.tenants:
        senders = _initial_addresses(tenant)
        if senders:
            yield _limited(context, tenant, senders)


def _limited(context: AuditContext, tenant: Tenant, senders: list[Address]) -> Suspicion:
    sender = senders[0]
    probe = Probe((message(sender, stand_ins.OUTSIDE),))
    used_up = bool(_over_limit(context.play(probe)))
    limit = f"tenants.{tenant.name}.sending_limits.already_sent_from_onmicrosoft"
    own = next((domain for domain in tenant.accepted_domains if not is_moera(domain.domain_name)), None)
    cures: tuple[Cure, ...] = ()
    if own is not None:
        renamed = Address(sender.local, own.domain_name)
        boxes = f"tenants.{tenant.name}.mailboxes"
        others = [box for box in values(context, boxes) if written_key(box) != sender.key]
        box = {"address": str(renamed), "proxies": [str(sender)]}
        helps = "the primary address is {address}, and the old one stays as a further address"
        messages = (message(renamed, stand_ins.OUTSIDE),)
        cures = (Cure(sentence(helps, address=renamed), {boxes: [*others, box]}, messages),)
    wrong = "{sender} writes from {domain}; users concerned: {number}"
    path = entry(context, f"tenants.{tenant.name}", sender)
    once = sentence("once such senders have had 100 external recipients in 24 hours")
    return Suspicion(
        about=tenant.name,
        text=sentence(wrong, sender=sender, number=len(senders), domain=tenant.initial_domain),
        facts=(
            fact(path, "{sender} is a primary address", sender=sender),
            fact(limit, "100 external recipients in 24 hours are allowed for such senders, all together"),
        ),
        probe=probe if used_up else Probe(probe.messages, {limit: 100}),
        shows=_over_limit,
        cures=cures,
        condition=NOTHING if used_up else once,
        severity=Severity.ERROR if used_up else None,
    )


def _over_limit(played: PlayedProbe) -> Sentence:
    for fate in played.fates.values():
        if fate.status == "5.7.236":
            over = "{sender} is refused: 5.7.236, the limit for onmicrosoft.com senders"
            return sentence(over, sender=fate.spec.sender)
    return NOTHING
