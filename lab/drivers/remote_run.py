"""Plays a variant over parts that are programs of their own: sends its messages, waits, moves the clock on, collects.

It knows nothing of sockets or containers: it asks parts by name, and whoever carries the questions is its business.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Protocol

from lab.drivers import node_control, shared_folder
from lab.drivers.configuration_history import History
from lab.drivers.control_request import ControlAnswer, ControlRequest
from lab.drivers.outages import Outages
from lab.drivers.run_outcome import MessageSchedule, RunOutcome
from lab.errors import DriverError, LabBug
from lab.evidence.hop_links import joined
from lab.model.outage import Outage
from lab.model.trace import Hop
from lab.model.transport import Mailboxed
from lab.scenario.builders.message_origin import sending_node
from lab.scenario.model import Variant


class LabNodes(Protocol):
    """The parts of a lab, by name: its nodes and the DNS server."""

    async def ask(self, part: str, request: ControlRequest) -> ControlAnswer:
        """Have a part answer. Raises DriverError when it does not."""


class Faults(Protocol):
    """Breaks machines and networks, and mends them."""

    async def begin(self, outage: Outage) -> None:
        """Return when it is broken."""

    async def end(self, outage: Outage) -> None:
        """Return when it is mended, and the part answers."""


def nodes_of(variant: Variant) -> tuple[str, ...]:
    """Everybody that plays in a variant."""
    return (shared_folder.DNS, *dict.fromkeys(variant.topology.addresses().values()))


class RemoteRun:
    """One run of a variant from its start; `mark` tells the messages of a further run in the same lab apart."""

    def __init__(
        self,
        variant: Variant,
        nodes: LabNodes,
        starts: datetime,
        *,
        mark: str = "",
        faults: Faults | None = None,
    ) -> None:
        """Raises DriverError for a variant with outages if there is nobody to make them."""
        if variant.outages and faults is None:
            raise DriverError(
                f"{variant.name} has outages, which need hands on the machines: `mflab run --driver containers`"
            )
        self._variant = variant
        self._nodes = nodes
        self._starts = starts
        self._mark = mark
        self._schedule = MessageSchedule(variant.messages, starts)
        self._parts = nodes_of(variant)
        self._faults = faults
        self._outages = Outages.of(variant, starts)
        self._changes = list(self._outages.changes)
        """When something breaks or is mended, from now on."""
        self._away: set[str] = set()
        self._history = History.of(variant, starts)

    async def play(self, driver: str) -> RunOutcome:
        """Until every message has come to its end.

        Raises DriverError when a part does not answer, LabBug when something in the lab broke.
        """
        now = await self._move_clock()
        await self._break_and_mend(now)
        await self._send(now)
        while (moment := await self._next()) is not None:
            now = await self._move_clock(moment)
            await self._break_and_mend(now)
            await self._send(now)
        return await self._outcome(driver)

    async def _next(self) -> datetime | None:
        """The next moment at which anything happens, once nothing more happens now."""
        due, sending = await self._rest(), self._schedule.next
        if sending is not None and (due is None or sending < due):
            if any(spec.until_stable for spec in self._variant.messages):
                hops, _ = await self._records()
                self._schedule.settle(lambda: hops)
            sending = self._schedule.next
        moments = (due, sending, *self._changes[:1])
        return min((moment for moment in moments if moment is not None), default=None)

    async def _break_and_mend(self, now: datetime) -> None:
        """All that has come due, while nothing is under way; what ends makes room for what begins."""
        while self._changes and self._changes[0] <= now:
            moment = self._changes.pop(0)
            for outage in self._outages.all:
                if self._outages.end(outage) == moment and outage.lasts:
                    await self._mend(outage)
            for outage in self._outages.all:
                if self._outages.begin(outage) == moment:
                    await self._break(outage)

    async def _break(self, outage: Outage) -> None:
        assert self._faults is not None
        await self._faults.begin(outage)
        if outage.stands_still:
            self._away |= {*outage.nodes}
        if not outage.lasts:
            await self._mend(outage)

    async def _mend(self, outage: Outage) -> None:
        """Who has been away learns what time it is."""
        assert self._faults is not None
        await self._faults.end(outage)
        self._away -= {*outage.nodes}
        await self._move_clock()

    async def _send(self, now: datetime) -> None:
        for spec in self._schedule.due(now):
            node = sending_node(spec, self._history.topology(now))
            request = {"do": "submit", "message": spec.key, "mark": self._mark}
            self._schedule.sent[spec.key] = (await self._nodes.ask(node, request))["message"]

    async def _rest(self) -> datetime | None:
        """Wait until nobody has anything to do at once; when the first one wants to go on.

        Mail that leaves one part is known to the next before the first has done with it. So if twice in a row all are
        at rest and nobody has done anything in between, nothing is on its way.
        """
        before: list[int] | None = None
        while True:
            answers = await self._all({"do": "rest"})
            if bugs := [bug for answer in answers for bug in answer["bugs"]]:
                raise LabBug(f"the lab broke: {bugs[0]}")
            moves = [answer["moves"] for answer in answers]
            if moves == before:
                return min((datetime.fromisoformat(e["due"]) for e in answers if e["due"]), default=None)
            before = moves

    async def _move_clock(self, moment: datetime | None = None) -> datetime:
        """Move all clocks on, to where the first one then is; what they say."""
        first, *others = self._present
        request: dict[str, Any] = {"do": "clock"}
        if moment is not None:
            request["lab"] = moment.isoformat()
        answer = await self._nodes.ask(first, request)
        await asyncio.gather(*(self._nodes.ask(p, {**answer, "do": "clock"}) for p in others))
        return datetime.fromisoformat(answer["now"])

    @property
    def _present(self) -> list[str]:
        """Who can answer."""
        return [part for part in self._parts if part not in self._away]

    async def _all(self, request: ControlRequest) -> list[ControlAnswer]:
        return list(await asyncio.gather(*(self._nodes.ask(part, request) for part in self._present)))

    async def _records(self) -> tuple[tuple[Hop, ...], tuple[Mailboxed, ...]]:
        """What all have seen."""
        read = [node_control.read(answer) for answer in await self._all({"do": "record"})]
        return tuple(h for hops, _ in read for h in hops), tuple(m for _, mail in read for m in mail)

    async def _outcome(self, driver: str) -> RunOutcome:
        hops, mail = await self._records()
        now = await self._move_clock()
        return RunOutcome(
            variant=self._variant,
            driver=driver,
            hops=joined(hops),
            delivered=mail,
            messages=self._schedule.sent,
            started=self._starts,
            took=now - self._starts,
        )
