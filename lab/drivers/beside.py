"""The embedded lab with real mail servers in the places of its gateways; it has to run in a network of its own (`apart`)."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from lab.drivers import papers, postfix, shared
from lab.drivers.addresses import all_hosts
from lab.drivers.asking import Answer, Request
from lab.drivers.clock import LabClock
from lab.drivers.conductor import Conductor, parts_of
from lab.drivers.containers.plan import plan
from lab.drivers.outcome import Outcome
from lab.drivers.part import DnsPart, NodePart
from lab.drivers.shadow import ShadowPart
from lab.drivers.shared import Reading
from lab.drivers.site import Endpoint
from lab.errors import DriverError
from lab.pki import store as pki
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


async def play_beside(variant: Variant, folder: Path) -> Outcome:
    """Play a variant with Postfix as its gateways; `folder` is one that Postfix's user may enter.

    Raises DriverError when Postfix does not start, LabBug when it dies.
    """
    root = folder / "lab"
    root.mkdir(mode=0o755)
    set_up(variant, root)
    async with _parts(variant, root, folder) as cast:
        return await Conductor(variant, cast, shared.latest(root).starts).play("embedded")


def set_up(variant: Variant, root: Path) -> None:
    """The lab's clock, which starts at the scenario's time, and its certificates and keys."""
    shared.note(root, Reading.of(variant.starts, LabClock(variant.starts)))
    pki.make(root / "certificates", variant.every_profile, variant.starts)
    papers.signatures(variant, root)


class _Here:
    """All parts in this process."""

    def __init__(self, parts: dict[str, DnsPart | NodePart | ShadowPart]) -> None:
        self._parts = parts

    async def ask(self, part: str, request: Request) -> Answer:
        """Have a part answer."""
        return await self._parts[part].answer(request)


@contextlib.asynccontextmanager
async def _parts(variant: Variant, root: Path, folder: Path) -> AsyncIterator[_Here]:
    names = Endpoint(dns_address(variant), shared.DNS_PORT)
    parts: dict[str, DnsPart | NodePart | ShadowPart] = {}
    async with contextlib.AsyncExitStack() as stack:
        for name in parts_of(variant):
            host = variant.topology.hosts.get(name)
            if host is not None and host.is_filter:
                parts[name] = ShadowPart(variant, root, name)
                stack.enter_context(postfix.running(variant, host, root, folder / f"postfix-{name}"))
                continue
            real = (
                DnsPart(variant, root, names) if name == shared.DNS else NodePart(variant, root, name, names)
            )
            await stack.enter_async_context(real)
            parts[name] = real
        yield _Here(parts)
