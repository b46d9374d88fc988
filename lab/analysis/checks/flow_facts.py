"""What a flow shows, and who can write on behalf of the company: what checks have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, mailboxes
from lab.core.routing import is_on_premises
from lab.core.service_host_names import front_door
from lab.evidence.hop_facts import place
from lab.model.names import Address, Domain
from lab.model.onprem import OnPremOrganization
from lab.model.steps import Authenticated, Promoted, Routed
from lab.model.tenant import OutboundConnector, Tenant
from lab.model.trace import Disposition, S
from lab.reports.explanation.conclusions import Fate
from lab.sentence import NOTHING, Sentence, sentence

NOBODY = "mflab-nobody"
"""A local part that no directory has."""
MOERA = "onmicrosoft.com"
STRICT = {f"hosts.{stand_ins.OUTSIDE_HOST}.strict_spf": True}
"""A receiver outside that asks for SPF and goes by it, as many filters do (R176)."""
_LOOP = frozenset({"5.4.14", "5.4.6"})


def in_tenant(tenant: Tenant) -> str:
    """A tenant as traces name it."""
    return f"tenant:{tenant.name}"


# -- what became of a message


def looped(played: PlayedProbe) -> Sentence:
    """That a message has gone round until somebody counted; NOTHING if none has."""
    fate = next((fate for fate in played.fates.values() if fate.status in _LOOP), None)
    if fate is None:
        return NOTHING
    where, number = visits(fate).most_common(1)[0]
    return sentence(
        "mail for {recipient} goes round, {number} times through {place}, until it is refused: {status}, mail loop",
        recipient=fate.spec.recipients[0],
        number=number,
        place=where,
        status=fate.status,
    )


def visits(fate: Fate) -> Counter[str]:
    """How often a message was at each place."""
    return Counter(place(hop) for hop in fate.trace.hops)


def lost(played: PlayedProbe) -> Sentence:
    """Who does not get a message, and how it ends instead; NOTHING if all arrive."""
    for fate in played.fates.values():
        for recipient, end in fate.trace.dispositions.items():
            if end is not Disposition.DELIVERED:
                outcome = fate.outcome if fate.status in fate.outcome else f"{fate.outcome} {fate.status}"
                return sentence(
                    "{recipient} does not get it: {outcome}", recipient=recipient, outcome=outcome
                )
    return NOTHING


def straight(played: PlayedProbe) -> bool:
    """Whether no wrong tenant has had it: that is a fault of its own (MFL-ATTR)."""
    return all(fate.misrouted is None for fate in played.fates.values())


def authenticated(played: PlayedProbe, where: str) -> Authenticated | None:
    """The last judgement of the sender at a place."""
    return last_step(played, where, Authenticated)


def last_step(played: PlayedProbe, where: str, kind: type[S]) -> S | None:
    """The last step of its kind at a place, whichever message it was."""
    return next(
        reversed([step for hop in played.hops if place(hop) == where for step in hop.all(kind)]), None
    )


def routed_by(played: PlayedProbe, where: str) -> str | None:
    """The connector that a message left a place by, '' for none; None if it did not leave."""
    step = last_step(played, where, Routed)
    return None if step is None else step.connector


def arrives_internal(played: PlayedProbe, tenant: Tenant) -> bool:
    """Whether the tenant took the sender for a colleague (R119)."""
    promoted = last_step(played, in_tenant(tenant), Promoted)
    return promoted is not None and promoted.auth_as == "Internal"


# -- who writes


def mailbox_where(owner: OnPremOrganization | Tenant, fits: Callable[[Domain], bool]) -> Address | None:
    """The first mailbox with a primary address in a domain that fits."""
    return next((mailbox.primary for mailbox in mailboxes(owner) if fits(mailbox.primary.domain)), None)


def is_moera(domain: Domain) -> bool:
    """Whether it is one of Microsoft's: `contoso.onmicrosoft.com`."""
    return domain.is_under(MOERA)


def vanity_domains(owner: OnPremOrganization | Tenant) -> tuple[Domain, ...]:
    """The accepted domains that are the company's own names."""
    return tuple(
        accepted.domain_name for accepted in owner.accepted_domains if not is_moera(accepted.domain_name)
    )


def values(context: AuditContext, path: str) -> list[Any]:
    """A list as it is written, empty if it is not; a single value stands for itself."""
    written = context.value(path)
    return list(written) if isinstance(written, list) else [] if written is None else [written]


# -- where to


def to_on_premises(context: AuditContext) -> Iterator[tuple[Tenant, OutboundConnector]]:
    """The connectors that routing may choose for the way to on-premises."""
    for tenant, connector in context.outbound():
        if is_on_premises(connector) and not connector.is_transport_rule_scoped and not connector.test_mode:
            yield tenant, connector


def servers(context: AuditContext, organization: OnPremOrganization) -> list[str]:
    """The names of its Exchange servers."""
    return [str(host.fqdn) for host in context.exchange_servers(organization.name)]


def door(tenant: Tenant) -> str:
    """The name that leads to the tenant's front ends (R156)."""
    return str(front_door(tenant.default_domain))
