"""What somebody has to do to make a configuration another one: cmdlets where there are any, else in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lab.reports import todo_machines, todo_objects, todo_recipients
from lab.reports.todo_nouns import Todo
from lab.scenario.model import Variant
from lab.scenario.settings import Setting, in_full, leaves

_TOLD = re.compile(
    r"(tenants|organizations)\.[^.]+\.(AcceptedDomains|domains|InboundConnectors|OutboundConnectors|SendConnectors|"
    r"ReceiveConnectors|RemoteDomains|TransportRules|hybrid|OrganizationConfig|hosts|mailboxes|remote_mailboxes|"
    r"mail_users|mail_contacts|groups|distribution_groups)\b.*|certificates\b.*|hosts\b.*",
    re.IGNORECASE,
)
"""Settings that the parts below tell of."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where things are to be done, with the things."""

    where: str
    todos: tuple[Todo, ...]


def todos(before: Variant, after: Variant, settings: Iterable[Setting]) -> tuple[Place, ...]:
    """Everything, in the order in which it is safe: first what others need, then what changes the way of mail."""
    paths = tuple(settings)
    found = (
        *todo_machines.certificates(before, after),
        *todo_objects.todos(before.topology, after.topology),
        *todo_machines.machines(before, after),
        *todo_recipients.todos(before.topology, after.topology, paths),
        *_others(paths),
    )
    return tuple(
        Place(where, tuple(each for each in found if each.where == where)) for where in _places(found)
    )


def _places(found: Iterable[Todo]) -> Iterator[str]:
    yield from dict.fromkeys(each.where for each in found)


def _others(settings: Iterable[Setting]) -> Iterator[Todo]:
    """What no cmdlet and no words were found for: each single setting in full."""
    for each in settings:
        if _TOLD.fullmatch(each.path):
            continue
        old, new = leaves(each.path, each.old), leaves(each.path, each.new)
        for path in dict.fromkeys((*new, *old)):
            where = "DNS" if path.startswith("dns") else "elsewhere"
            yield Todo(where, f"{path}: {in_full(new.get(path))} (now {in_full(old.get(path))})")
