"""Embedded labs that run in a thread of their own, for tests and the tools that they start."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from lab.drivers.address_mapping import loopback
from lab.drivers.embedded import Embedded
from lab.model.trace import Hop
from lab.model.transport import Mailboxed
from lab.scenario.load import load_text
from lab.scenario.model import Variant

T = TypeVar("T")
SCENARIOS = Path(__file__).parents[2] / "scenarios"
PATIENCE = 30.0
"""Seconds for what takes less than one: a test that hangs must end with a message."""


def played(over: str = "", *, variant: str = "shared-wildcard") -> Variant:
    """A variant of the article, with some lines of YAML laid over all of it."""
    text = f"scenario: played\nwhy: a test plays it\ninclude: [wildcard-misrouting.yaml]\n{over}"
    return load_text(text, str(SCENARIOS / "played.yaml"), variant=variant).variants[variant]


class Lab:
    """A running lab, seen from another thread."""

    def __init__(self, embedded: Embedded, loop: asyncio.AbstractEventLoop) -> None:
        self.embedded = embedded
        self._loop = loop

    @property
    def port(self) -> int:
        """Of all SMTP servers."""
        return self.embedded.port

    @property
    def dns_port(self) -> int:
        """Of the DNS server, on 127.0.0.1."""
        return self.embedded.dns_port

    def here(self, host: str) -> str:
        """The loopback address of a host by key, of a region's first front end, or of an address of the scenario."""
        topology = self.embedded.topology
        if host in topology.hosts:
            return loopback(topology.hosts[host].address)
        if host in topology.regions:
            return loopback(topology.regions[host].front_ends[0].address)
        return loopback(host)

    def files(self, profile: str) -> tuple[Path, Path]:
        """Chain and key of a certificate profile."""
        return self.embedded.certificates.chain(profile), self.embedded.certificates.key(profile)

    def hops(self) -> tuple[Hop, ...]:
        """The journal so far."""
        return self.embedded.journal.hops()

    def mailboxes(self) -> list[Mailboxed]:
        """What has been delivered so far."""
        return list(self.embedded.mailboxes)

    def finish(self) -> None:
        """Return when the queue is empty."""
        self.do(self.embedded.finish())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the lab's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)


@contextmanager
def running(variant: Variant, state: Path, *, now: bool = True) -> Iterator[Lab]:
    """A lab on free ports; with `now` its clock is the machine's, as tools have no other."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="lab")
    thread.start()
    embedded = Embedded(variant, state, starts=datetime.now(UTC) if now else None)
    try:
        lab = Lab(embedded, loop)
        lab.do(embedded.__aenter__())
        try:
            yield lab
        finally:
            lab.do(embedded.__aexit__())
        assert embedded.bugs == []
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()
