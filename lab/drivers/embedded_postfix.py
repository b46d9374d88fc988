"""The embedded lab with real mail servers in the places of its gateways; it has to run in a network of its own (`network_namespace`)."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from lab.drivers import machine_credentials, postfix_process, shared_folder
from lab.drivers.address_mapping import Endpoint
from lab.drivers.container_node import ContainerDns, ContainerNode
from lab.drivers.containers.network_plan import plan
from lab.drivers.control_question import ControlAnswer, ControlRequest
from lab.drivers.lab_clock import LabClock
from lab.drivers.loopback_addresses import all_hosts
from lab.drivers.postfix_shadow import PostfixShadow
from lab.drivers.remote_run import RemoteRun, nodes_of
from lab.drivers.run_outcome import RunOutcome
from lab.drivers.shared_folder import ClockReading
from lab.errors import DriverError
from lab.pki import certificate_folder as pki
from lab.scenario.model import Variant


def addresses(variant: Variant) -> tuple[str, ...]:
    """What the network apart has to have, the DNS server's address first.

    Raises DriverError when somebody is behind NAT: in one network nobody translates.
    """
    behind = [host.name for host in variant.topology.hosts.values() if host.nat]
    if behind:
        raise DriverError(
            f"{variant.name}: {', '.join(behind)} behind NAT takes a router: play it in containers"
        )
    return dns_address(variant), *dict.fromkeys(host.address for host in all_hosts(variant.topology))


def dns_address(variant: Variant) -> str:
    """Where DNS is asked, as in containers."""
    return plan([variant]).dns


async def run_with_postfix(variant: Variant, folder: Path) -> RunOutcome:
    """Play a variant with Postfix as its gateways; `folder` is one that Postfix's user may enter.

    Raises DriverError when Postfix does not start, LabBug when it dies.
    """
    root = folder / "lab"
    root.mkdir(mode=0o755)
    set_up(variant, root)
    async with _parts(variant, root, folder) as cast:
        return await RemoteRun(variant, cast, shared_folder.latest(root).starts).play("embedded")


def set_up(variant: Variant, root: Path) -> None:
    """The lab's clock, which starts at the scenario's time, and its certificates and keys."""
    shared_folder.note(root, ClockReading.of(variant.starts, LabClock(variant.starts)))
    pki.make(root / "certificates", variant.every_profile, variant.starts)
    machine_credentials.signatures(variant, root)


class _Here:
    """All parts in this process."""

    def __init__(self, parts: dict[str, ContainerDns | ContainerNode | PostfixShadow]) -> None:
        self._parts = parts

    async def ask(self, part: str, request: ControlRequest) -> ControlAnswer:
        """Have a part answer."""
        return await self._parts[part].answer(request)


@contextlib.asynccontextmanager
async def _parts(variant: Variant, root: Path, folder: Path) -> AsyncIterator[_Here]:
    names = Endpoint(dns_address(variant), shared_folder.DNS_PORT)
    parts: dict[str, ContainerDns | ContainerNode | PostfixShadow] = {}
    async with contextlib.AsyncExitStack() as stack:
        for name in nodes_of(variant):
            host = variant.topology.hosts.get(name)
            if host is not None and host.is_filter:
                parts[name] = PostfixShadow(variant, root, name)
                stack.enter_context(postfix_process.running(variant, host, root, folder / f"postfix-{name}"))
                continue
            real = (
                ContainerDns(variant, root, names)
                if name == shared_folder.DNS
                else ContainerNode(variant, root, name, names)
            )
            await stack.enter_async_context(real)
            parts[name] = real
        yield _Here(parts)
