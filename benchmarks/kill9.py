"""Is a message lost when the lab is killed? 20 times SIGKILL under load, then the reckoning; exit code 1 on a loss.

    .venv/bin/python benchmarks/kill9.py [--kills 20] [--clients 4] [--seed 1]

A child process runs the embedded lab of the article on fixed ports and one state folder. Clients play its Exchange:
each sends numbered messages to the filter until it gets the 250 of each, and notes it. After a random number of 250s
and a random wait the child gets SIGKILL and is started again. In the end the clock is moved on until the queue is
empty, and every recipient of every acknowledged message must have ended once, in one place. What SMTP allows, that a
message is sent again whose 250 was lost, is counted apart.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.embedded.fire import Child, Load
from tests.embedded.reckoning import finish, reckon

PATIENCE = 60.0


def main() -> int:
    """Kill, restart, reckon, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kill9-") as folder:
        state = Path(folder)
        child = Child(state)
        child.start()
        load = Load(child.port, args.seed)
        with load.running(args.clients):
            for number in range(1, args.kills + 1):
                load.wait_for(load.dice.randint(1, 200), PATIENCE)
                threading.Event().wait(load.dice.random() / 10)
                child.kill()
                _progress(f"kill {number}: {load.acknowledged} messages acknowledged so far")
                child.start()
            load.wait_for(10, PATIENCE)
        child.kill()
        started = time.monotonic()
        asyncio.run(finish(state))
        found = reckon(state, load.sent, args.kills + 1)
        _progress(f"the rest of the queue took {time.monotonic() - started:.1f} s")
    print(found)
    for problem in found.wrong[:20]:
        print(f"  {problem}")
    return 1 if found.wrong else 0


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
