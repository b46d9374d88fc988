"""The spam filter's log, modelled on Postfix's and abridged.

It has the lines that Postfix writes with `smtp_tls_loglevel` and `smtpd_tls_loglevel` 1 (and certificates logged), without
key exchange and signatures, counts of commands, and the command that a reply was to. Which certificate the filter showed
as a client Postfix does not write at all: that line is the lab's own, and says so by its tag `lab:`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import assert_never

from lab.evidence.gateway_tls import from_client, shown, to_server
from lab.evidence.hop_facts import about, bare_path, enhanced, moment, one_line, server_of, taken
from lab.evidence.hop_links import sort_key
from lab.model import steps
from lab.model.trace import Hop
from lab.words.reasons import drop

_PIDS = {"smtpd": 2001, "cleanup": 2002, "qmgr": 2003, "smtp": 2004, "bounce": 2005, "local": 2006}
_STAGES = {steps.Stage.MAIL: "MAIL", steps.Stage.RCPT: "RCPT", steps.Stage.DATA: "END-OF-MESSAGE"}
_BREAK = "\n"
GatewayLine = tuple[datetime, str]


def log_lines(hops: Iterable[Hop], host: str) -> tuple[str, ...]:
    """The log of a host (by key), in order of time."""
    own = sorted((hop for hop in hops if hop.head.node == host), key=sort_key)
    lines = sorted((line for hop in own for line in _hop(hop)), key=lambda line: line[0])
    return tuple(_printable(f"{at:%b} {at.day:2} {at:%H:%M:%S} {host} {line}") for at, line in lines)


def _hop(hop: Hop) -> Iterator[GatewayLine]:
    at = hop.head.arrived
    yield from ((at, line) for line in _arrival(hop))
    for step in hop.steps:
        yield from ((moment(hop, step), line) for line in _step(hop, step))
    if taken(hop) and _all_ended(hop):
        yield moment(hop, hop.steps[-1]), _line("qmgr", f"{hop.head.id}: removed")


def _arrival(hop: Hop) -> Iterator[str]:
    head = hop.head
    connection = hop.first(steps.Connected)
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


def _connected(step: steps.Connected) -> Iterator[str]:
    client = _client(step)
    yield _line("smtpd", f"connect from {client}")
    yield from (_line("smtpd", line) for line in from_client(step, client))


def _step(hop: Hop, step: steps.Step) -> Iterator[str]:
    match step:
        case steps.Refused():
            yield _line("smtpd", f"{hop.head.id if taken(hop) else 'NOQUEUE'}: reject: {_refusal(hop, step)}")
            if not taken(hop):
                yield from _disconnected(hop)
        case steps.Accepted():
            yield from _disconnected(hop)
        case steps.Sent():
            yield from _tls_to(hop, step)
            yield from _handed(hop, step, "sent", str(step.reply))
        case steps.Deferred():
            yield from _tls_to(hop, step)
            yield from _handed(hop, step, "deferred", _said(step))
        case steps.Bounced():
            yield from _tls_to(hop, step)
            yield from _handed(hop, step, "bounced", _said(step))
            if step.ndr:
                yield _line("bounce", f"{hop.head.id}: sender non-delivery notification: {step.ndr}")
        case steps.Delivered():
            outcome = f"relay=local, {_times(hop, step)}, dsn=2.0.0, status=sent (delivered to mailbox)"
            yield _line("local", f"{hop.head.id}: to=<{step.recipient}>, {outcome}")
        case steps.Dropped():
            yield from _tls_to(hop, step)
            yield from _handed(hop, step, "bounced", _said(step) or str(drop(step)))
        case (
            steps.Submitted()
            | steps.Connected()
            | steps.Attributed()
            | steps.Authenticated()
            | steps.Promoted()
            | steps.Resolved()
            | steps.Expanded()
            | steps.Merged()
            | steps.Ruled()
            | steps.Routed()
        ):
            return
        case _:
            assert_never(step)


def _refusal(hop: Hop, step: steps.Refused) -> str:
    head = hop.head
    stage = _STAGES.get(step.stage, "CONNECT")
    who = ", ".join(f"to=<{name}>" for name in step.about)
    client = f"{head.client_host or 'unknown'}[{head.client}]"
    about = f"from=<{bare_path(head.reverse_path)}>{f' {who}' if who else ''} proto=ESMTP helo=<{_helo(hop)}>"
    return f"{stage} from {client}: {one_line(step.reply)}; {about}"


def _helo(hop: Hop) -> str:
    connection = hop.first(steps.Connected)
    return (connection.helo if connection else "") or hop.head.client_host


def _disconnected(hop: Hop) -> Iterator[str]:
    connection = hop.first(steps.Connected)
    if connection is not None:
        yield _line("smtpd", f"disconnect from {_client(connection)}")


def _client(step: steps.Connected) -> str:
    return f"{step.client_host or 'unknown'}[{step.client}]"


def _tls_to(hop: Hop, step: steps.Contacting) -> Iterator[str]:
    """What was said in TLS, then the lab's own line; what never was a connection has neither."""
    if server_of(step):
        relay = _relay(step)
        yield from (_line("smtp", line) for line in to_server(step.contact, relay))
        yield f"lab: {hop.head.id}: {shown(step.contact, relay)}"


