"""A message that splits goes several ways: which ones, for whom each, and how that is written in a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lab.evidence.trace_assembly import path
from lab.model.trace import MessageTrace
from lab.model.value import dataclass

NodePath = tuple[str, ...]
"""Places in order: hosts by key and tenants as `tenant:NAME`."""


@dataclass(frozen=True, slots=True)
class MessagePath:
    """One way, and the final recipients whose copy went it."""

    path: NodePath
    recipients: tuple[str, ...]


def ways(trace: MessageTrace) -> tuple[MessagePath, ...]:
    """The ways of all copies, each once."""
    by_path: dict[NodePath, list[str]] = {}
    for recipient in trace.dispositions:
        by_path.setdefault(path(trace, recipient), []).append(recipient)
    return tuple(MessagePath(places, tuple(whom)) for places, whom in by_path.items())


def in_a_line(paths: Sequence[NodePath], arrow: str = " > ") -> str:
    """`exchange > {tenant:a; gateway > tenant:b}`: what the ways have in common is said once."""
    distinct = tuple(dict.fromkeys(paths))
    if len(distinct) < 2:
        return arrow.join(distinct[0]) if distinct else ""
    shared = _shared(distinct)
    branches = "; ".join(arrow.join(node_path[shared:]) for node_path in distinct)
    return arrow.join((*distinct[0][:shared], f"{{{branches}}}"))


def _shared(paths: Iterable[NodePath]) -> int:
    """How many places all begin with; something of each way is left."""
    count = 0
    for places in zip(*(node_path[:-1] for node_path in paths), strict=False):
        if len(set(places)) > 1:
            break
        count += 1
    return count
