"""The parties of a rebuilt scenario: the server that hands the mail over, the tenants, the server behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.analysis.diagnose.reproduction_case import Case
from lab.model.names import Domain
from lab.model.value import value
from lab.reports.findings.diagnosis import Passage, TieToTenant

PlainTable = dict[str, Any]
RELAY_DENIED, NOT_ACCEPTED, FAR, RESTRICTED, DIRECT_SEND, UNKNOWN_AT_EDGE = 1, 2, 3, 4, 5, 7
UNKNOWN, NO_DNS, NO_ANSWER, WRONG_NAME, NO_STARTTLS, DMARC = 9, 15, 16, 17, 18, 22
"""Entries of the table of status codes that a scenario can be made for, besides words of servers outside."""
CLIENT, ELSEWHERE, STRANGER = "198.51.100.25", "198.51.100.201", "198.51.100.250"
_SERVICE = "203.0.113."
"""Where the machines of Exchange Online live in the lab."""


@value(kw_only=True)
class ReproductionParties:
    """Who takes part."""

    case: Case
    through: Passage | None
    """The stay that a connector led into or that the mail began in; None if the recipient's tenant is the first."""
    target: bool
    """Whether the recipient's domain is another tenant's."""
    same: bool
    """Whether the recipient is known to the tenant that the mail goes through, or should be."""

    @property
    def number(self) -> int:
        """The refusal's entry in the table of status codes, 0 if it is none of them."""
        return self.case.refusal.number if self.case.refusal else 0

    @property
    def began_inside(self) -> bool:
        """Whether a cloud mailbox wrote the mail."""
        return self.through is not None and self.through.by is TieToTenant.MAILBOX

    @property
    def own(self) -> bool:
        """Whether there is a tenant with a connector for the client, or with the author's mailbox."""
        return self.through is not None or self.number in (RELAY_DENIED, NOT_ACCEPTED, FAR)

    @property
    def relays(self) -> bool:
        """Whether the client hands everything to that tenant, instead of following the MX."""
        return self.own and not self.began_inside and not self.target

    @property
    def accepted(self) -> Domain:
        """A domain of that tenant which the certificate's name is under."""
        parent = next(self.case.helo.parents(), self.case.sender.domain)
        return parent if "." in parent else self.case.sender.domain

    @property
    def owns_sender(self) -> bool:
        """Whether that tenant has the author's domain: unless the stamp of its exit says another one (R121, R153)."""
        domain = self.through.tenant.domain if self.through else ""
        if self.began_inside or self.case.refusal is not None or not domain:
            return True
        return domain == self.case.sender.domain or not domain.endswith(".onmicrosoft.com")

    @property
    def address(self) -> str:
        """The client's; the machines of the lab keep theirs."""
        taken = self.case.client.startswith(_SERVICE) or self.case.client in (ELSEWHERE, STRANGER)
        return CLIENT if taken else self.case.client


def parties(case: Case) -> ReproductionParties:
    """By the stays and the words of the refusal."""
    first = next(iter(case.way), None)
    through = first if first and first.by in (TieToTenant.CONNECTOR, TieToTenant.MAILBOX) else None
    number = case.refusal.number if case.refusal else 0
    onward = case.way[1:] if through else case.way
    target = (
        through is None
        or any(passage.by is TieToTenant.RECIPIENT for passage in onward)
        or number in (FAR, RESTRICTED, DIRECT_SEND, UNKNOWN_AT_EDGE, DMARC)
    ) and number not in (RELAY_DENIED, NOT_ACCEPTED)
    same = through is not None and not target and _stays(case)
    return ReproductionParties(case=case, through=through, target=target, same=same)


def _stays(case: Case) -> bool:
    """Whether the mail ended in the first tenant, not at a server that it was sent to."""
    if case.refusal is None:
        return not case.way[-1].tenant.domain  # only the stamp of an exit tells one
    if case.refusal.number in (NO_DNS, NO_ANSWER, WRONG_NAME, NO_STARTTLS):
        return False
    return not case.refusal.said_by or case.refusal.service


def filled(table: Mapping[str, Any]) -> PlainTable:
    """Without what says nothing."""
    return {key: value for key, value in table.items() if value not in (None, "", [], {})}
