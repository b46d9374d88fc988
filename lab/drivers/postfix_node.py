"""A node that a real Postfix plays, which cannot be asked itself: its log is read.

The lab's clock is not Postfix's: what is put off there is tried again when Postfix thinks so, and no moving of clocks
hastens it. So a Postfix that plays in a scenario is told to try once (`expires_after` 0).
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lab.core.outbound_tls import client_certificate
from lab.drivers import shared_folder
from lab.drivers.container_node import ContainerNode
from lab.drivers.control_request import ControlAnswer, ControlRequest
from lab.drivers.node_control import ControlledNode, NodeRecord
from lab.errors import DriverError
from lab.evidence import postfix_log
from lab.scenario.model import Variant

YIELD: ControlRequest = {"do": "yield"}
"""What the container of a real server asks for before it listens."""
LOG = "mail.log"
"""In the folder of the part."""
SETTLED = 0.25
"""Seconds without a new line after which all has been written: Postfix's programs log by way of another one."""
_AGAIN = 0.02


class PostfixNode(ControlledNode):
    """A node of a variant that Postfix plays."""

    def __init__(self, variant: Variant, root: Path, node: str, log: Path | None = None) -> None:
        """`root` is the shared folder, `log` another log than the one there. Raises DriverError without a setup."""
        reading = shared_folder.latest(root)
        self.clock = reading.clock
        self.state = shared_folder.make_folder(root, node)
        self.log = log or self.state / LOG
        self.starts = reading.starts
        self._host = variant.topology.hosts[node]
        profile = client_certificate(self._host, variant.topology)
        self._shown = variant.topology.certificates[profile].label if profile else ""
        self._begins = _wall()
        self._ahead = [(datetime.min.replace(tzinfo=UTC), self._offset())]
        """By how much the lab's clock is ahead of the machine's, from a moment of the machine's on."""

        self._former = len(self._read().troubles)
        """What an earlier Postfix died of, which has been told."""

    def skip_to(self, moment: datetime) -> None:
        """Move the clock on; Postfix's own stays."""
        self.clock.skip_to(moment)
        self._ahead.append((_wall(), self._offset()))

    async def __aenter__(self) -> PostfixNode:
        """There is nothing to start."""
        return self

    async def __aexit__(self, *error: object) -> None:
        """Nor to stop."""

    def record(self) -> NodeRecord:
        """The hops that its log tells of."""
        return self._read().hops, ()

    async def rest(self) -> ControlAnswer:
        """Once nothing is being done and the log has been still for a while."""
        size, since = self._size(), time.monotonic()
        while True:
            await asyncio.sleep(_AGAIN)
            if (grown := self._size()) != size:
                size, since = grown, time.monotonic()
            if time.monotonic() - since < SETTLED:
                continue
            reading = self._read()
            if died := reading.troubles[self._former :]:
                raise DriverError(f"{self._host.name}: {died[0]}; its log is {self.log}")
            if not reading.at_work:
                return {"moves": size, "due": None, "hops": len(reading.hops), "bugs": []}
            since = time.monotonic()

    def _size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def _read(self) -> postfix_log.PostfixLog:
        lines = self.log.read_text("utf-8", errors="replace").splitlines() if self.log.exists() else []
        return postfix_log.read(
            lines, self._host, shown=self._shown, begins=self._begins, clock=self._lab_time
        )

    def _offset(self) -> timedelta:
        return self.clock.now() - _wall()

    def _lab_time(self, at: datetime) -> datetime:
        """Of a moment in the log, by the offset that held then."""
        return at + next(offset for since, offset in reversed(self._ahead) if since <= at)


def _wall() -> datetime:
    """The machine's clock, which Postfix's log is by."""
    return datetime.now(UTC)


class ReplaceableNode:
    """A node whose place a real mail server may take while the lab runs. It starts as the lab's own."""

    def __init__(self, variant: Variant, root: Path, own: ContainerNode) -> None:
        """`root` is the shared folder, `own` the node as the lab plays it."""
        self._variant = variant
        self._root = root
        self._own = own
        self._postfix: PostfixNode | None = None

    @property
    def state(self) -> Path:
        """The node's folder."""
        return self._own.state

    async def __aenter__(self) -> ReplaceableNode:
        """Start the lab's own node."""
        await self._own.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Stop it, if it still plays."""
        if self._postfix is None:
            await self._own.__aexit__(*error)

    async def answer(self, request: ControlRequest) -> ControlAnswer:
        """What whoever plays the lab wants; what the lab's own node has seen stays on record."""
        if request == YIELD:
            return await self._yield()
        if self._postfix is None:
            return await self._own.answer(request)
        answer = await self._postfix.answer(request)
        if request["do"] != "record":
            return answer
        before = await self._own.answer(request)
        return {kind: [*before[kind], *answer[kind]] for kind in answer}

    async def _yield(self) -> ControlAnswer:
        """Free the port; the answer says that it is free."""
        if self._postfix is None:
            self._postfix = PostfixNode(self._variant, self._root, self._own.node)
            await self._own.__aexit__(None, None, None)
        return {}
