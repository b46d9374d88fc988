"""Whether everything that is named exists, lives where it may, and is alone where it must be."""

from __future__ import annotations

from collections.abc import Mapping

from lab.model.tenant import Tenant
from lab.model.topology import Host, Region, Topology
from lab.scenario.kinds import Fields
from lab.scenario.tree import Table


def check(
    read: Fields,
    tree: Table,
    hosts: Mapping[str, Host],
    regions: Mapping[str, Region],
    tenants: Mapping[str, Tenant],
) -> None:
    """See the module."""


def check_names(read: Fields, topology: Topology) -> None:
    """See the module."""
