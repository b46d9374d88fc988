"""What somebody has to do to make a configuration another one: cmdlets where there are any, else in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

from lab.model.value import dataclass
from lab.reports import todo_machines, todo_objects, todo_recipients
from lab.reports.todo_nouns import Step, Todo
from lab.scenario.model import Variant
from lab.scenario.settings import Setting, in_full, leaves

_TOLD = re.compile(
    r"(tenants|organizations)\.[^.]+\.(AcceptedDomains|domains|InboundConnectors|OutboundConnectors|SendConnectors|"
    r"ReceiveConnectors|RemoteDomains|TransportRules|hybrid|OrganizationConfig|hosts|mailboxes|remote_mailboxes|"
    r"mail_users|mail_contacts|groups|distribution_groups|dkim)\b.*|certificates\b.*|hosts\b.*",
    re.IGNORECASE,
)
"""Settings that the parts below tell of."""
_WINDOW = """\
in one maintenance window with what follows on-premises: between the two, hybrid mail may count as anonymous, so do both \
together"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where things are to be done, with the things. A place comes again where something elsewhere is to be done between."""

    where: str
    todos: tuple[Todo, ...]


def todos(before: Variant, after: Variant, settings: Iterable[Setting]) -> tuple[Place, ...]:
    """Everything, in the order of its steps: first what others need, then what changes the way of mail, gateways last."""
    paths = tuple(settings)
    found = (
        *todo_machines.certificates(before, after),
        *todo_objects.todos(before.topology, after.topology),
        *todo_machines.machines(before, after),
        *todo_recipients.todos(before.topology, after.topology, paths),
        *_others(paths),
    )
    ordered = _together(sorted(found, key=attrgetter("step")))
    return tuple(Place(where, tuple(group)) for where, group in groupby(ordered, attrgetter("where")))


def _together(found: Sequence[Todo]) -> Iterator[Todo]:
    """The tenant and Exchange have to know each other by the same: no order of the two is safe by itself."""
    first = next((each for each in found if each.step is Step.TENANT), None)
    both = any(each.step is Step.EXCHANGE for each in found)
    for each in found:
        if both and each is first:
            yield replace(each, text="; ".join(filter(None, (_WINDOW, each.text))))
        else:
            yield each


def _others(settings: Iterable[Setting]) -> Iterator[Todo]:
    """What no cmdlet and no words were found for: each single setting in full."""
    for each in settings:
        if _TOLD.fullmatch(each.path):
            continue
        old, new = leaves(each.path, each.old), leaves(each.path, each.new)
        for path in dict.fromkeys((*new, *old)):
            text = f"{path}: {in_full(new.get(path))} (now {in_full(old.get(path))})"
            yield _in_dns(path, text) if path.startswith("dns") else Todo("elsewhere", text)


def _in_dns(path: str, text: str) -> Todo:
    """An MX record moves mail: what it then leads to has to be ready."""
    return Todo("DNS", text, step=Step.LAST if re.search(r"\.MX\b", path) else Step.DNS)
