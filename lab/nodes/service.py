"""A host of one of Microsoft's own services: Teams (R233), SharePoint (R234), Planner (R235), Viva Engage (R236).

To Exchange Online it is a client like any other, attributed by the recipient (R245). It sends by MX, or past it: straight
to the front ends of the recipient's tenant, by the name that every accepted domain has there (R156, R246).
"""

from __future__ import annotations

from dataclasses import replace

from lab.core.authentication.signature_suite import Suite
from lab.core.directory import TenantDirectory
from lab.core.routing import NoTargets
from lab.core.service_host_names import front_door
from lab.model.dns import DnsQueries
from lab.model.names import Address
from lab.model.steps import Step
from lab.model.topology import Host, Topology
from lab.model.transport import Context, QueueItem, Route
from lab.nodes.internet import InternetHost


class ServiceHost(InternetHost):
    """Final server of its own domain, so that answers and reports to `noreply@` have an end."""

    def __init__(self, host: Host, topology: Topology, directory: TenantDirectory, suite: Suite) -> None:
        super().__init__(host, topology, suite)
        self.directory = directory

    def next_hosts(self, recipient: Address) -> tuple[str, ...]:
        """The tenant's own front door, if the service goes past the MX and the recipient's domain is in a tenant."""
        if self.host.past_mx and self.directory.owner(recipient.domain) is not None:
            return (str(front_door(recipient.domain)),)
        return ()

    def route_to(
        self, item: QueueItem, recipients: tuple[Address, ...], context: Context
    ) -> DnsQueries[tuple[Route | NoTargets, Step]]:
        """As any host does; the step says which rule brings service mail here."""
        route, step = yield from super().route_to(item, recipients, context)
        return route, replace(step, rules=("R245", "R246") if self.host.past_mx else ("R245",))
