"""A tenant's message trace: `Get-MessageTraceV2` and `Get-MessageTraceDetailV2` (R206-R213, R217).

Only what the tenant may see: messages that it took. A refusal at SMTP leaves no row anywhere (R43, R219).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime

from lab.evidence.hop_facts import (
    about,
    bare_path,
    connector_of,
    iso,
    last_error,
    moment,
    rule_id,
    server_of,
    taken,
)
from lab.evidence.hop_links import sort_key
from lab.evidence.trace_assembly import aliases
from lab.model.steps import (
    Accepted,
    Bounced,
    Connected,
    Deferred,
    Delivered,
    Dropped,
    Expanded,
    Merged,
    Resolved,
    Ruled,
    Sent,
    ServerContact,
    Step,
    Submitted,
)
from lab.model.trace import Hop
from lab.model.value import dataclass
from lab.words.reasons import drop

TraceRow = dict[str, object]

_STATUS: Mapping[type[Step], str] = {
    Delivered: "Delivered",
    Sent: "Delivered",  # the next system took it (R210)
    Bounced: "Failed",
    Dropped: "Failed",
    Deferred: "Pending",
    Expanded: "Expanded",
    Merged: "Expanded",  # its members have rows of their own
}


@dataclass(frozen=True, slots=True)
class _Event:
    """One row of the details, as far as it differs from its neighbours."""

    at: datetime
    name: str
    detail: str
    data: Mapping[str, str] = field(default_factory=dict)


def message_trace(
    hops: Iterable[Hop], tenant: str, *, organization: str = "", until: datetime | None = None
) -> list[TraceRow]:
    """One row for each message and recipient, newest last; `organization` is the tenant's initial domain.

    `until` leaves out what arrived later: rows appear with a delay (R214).
    """
    pairs = ((hop, recipient) for hop in _visible(hops, tenant, until) for recipient in _recipients(hop))
    return [
        _row(hop, recipient, organization or tenant, index) for index, (hop, recipient) in enumerate(pairs)
    ]


def message_trace_detail(
    hops: Iterable[Hop], tenant: str, *, until: datetime | None = None
) -> list[TraceRow]:
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
    members = (name for step in hop.all(Expanded) for name in step.members)
    return tuple(dict.fromkeys((*hop.head.recipients, *members)))


def _row(hop: Hop, recipient: str, organization: str, index: int) -> TraceRow:
    head = hop.head
    names = aliases([hop], recipient)
    tried = [step for step in hop.steps if isinstance(step, Sent | Bounced | Deferred) and about(step, names)]
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
    statuses = [_STATUS[type(step)] for step in hop.steps if type(step) in _STATUS and about(step, names)]
    return statuses[-1] if statuses else "GettingStatus"


def _events(hop: Hop, recipient: str) -> Iterator[_Event]:
    """What happened for one recipient. A report begins with a Receive of its own (R210)."""
    names = aliases([hop], recipient)
    if hop.first(Accepted) is None and hop.first(Submitted) is None:
        yield _Event(hop.head.arrived, "Receive", f"Message received by: {hop.head.host}", _origin(hop))
    for step in hop.steps:
        event = _arrival(hop, step) or (_settled(hop, step) if about(step, names) else None)
        if event is not None:
            yield event


def _arrival(hop: Hop, step: Step) -> _Event | None:
    at = moment(hop, step)
    match step:
        case Submitted():
            return _Event(at, "Submit", "The message was submitted.", {"ServerHostName": hop.head.host})
        case Accepted():
            using = _using(hop.first(Connected))
            return _Event(at, "Receive", f"Message received by: {hop.head.host}{using}", _origin(hop))
        case _:
            return None


def _settled(hop: Hop, step: Step) -> _Event | None:
    at = moment(hop, step)
    match step:
        case Resolved():
            new = step.rewritten
            if step.resolution.is_redirection:
                return _Event(at, "Redirect", f"The message was redirected to: {new}")
            return _Event(at, "Resolve", f"The recipient was resolved to {new}.") if new else None
        case Expanded():
            members = ", ".join(step.members)
            return _Event(at, "Expand", f"The message was expanded to: {members}")
        case Ruled():
            return _transport_rule(at, step)
        case Sent():
            detail = f"Message transferred to: {step.contact.host}{_using(step.contact)}"
            return _Event(at, "Send", detail, _towards(hop, step))
        case Delivered():
            detail = "The message was successfully delivered to the folder: DefaultFolderType:Inbox"
            return _Event(at, "Deliver", detail, {"Mailbox": step.mailbox})
        case Deferred():
            return _Event(at, "Defer", f"Reason: {last_error(hop, step)}", _towards(hop, step))
        case Bounced():
            host = step.contact.host
            proxy = f"OutboundProxyTargetIP: {server_of(step)}. OutboundProxyTargetHostName: {host}"
            return _Event(at, "Fail", f"Reason: {last_error(hop, step)}. {proxy}", _towards(hop, step))
        case Dropped():
            return _Event(at, "Drop", f"Reason: {drop(step)}")
        case _:
            return None


def _transport_rule(at: datetime, step: Ruled) -> _Event | None:
    """The rules that applied, with the identities that `Get-TransportRule` finds (R211)."""
    if not step.names:
        return None
    detail = "; ".join(f"Transport rule: '{name}', ID: ({rule_id(name)})" for name in step.names)
    return _Event(at, "Transport rule", detail, {"Action": ", ".join(step.actions)})


def _towards(hop: Hop, step: Sent | Bounced | Deferred) -> Mapping[str, str]:
    """Where a message was going, and by which connector."""
    return {
        "ConnectorId": connector_of(hop, step),
        "ServerHostName": step.contact.host,
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


def _using(session: Connected | ServerContact | None) -> str:
    """` using TLS1.3 with AES256`; the cipher only where it is known."""
    version, cipher = (session.tls, session.cipher) if session else ("", "")
    strength = next(
        (part for part in ("AES256", "AES128", "CHACHA20") if part in cipher.replace("_", "")), ""
    )
    return f" using {version.replace('_', '.')}{f' with {strength}' if strength else ''}" if version else ""


def _detail(hop: Hop, recipient: str, event: _Event) -> TraceRow:
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
