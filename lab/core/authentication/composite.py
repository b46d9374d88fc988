"""Composite authentication: Microsoft's one word on whether the author is who it says, with a reason (R169).

Only some reasons are documented, and only in outline; the table here is the lab's own reading of them. What takes
Microsoft's history of a sender (2xx by reputation, 7xx) or an administrator's list of pairs (002) is not emulated.
`compauth=fail` alone refuses nothing: it raises the SCL.
"""

from __future__ import annotations

from enum import StrEnum

from lab.core.authentication.organizational import organizational_domain
from lab.core.authentication.results import CompAuth, Composite, Dmarc, DmarcResult
from lab.model.names import Domain


class CompositeReason(StrEnum):
    """The reasons that the lab gives."""

    EXPLICIT_FAIL = "000"
    """DMARC failed, and the policy asks for quarantine or reject."""
    IMPLICIT_FAIL = "001"
    """Nothing vouches for the author, and there is no policy, or one that asks for nothing."""
    OWN_DOMAIN_FAIL = "010"
    """As 000, and the author's domain is the recipient's own."""
    EXPLICIT_PASS = "100"  # noqa: S105
    """DMARC passed."""
    IMPLICIT_PASS = "109"  # noqa: S105
    """Aligned SPF or DKIM, without a DMARC record."""
    ARC_OVERRIDE = "130"
    """DMARC failed, but a trusted sealer saw it pass."""
    SOFT_PASS = "201"  # noqa: S105
    """Nothing aligned, but the client's name is in the author's domain."""
    NOT_CHECKED = "301"
    """There is no author to check, or DNS failed."""
    OWN_IMPLICIT_FAIL = "601"
    """As 001, and the author's domain is the recipient's own."""


def composite(
    found: DmarcResult | None, *, own: bool, overridden: bool = False, client_host: str = ""
) -> Composite:
    """Judge the author of a message.

    `own`: the author's domain is one of the recipient's tenant; `overridden`: a trusted ARC sealer saw DMARC pass;
    `client_host`: the client's name, forward and back, '' if it has none.
    """
    if found is None or found.result in (Dmarc.TEMPERROR, Dmarc.PERMERROR):
        return Composite(CompAuth.NONE, CompositeReason.NOT_CHECKED)
    if found.result is Dmarc.PASS:
        return Composite(CompAuth.PASS, CompositeReason.EXPLICIT_PASS)
    if found.result is Dmarc.BEST_GUESS_PASS:
        return Composite(CompAuth.PASS, CompositeReason.IMPLICIT_PASS)
    if overridden:
        return Composite(CompAuth.PASS, CompositeReason.ARC_OVERRIDE)
    if found.policy in ("quarantine", "reject"):
        return Composite(
            CompAuth.FAIL, CompositeReason.OWN_DOMAIN_FAIL if own else CompositeReason.EXPLICIT_FAIL
        )
    if _same_organization(client_host, found.author_domain):
        return Composite(CompAuth.SOFTPASS, CompositeReason.SOFT_PASS)
    return Composite(
        CompAuth.FAIL, CompositeReason.OWN_IMPLICIT_FAIL if own else CompositeReason.IMPLICIT_FAIL
    )


def _same_organization(host: str, author: str) -> bool:
    return bool(host) and organizational_domain(Domain(host.lower())) == organizational_domain(Domain(author))
