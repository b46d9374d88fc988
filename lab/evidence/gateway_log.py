"""The spam filter's log, modelled on Postfix's and abridged.

It has the lines that Postfix writes with `smtp_tls_loglevel` and `smtpd_tls_loglevel` 1 (and certificates logged), without
key exchange and signatures, counts of commands, and the command that a reply was to. Which certificate the filter showed
as a client Postfix does not write at all: that line is the lab's own, and says so by its tag `lab:`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import assert_never

from lab.evidence.hop_facts import about, bare_path, enhanced, moment, one_line, server_of, taken
from lab.evidence.hop_links import sort_key
from lab.model import steps
from lab.model.certificate import CertFault
from lab.model.trace import Hop
from lab.words.reasons import drop

_PIDS = {"smtpd": 2001, "cleanup": 2002, "qmgr": 2003, "smtp": 2004, "bounce": 2005, "local": 2006}
_STAGES = {steps.Stage.MAIL: "MAIL", steps.Stage.RCPT: "RCPT", steps.Stage.DATA: "END-OF-MESSAGE"}
_BREAK = "\n"
_FAULT_WORDS = {
    CertFault.SELF_SIGNED: "self-signed certificate",
    CertFault.UNTRUSTED: "untrusted issuer {issuer}",
    CertFault.EXPIRED: "certificate has expired",
    CertFault.NOT_YET_VALID: "certificate not yet valid",
    CertFault.NO_CLIENT_AUTH: "not designated for use as a client certificate",
}
"""What is told of faults, the gravest first; of others, what the lab calls them."""
_COMMON_NAME = re.compile(r"(?:^|,)CN=((?:[^,\\]|\\.)*)")
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
    yield from (_line("smtpd", line) for line in _tls_from(step, client))


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
        yield from (_line("smtp", line) for line in _established_to(step.contact, relay))
        yield f"lab: {hop.head.id}: {_shown(step.contact, relay)}"


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


def _tls_from(step: steps.Connected, client: str) -> Iterator[str]:
    """A connection that came: what was wrong with the client's certificate, whose it was, and the session."""
    if not step.tls:
        return
    names, faults = step.certificate, step.faults
    if faults:
        yield f"certificate verification failed for {client}: {_gravest(faults, step.issuer)}"
    if names:
        yield f"{client}: subject_CN={names[0]}{_issued(step)}"
    yield f"{_trust(names, faults)} TLS connection established from {client}: {_session(step)}"


def _established_to(contact: steps.ServerContact, relay: str) -> Iterator[str]:
    """A connection that was made; nothing is told of one without TLS."""
    if contact.tls:
        trust = _trust(contact.server_certificate, contact.server_faults)
        yield f"{trust} TLS connection established to {relay}: {_session(contact)}"


def _shown(contact: steps.ServerContact, relay: str) -> str:
    """Which certificate this side showed: a shared one here is the article's fault, and Postfix does not tell it."""
    if not contact.tls:
        return f"no TLS with {relay}, no client certificate sent"
    label = contact.certificate
    if not label:
        return f"no client certificate sent to {relay}"
    return f"client certificate sent to {relay}: subject_CN={label}"


def _trust(names: Sequence[str], faults: Sequence[str]) -> str:
    if not names:
        return "Anonymous"
    return "Untrusted" if faults else "Trusted"


def _gravest(faults: tuple[CertFault, ...], issuer: str) -> str:
    """One line, as OpenSSL stops at the first fault."""
    text = next((words for fault, words in _FAULT_WORDS.items() if fault in faults), faults[0])
    return text.format(issuer=_slashed(issuer))


def _issued(step: steps.Connected) -> str:
    """Issuer and fingerprint (SHA-1); the simulator makes no certificates, so there is none to take a print of."""
    issuer = _COMMON_NAME.search(step.issuer)
    thumbprint = step.thumbprint
    pairs = ":".join(thumbprint[at : at + 2] for at in range(0, len(thumbprint), 2))
    return (f", issuer={issuer[1]}" if issuer else "") + (f", fingerprint={pairs}" if pairs else "")


def _slashed(name: str) -> str:
    """`/O=Lab/CN=Some CA` for `CN=Some CA,O=Lab`."""
    parts = re.split(r"(?<!\\),", name) if name else []
    return "".join(f"/{part}" for part in reversed(parts))


def _session(session: steps.Connected | steps.ServerContact) -> str:
    """`TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)`; the cipher only where it is known."""
    version, cipher = session.tls.replace("TLS1_", "TLSv1."), session.cipher
    bits = 128 if "128" in cipher else 256
    return f"{version} with cipher {cipher} ({bits}/{bits} bits)" if cipher else version
