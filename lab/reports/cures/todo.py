"""What is to be done to make a configuration another one: cmdlets where there are any, else a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

from lab.model.value import dataclass
from lab.reports.cures import todo_machines, todo_objects, todo_recipients
from lab.reports.cures.todo_types import Todo, TodoStep
from lab.scenario.model import Variant
from lab.scenario.setting_differences import SettingDifference, in_full, leaves
from lab.sentence import Sentence, listed, sentence

_TOLD = re.compile(
    r"(tenants|organizations)\.[^.]+\.(AcceptedDomains|domains|InboundConnectors|OutboundConnectors|SendConnectors|"
    r"ReceiveConnectors|RemoteDomains|TransportRules|hybrid|OrganizationConfig|hosts|mailboxes|remote_mailboxes|"
    r"mail_users|mail_contacts|groups|distribution_groups|dkim)\b.*|certificates\b.*|hosts\b.*",
    re.IGNORECASE,
)
"""Settings that the parts below tell of."""
_WINDOW = sentence(
    "in one maintenance window with what follows on-premises: between the two, hybrid mail may count as anonymous, so do both "
    "together"
)


@dataclass(frozen=True, slots=True)
class TodoLocation:
    """Where things are to be done, with the things. A place comes again where something elsewhere is to be done between."""

    where: Sentence
    todos: tuple[Todo, ...]


def todos(before: Variant, after: Variant, settings: Iterable[SettingDifference]) -> tuple[TodoLocation, ...]:
    """Everything, in the order of its steps: first what others need, then what changes the way of mail, gateways last."""
    paths = tuple(settings)
    todos = (
        *todo_machines.certificates(before, after),
        *todo_objects.todos(before.topology, after.topology),
        *todo_machines.machines(before, after),
        *todo_recipients.todos(before.topology, after.topology, paths),
        *_others(paths),
    )
    ordered = _together(sorted(todos, key=attrgetter("step")))
    return tuple(TodoLocation(where, tuple(group)) for where, group in groupby(ordered, attrgetter("where")))


def _together(todos: Sequence[Todo]) -> Iterator[Todo]:
    """The tenant and Exchange have to know each other by the same: no order of the two is safe by itself."""
    first = next((todo for todo in todos if todo.step is TodoStep.TENANT), None)
    both = any(todo.step is TodoStep.EXCHANGE for todo in todos)
    for todo in todos:
        if both and todo is first:
            yield replace(todo, told=listed(filter(None, (_WINDOW, todo.told)), "; "))
        else:
            yield todo


def _others(settings: Iterable[SettingDifference]) -> Iterator[Todo]:
    """What no cmdlet and no words were found for: each single setting in full."""
    for setting in settings:
        if _TOLD.fullmatch(setting.path):
            continue
        old, new = leaves(setting.path, setting.old), leaves(setting.path, setting.new)
        for path in dict.fromkeys((*new, *old)):
            now, was = in_full(new.get(path)), in_full(old.get(path))
            text = sentence("{path}: {value} (now {former})", path=path, value=now, former=was)
            if path.startswith("dns"):  # an MX record moves mail: what it then leads to has to be ready
                step = TodoStep.LAST if re.search(r"\.MX\b", path) else TodoStep.DNS
                yield Todo(sentence("DNS"), text, step=step)
            else:
                yield Todo(sentence("elsewhere"), text)
