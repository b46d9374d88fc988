"""The second body: real SMTP, STARTTLS with client certificates and DNS on loopback, in one process.

Every host has a loopback address of its own and its clients bind to it, so servers see real, distinct addresses.
What a node has taken is in a SQLite store before its 250 is sent; a lab that is killed goes on where it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from lab.drivers.address_mapping import Endpoint, LoopbackMapping
from lab.drivers.lab_clock import LabClock
from lab.drivers.lab_runtime import LabRuntime
from lab.drivers.outages import Outages
from lab.drivers.run_outcome import MessageSchedule, RunOutcome, send
from lab.errors import LabBug
from lab.pki import certificate_folder as pki
from lab.scenario.model import MessageSpec, Variant
from lab.wire.dns_server import DnsServer

_LOOPBACK = "127.0.0.1"


class Embedded(LabRuntime):
    """All nodes of a variant and its DNS server. `names`: another DNS server that is asked instead."""

    def __init__(
        self,
        variant: Variant,
        state: Path,
        *,
        port: int = 0,
        dns_port: int = 0,
        names: Endpoint | None = None,
        seed: int | str = 0,
        starts: datetime | None = None,
        working: bool = True,
        on_bug: Callable[[Exception], None] | None = None,
    ) -> None:
        begins = starts or variant.starts
        super().__init__(
            variant,
            state,
            LoopbackMapping(variant.topology),
            clock=LabClock(begins),
            starts=begins,
            outages=Outages.of(variant, begins),
            port=port,
            seed=seed,
            working=working,
            on_bug=on_bug,
        )
        self.dns_port = dns_port
        self._names = names
        self._schedule = MessageSchedule((), begins)

    async def __aenter__(self) -> Embedded:
        """Make certificates, open the store, start DNS, listeners and the queue.

        Raises WireError or DriverError when the machine cannot carry the lab; then nothing is left running.
        """
        await super().__aenter__()
        return self

    def _certificates(self) -> pki.CertificateFolder:
        """Made now, or found as an earlier start has left them."""
        return pki.make(self.state / "certificates", self.variant.every_profile, self.clock.now())

    async def _resolver(self, stack: contextlib.AsyncExitStack) -> Endpoint:
        """The lab's own DNS server, which may be there beside another one that is asked."""
        self.dns = DnsServer(self.topology.zones)
        await self.dns.start(_LOOPBACK, self.dns_port)
        self.dns_port = self.dns.port
        stack.push_async_callback(self.dns.close)
        return self._names or Endpoint(_LOOPBACK, self.dns_port)

    def catch_up(self, now: datetime) -> None:
        """The zones, too."""
        super().catch_up(now)
        zones = self.history.zones(now)
        if self.dns.zones is not zones:
            self.dns.zones = zones

    # -- driving it

    async def submit(self) -> dict[str, str]:
        """Send what is due of the variant's messages, and have `finish` send the others; Message-IDs by key."""
        self._schedule = MessageSchedule(self.variant.messages, self.starts)
        await self._send()
        return self._schedule.sent

    async def _send(self) -> None:
        self._schedule.sent.update(await self.send(self._schedule.due(self.clock.now())))

    async def send(self, specs: Iterable[MessageSpec]) -> dict[str, str]:
        """Send messages now, whatever time they are for; their Message-IDs by key."""
        sent = {}
        for spec in specs:
            sent[spec.key], heard = send(spec, self.history, self.context())
            await self.keep(heard)
        return sent

    async def finish(self) -> None:
        """Return when the queue is empty and all is sent. Where only waiting is left, the clock is moved on.

        Raises LabBug when something in the lab broke.
        """
        while self._queue or self._at_work or self._schedule.next is not None:
            if not self._at_work:
                await self._move_on()
            await asyncio.sleep(0) if not self._at_work else await self._quiet()
            if self.bugs:
                raise LabBug(f"the lab broke: {self.bugs[0]!r}") from self.bugs[0]

    async def _move_on(self) -> None:
        """To the next attempt or message, whichever comes first."""
        due, sending = self.next_due, self._schedule.next
        first = sending is not None and (due is None or sending < due)
        if first:
            self._schedule.settle(self.journal.hops)
        if not first or self._schedule.next == sending:
            self.skip_to(min(moment for moment in (due, sending) if moment is not None))
            if first:
                await self._send()
        self._changed.set()


async def embedded(variant: Variant, state: Path, *, seed: int | str = 0) -> RunOutcome:
    """Run one variant to its end on loopback."""
    async with Embedded(variant, state, seed=seed) as lab:
        messages = await lab.submit()
        await lab.finish()
        return RunOutcome(
            variant=variant,
            driver="embedded",
            hops=lab.journal.hops(),
            delivered=tuple(lab.mailboxes),
            messages=messages,
            started=variant.starts,
            took=lab.clock.now() - variant.starts,
        )


def run_embedded(variant: Variant, *, seed: int | str = 0, state: Path | None = None) -> RunOutcome:
    """Run one variant to its end on loopback, in a folder of its own unless `state` is given."""
    if state is not None:
        return asyncio.run(embedded(variant, state, seed=seed))
    with tempfile.TemporaryDirectory(prefix="mflab-") as folder:
        return asyncio.run(embedded(variant, Path(folder), seed=seed))
