"""What carries a lab on the wire: machines that listen, a queue that is worked on, and a store that has it all on disk.

The embedded lab works all nodes of a scenario in one process; a container of the lab works one.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path

from lab.core import smtp_delivery
from lab.drivers import garbage_collection
from lab.drivers.address_mapping import AddressMapping, Endpoint
from lab.drivers.configuration_history import History
from lab.drivers.lab_clock import LabClock
from lab.drivers.lab_state import LabState, SeededIds
from lab.drivers.machine_context import MachineContext, client_certificates, server_tls
from lab.drivers.outages import Outages
from lab.errors import DriverError, LabBug, WireError
from lab.model.topology import Host
from lab.model.transport import Context, Heard, IdSource, Node, QueueItem, Settlement
from lab.pki import certificate_folder as pki
from lab.pki import rsa_signing
from lab.scenario.model import Variant
from lab.wire.client import ClientWire, run
from lab.wire.server import Listener, serve
from lab.wire.server_host import answered_by
from lab.wire.store import LabStore
from lab.wire.transaction import Patience

AT_ONCE = 20
"""Items worked on at the same time."""


class LabRuntime(LabState):
    """Some nodes of a variant, at work. Use as an async context manager.

    What has not begun to be `working` takes messages and keeps them: what is due waits in its queue.
    """

    def __init__(
        self,
        variant: Variant,
        state: Path,
        mapping: AddressMapping,
        *,
        clock: LabClock,
        starts: datetime,
        keys: Path | None = None,
        plays: Collection[str] | None = None,
        port: int = 0,
        seed: int | str = 0,
        patience: Patience | None = None,
        outages: Outages | None = None,
        working: bool = True,
        on_bug: Callable[[Exception], None] | None = None,
    ) -> None:
        """`state`: the folder of the store, `keys`: that of certificates and signing keys, the same if None.

        `plays`: the names of the nodes, all if None. `starts`: when the scenario begins on `clock`.
        """
        super().__init__(variant.topology)
        self.variant = variant
        self.state = state
        self.mapping = mapping
        self.port = port
        self.clock = clock
        self.ids: IdSource = SeededIds(seed)
        self.nodes: Mapping[str, Node] = {}
        self.bugs: list[Exception] = []
        self.moves = 0
        """How often something was taken over or settled; tells whether anything has happened since."""
        self._keys = keys or state
        self._plays = plays
        self._seed = seed
        self.starts = starts
        self.outages = outages or Outages((), variant.topology, starts)
        """Those that are played here, and not done to us."""
        self._patience = patience or Patience()
        self._working = working
        self._on_bug = on_bug
        self._under_way: dict[int, QueueItem] = {}
        self._changed = asyncio.Event()
        self._listeners: dict[str, tuple[Host, Listener]] = {}
        """By address, with the host whose certificate it shows."""
        self._contexts: dict[str, MachineContext] = {}
        """By address."""
        self._exit = contextlib.AsyncExitStack()

    async def __aenter__(self) -> LabRuntime:
        """Open the store, start what it takes to be asked and to answer, and work on the queue.

        Raises WireError or DriverError when the machine cannot carry it; then nothing is left running.
        """
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(garbage_collection.seldom())
            self.certificates = self._certificates()
            self._build()
            self.store = LabStore.open(self.state / "lab.sqlite")
            stack.push_async_callback(self.store.close)
            await self._restore()
            self.resolver = await self._resolver(stack)
            await self._listen(stack)
            shown = client_certificates(self.certificates, self.history.certificates)
            self.wire = ClientWire(
                book=self.book(),
                bind=self.mapping.bind,
                certificates=shown,
                anchors=self.certificates.anchors,
                clock=self.clock.now,
                patience=self._patience,
                hinders=lambda dial: self.outages.hinders(dial, self.clock.now()),
            )
            await self._start_tasks(stack)
            self._exit = stack.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Stop cleanly: no new work, sessions end, the store is closed."""
        await self._exit.aclose()

    # -- starting

    def _certificates(self) -> pki.CertificateFolder:
        """Those that are there."""
        return pki.CertificateFolder(self._keys / "certificates", tuple(self.variant.every_profile))

    async def _resolver(self, stack: contextlib.AsyncExitStack) -> Endpoint:
        """Where DNS is asked."""
        raise NotImplementedError

    def _build(self) -> None:
        """The nodes, with keys that really sign, and DNS that publishes them."""
        suite = rsa_signing.signatures(self.variant, self._keys)
        self.history = History.of(self.variant, self.starts, suite)
        self.topology, self.nodes = self.history.versions[0].topology, self.history.nodes

    async def _start_tasks(self, stack: contextlib.AsyncExitStack) -> None:
        """What runs in the background from now on."""
        tasks = await stack.enter_async_context(_background())
        if not self.history.steady:
            self.catch_up(self.clock.now())
            tasks.append(asyncio.ensure_future(self._follow()))
        if self._working:
            tasks.append(asyncio.ensure_future(self._serve_queue()))
        for task in tasks:
            task.add_done_callback(self._ended)

    async def _restore(self) -> None:
        """After a restart: the queue as it was, a clock that does not go back, and names that nothing has yet."""
        hops, waiting = await self.store.hops(), await self.store.pending()
        for hop in hops:
            self.journal.begin(hop.head, hop.steps)
            self.clock.skip_to(max([hop.head.arrived, *(s.at for s in hop.steps if s.at is not None)]))
        self.mailboxes = await self.store.mailboxes()
        for item in waiting:
            self._push(item)
        if hops:
            seed = f"{self._seed}/{len(hops)}/{sum(len(hop.steps) for hop in hops)}"
            self.ids = SeededIds(seed, (*(hop.head.id for hop in hops), *(item.id for item in waiting)))

    async def _listen(self, stack: contextlib.AsyncExitStack) -> None:
        """All servers on one port, each on its own address; a port that is free on all of them if none was given."""
        for _ in range(20):
            try:
                async with contextlib.AsyncExitStack() as trial:
                    port = self.port
                    for node, host in self._servers():
                        listener = await self._serve(node, host, port)
                        trial.push_async_callback(listener.close)
                        port = listener.address[1]
                        self._listeners[host.address] = host, listener
                    stack.push_async_callback(trial.pop_all().aclose)
                    self.port = port
                    return
            except WireError:
                if self.port:
                    raise
        raise DriverError("found no port that is free on all addresses of the lab; see `mflab doctor`")

    def _servers(self) -> list[tuple[Node, Host]]:
        """The machines that listen, with the node that each speaks for."""
        hosts = [(name, host) for name, host in self.topology.hosts.items() if not host.down]
        for region in self.topology.regions.values():
            hosts += [(region.node, front_end) for front_end in region.front_ends]
        return [(self.nodes[name], host) for name, host in hosts if self.plays(name)]

    async def _serve(self, node: Node, host: Host, port: int) -> Listener:
        tls = server_tls(host, self.certificates, self.clock.now)
        return await serve(node, self._context_of(host), self.mapping.here(host.address), port, tls)

    def plays(self, node: str) -> bool:
        """Whether a node is one of those that are worked here."""
        return self._plays is None or node in self._plays

    def book(self) -> Mapping[str, tuple[str, int]]:
        """Where each of the scenario's addresses listens: all that this lab ever connects to."""
        return {address: (self.mapping.here(address), self.port) for address in self.topology.addresses()}

    def context(self) -> Context:
        """Time and names, for a node."""
        return Context(self.clock.now(), self.ids)

    # -- the queue

    async def keep(self, heard: Heard) -> None:
        """On disk first, then in memory: what a node took or refused."""
        if heard.head is None:
            return
        await self.store.accept(heard, heard.steps)
        self.moves += 1
        self._enter(heard)

    def _push(self, item: QueueItem, until: datetime | None = None) -> None:
        super()._push(item, until)
        self._changed.set()

    async def _serve_queue(self) -> None:
        """Work on what is due, until cancelled."""
        async with asyncio.TaskGroup() as workers:
            while True:
                self._changed.clear()
                while self._has_due() and self._at_work < AT_ONCE:
                    self._take_up(workers)
                wait = (self._queue[0][0] - self.clock.now()).total_seconds() if self._queue else None
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(wait, 0.0) if wait is not None else None):
                        await self._changed.wait()

    def _take_up(self, workers: asyncio.TaskGroup) -> None:
        """Apart from the loop above, whose frame would keep the last item alive for as long as the lab waits."""
        _, order, item = heapq.heappop(self._queue)
        until = self.outages.asleep(item.node, self.clock.now())
        if until is not None:
            self._push(item, until)
            return
        self._under_way[order] = item
        workers.create_task(self._work(order, item))

    def _has_due(self) -> bool:
        return bool(self._queue) and self._queue[0][0] <= self.clock.now()

    @property
    def _at_work(self) -> int:
        return len(self._under_way)

    async def _work(self, order: int, item: QueueItem) -> None:
        try:
            await self._dispatch(item)
        except Exception as error:  # noqa: BLE001 - whatever broke, the item is on disk, and the run must say so
            self.bug(error)
        finally:
            del self._under_way[order]
            self._changed.set()

    async def _dispatch(self, item: QueueItem) -> None:
        node = self.nodes[item.node]
        machine = self._context_of(self._machine(item))
        settlement = await answered_by(machine, node.dispatch(item, self.context()))
        stays = await self._settle(item, settlement)
        if settlement.relay is None or stays is None:
            return
        attempt = await run(smtp_delivery.deliver(stays, settlement.relay), self.wire)
        after = node.settle(stays, settlement.relay, attempt, self.context())
        await self._settle(stays, await answered_by(machine, after))

    async def _settle(self, item: QueueItem, settlement: Settlement) -> QueueItem | None:
        stays = await self.store.settle(item, settlement)
        self.moves += 1
        self._apply(item, settlement)
        return stays

    def _context_of(self, host: Host) -> MachineContext:
        """The same for a machine that listens and for its queue: it remembers what it has asked."""
        if host.address not in self._contexts:
            self._contexts[host.address] = MachineContext(self, host)
        return self._contexts[host.address]

    # -- how it is

    def queued(self) -> tuple[QueueItem, ...]:
        """All that is queued, being worked on or not."""
        items = (*self._under_way.values(), *(item for _, _, item in self._queue))
        return tuple({item.id: item for item in items}.values())

    def listeners(self) -> tuple[tuple[str, Listener], ...]:
        """Every listener, with the name of the node that it speaks for."""
        nodes = self.topology.addresses()
        return tuple((nodes[address], listener) for address, (_, listener) in self._listeners.items())

    def bug(self, error: BaseException) -> None:
        """Something in the lab broke: the run will say so, and whoever wants to know is told at once."""
        bug = error if isinstance(error, Exception) else LabBug(repr(error))
        self.bugs.append(bug)
        self._changed.set()
        if self._on_bug is not None:
            self._on_bug(bug)

    def _ended(self, task: asyncio.Future[None]) -> None:
        """Work in the background ends by being cancelled only."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self.bug(error)

    # -- the timeline

    async def _follow(self) -> None:
        """Make each change when its time has come."""
        for moment in self.history.changes:
            await asyncio.sleep(max(0.0, (moment - self.clock.now()).total_seconds()))
            self.catch_up(max(moment, self.clock.now()))

    def catch_up(self, now: datetime) -> None:
        """What does not follow from the clock by itself: the certificates that listeners show."""
        for address, (shown, listener) in self._listeners.items():
            host = self.history.machine(address, now) or shown
            if (host.certificate, host.speaks_tls) != (shown.certificate, shown.speaks_tls):
                listener.show(server_tls(host, self.certificates, self.clock.now))
                self._listeners[address] = host, listener

    # -- waiting for it

    @property
    def next_due(self) -> datetime | None:
        """When the queue wants to be worked on again; None if it is empty."""
        return self._queue[0][0] if self._queue else None

    def skip_to(self, moment: datetime) -> None:
        """Move the clock on, and do what has come due."""
        self.clock.skip_to(moment)
        if not self.history.steady:
            self.catch_up(self.clock.now())
        self._changed.set()

    async def settled(self) -> None:
        """Return when nothing is being worked on, and what is queued waits for a later attempt."""
        while (self._at_work or self._has_due()) and not self.bugs:
            await self._quiet()

    async def _quiet(self) -> None:
        """Until some work ends."""
        await self._changed.wait()
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def _background() -> AsyncIterator[list[asyncio.Future[None]]]:
    tasks: list[asyncio.Future[None]] = []
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
