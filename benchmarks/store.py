"""What durable costs: the store alone, filled with what a front end hears: `python -m benchmarks.store`.

Each waiter hands over a message of 4 KB with its hop and its steps and waits until it is on disk, as a connection
does before its 250. CPU is that of the whole process: JSON, SQL, the writer thread, flushes.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.servers import GATEWAY, MAIL, RCPT, SCENARIO, VARIANT
from lab.drivers.lab_state import SeededIds
from lab.model.dns import answered
from lab.model.message import Message
from lab.model.names import Address, ReversePath
from lab.model.transport import Connection, Context, DsnParameters, Heard, Tls, Transaction
from lab.nodes import build
from lab.scenario.load import load
from lab.wire.store import LabStore

WAITERS = (1, 10, 50)


@dataclass(frozen=True, slots=True)
class Filled:
    """One run."""

    messages: int
    seconds: float
    cpu: float
    """Microseconds per message."""
    commits: int


def heard(count: int) -> Iterator[Heard]:
    """What a front end of Exchange Online hears of that many messages from the filter, all different in name only."""
    variant = load(SCENARIO).variants[VARIANT]
    topology = variant.topology
    region = next(iter(topology.regions.values()))
    node, host = build(topology)[region.node], topology.hosts[GATEWAY]
    context = Context(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), SeededIds())
    text = f"From: <{MAIL}>\r\nTo: <{RCPT}>\r\nSubject: load\r\nMessage-ID: <load@msxfaq.example>\r\n\r\n"
    message = Message.parse(text.encode() + (b"x" * 76 + b"\r\n") * 50)
    connection = Connection(
        client=host.address,
        server=region.front_ends[0].address,
        key=f"{host.address}:1>{region.front_ends[0].address}",
        session="0" * 16,
        started=context.now,
        helo="mail.msxfaq.example",
        tls=Tls(),
        certificate=topology.certificates[host.certificate or ""],
    )
    sender, recipient = ReversePath(Address.parse(MAIL)), Address.parse(RCPT)
    for _ in range(count):
        begun = Transaction(sender)
        bound = answered(node.rcpt(connection, begun, recipient, context), topology.zones)
        transaction = begun.having(recipient, DsnParameters(), bound)
        yield answered(node.data(connection, transaction, message, context), topology.zones)


async def fill(path: Path, messages: list[Heard], waiters: int) -> Filled:
    """Put all messages into a fresh store."""
    store = LabStore.open(path)
    waiting = iter(messages)

    async def work() -> None:
        for each in waiting:
            await store.accept(each, each.steps)

    began, cpu = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(waiters):
            group.create_task(work())
    took, used = time.perf_counter() - began, time.process_time() - cpu
    commits = store.commits
    await store.close()
    return Filled(len(messages), took, used / len(messages) * 1e6, commits)


def measure(folder: Path, count: int, rounds: int) -> Iterator[str]:
    """The table."""
    messages = list(heard(count))
    yield f"{'waiters':>7} {'messages/s':>11} {'CPU us/message':>15} {'lowest':>8} {'highest':>8} {'messages/commit':>16}"
    found: dict[int, list[Filled]] = {waiters: [] for waiters in WAITERS}
    for number in range(rounds):
        for waiters in WAITERS:
            path = folder / f"{waiters}-{number}.sqlite"
            found[waiters].append(asyncio.run(fill(path, messages, waiters)))
    for waiters, runs in found.items():
        cpu = [run.cpu for run in runs]
        rate = statistics.median(run.messages / run.seconds for run in runs)
        yield (
            f"{waiters:7} {rate:11.0f} {statistics.median(cpu):15.0f} {min(cpu):8.0f} {max(cpu):8.0f} "
            f"{statistics.median(run.messages / run.commits for run in runs):16.1f}"
        )


def main() -> None:
    """Read the command line and measure."""
    arguments = argparse.ArgumentParser(description="the durable store alone")
    arguments.add_argument("--messages", type=int, default=3000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--folder", type=Path, help="on the disk to measure; a temporary folder otherwise")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="mflab-bench-", dir=given.folder) as folder:
        print(*measure(Path(folder), given.messages, given.rounds), sep="\n")


if __name__ == "__main__":
    main()
