"""A tenant's message trace: `Get-MessageTraceV2` and `Get-MessageTraceDetailV2` (R206-R213, R217).

Only what the tenant may see: messages that it took. A refusal at SMTP leaves no row anywhere (R43, R219).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime

from lab.evidence.facts import about, bare_path, connector_of, is_redirection, rule_id, taken, text, texts
from lab.evidence.links import sort_key
from lab.evidence.replies import iso, last_error, moment, server_of
from lab.evidence.trace import aliases
from lab.model.trace import Hop, Step, StepKind
from lab.model.value import dataclass

Row = dict[str, object]

_STATUS = {
    StepKind.DELIVERED: "Delivered",
    StepKind.SENT: "Delivered",  # the next system took it (R210)
    StepKind.BOUNCED: "Failed",
    StepKind.DROPPED: "Failed",
    StepKind.DEFERRED: "Pending",
    StepKind.EXPANDED: "Expanded",
}
_TOWARDS = frozenset({StepKind.SENT, StepKind.BOUNCED, StepKind.DEFERRED})


@dataclass(frozen=True, slots=True)
class _Event:
    """One row of the details, as far as it differs from its neighbours."""

    at: datetime
    name: str
    detail: str
    data: Mapping[str, str] = field(default_factory=dict)


def message_trace(
    hops: Iterable[Hop], tenant: str, *, organization: str = "", until: datetime | None = None
) -> list[Row]:
    """One row for each message and recipient, newest last; `organization` is the tenant's initial domain.

    `until` leaves out what arrived later: rows appear with a delay (R214).
    """
    pairs = ((hop, recipient) for hop in _visible(hops, tenant, until) for recipient in _recipients(hop))
    return [
        _row(hop, recipient, organization or tenant, index) for index, (hop, recipient) in enumerate(pairs)
    ]


def message_trace_detail(hops: Iterable[Hop], tenant: str, *, until: datetime | None = None) -> list[Row]:
    """The events behind the rows; the connector's name stands in `Data` (R212)."""
    return [
        _detail(hop, recipient, event)
        for hop in _visible(hops, tenant, until)
        for recipient in _recipients(hop)
        for event in _events(hop, recipient)
    ]


def _visible(hops: Iterable[Hop], tenant: str, until: datetime | None) -> list[Hop]:
    own = (hop for hop in hops if hop.head.tenant == tenant and taken(hop))
    return sorted((hop for hop in own if until is None or hop.head.arrived <= until), key=sort_key)


def _recipients(hop: Hop) -> tuple[str, ...]:
    """Everyone it came for and, behind them, the members of groups that were expanded: each has a row."""
    members = (name for step in hop.all(StepKind.EXPANDED) for name in texts(step, "members"))
    return tuple(dict.fromkeys((*hop.head.recipients, *members)))


def _row(hop: Hop, recipient: str, organization: str, index: int) -> Row:
    head = hop.head
    names = aliases([hop], recipient)
    tried = [step for step in hop.steps if step.kind in _TOWARDS and about(step, names)]
    return {
        "Organization": organization,
        "MessageId": head.message_id,
        "Received": iso(head.arrived),
        "SenderAddress": bare_path(head.reverse_path) or "<>",
        "RecipientAddress": recipient,
        "Subject": head.subject,
        "Status": _status(hop, names),
        "ToIP": server_of(tried[-1]) if tried else "",
        "FromIP": head.client,  # blank for cloud mailboxes and reports: nobody connected (R209)
        "Size": head.size,
        "MessageTraceId": head.network_message_id,
        "StartDate": None,  # both echo the query's
        "EndDate": None,
        "Index": index,
    }


def _status(hop: Hop, names: frozenset[str]) -> str:
    """By the last thing that was done for the recipient."""
    known = [_STATUS[step.kind] for step in hop.steps if step.kind in _STATUS and about(step, names)]
    return known[-1] if known else "GettingStatus"


def _events(hop: Hop, recipient: str) -> Iterator[_Event]:
    """What happened for one recipient. A report begins with a Receive of its own (R210)."""
    names = aliases([hop], recipient)
    if hop.first(StepKind.ACCEPTED) is None and hop.first(StepKind.SUBMITTED) is None:
        yield _Event(hop.head.arrived, "Receive", f"Message received by: {hop.head.host}", _origin(hop))
    for step in hop.steps:
        event = _arrival(hop, step) or (_settled(hop, step) if about(step, names) else None)
        if event is not None:
            yield event


