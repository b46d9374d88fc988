"""Parties that a configuration need not have, for flows to start from or to end at: their settings are known to be harmless.

A partner in the same region and one in another, whose tenants restrict nothing; somebody outside with a mail server of
his own; and a stranger who hands mail to the tenant's front door, past whatever its MX says.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from lab.core.service_host_names import front_door
from lab.model.names import Address, Domain
from lab.model.tenant import Tenant
from lab.model.topology import Topology
from lab.scenario.changeable_scenario import SettingChange

PREFIX = "stand-in"
NEAR_TENANT, FAR_TENANT = "any-partner", "any-far-partner"
"""Named as a reader of a finding should understand it: mail for any-partner goes astray."""
NEAR_PLACE, FAR_PLACE = f"tenant:{NEAR_TENANT}", f"tenant:{FAR_TENANT}"
"""What traces call them."""
OUTSIDE_HOST, STRANGER_HOST = "anybody-outside", "any-stranger"
NEAR = Address("partner", Domain("near.stand-in.example"))
FORWARDER = Address("forwarder", NEAR.domain)
"""A mailbox at the near partner that passes its mail on to the far one."""
FAR = Address("partner", Domain("far.stand-in.example"))
COLLECTOR = Address("collector", FAR.domain)
OUTSIDE = Address("somebody", Domain("outside.stand-in.example"))
STRANGER = Address("stranger", Domain("stranger.stand-in.example"))
_FIRST, _LAST = IPv4Address("203.0.113.240"), IPv4Address("203.0.113.254")


def standins(topology: Topology, home: str, door: Tenant | None) -> SettingChange:
    """The parties as a change: `home` is the region of the near partner, `door` whose front door the stranger knows."""
    free = iter(_free(topology))
    stranger = _stranger(str(next(free)), door) if door else {}
    return {
        f"tenants.{NEAR_TENANT}": {
            "initial_domain": "mflabnear.onmicrosoft.com",
            "region": home,
            "AcceptedDomains": [{"DomainName": str(NEAR.domain), "Default": True}],
            "mailboxes": [str(NEAR), {"address": str(FORWARDER), "ForwardingSmtpAddress": str(COLLECTOR)}],
        },
        f"tenants.{FAR_TENANT}": {
            "initial_domain": "mflabfar.onmicrosoft.com",
            "region": "NAM" if home != "NAM" else "EUR",
            "AcceptedDomains": [{"DomainName": str(FAR.domain), "Default": True}],
            "mailboxes": [str(FAR), str(COLLECTOR)],
        },
        f"hosts.{OUTSIDE_HOST}": {
            "address": str(next(free)),
            "domains": [str(OUTSIDE.domain)],
            "mailboxes": [str(OUTSIDE)],
        },
        **stranger,
    }


def _stranger(address: str, door: Tenant) -> SettingChange:
    host = {
        "role": "gateway",
        "address": address,
        "accepts_domains": [],
        "smart_hosts": front_door(door.default_domain),
    }
    return {
        "organizations.any-strangers": {"domains": [str(STRANGER.domain)], "hosts": {STRANGER_HOST: host}}
    }


def free_address(topology: Topology) -> str:
    """One that neither the configuration nor a stand-in has."""
    return str(_free(topology)[-1])


def _free(topology: Topology) -> list[IPv4Address]:
    """Addresses of the lab's plan that nobody in the configuration has."""
    taken = {host.address for host in topology.hosts.values()}
    taken |= {host.nat for host in topology.hosts.values() if host.nat}
    numbers = range(int(_LAST), int(_FIRST) - 200, -1)
    service = {h.address for r in topology.regions.values() for h in (*r.front_ends, *r.senders)}
    return [address for address in map(IPv4Address, numbers) if str(address) not in taken | service]
