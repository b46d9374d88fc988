"""Plays a variant over parts that are programs of their own: sends its messages, waits, moves the clock on, collects.

It knows nothing of sockets or containers: it asks parts by name, and whoever carries the questions is its business.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Protocol

from lab.drivers import records, shared
from lab.drivers.agenda import Agenda
from lab.drivers.control import Answer, Request
from lab.drivers.history import History
from lab.drivers.outcome import Outcome, sending_node
from lab.errors import LabBug
from lab.evidence.joining import joined
from lab.model.trace import Hop
from lab.model.transport import Mailboxed
from lab.scenario.model import Variant


class Cast(Protocol):
    """The parts of a lab, by name: its nodes and the DNS server."""

    async def ask(self, part: str, request: Request) -> Answer:
        """Have a part answer. Raises DriverError when it does not."""


def parts_of(variant: Variant) -> tuple[str, ...]:
    """Everybody that plays in a variant."""
    return (shared.DNS, *dict.fromkeys(variant.topology.addresses().values()))


class Conductor:
    """One run of a variant from its start; `mark` tells the messages of a further run in the same lab apart."""

    def __init__(self, variant: Variant, cast: Cast, starts: datetime, *, mark: str = "") -> None:
        self._variant = variant
        self._cast = cast
        self._starts = starts
        self._mark = mark
        self._agenda = Agenda(variant.messages, starts)
        self._parts = parts_of(variant)
        self._history = History.of(variant, starts)

    async def play(self, driver: str) -> Outcome:
        """Until every message has come to its end.

        Raises DriverError when a part does not answer, LabBug when something in the lab broke.
        """
        now = await self._move_clock()
        await self._send(now)
        while (moment := await self._next()) is not None:
            now = await self._move_clock(moment)
            await self._send(now)
        return await self._outcome(driver)

    async def _next(self) -> datetime | None:
        """The next moment at which anything happens, once nothing more happens now."""
        due, sending = await self._rest(), self._agenda.next
        if sending is not None and (due is None or sending < due):
            if any(spec.until_stable for spec in self._variant.messages):
                hops, _ = await self._records()
                self._agenda.settle(lambda: hops)
            sending = self._agenda.next
        return min((each for each in (due, sending) if each is not None), default=None)

    async def _send(self, now: datetime) -> None:
        for spec in self._agenda.due(now):
            node = sending_node(spec, self._history.topology(now))
            request = {"do": "submit", "message": spec.key, "mark": self._mark}
            self._agenda.sent[spec.key] = (await self._cast.ask(node, request))["message"]

    async def _rest(self) -> datetime | None:
        """Wait until nobody has anything to do at once; when the first one wants to go on.

        Mail that leaves one part is known to the next before the first has done with it. So if twice in a row all are
        at rest and nobody has done anything in between, nothing is on its way.
        """
        before: list[int] | None = None
        while True:
            told = await self._all({"do": "rest"})
            if bugs := [bug for each in told for bug in each["bugs"]]:
                raise LabBug(f"the lab broke: {bugs[0]}")
            moves = [each["moves"] for each in told]
            if moves == before:
                return min((datetime.fromisoformat(e["due"]) for e in told if e["due"]), default=None)
            before = moves

    async def _move_clock(self, moment: datetime | None = None) -> datetime:
        """Move all clocks on, to where the first one then is; what they say."""
        first, *others = self._parts
        request: dict[str, Any] = {"do": "clock"}
        if moment is not None:
            request["lab"] = moment.isoformat()
        told = await self._cast.ask(first, request)
        await asyncio.gather(*(self._cast.ask(p, {**told, "do": "clock"}) for p in others))
        return datetime.fromisoformat(told["now"])

    async def _all(self, request: Request) -> list[Answer]:
        return list(await asyncio.gather(*(self._cast.ask(part, request) for part in self._parts)))

    async def _records(self) -> tuple[tuple[Hop, ...], tuple[Mailboxed, ...]]:
        """What all have seen."""
        read = [records.read(told) for told in await self._all({"do": "record"})]
        return tuple(h for hops, _ in read for h in hops), tuple(m for _, mail in read for m in mail)

    async def _outcome(self, driver: str) -> Outcome:
        hops, mail = await self._records()
        now = await self._move_clock()
        return Outcome(
            variant=self._variant,
            driver=driver,
            hops=joined(hops),
            delivered=mail,
            messages=self._agenda.sent,
            started=self._starts,
            took=now - self._starts,
        )
