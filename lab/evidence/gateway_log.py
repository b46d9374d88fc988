"""The spam filter's log, modelled on Postfix's and abridged.

It has the lines that Postfix writes with `smtp_tls_loglevel` and `smtpd_tls_loglevel` 1 (and certificates logged), without
key exchange and signatures, counts of commands, and the command that a reply was to. Which certificate the filter showed
as a client Postfix does not write at all: that line is the lab's own, and says so by its tag `lab:`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from lab.evidence.facts import ENDS, about, bare_path, named, taken, text
from lab.evidence.gateway_tls import from_client, shown, to_server
from lab.evidence.links import sort_key
from lab.evidence.replies import enhanced, moment, server_of
from lab.model.trace import Hop, Step, StepKind

_PIDS = {"smtpd": 2001, "cleanup": 2002, "qmgr": 2003, "smtp": 2004, "bounce": 2005, "local": 2006}
Line = tuple[datetime, str]


def log_lines(hops: Iterable[Hop], host: str) -> tuple[str, ...]:
    """The log of a host (by key), in order of time."""
    own = sorted((hop for hop in hops if hop.head.node == host), key=sort_key)
    told = sorted((line for hop in own for line in _hop(hop)), key=lambda line: line[0])
    return tuple(_printable(f"{at:%b} {at.day:2} {at:%H:%M:%S} {host} {said}") for at, said in told)


def _hop(hop: Hop) -> Iterator[Line]:
    at = hop.head.arrived
    yield from ((at, said) for said in _arrival(hop))
    for step in hop.steps:
        yield from ((moment(hop, step), said) for said in _step(hop, step))
    if taken(hop) and _all_ended(hop):
        yield moment(hop, hop.steps[-1]), _line("qmgr", f"{hop.head.id}: removed")


def _arrival(hop: Hop) -> Iterator[str]:
    head = hop.head
    connection = hop.first(StepKind.CONNECTED)
    if connection is not None:
        yield from _connected(connection)
    if not taken(hop):
        return
    if head.client:
        yield _line("smtpd", f"{head.id}: client={head.client_host or 'unknown'}[{head.client}]")
    yield _line("cleanup", f"{head.id}: message-id={head.message_id}")
    sender = bare_path(head.reverse_path)
    counts = f"size={head.size}, nrcpt={len(head.recipients)}"
    yield _line("qmgr", f"{head.id}: from=<{sender}>, {counts} (queue active)")


def _connected(step: Step) -> Iterator[str]:
    client = _client(step)
    yield _line("smtpd", f"connect from {client}")
    yield from (_line("smtpd", said) for said in from_client(step, client))


def _step(hop: Hop, step: Step) -> Iterator[str]:
    match step.kind:
        case StepKind.REFUSED:
            yield _line("smtpd", f"{hop.head.id if taken(hop) else 'NOQUEUE'}: reject: {_refusal(hop, step)}")
            if not taken(hop):
                yield from _disconnected(hop)
        case StepKind.ACCEPTED:
            yield from _disconnected(hop)
        case StepKind.SENT:
            yield from _tls_to(hop, step)
            yield from _handed(hop, step, "sent", text(step, "reply"))
        case StepKind.DEFERRED:
            yield from _tls_to(hop, step)
            yield from _handed(hop, step, "deferred", _said(step))
        case StepKind.BOUNCED:
            yield from _tls_to(hop, step)
            yield from _handed(hop, step, "bounced", _said(step))
            if text(step, "ndr"):
                yield _line("bounce", f"{hop.head.id}: sender non-delivery notification: {text(step, 'ndr')}")
        case StepKind.DELIVERED:
            told = f"relay=local, {_times(hop, step)}, dsn=2.0.0, status=sent (delivered to mailbox)"
            yield _line("local", f"{hop.head.id}: to=<{text(step, 'recipient')}>, {told}")
        case StepKind.DROPPED:
            yield from _tls_to(hop, step)
            yield from _handed(hop, step, "bounced", _said(step) or text(step, "reason"))
        case _:
            return


def _refusal(hop: Hop, step: Step) -> str:
    head = hop.head
    stage = {"mail": "MAIL", "rcpt": "RCPT", "data": "END-OF-MESSAGE"}.get(
        text(step, "stage").lower(), "CONNECT"
    )
    who = ", ".join(f"to=<{name}>" for name in named(step))
    client = f"{head.client_host or 'unknown'}[{head.client}]"
    about = f"from=<{bare_path(head.reverse_path)}>{f' {who}' if who else ''} proto=ESMTP helo=<{_helo(hop)}>"
    return f"{stage} from {client}: {_one_line(text(step, 'reply'))}; {about}"


def _helo(hop: Hop) -> str:
    return text(hop.first(StepKind.CONNECTED), "helo") or hop.head.client_host


def _disconnected(hop: Hop) -> Iterator[str]:
    connection = hop.first(StepKind.CONNECTED)
    if connection is not None:
        yield _line("smtpd", f"disconnect from {_client(connection)}")


def _client(step: Step) -> str:
    return f"{text(step, 'client_host') or 'unknown'}[{text(step, 'client')}]"


def _tls_to(hop: Hop, step: Step) -> Iterator[str]:
    """What was said in TLS, then the lab's own line; what never was a connection has neither."""
    if server_of(step):
        relay = _relay(step)
        yield from (_line("smtp", said) for said in to_server(step, relay))
        yield f"lab: {hop.head.id}: {shown(step, relay)}"


