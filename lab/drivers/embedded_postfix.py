"""The embedded lab with real mail servers in the places of its gateways, in a network namespace of its own.

Programs that cannot be told another port than 25, or another DNS server than /etc/resolv.conf, are at home there. When
the command ends, everything that it started ends, and nothing is left of the network.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

from lab.drivers import postfix_process, shared_folder
from lab.drivers.address_mapping import Endpoint, all_hosts
from lab.drivers.container_node import ContainerDns, ContainerNode
from lab.drivers.containers.network_plan import plan
from lab.drivers.control_request import ControlAnswer, ControlRequest
from lab.drivers.lab_clock import LabClock
from lab.drivers.postfix_node import PostfixNode
from lab.drivers.remote_run import RemoteRun, nodes_of
from lab.drivers.run_outcome import RunOutcome
from lab.drivers.shared_folder import ClockReading
from lab.errors import DriverError
from lab.pki import certificate_folder as pki
from lab.pki import rsa_signing
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
    async with _parts(variant, root, folder) as nodes:
        return await RemoteRun(variant, nodes, shared_folder.latest(root).starts).play("embedded")


def set_up(variant: Variant, root: Path) -> None:
    """The lab's clock, which starts at the scenario's time, and its certificates and keys."""
    shared_folder.note(root, ClockReading.of(variant.starts, LabClock(variant.starts)))
    pki.make(root / "certificates", variant.every_profile, variant.starts)
    rsa_signing.signatures(variant, root)


class _Here:
    """All parts in this process."""

    def __init__(self, parts: dict[str, ContainerDns | ContainerNode | PostfixNode]) -> None:
        self._parts = parts

    async def ask(self, part: str, request: ControlRequest) -> ControlAnswer:
        """Have a part answer."""
        return await self._parts[part].answer(request)


@contextlib.asynccontextmanager
async def _parts(variant: Variant, root: Path, folder: Path) -> AsyncIterator[_Here]:
    names = Endpoint(dns_address(variant), shared_folder.DNS_PORT)
    parts: dict[str, ContainerDns | ContainerNode | PostfixNode] = {}
    async with contextlib.AsyncExitStack() as stack:
        for name in nodes_of(variant):
            host = variant.topology.hosts.get(name)
            if host is not None and host.is_filter:
                parts[name] = PostfixNode(variant, root, name)
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


_TOOLS = {"unshare": "util-linux", "ip": "iproute2", "mount": "mount"}
_ENTER = """\
ip link set lo up
for address in $ADDRESSES; do ip address add "$address/32" dev lo; done
mount --bind "$RESOLVER" /etc/resolv.conf
exec "$@"
"""


def in_network_namespace(
    command: Sequence[str], addresses: Iterable[str], resolver: Path
) -> tuple[list[str], dict[str, str]]:
    """The command line that runs `command` there, and its environment; `resolver` is its /etc/resolv.conf.

    Raises DriverError when this machine does not allow it.
    """
    _check()
    namespaces = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
    environment = {"ADDRESSES": " ".join(addresses), "RESOLVER": str(resolver), "TZ": "UTC"}
    return ["unshare", *namespaces, "sh", "-ec", _ENTER, "sh", *command], {**os.environ, **environment}


def _check() -> None:
    if os.geteuid() != 0:
        raise DriverError(
            "a network of its own for a real mail server takes root: `sudo mflab ...`, or the lab in containers"
        )
    missing = [
        f"{tool} (package {package})" for tool, package in _TOOLS.items() if shutil.which(tool) is None
    ]
    if missing:
        raise DriverError(
            f"a network of its own takes {', '.join(missing)}, which this machine does not have"
        )
