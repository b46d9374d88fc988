"""One program of a lab that is spread over containers: a node with its disk, or the DNS server.

Whoever plays the lab asks them over their control sockets (`lab.drivers.control_socket`): to send a message, to tell
when they are at rest, what time it is, and in the end what they have seen.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from lab.drivers import shared_folder
from lab.drivers.address_mapping import AddressMapping, DirectMapping, Endpoint
from lab.drivers.configuration_history import History
from lab.drivers.control_request import ControlAnswer, ControlRequest
from lab.drivers.lab_runtime import LabRuntime
from lab.drivers.node_control import ControlledNode, NodeRecord
from lab.drivers.run_outcome import again, send
from lab.pki import rsa_signing
from lab.scenario.model import MessageSpec, Variant
from lab.wire.dns_server import DnsServer
from lab.wire.transaction import Patience

PATIENCE = replace(Patience().scaled(1 / 15), connect=1.0)
"""Of clients: nobody in a lab is far away, and whoever watches does not wait for five minutes. It is the kernel that takes
a connection, however busy the server is."""


class ContainerNode(LabRuntime, ControlledNode):
    """One node of a variant, at the scenario's own addresses."""

    def __init__(
        self,
        variant: Variant,
        root: Path,
        node: str,
        names: Endpoint,
        *,
        mapping: AddressMapping | None = None,
        port: int = shared_folder.SMTP_PORT,
        seed: int | str = 0,
        on_bug: Callable[[Exception], None] | None = None,
    ) -> None:
        """`root` is the shared folder, `names` the DNS server. Raises DriverError without a setup."""
        reading = shared_folder.latest(root)
        super().__init__(
            variant,
            shared_folder.make_folder(root, node),
            mapping or DirectMapping(),
            clock=reading.clock,
            starts=reading.starts,
            keys=root,
            plays={node},
            port=port,
            seed=f"{seed}/{node}",
            patience=PATIENCE,
            on_bug=on_bug,
        )
        self.node = node
        self._names = names

    async def _resolver(self, stack: contextlib.AsyncExitStack) -> Endpoint:  # noqa: ARG002
        """Another part."""
        return self._names

    async def answer(self, request: ControlRequest) -> ControlAnswer:
        """What any node does, and send a message."""
        if request["do"] == "submit":
            return {"message": await self._submit(request["message"], request.get("mark", ""))}
        return await super().answer(request)

    async def rest(self) -> ControlAnswer:
        """Where only waiting is left, until when."""
        await self.settled()
        due = self.next_due
        return {
            "moves": self.moves,
            "due": due.isoformat() if due else None,
            "hops": len(self.journal),
            "bugs": [repr(bug) for bug in self.bugs],
        }

    def record(self) -> NodeRecord:
        """Journal and mailboxes."""
        return self.journal.hops(), self.mailboxes

    async def _submit(self, key: str, mark: str) -> str:
        specs: Iterable[MessageSpec] = [spec for spec in self.variant.messages if spec.key == key]
        (spec,) = again(specs, mark) if mark else specs
        message_id, heard = send(spec, self.history, self.context())
        await self.keep(heard)
        return message_id


class ContainerDns(ControlledNode):
    """The DNS server, which says what the zones say at the lab's time. It is always at rest, and has seen nothing."""

    def __init__(self, variant: Variant, root: Path, listens: Endpoint) -> None:
        """`root` is the shared folder. Raises DriverError without a setup."""
        reading = shared_folder.latest(root)
        self.clock = reading.clock
        self.state = shared_folder.make_folder(root, shared_folder.DNS)
        self.starts = reading.starts
        self._history = History.of(variant, reading.starts, rsa_signing.signatures(variant, root))
        self._listens = listens
        self._server = DnsServer(self._history.zones(self.clock.now()))

    async def __aenter__(self) -> ContainerDns:
        """Listen. Raises WireError when the address or the port cannot be had."""
        await self._server.start(self._listens.address, self._listens.port)
        self._following = asyncio.ensure_future(self._follow())
        return self

    async def __aexit__(self, *error: object) -> None:
        """Answer no more."""
        self._following.cancel()
        await asyncio.gather(self._following, return_exceptions=True)
        await self._server.close()

    def skip_to(self, moment: datetime) -> None:
        """Move the clock on."""
        self.clock.skip_to(moment)
        self._catch_up()

    def _catch_up(self) -> None:
        self._server.zones = self._history.zones(self.clock.now())

    async def _follow(self) -> None:
        for moment in self._history.changes:
            await asyncio.sleep(max(0.0, (moment - self.clock.now()).total_seconds()))
            self._catch_up()
