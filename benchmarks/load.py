"""The client's side of a measurement: compiles `smtpload.c` once, and runs it on a core of its own."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

_SOURCE = Path(__file__).with_name("smtpload.c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What to send, where to, and as whom."""

    address: str = "127.0.0.1"
    port: int
    source: str = ""
    """The loopback address to come from; '' leaves it to the kernel."""
    chain: Path
    key: Path
    sender: str
    recipient: str
    messages: int = 1000
    per_connection: int = 1
    clients: int = 10
    octets: int = 4096
    handshakes: bool = False
    """No SMTP, only TLS handshakes."""
    quickack: bool = False
    """Against servers that write in small pieces without TCP_NODELAY (see `smtpload.c`)."""

    def of(self, messages: int, per_connection: int) -> Load:
        """The same with another amount."""
        return replace(self, messages=messages, per_connection=per_connection)

    def words(self) -> list[str]:
        """The command line, behind the program."""
        flags = ["-H" if self.handshakes else "-T", *(["-Q"] if self.quickack else [])]
        named = {
            "-a": self.address,
            "-b": self.source,
            "-p": self.port,
            "-n": self.messages,
            "-m": self.per_connection,
            "-c": self.clients,
            "-s": self.octets,
            "-C": self.chain,
            "-K": self.key,
            "-f": self.sender,
            "-r": self.recipient,
        }
        return flags + [word for name, value in named.items() if value for word in (name, str(value))]


@dataclass(frozen=True, slots=True)
class Sent:
    """What a load did, as the client saw it."""

    messages: int
    seconds: float
    client_cpu: float
    """Microseconds per message."""
    p50: float
    """Microseconds from MAIL to the final reply."""
    p99: float


class Generator:
    """The compiled generator."""

    def __init__(self, folder: Path, core: int) -> None:
        self._program = folder / "smtpload"
        self._core = core
        compiler = shutil.which("cc") or "gcc"
        libraries = ["-lssl", "-lcrypto", "-lpthread"]
        subprocess.run([compiler, "-O2", "-o", self._program, _SOURCE, *libraries], check=True)

    def run(self, load: Load) -> Sent:
        """Send; RuntimeError when a single message failed."""
        command = ["taskset", "-c", str(self._core), str(self._program), *load.words()]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        if ended.returncode:
            raise RuntimeError(f"{' '.join(command)}: {ended.stdout}{ended.stderr}")
        done, _, _, seconds, _, cpu, p50, p99 = ended.stdout.split()
        return Sent(int(done), float(seconds), float(cpu), float(p50), float(p99))
