"""Servers as processes: started on a core of their own, metered, and ended with the benchmark."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import postfix
from benchmarks.cpu import Meter, meter
from benchmarks.load import Generator, Load
from benchmarks.servers import MAIL, PROFILE, RCPT

SERVER_CORE, CLIENT_CORE = 0, 1


@dataclass(slots=True)
class Server:
    """A running server, and what was measured of it."""

    name: str
    process: subprocess.Popen[str]
    meter: Meter
    load: Load
    found: dict[str, list[float]] = field(default_factory=dict)
    """Microseconds of server CPU per message, by kind of load, one per round."""
    rates: dict[str, list[float]] = field(default_factory=dict)
    """Messages per second."""

    def measure(self, generator: Generator, kind: str, load: Load) -> None:
        """One round."""
        before = self.meter.microseconds(self.process.pid)
        sent = generator.run(load)
        used = self.meter.microseconds(self.process.pid) - before
        self.found.setdefault(kind, []).append(used / sent.messages)
        self.rates.setdefault(kind, []).append(sent.messages / sent.seconds)


class Machine:
    """Starts servers; `stack` ends them."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._log = stack.enter_context((folder / "log").open("w"))

    def own(self, label: str, name: str) -> Server:
        """One of `benchmarks.servers`."""
        state = self._folder / name
        process, gauge = self._start([sys.executable, "-m", "benchmarks.servers", name, str(state)])
        assert process.stdout is not None
        told: Mapping[str, object] = json.loads(process.stdout.readline() or "{}")
        return Server(label, process, gauge, _load(state / "certificates", **told))

    def postfix(self, label: str, certificates: Path, *, hold: bool) -> Server:
        """A private Postfix."""
        port = _free_port()
        folder = self._folder / f"postfix-{port}"
        words = postfix.command(folder, port, *_files(certificates), hold=hold)
        process, gauge = self._start(words)
        self._stack.callback(postfix.stop, folder)
        _wait_for(port)
        return Server(label, process, gauge, _load(certificates, port=port, quickack=True))

    def openssl(self, label: str, certificates: Path, *, tickets: int) -> Server:
        """`openssl s_server`, that only shakes hands."""
        port = _free_port()
        chain, key, anchors = map(str, _files(certificates))
        plain = f"openssl s_server -accept 127.0.0.1:{port} -tls1_3 -num_tickets {tickets}"
        asking = "-quiet -verify 5 -verify_quiet"
        files = ["-cert", chain, "-cert_chain", chain, "-key", key, "-CAfile", anchors]
        process, gauge = self._start([*plain.split(), *asking.split(), *files])
        _wait_for(port)
        return Server(label, process, gauge, _load(certificates, port=port, handshakes=True))

    def _start(self, words: list[str]) -> tuple[subprocess.Popen[str], Meter]:
        gauge = meter()
        self._stack.callback(gauge.close)
        command = gauge.command(["taskset", "-c", str(SERVER_CORE), *words])
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=self._log, text=True)
        self._stack.callback(_end, process)
        return process, gauge


def _load(certificates: Path, **told: object) -> Load:
    chain, key, _ = _files(certificates)
    return Load(chain=chain, key=key, sender=MAIL, recipient=RCPT, **told)  # type: ignore[arg-type]


def _files(certificates: Path) -> tuple[Path, Path, Path]:
    """Chain, key and anchors."""
    return certificates / f"{PROFILE}.pem", certificates / f"{PROFILE}.key", certificates / "anchors.pem"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    """Until somebody listens there."""
    pause = threading.Event()
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        pause.wait(0.1)
    raise RuntimeError(f"nothing listens on port {port}")


def _end(process: subprocess.Popen[str]) -> None:
    """Servers of ours end with their standard input, others when asked."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait(10)
    if process.stdout is not None:
        process.stdout.close()
