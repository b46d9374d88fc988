"""kill -9 under load: a lab in a child process, and clients that note what was acknowledged.

Run as a module it is the child: `python -m tests.embedded.fire STATE PORT DNS_PORT`.
"""

from __future__ import annotations

import asyncio
import random
import smtplib
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lab.drivers.address_mapping import loopback
from lab.drivers.embedded import Embedded
from lab.scenario.load import load_text
from lab.scenario.model import Variant

ROOT = Path(__file__).parents[2]
WORLD = """
scenario: under-fire
why: every fate that a message can have
include: [wildcard-misrouting.yaml, common/elsewhere.yaml]
dns:
  records: {dead.example: {MX: 10 host.dead.example}, host.dead.example: {A: 198.51.100.99}}
"""
SENDER = "useronprem@msxfaq.example"
FATES = (
    ("partner@uclabor.example",),  # misrouted, refused, reported home over the hybrid connection
    ("customer@elsewhere.example",),  # delivered on the internet
    ("useronline@msxfaq.example", "customer@elsewhere.example"),  # two ways
    ("nobody@dead.example",),  # waits
    ("partner@uclabor.example", "nobody@elsewhere.example", "customer@elsewhere.example"),
)


def world() -> Variant:
    """The article's world, with somebody on the internet and a domain whose host is down."""
    file = str(ROOT / "scenarios" / "under-fire.yaml")
    return load_text(WORLD, file, variant="shared-wildcard").variants["shared-wildcard"]


# -- the child


async def serve(state: Path, port: int, dns_port: int) -> None:
    """Run until killed; the ports that it got are its first line of output."""
    async with Embedded(world(), state, port=port, dns_port=dns_port) as lab:
        sys.stdout.write(f"{lab.port} {lab.dns_port}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


@dataclass(slots=True)
class Child:
    """A lab in a process of its own, always on the same ports."""

    state: Path
    port: int = 0
    dns_port: int = 0
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Return when it listens."""
        command = [
            sys.executable,
            "-m",
            "tests.embedded.fire",
            str(self.state),
            str(self.port),
            str(self.dns_port),
        ]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        said = self.process.stdout.readline().split()
        if len(said) != 2:
            raise RuntimeError(f"the lab did not start, exit code {self.process.wait()}")
        self.port, self.dns_port = map(int, said)

    def kill(self) -> None:
        """SIGKILL: nothing in it gets a chance to do anything."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


# -- the clients


@dataclass(slots=True)
class Sent:
    """One numbered message."""

    recipients: tuple[str, ...]
    acknowledged: bool = False
    unanswered: int = 0
    """How often its content went out without a reply: each time the lab may have taken it all the same."""


@dataclass
class Load:
    """Clients that play msxfaq's Exchange at the filter, and send each message until they get its 250."""

    port: int
    seed: int
    sent: dict[str, Sent] = field(default_factory=dict)
    acknowledged: int = 0
    dice: random.Random = field(init=False)
    _over: threading.Event = field(default_factory=threading.Event)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    @contextmanager
    def running(self, clients: int) -> Iterator[None]:
        """Some clients at work."""
        threads = [
            threading.Thread(target=self._client, args=(n,), name=f"client {n}") for n in range(clients)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def wait_for(self, more: int, patience: float) -> None:
        """Return when that many more messages are acknowledged."""
        with self._changed:
            wanted = self.acknowledged + more
            if not self._changed.wait_for(lambda: self.acknowledged >= wanted, patience):
                raise RuntimeError(
                    f"only {self.acknowledged} of {wanted} messages acknowledged in {patience} s"
                )

    def _client(self, number: int) -> None:
        dice = random.Random(f"{self.seed}/{number}")
        count = 0
        waiting: list[str] = []
        while not self._over.is_set():
            for _ in range(dice.randint(1, 5) - len(waiting)):
                count += 1
                name = f"<{number}.{count}@fire.example>"
                self.sent[name] = Sent(dice.choice(FATES))
                waiting.append(name)
            self._deliver(waiting)

    def _deliver(self, waiting: list[str]) -> None:
        """One connection; takes what is acknowledged off the list."""
        here, there = loopback("198.51.100.10"), loopback("198.51.100.25")
        try:
            with smtplib.SMTP(there, self.port, "ex01.msxfaq.example", 10.0, (here, 0)) as client:
                while waiting:
                    self._send(client, waiting[0])
                    del waiting[0]
        except (OSError, smtplib.SMTPException):
            self._over.wait(0.01)  # killed, or not there yet

    def _send(self, client: smtplib.SMTP, name: str) -> None:
        message = self.sent[name]
        client.ehlo_or_helo_if_needed()
        code, said = client.mail(SENDER)
        replies = [client.rcpt(recipient) for recipient in message.recipients]
        if code != 250 or any(reply[0] != 250 for reply in replies):
            raise RuntimeError(f"refused: {code} {said!r} {replies}")
        message.unanswered += 1
        code, said = client.data(
            f"From: <{SENDER}>\r\nMessage-ID: {name}\r\nSubject: {name}\r\n\r\n{name}\r\n"
        )
        if code != 250:
            raise RuntimeError(f"refused: {code} {said!r}")
        message.unanswered -= 1
        message.acknowledged = True
        with self._changed:
            self.acknowledged += 1
            self._changed.notify_all()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
