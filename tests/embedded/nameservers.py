"""Real name servers on loopback, started from what the lab writes for them."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from lab.drivers.address_mapping import Endpoint
from lab.model.dns import Zones
from lab.reports.name_server_files import SERVERS, ZONE_FILE, NameServer, zone_file
from tests.embedded.labs import PATIENCE

COMMANDS = {"unbound": ("unbound", "-d"), "knot": ("knotd",)}
READY = {"unbound": "start of service", "knot": "server started"}
"""What each says when it answers."""


@contextmanager
def serving(server: str, zones: Zones, folder: Path) -> Iterator[Endpoint]:
    """A name server that has the zones."""
    folder.mkdir()
    port = _free_port()
    config = folder / f"{server}.conf"
    service = NameServer(
        folder=PurePosixPath(folder), address="127.0.0.1", port=port, broken=tuple(sorted(zones.broken))
    )
    (folder / ZONE_FILE).write_text(zone_file(zones))
    config.write_text(SERVERS[config.name](service))
    with subprocess.Popen(
        (*COMMANDS[server], "-c", str(config)), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as running:
        try:
            _await_ready(running, READY[server])
            yield Endpoint("127.0.0.1", port)
        finally:
            running.terminate()
            running.communicate(timeout=PATIENCE)


def _await_ready(running: subprocess.Popen[str], ready: str) -> None:
    assert running.stderr is not None
    said = []
    for line in running.stderr:  # ends when the server does
        said.append(line)
        if ready in line:
            return
    raise AssertionError(f"it did not start: {''.join(said)}")


def _free_port() -> int:
    """Free for UDP and TCP just now."""
    with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        stream.bind(("127.0.0.1", 0))
        port: int = stream.getsockname()[1]
        datagrams.bind(("127.0.0.1", port))
        return port