def _handed(hop: Hop, step: Step, status: str, reason: str) -> Iterator[str]:
    dsn = text(step, "status") or enhanced(text(step, "reply")) or "5.0.0"
    for recipient in named(step):
        told = f"relay={_relay(step)}, {_times(hop, step)}, dsn={dsn}, status={status} ({_one_line(reason)})"
        yield _line("smtp", f"{hop.head.id}: to=<{recipient}>, {told}")


def _relay(step: Step) -> str:
    address = server_of(step)
    return f"{text(step, 'host') or address}[{address}]:25" if address else "none"


def _said(step: Step) -> str:
    """A reply of the other side is quoted; what the client found out itself (no connection) is not."""
    address = server_of(step)
    reply = text(step, "reply")
    return f"host {text(step, 'host') or address}[{address}] said: {reply}" if address else reply


def _times(hop: Hop, step: Step) -> str:
    """In all, and in parts: until the last attempt began, in the queue manager, to connect, to hand over.

    The lab does not tell the last two apart: what ended in no connection was spent on that, all else on the message.
    """
    before = [each for each in hop.steps[: hop.steps.index(step)] if each.kind is StepKind.ROUTED]
    begun = next((moment(hop, each) for each in reversed(before) if about(each, _keys(step))), None)
    whole = (moment(hop, step) - hop.head.arrived).total_seconds()
    queued = ((begun or hop.head.arrived) - hop.head.arrived).total_seconds()
    reached = bool(server_of(step)) or step.kind is StepKind.DELIVERED
    parts = (queued, 0.0, 0.0 if reached else whole - queued, whole - queued if reached else 0.0)
    return f"delay={_seconds(whole)}, delays={'/'.join(map(_seconds, parts))}"


def _keys(step: Step) -> Iterator[str]:
    return (name.lower() for name in named(step))


def _seconds(span: float) -> str:
    """Two digits, hundredths at the finest."""
    return f"{round(span, 2):.2g}" if span < 10 else f"{span:.0f}"


def _all_ended(hop: Hop) -> bool:
    """Whether no recipient is left in the queue."""
    ended = {name.lower() for step in hop.steps if step.kind in ENDS for name in named(step)}
    rewritten = {text(s, "recipient").lower() for s in hop.all(StepKind.RESOLVED) if text(s, "rewritten")}
    return bool(hop.steps) and all(name.lower() in ended | rewritten for name in hop.head.recipients)


def _line(program: str, said: str) -> str:
    return f"postfix/{program}[{_PIDS[program]}]: {said}"


def _one_line(reply: str) -> str:
    return reply.replace("\n", " ")


def _printable(line: str) -> str:
    """Postfix shows what a client sent, but lets no control character into its log."""
    return "".join(char if char.isprintable() else "?" for char in line)
