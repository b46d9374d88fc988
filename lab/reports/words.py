"""Each kind of step said in one line, from its plain data: so it can be told whichever body wrote it down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from lab.evidence.facts import bare_path, named, text, texts
from lab.evidence.replies import enhanced
from lab.model.trace import Step, StepKind

_ATTEMPTS = frozenset({StepKind.ROUTED, StepKind.DEFERRED})


def said(step: Step) -> str:
    """The step in one line."""
    return _WORDS[step.kind](step)


def short_reply(reply: str) -> str:
    """A reply as far as it tells things apart: `550 5.7.51 TenantInboundAttribution`."""
    head = reply.split("[", 1)[0].split(";", 1)[0].split("\n", 1)[0].strip()
    code, _, rest = head.partition(" ")
    status = enhanced(reply)
    if status and rest.startswith(status):
        rest = rest.removeprefix(status).strip()
        return f"{code} {status} {rest}".strip()
    return head


def without_repeats(steps: Iterable[Step]) -> Iterator[Step | int]:
    """Steps as they were, but attempts that went like an earlier one are only counted: one number for each row of them."""
    seen: set[tuple[object, ...]] = set()
    repeats = 0
    for step in steps:
        reply = short_reply(text(step, "reply"))
        likeness = (step.kind, named(step), reply, text(step, "connector"), texts(step, "targets"))
        if step.kind in _ATTEMPTS and likeness in seen:
            repeats += step.kind is StepKind.DEFERRED
            continue
        seen.add(likeness)
        if repeats:
            yield repeats
        repeats = 0
        yield step
    if repeats:
        yield repeats


def _submitted(step: Step) -> str:
    return f"by {text(step, 'sender')} for {_list(step, 'recipients')}"


def _connected(step: Step) -> str:
    client = f"{text(step, 'client_host') or 'unknown'} [{text(step, 'client')}]"
    shown = _list(step, "certificate")
    faults = _list(step, "faults")
    certificate = (
        f"certificate {shown}{f' ({faults})' if faults else ''}" if shown else "no client certificate"
    )
    return f"{client}, {text(step, 'tls') or 'no TLS'}, {certificate}"


def _attributed(step: Step) -> str:
    tenant, basis, connector = text(step, "tenant"), text(step, "basis"), text(step, "connector")
    through = f' through "{connector}"' if connector else ""
    if not text(step, "direction"):
        return f"{text(step, 'recipient')}: {text(step, 'reason')}{f' ({tenant})' if tenant else ''}"
    return f"to {tenant or 'nobody'} by {basis}{through}, {text(step, 'direction')}: {text(step, 'reason')}"


def _refused(step: Step) -> str:
    return f"at {text(step, 'stage').upper() or 'CONNECT'}: {text(step, 'reply')}"


def _accepted(step: Step) -> str:
    sender = bare_path(text(step, "reverse_path")) or "<>"
    return f"from {sender} for {_list(step, 'recipients')}, {text(step, 'size')} bytes"


def _authenticated(step: Step) -> str:
    enforced = ", enforced" if step.data.get("enforced") else ""
    told = ["spf", "dkim", "dmarc"]
    told += [name for name in ("arc", "compauth") if text(step, name) not in ("", "none")]
    results = ", ".join(f"{name} {text(step, name)}" for name in told)
    return f"{results}{enforced} (client {text(step, 'client')}, author domain {text(step, 'header_from')})"


def _promoted(step: Step) -> str:
    return f"{_list(step, 'headers')} (authenticated as {text(step, 'auth_as')})"


def _resolved(step: Step) -> str:
    new = text(step, "rewritten")
    return f"{text(step, 'recipient')} is {text(step, 'kind')}{f', rewritten to {new}' if new else ''}"


def _expanded(step: Step) -> str:
    members = _list(step, "members") or "nobody"
    return f"{text(step, 'recipient')} is a {text(step, 'kind')} of {members}"


def _ruled(step: Step) -> str:
    """The rules that applied, and what they did."""
    names = ", ".join(f'"{name}"' for name in texts(step, "names"))
    if not names:
        return f"{_list(step, 'recipients')}: no mail flow rule applies"
    actions = _list(step, "actions")
    return f"{_list(step, 'recipients')}: {names}{f' ({actions})' if actions else ''}"


def _routed(step: Step) -> str:
    connector, tls = text(step, "connector"), text(step, "tls")
    how = f'by "{connector}"' if connector else f"by {text(step, 'how').upper()}"
    targets = ", ".join(dict.fromkeys(texts(step, "targets")))
    pool = text(step, "pool")
    said = f", TLS {tls}" if tls else ""
    said += f", from the {pool} pool" if pool not in ("", "normal") else ""
    return f"{_list(step, 'recipients')} {how} to {targets or 'nowhere'}{said}"


def _sent(step: Step) -> str:
    shown = text(step, "certificate")
    secured = f"{text(step, 'tls')}, " if text(step, "tls") else "no TLS, "
    certificate = f"showing {shown}" if shown else "showing no certificate"
    return f"to {text(step, 'host')} [{text(step, 'address')}], {secured}{certificate}: {short_reply(text(step, 'reply'))}"


def _deferred(step: Step) -> str:
    return f"{_list(step, 'recipients')} until {text(step, 'until')[:19]}: {text(step, 'reply')}"


def _delivered(step: Step) -> str:
    return f"to the mailbox {text(step, 'mailbox')}"


def _bounced(step: Step) -> str:
    to = text(step, "ndr_to")
    report = f"report to {to}" if to else "no report"
    return f"{text(step, 'recipient')} {text(step, 'status')}, {report}: {text(step, 'reply')}"


def _dropped(step: Step) -> str:
    return f"{text(step, 'recipient')}: {text(step, 'reason')}"


def _list(step: Step, key: str) -> str:
    return ", ".join(texts(step, key))


_WORDS: Mapping[StepKind, Callable[[Step], str]] = {
    StepKind.SUBMITTED: _submitted,
    StepKind.CONNECTED: _connected,
    StepKind.ATTRIBUTED: _attributed,
    StepKind.REFUSED: _refused,
    StepKind.ACCEPTED: _accepted,
    StepKind.AUTHENTICATED: _authenticated,
    StepKind.PROMOTED: _promoted,
    StepKind.RESOLVED: _resolved,
    StepKind.EXPANDED: _expanded,
    StepKind.RULED: _ruled,
    StepKind.ROUTED: _routed,
    StepKind.SENT: _sent,
    StepKind.DEFERRED: _deferred,
    StepKind.DELIVERED: _delivered,
    StepKind.BOUNCED: _bounced,
    StepKind.DROPPED: _dropped,
}
