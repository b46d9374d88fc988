"""The outcome of attribution while it is being used: verdict, reason, the rules used, and what it was decided from.

The candidates that lost, each with its reason, are worked out when they are wanted (`explain`), not before.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from lab.model.decision import AttributionDecision, Basis, Direction, Reason, Verdict, Why
from lab.model.names import Address, ReversePath
from lab.model.reply import Reply
from lab.model.switches import Switches
from lab.model.tenant import InboundConnector, Tenant
from lab.model.value import value

if TYPE_CHECKING:
    from lab.core.credentials import Credentials
    from lab.core.directory import Candidate, TenantDirectory


@value(kw_only=True)
class Attribution:
    """Which tenant and connector a message speaks for, for one recipient."""

    verdict: Verdict
    tenant: Tenant | None
    """The tenant it travels through, or whose rules refused it; None if no tenant is concerned."""
    reason: Reason
    basis: Basis
    connector: InboundConnector | None
    chosen: Candidate | None = None
    owner: Why | None = None
    """What settled the tenant among the candidates."""
    rules: tuple[str, ...]
    reply: Reply | None = None
    """Set when refused."""
    direction: Direction | None = None
    credentials: Credentials = field(repr=False)
    reverse_path: ReversePath
    recipient: Address
    candidates: tuple[Candidate, ...] = field(repr=False)
    directory: TenantDirectory = field(repr=False, compare=False)
    switches: Switches = field(repr=False)
    _explained: AttributionDecision | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def tenant_name(self) -> str | None:
        """The tenant's name, or None."""
        return self.tenant.name if self.tenant else None

    @property
    def connector_name(self) -> str:
        """The connector's name, or ''."""
        return self.connector.name if self.connector else ""

    @property
    def status(self) -> str:
        """The enhanced status of a refusal, or ''."""
        return self.reply.enhanced if self.reply else ""

    def explain(self) -> AttributionDecision:
        """The decision as data, with each connector that could have claimed the connection; made once."""
        if self._explained is None:
            from lab.core.explanation import explained  # it is built on verdicts, and only when asked for

            self._explained = explained(self)  # type: ignore[misc]  # a value remembers of itself
        return self._explained
