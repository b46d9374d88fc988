"""Which of the service's addresses a message leaves from: a bad sender must not spoil the reputation of the good (R46, R151)."""

from __future__ import annotations

from enum import StrEnum

from lab.core.authentication.results import AuthenticationResults, Dkim, Dmarc, Spf
from lab.model.names import Domain
from lab.model.tenant import Tenant
from lab.model.transport import QueueItem


class Pool(StrEnum):
    """`OutboundIpPoolName`, in words."""

    NORMAL = "normal"
    HIGH_RISK = "high risk"
    RELAY = "relay"


def pool_of(
    item: QueueItem, tenant: Tenant, author: Domain | None, found: AuthenticationResults | None
) -> Pool:
    """The pool for mail to the internet.

    `found`: what the tenant's entry found, None for mail of its own mailboxes. The sender is P1, the author where
    there is none; it is P1 as it came, since SRS (R152) rewrites it only on the way out.
    """
    if item.report:
        return Pool.HIGH_RISK
    if found is None:
        return Pool.NORMAL
    if tenant.accepts(author) and found.dmarc is not None and found.dmarc.result is Dmarc.FAIL:
        return Pool.HIGH_RISK
    if tenant.accepts(item.reverse_path.domain or author) or _passed(found):
        return Pool.NORMAL
    return Pool.RELAY


def _passed(found: AuthenticationResults) -> bool:
    return found.spf.result is Spf.PASS or any(result.result is Dkim.PASS for result in found.dkim)
