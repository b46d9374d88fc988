"""How other commands of the same user ask a running lab to send: by its control socket (`lab.drivers.control_socket`).

It takes no messages, only the name of a set that the lab knows itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from lab.drivers import control_socket
from lab.drivers.control_request import ControlAnswer, ControlRequest
from lab.drivers.run_outcome import again
from lab.errors import DriverError
from lab.scenario.model import MessageSpec

if TYPE_CHECKING:
    from lab.drivers.embedded import Embedded

Sets = Mapping[str, Callable[[], Iterable[MessageSpec]]]
"""What can be sent, by name."""
MESSAGES, MATRIX = "messages", "matrix"
_PATIENCE = 120.0
"""Seconds that a lab may take to carry the messages of one request."""


def listening(lab: Embedded, state: Path, sets: Sets) -> AbstractAsyncContextManager[None]:
    """Take requests while the lab runs."""

    async def answer(request: ControlRequest) -> ControlAnswer:
        wanted = sets.get(request["send"])
        if wanted is None:
            raise DriverError(f"what can be sent is: {', '.join(sets)}")
        mark = lab.ids.hex(6)
        sent = await lab.send(again(wanted(), mark))
        await lab.settled()
        return {"messages": {key.removesuffix(f".{mark}"): name for key, name in sent.items()}}

    return control_socket.listening(state, answer)


def send(state: Path, name: str) -> dict[str, str]:
    """Have the lab of a state folder send a set, and wait until nothing of it is left to do but to try again later.

    Returns the Message-IDs by key. Raises DriverError when the lab does not run, or refuses.
    """

    async def asked() -> ControlAnswer:
        async with asyncio.timeout(_PATIENCE):
            return await control_socket.ask(state, {"send": name})

    try:
        return dict(asyncio.run(asked())["messages"])
    except TimeoutError as error:
        raise DriverError(f"the lab in {state} does not answer") from error
    except DriverError as error:
        raise DriverError(f"the lab in {state}: {error}") from error