def _arrival(hop: Hop, step: Step) -> _Event | None:
    at = moment(hop, step)
    match step.kind:
        case StepKind.SUBMITTED:
            return _Event(at, "Submit", "The message was submitted.", {"ServerHostName": hop.head.host})
        case StepKind.ACCEPTED:
            using = _using(hop.first(StepKind.CONNECTED))
            return _Event(at, "Receive", f"Message received by: {hop.head.host}{using}", _origin(hop))
        case _:
            return None


def _settled(hop: Hop, step: Step) -> _Event | None:
    at = moment(hop, step)
    match step.kind:
        case StepKind.RESOLVED:
            new = text(step, "rewritten")
            if is_redirection(step):
                return _Event(at, "Redirect", f"The message was redirected to: {new}")
            return _Event(at, "Resolve", f"The recipient was resolved to {new}.") if new else None
        case StepKind.EXPANDED:
            members = ", ".join(texts(step, "members"))
            return _Event(at, "Expand", f"The message was expanded to: {members}")
        case StepKind.RULED:
            return _transport_rule(at, step)
        case StepKind.SENT:
            detail = f"Message transferred to: {text(step, 'host')}{_using(step)}"
            return _Event(at, "Send", detail, _towards(hop, step))
        case StepKind.DELIVERED:
            detail = "The message was successfully delivered to the folder: DefaultFolderType:Inbox"
            return _Event(at, "Deliver", detail, {"Mailbox": text(step, "mailbox")})
        case StepKind.DEFERRED:
            return _Event(at, "Defer", f"Reason: {last_error(hop, step)}", _towards(hop, step))
        case StepKind.BOUNCED:
            proxy = (
                f"OutboundProxyTargetIP: {server_of(step)}. OutboundProxyTargetHostName: {text(step, 'host')}"
            )
            return _Event(at, "Fail", f"Reason: {last_error(hop, step)}. {proxy}", _towards(hop, step))
        case StepKind.DROPPED:
            return _Event(at, "Drop", f"Reason: {text(step, 'reason')}")
        case _:
            return None


def _transport_rule(at: datetime, step: Step) -> _Event | None:
    """The rules that applied, with the identities that `Get-TransportRule` finds (R211)."""
    names = texts(step, "names")
    if not names:
        return None
    detail = "; ".join(f"Transport rule: '{name}', ID: ({rule_id(name)})" for name in names)
    return _Event(at, "Transport rule", detail, {"Action": ", ".join(texts(step, "actions"))})


def _towards(hop: Hop, step: Step) -> Mapping[str, str]:
    """Where a message was going, and by which connector."""
    return {
        "ConnectorId": connector_of(hop, step),
        "ServerHostName": text(step, "host"),
        "ServerIP": server_of(step),
    }


def _origin(hop: Hop) -> Mapping[str, str]:
    head = hop.head
    return {
        "ConnectorId": head.connector,
        "ClientIP": head.client,
        "ClientName": head.client_host,
        "ServerHostName": head.host,
        "Directionality": head.direction,
    }


def _using(step: Step | None) -> str:
    """` using TLS1.3 with AES256`; the cipher only where it is known."""
    version, cipher = text(step, "tls"), text(step, "cipher")
    strength = next(
        (part for part in ("AES256", "AES128", "CHACHA20") if part in cipher.replace("_", "")), ""
    )
    return f" using {version.replace('_', '.')}{f' with {strength}' if strength else ''}" if version else ""


def _detail(hop: Hop, recipient: str, event: _Event) -> Row:
    return {
        "Date": iso(event.at),
        "Event": event.name,
        "Action": "",
        "Detail": event.detail,
        "Data": _xml(event.data),
        "MessageTraceId": hop.head.network_message_id,
        "MessageId": hop.head.message_id,
        "SenderAddress": bare_path(hop.head.reverse_path) or "<>",
        "RecipientAddress": recipient,
    }


def _xml(data: Mapping[str, str]) -> str:
    """`<root><MEP Name="ConnectorId" String="…"/></root>` (R212)."""
    from xml.sax.saxutils import quoteattr  # it loads http and ssl

    return (
        "<root>"
        + "".join(f'<MEP Name="{k}" String={quoteattr(v)}/>' for k, v in data.items() if v)
        + "</root>"
    )
