"""A child process that runs labs with an audit hook on, and prints every address that a socket was used with.

`python -m tests.embedded.outward SCENARIO...` prints one JSON list of [event, address] pairs.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

WATCHED = frozenset(
    {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"}
)
seen: set[tuple[str, str]] = set()


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """Note the address of a socket operation."""
    if event not in WATCHED:
        return
    address = arguments[0] if event == "socket.getaddrinfo" else arguments[1]
    host = address[0] if isinstance(address, tuple) else address
    seen.add((event, str(host)))


def main(files: list[str]) -> None:
    """Run every variant of the files."""
    sys.addaudithook(watch)
    from lab.drivers.embedded import run_embedded
    from lab.scenario.load import load

    ran = 0
    for file in files:
        for variant in load(file).variants.values():
            if variant.only in (None, "embedded"):
                with tempfile.TemporaryDirectory() as state:
                    run_embedded(variant, state=Path(state))
                ran += 1
    print(json.dumps({"ran": ran, "seen": sorted(seen)}))


if __name__ == "__main__":
    main(sys.argv[1:])
