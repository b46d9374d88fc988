"""Each kind of step said in one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from lab.model import steps
from lab.model.reply import Reply
from lab.sentence import NOTHING, Sentence, sentence
from lab.words.english import BASES, NEXT_HOPS, RESOLUTIONS
from lab.words.reasons import drop, faults, reason


def said(step: steps.Step) -> Sentence:
    """The step in one line."""
    match step:
        case steps.Submitted():
            return sentence(
                "by {sender} for {recipients}", sender=step.sender, recipients=_list(step.recipients)
            )
        case steps.Connected():
            return _connected(step)
        case steps.Attributed():
            return _attributed(step)
        case steps.Refused():
            return sentence("at {stage}: {reply}", stage=step.stage.upper(), reply=step.reply)
        case steps.Accepted():
            return _accepted(step)
        case steps.Authenticated():
            return _authenticated(step)
        case steps.Promoted():
            headers = _list(step.headers)
            return sentence("{headers} (authenticated as {auth_as})", headers=headers, auth_as=step.auth_as)
        case steps.Resolved():
            return _resolved(step)
        case steps.Expanded():
            return _expanded(step)
        case steps.Merged():
            return sentence("{group} was expanded before: it adds nobody", group=step.recipient)
        case steps.Ruled():
            return _ruled(step)
        case steps.Routed():
            return _routed(step)
        case steps.Sent():
            return _sent(step)
        case steps.Deferred():
            return _deferred(step)
        case steps.Delivered():
            return sentence("to the mailbox {mailbox}", mailbox=step.mailbox)
        case steps.Bounced():
            return _bounced(step)
        case steps.Dropped():
            return sentence("{recipient}: {why}", recipient=step.recipient, why=drop(step))
        case _:
            assert_never(step)


def short_reply(reply: Reply | None) -> str:
    """A reply as far as it tells things apart: `550 5.7.51 TenantInboundAttribution`; '' for none."""
    if reply is None:
        return ""
    text = reply.text.split("[", 1)[0].split(";", 1)[0].split("\n", 1)[0]
    return " ".join(f"{reply.code} {reply.enhanced} {text}".split())


def code(reply: Reply | None) -> str:
    """The numbers of a reply: `550 5.7.51`; '' for none."""
    return f"{reply.code} {reply.enhanced}".rstrip() if reply else ""


def without_repeats(taken: Iterable[steps.Step]) -> Iterator[steps.Step | int]:
    """Steps as they were, but attempts that went like an earlier one are only counted: one number for each row of them."""
    seen: set[tuple[object, ...]] = set()
    repeats = 0
    for step in taken:
        if isinstance(step, steps.Routed | steps.Deferred):
            likeness = _likeness(step)
            if likeness in seen:
                repeats += isinstance(step, steps.Deferred)
                continue
            seen.add(likeness)
        if repeats:
            yield repeats
        repeats = 0
        yield step
    if repeats:
        yield repeats


def repeated(number: int) -> Sentence:
    """So many steps that `without_repeats` left out."""
    return sentence("{number} more attempts that ended like this", number=number)


def _likeness(step: steps.Routed | steps.Deferred) -> tuple[object, ...]:
    if isinstance(step, steps.Routed):
        return step.kind, step.about, step.connector, step.targets
    return step.kind, step.about, step.connector, short_reply(step.reply)


def _connected(step: steps.Connected) -> Sentence:
    if not step.certificate:
        certificate = sentence("no client certificate")
    elif step.faults:
        shown = "certificate {names} ({faults})"
        certificate = sentence(shown, names=_list(step.certificate), faults=faults(step.faults))
    else:
        certificate = sentence("certificate {names}", names=_list(step.certificate))
    return sentence(
        "{host} [{client}], {tls}, {certificate}",
        host=step.client_host or sentence("unknown"),
        client=step.client,
        tls=step.tls or sentence("no TLS"),
        certificate=certificate,
    )


def _attributed(step: steps.Attributed) -> Sentence:
    why = reason(step.reason)
    if step.direction is None and step.tenant:
        refused = "{recipient}: {why} ({tenant})"
        return sentence(refused, recipient=step.recipient, why=why, tenant=step.tenant)
    if step.direction is None:
        return sentence("{recipient}: {why}", recipient=step.recipient, why=why)
    through = sentence(' through "{connector}"', connector=step.connector) if step.connector else NOTHING
    return sentence(
        "to {tenant} by {basis}{through}, {direction}: {why}",
        tenant=step.tenant,
        basis=BASES[step.basis],
        through=through,
        direction=step.direction,
        why=why,
    )


def _accepted(step: steps.Accepted) -> Sentence:
    return sentence(
        "from {sender} for {recipients}, {size} bytes",
        sender=step.reverse_path.strip("<>") or "<>",
        recipients=_list(step.recipients),
        size=step.size,
    )


def _authenticated(step: steps.Authenticated) -> Sentence:
    dkim = _list(step.dkim) or ("none" if step.dmarc else "")
    results = [f"spf {step.spf}", f"dkim {dkim}", f"dmarc {step.dmarc}"]
    results += [f"arc {step.arc}"] if step.arc not in ("", "none") else []
    results += [f"compauth {step.compauth}"] if step.compauth else []
    return sentence(
        "{results}{enforced} (client {client}, author domain {domain})",
        results=", ".join(results),
        enforced=sentence(", enforced") if step.enforced else NOTHING,
        client=step.client,
        domain=step.header_from,
    )


def _resolved(step: steps.Resolved) -> Sentence:
    return sentence(RESOLUTIONS[step.resolution], recipient=step.recipient, address=step.rewritten)


def _expanded(step: steps.Expanded) -> Sentence:
    if not step.members:
        return sentence(
            "{recipient} is a {group} without members", recipient=step.recipient, group=step.group
        )
    is_group = "{recipient} is a {group} of {members}"
    return sentence(is_group, recipient=step.recipient, group=step.group, members=_list(step.members))


def _ruled(step: steps.Ruled) -> Sentence:
    """The rules that applied, and what they did."""
    recipients, names = _list(step.recipients), ", ".join(f'"{name}"' for name in step.names)
    if not step.names:
        return sentence("{recipients}: no mail flow rule applies", recipients=recipients)
    if not step.actions:
        return sentence("{recipients}: {rules}", recipients=recipients, rules=names)
    acted = "{recipients}: {rules} ({actions})"
    return sentence(acted, recipients=recipients, rules=names, actions=_list(step.actions))


def _routed(step: steps.Routed) -> Sentence:
    pool = step.pool not in ("", "normal")
    return sentence(
        "{recipients} by {way} to {hosts}{tls}{pool}",
        recipients=_list(step.recipients),
        way=f'"{step.connector}"' if step.connector else NEXT_HOPS[step.how],
        hosts=_list(step.targets) or sentence("nowhere"),
        tls=sentence(", TLS {level}", level=step.tls) if step.tls else NOTHING,
        pool=sentence(", from the {pool} pool", pool=step.pool) if pool else NOTHING,
    )


def _sent(step: steps.Sent) -> Sentence:
    shown = step.contact.certificate
    return sentence(
        "to {host} [{address}], {tls}, {certificate}: {reply}",
        host=step.contact.host,
        address=step.address,
        tls=step.contact.tls or sentence("no TLS"),
        certificate=sentence("showing {name}", name=shown) if shown else sentence("showing no certificate"),
        reply=short_reply(step.reply),
    )


def _deferred(step: steps.Deferred) -> Sentence:
    recipients, reply = _list(step.recipients), step.reply
    if step.until is None:
        return sentence("{recipients}: {reply}", recipients=recipients, reply=reply)
    until = f"{step.until:%Y-%m-%dT%H:%M:%S}"
    return sentence("{recipients} until {time}: {reply}", recipients=recipients, time=until, reply=reply)


def _bounced(step: steps.Bounced) -> Sentence:
    to = step.ndr_to
    return sentence(
        "{recipient} {status}, {report}: {reply}",
        recipient=step.recipient,
        status=step.status,
        report=sentence("report to {sender}", sender=to) if to else sentence("no report"),
        reply=step.reply,
    )


def _list(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))
