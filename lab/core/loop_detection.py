"""Has a message come through Exchange Online too often? R161, R162.

The article's misrouting is no loop: the second entry comes from Exchange Online's own hosts (R165). Each pass leaves its
`Received` lines (R164), and these are counted.
"""

from __future__ import annotations

from lab.model.message import Message
from lab.model.switches import Switches


def looping(message: Message, switches: Switches) -> bool:
    """Whether this entry is one too many.

    `loop_limit` is `eop_entries:N` (refuse the Nth entry at a front end, seen in the wild with N = 4) or
    `received:N` (refuse when N `Received` lines are there already, the documented 20).
    """
    kind, _, number = switches.loop_limit.partition(":")
    received = message.all("Received")
    if kind == "received":
        return len(received) >= int(number)
    return sum(1 for line in received if _is_entry(line)) + 1 >= int(number)


def _is_entry(line: str) -> bool:
    """A front end's own line: by its name, not from it."""
    writer = line.partition(" by ")[2].partition(" (")[0]
    return writer.endswith(".mail.protection.outlook.com") and "via Frontend Transport" in line
