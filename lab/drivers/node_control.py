"""What whoever plays a lab asks its nodes: whether they are at rest, what they have seen, and what time it is.

Journal and mailboxes are told as JSON data.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from lab.drivers import shared_folder
from lab.drivers.control_request import ControlAnswer, ControlRequest
from lab.drivers.lab_clock import LabClock
from lab.drivers.shared_folder import ClockReading
from lab.model.message import Message
from lab.model.trace import Hop, HopHead
from lab.model.transport import Mailboxed
from lab.wire import codec

NodeRecord = tuple[Iterable[Hop], Iterable[Mailboxed]]


class ControlledNode:
    """A node, or the DNS server, that answers over its control socket."""

    clock: LabClock
    state: Path
    """Its folder."""
    starts: datetime
    """When the scenario begins on the clock."""

    async def answer(self, request: ControlRequest) -> ControlAnswer:
        """Answer a request; ValueError for one that makes no sense here."""
        match request["do"]:
            case "rest":
                return await self.rest()
            case "record":
                return written(*self.record())
            case "clock":
                return self._set_clock(request)
            case other:
                raise ValueError(other)

    async def rest(self) -> ControlAnswer:
        """Once there is nothing to do at once: how much has been done, and when it goes on. By default, nothing."""
        return {"moves": 0, "due": None, "hops": 0, "bugs": []}

    def record(self) -> NodeRecord:
        """Journal and mailboxes."""
        return (), ()

    def skip_to(self, moment: datetime) -> None:
        """Move the clock on."""
        self.clock.skip_to(moment)

    def _set_clock(self, request: ControlRequest) -> ControlAnswer:
        """Move the clock on to where another's is, or to a moment if only `lab` is told; where it is now.

        What it says then is noted, for a node that is away and comes back.
        """
        if "lab" in request:
            moment = datetime.fromisoformat(request["lab"])
            self.skip_to(LabClock(moment, request["real"]).now() if "real" in request else moment)
        reading = ClockReading.of(self.starts, self.clock)
        shared_folder.note(self.state, reading)
        return {"now": self.clock.now().isoformat(), "lab": reading.lab.isoformat(), "real": reading.real}


def written(hops: Iterable[Hop], mailboxes: Iterable[Mailboxed]) -> Mapping[str, Any]:
    """As JSON data. The candidates of decisions stay behind; what was decided is in the steps."""
    return {
        "hops": [[codec.dumps(hop.head), codec.dump_steps(hop.steps)] for hop in hops],
        "mail": [
            [codec.dumps(mail, leave_out=("message",)), b64encode(bytes(mail.message)).decode()]
            for mail in mailboxes
        ],
    }


def read(record: Mapping[str, Any]) -> tuple[tuple[Hop, ...], tuple[Mailboxed, ...]]:
    """The inverse of `written`; ValueError when it is no such data."""
    hops = (Hop(codec.loads(HopHead, head), codec.load_steps(steps)) for head, steps in record["hops"])
    mail = (
        codec.loads(Mailboxed, text, message=Message.parse(b64decode(content)))
        for text, content in record["mail"]
    )
    return tuple(hops), tuple(mail)
