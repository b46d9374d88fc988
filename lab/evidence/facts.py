"""Reading hops and steps: what their plain data say, whatever body of the lab wrote them down."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import NAMESPACE_OID, uuid5

from lab.model.trace import Hop, Step, StepKind

ENDS = frozenset({StepKind.SENT, StepKind.DELIVERED, StepKind.BOUNCED, StepKind.DROPPED})
"""Steps after which a node has nothing left to do for a recipient."""


def text(step: Step | None, key: str) -> str:
    """A value as text; '' when the step, the key or the value is missing."""
    value = step.data.get(key) if step is not None else None
    return "" if value is None else str(value)


def texts(step: Step | None, key: str) -> tuple[str, ...]:
    """A value as a list of texts; a single text counts as a list of one, '' as none."""
    value = step.data.get(key) if step is not None else None
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return (value,)
    return tuple(str(each) for each in value) if isinstance(value, Iterable) else (str(value),)


def named(step: Step) -> tuple[str, ...]:
    """The recipients that a step is about, as written."""
    return texts(step, "recipients") + texts(step, "recipient")


def about(step: Step, names: Iterable[str]) -> bool:
    """Whether a step is about one of these recipients (lower case)."""
    wanted = set(names)
    return any(name.lower() in wanted for name in named(step))


def recipients(hop: Hop) -> tuple[str, ...]:
    """Everyone the message was for at this hop, accepted or refused, each once, as written."""
    refused = (name for step in hop.all(StepKind.REFUSED) for name in named(step))
    return tuple(dict.fromkeys((*hop.head.recipients, *refused)))


def taken(hop: Hop) -> bool:
    """Whether the node took the message over. An NDR's first hop has no step for it: the node wrote it itself."""
    kinds = {step.kind for step in hop.steps}
    return bool(kinds & {StepKind.ACCEPTED, StepKind.SUBMITTED}) or StepKind.REFUSED not in kinds


def place(hop: Hop) -> str:
    """Where the hop happened, as scenarios name it: `tenant:NAME` in Exchange Online, else the host's key."""
    return f"tenant:{hop.head.tenant}" if hop.head.tenant else hop.head.node


def bare_path(path: str) -> str:
    """A reverse-path without its angle brackets; '' for the null path."""
    return path.strip().removeprefix("<").removesuffix(">")


def is_redirection(step: Step) -> bool:
    """Whether somebody else gets the message instead: a mailbox forwards it, or a mail flow rule redirects it."""
    return text(step, "kind").startswith(("forwarding", "redirected"))


def rule_id(name: str) -> str:
    """A GUID for a mail flow rule, which logs name by it; made from its name."""
    return str(uuid5(NAMESPACE_OID, f"transport rule {name}"))


def connector_of(hop: Hop, step: Step) -> str:
    """The connector that a step used: its own word, or that of the last routing of its recipients before it."""
    if text(step, "connector"):
        return text(step, "connector")
    names = {name.lower() for name in named(step)}
    before = hop.steps[: hop.steps.index(step)]
    routed = [each for each in before if each.kind is StepKind.ROUTED and about(each, names)]
    return text(routed[-1], "connector") if routed else ""
