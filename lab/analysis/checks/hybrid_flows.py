"""Mail between the two halves of a company: who writes to whom, and for whom Exchange Online took the connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, mailboxes, message
from lab.core.attribution_result import Attribution
from lab.core.header_stamps import AUTH_AS
from lab.model.decision import Verdict
from lab.model.names import Address, ReversePath
from lab.model.onprem import OnPremOrganization
from lab.model.steps import Attributed, Bounced, Deferred, Dropped, Refused
from lab.model.tenant import RecipientKind, Tenant
from lab.model.topology import Host
from lab.model.value import dataclass
from lab.reports.explanation.conclusions import Fate, Leg
from lab.scenario.builders.correspondents import distinct
from lab.scenario.model import MessageSpec
from lab.sentence import NOTHING, Sentence, sentence

TO_CLOUD, FROM_CLOUD, OUT, IN = "to-cloud", "from-cloud", "out", "in"
"""Keys of the four flows that a hybrid company lives by."""


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Two colleagues, and the directories that hold them."""

    organization: OnPremOrganization
    tenant: Tenant
    onprem: Address
    cloud: Address
    known_as: Address
    """What on-premises calls the one in the cloud; mostly the same."""

    def to_cloud(self, reverse_path: ReversePath | None = None) -> MessageSpec:
        """What the one on-premises writes."""
        return message(self.onprem, self.known_as, key=TO_CLOUD, reverse_path=reverse_path)

    def from_cloud(self) -> MessageSpec:
        """What the one in the cloud answers."""
        return message(self.cloud, self.onprem, key=FROM_CLOUD)


def pairs(context: AuditContext) -> Iterator[Colleagues]:
    """For each organisation and each tenant of the company: the first mailbox, and a cloud mailbox that it knows."""
    for organization, onprem in context.with_mailbox(context.organizations):
        for tenant in context.tenants:
            colleague = _known(organization, tenant)
            if colleague is not None:
                yield Colleagues(organization, tenant, onprem, *colleague)


def _known(organization: OnPremOrganization, tenant: Tenant) -> tuple[Address, Address] | None:
    """A cloud mailbox, and what on-premises calls it: by its own address, or by a contact that leads to it."""
    for mailbox in mailboxes(tenant):
        if organization.find(mailbox.primary) is not None:
            return mailbox.primary, mailbox.primary
    for contact in distinct(organization.recipients.values()):
        target = tenant.find(contact.external) if contact.external else None
        if target is not None and target.kind is RecipientKind.MAILBOX:
            return target.primary, contact.primary
    return None


def outgoing(
    context: AuditContext, reverse_path: ReversePath | None = None
) -> Iterator[tuple[OnPremOrganization, MessageSpec]]:
    """For each organisation with mailboxes: what somebody there writes to a stranger."""
    for organization, sender in context.with_mailbox(context.organizations):
        yield organization, message(sender, stand_ins.OUTSIDE, key=OUT, reverse_path=reverse_path)


def inward(recipient: Address) -> MessageSpec:
    """What a stranger writes to the company, by its MX."""
    return message(stand_ins.OUTSIDE, recipient, key=IN)


@dataclass(frozen=True, slots=True)
class Flow:
    """What an organisation's servers may hand to Exchange Online: colleagues' mail, and mail to strangers."""

    organization: OnPremOrganization
    probe: Probe


def flows(context: AuditContext) -> Iterator[Flow]:
    """One message a probe, so that what a finding tells of is what it shows."""
    for pair in pairs(context):
        yield Flow(pair.organization, Probe((pair.to_cloud(),)))
    for organization, spec in outgoing(context):
        yield Flow(organization, Probe((spec,)))


@dataclass(frozen=True, slots=True)
class FrontEndEntry:
    """One of the lab's machines handed a message to a front end, and what that made of it."""

    fate: Fate
    host: Host
    leg: Leg
    decision: Attribution

    @property
    def recognised(self) -> bool:
        """Whether it was taken for somebody's own connection."""
        return self.decision.verdict is Verdict.ORIGINATING

    @property
    def codes(self) -> str:
        """Of the refusal: `550 5.7.51`."""
        return f"{self.leg.refusal.code} {self.leg.refusal.enhanced}" if self.leg.refusal else ""

    @property
    def outcome(self) -> Sentence:
        """What became of it there."""
        mail = whose(self.fate)
        if self.leg.refusal:
            return sentence("{mail} is refused: {codes}", mail=mail, codes=self.codes)
        if self.recognised:
            return sentence("{mail} counts as the tenant's own", mail=mail)
        return sentence("{mail} is taken for a stranger's (Incoming, anonymous)", mail=mail)


def entries(played: PlayedProbe) -> Iterator[FrontEndEntry]:
    """Every hand-over of a machine to Exchange Online, in the order of the way; service hosts are no machines."""
    hosts = played.run.variant.topology.hosts
    for fate in played.fates.values():
        for leg in fate.legs:
            host = hosts.get(leg.origin or "")
            decided = leg.hop.first(Attributed)
            if host is not None and decided is not None:
                decision = decided.cause
                assert isinstance(decision, Attribution), "the simulator hangs decisions on their steps"
                yield FrontEndEntry(fate, host, leg, decision)


def own_entries(context: AuditContext, played: PlayedProbe) -> Iterator[FrontEndEntry]:
    """Those of the company's own machines."""
    return (entry for entry in entries(played) if context.owns(entry.host))


def exchange_entries(context: AuditContext, played: PlayedProbe) -> Iterator[FrontEndEntry]:
    """Those of the company's Exchange servers."""
    return (entry for entry in own_entries(context, played) if entry.host.holds_mailboxes)


def filter_entries(context: AuditContext, played: PlayedProbe) -> Iterator[FrontEndEntry]:
    """Those of the company's spam filters."""
    return (entry for entry in own_entries(context, played) if entry.host.is_filter)


def refusals(played: PlayedProbe) -> Iterator[str]:
    """What anybody answered on the way, for good or for now."""
    for step in played.steps:
        if isinstance(step, Refused | Deferred | Bounced | Dropped):
            yield str(step.reply or "")


def auth_as(played: PlayedProbe) -> str:
    """AuthAs of what lies in a mailbox at the end: `Internal`, `Anonymous`, '' if nothing arrived (R119)."""
    return next((delivered.message.get(AUTH_AS) or "" for delivered in played.run.delivered), "")


def whose(fate: Fate) -> Sentence:
    """`mail from A to B`."""
    null = fate.spec.reverse_path is not None and fate.spec.reverse_path.is_null
    from_to = {"sender": fate.spec.sender, "recipient": fate.spec.recipients[0]}
    if null:
        return sentence("a report or automatic answer from {sender} to {recipient}", **from_to)
    return sentence("mail from {sender} to {recipient}", **from_to)


def of_exchange(
    context: AuditContext, wrong: Callable[[FrontEndEntry], bool], played: PlayedProbe
) -> Sentence:
    """What became of the first message of the own Exchange with which something is wrong."""
    return next((entry.outcome for entry in exchange_entries(context, played) if wrong(entry)), NOTHING)