def _handed(hop: Hop, step: steps.Contacting, status: str, reason: str) -> Iterator[str]:
    dsn = (step.status if isinstance(step, steps.Bounced) else "") or enhanced(step.reply) or "5.0.0"
    for recipient in step.about:
        outcome = f"relay={_relay(step)}, {_times(hop, step)}, dsn={dsn}, status={status} ({reason.replace(_BREAK, ' ')})"
        yield _line("smtp", f"{hop.head.id}: to=<{recipient}>, {outcome}")


def _relay(step: steps.Contacting) -> str:
    address = server_of(step)
    return f"{step.contact.host or address}[{address}]:25" if address else "none"


def _said(step: steps.Contacting) -> str:
    """A reply of the other side is quoted; what the client found out itself (no connection) is not."""
    address = server_of(step)
    reply = str(step.reply or "")
    return f"host {step.contact.host or address}[{address}] said: {reply}" if address else reply


def _times(hop: Hop, step: steps.Contacting | steps.Delivered) -> str:
    """In all, and in parts: until the last attempt began, in the queue manager, to connect, to hand over.

    The lab does not tell the last two apart: what ended in no connection was spent on that, all else on the message.
    """
    before = [earlier for earlier in hop.steps[: hop.steps.index(step)] if isinstance(earlier, steps.Routed)]
    begun = next((moment(hop, earlier) for earlier in reversed(before) if about(earlier, _keys(step))), None)
    whole = (moment(hop, step) - hop.head.arrived).total_seconds()
    queued = ((begun or hop.head.arrived) - hop.head.arrived).total_seconds()
    reached = isinstance(step, steps.Delivered) or bool(server_of(step))
    parts = (queued, 0.0, 0.0 if reached else whole - queued, whole - queued if reached else 0.0)
    return f"delay={_seconds(whole)}, delays={'/'.join(map(_seconds, parts))}"


def _keys(step: steps.Step) -> Iterator[str]:
    return (name.lower() for name in step.about)


def _seconds(span: float) -> str:
    """Two digits, hundredths at the finest."""
    return f"{round(span, 2):.2g}" if span < 10 else f"{span:.0f}"


def _all_ended(hop: Hop) -> bool:
    """Whether no recipient is left in the queue."""
    ended = {name.lower() for step in hop.steps if isinstance(step, steps.Ending) for name in step.about}
    rewritten = {step.recipient.lower() for step in hop.all(steps.Resolved) if step.rewritten}
    return bool(hop.steps) and all(name.lower() in ended | rewritten for name in hop.head.recipients)


def _line(program: str, text: str) -> str:
    return f"postfix/{program}[{_PIDS[program]}]: {text}"


def _printable(line: str) -> str:
    """Postfix shows what a client sent, but lets no control character into its log."""
    return "".join(char if char.isprintable() else "?" for char in line)
