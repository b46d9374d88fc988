"""A process that fills a store until it is killed: each line it prints is a promise.

`accepted ID`: the item is on disk. `settled ID`: it is in the mailbox. Run as `python -m tests.wire.store_under_fire FILE ROUND`.
"""

import asyncio
import sys
from pathlib import Path

from lab.wire.store import LabStore
from tests.wire.store_items import a_step, an_item, delivered, heard


async def work(store: LabStore, name: str) -> None:
    number = 0
    while True:
        number += 1
        item = an_item(f"{name}-{number}", ("b", "c"))
        await store.accept(heard(item), [a_step()])
        print("accepted", item.id, flush=True)
        if number % 2:
            await store.settle(item, delivered(item))
            print("settled", item.id, flush=True)


async def main(path: Path, turn: str) -> None:
    store = LabStore.open(path)
    async with asyncio.TaskGroup() as group:
        for item in await store.pending():  # what the killed one left behind
            await store.settle(item, delivered(item))
            print("settled", item.id, flush=True)
        for worker in range(10):
            group.create_task(work(store, f"{turn}-{worker}"))


asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
