"""Who sees what: each administrator's own tables, and the teacher's, which joins them all.

Internet mail in the own tenant's table that should never have been there is the proof of a misrouting (R220).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lab.evidence.gateway_log import log_lines
from lab.evidence.hop_facts import iso, place, recipients, taken
from lab.evidence.message_trace import message_trace, message_trace_detail
from lab.evidence.trace_assembly import traces
from lab.evidence.tracking_log_files import message_tracking_log
from lab.model.roles import Role, traits
from lab.model.steps import Attributed, Bounced, Deferred, Delivered, Dropped, Refused, Sent, Step
from lab.model.trace import Hop, MessageTrace
from lab.model.value import dataclass
from lab.sentence import NOTHING, Sentence, listed, say, sentence
from lab.words.english import BASES
from lab.words.reasons import drop

LAB = "lab"
TENANT = "tenant:"


@dataclass(frozen=True, slots=True)
class LogTable:
    """Plain data to show: the reports package draws it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def seen_by(trace: MessageTrace, who: str) -> bool:
    """Whether a host (by key) or a tenant (`tenant:NAME`) has the message in its own tracking log.

    Only a message that was taken is there: a refusal at SMTP leaves no row (R43, R219).
    """
    return in_log(trace.hops, who)


def in_log(hops: Iterable[Hop], who: str) -> bool:
    """The same for hops that are known so far."""
    return any(taken(hop) and place(hop) == who for hop in hops)


def tables(hops: Iterable[Hop], who: str, roles: Mapping[str, Role]) -> tuple[LogTable, ...]:
    """What `who` sees: `tenant:NAME`, `lab`, a host by key, or a role (`exchange`, `gateway`) for all its hosts.

    Raises ValueError when there is nobody of that name.
    """
    seen = tuple(hops)
    if who == LAB:
        return (_journey_table(seen),)
    if who.startswith(TENANT):
        return _tenant_tables(seen, who.removeprefix(TENANT))
    hosts = [who] if who in roles else [host for host, role in roles.items() if role.value == who]
    if not hosts:
        raise ValueError(f"there is no host and no role {who!r}; hosts are {', '.join(roles)}")
    return tuple(_host_table(seen, host, roles[host]) for host in hosts)


def _host_table(hops: tuple[Hop, ...], host: str, role: Role) -> LogTable:
    if not traits(role).tracks_messages:
        return LogTable(f"mail.log on {host}", ("line",), tuple((line,) for line in log_lines(hops, host)))
    columns = ("Timestamp", "EventId", "Source", "Sender", "Recipients", "MessageSubject", "ConnectorId")
    return _table(f"Get-MessageTrackingLog on {host}", columns, message_tracking_log(hops, host))


def _tenant_tables(hops: tuple[Hop, ...], tenant: str) -> tuple[LogTable, ...]:
    rows = ("Received", "SenderAddress", "RecipientAddress", "Subject", "Status", "FromIP", "ToIP")
    details = ("Date", "Event", "RecipientAddress", "Detail", "Data")
    return (
        _table(f"Get-MessageTraceV2 in {tenant}", rows, message_trace(hops, tenant)),
        _table(f"Get-MessageTraceDetailV2 in {tenant}", details, message_trace_detail(hops, tenant)),
    )


def _table(title: str, columns: tuple[str, ...], rows: Iterable[Mapping[str, object]]) -> LogTable:
    return LogTable(title, columns, tuple(tuple(_cell(row[column]) for column in columns) for row in rows))


def whole(title: str, rows: Sequence[Mapping[str, object]]) -> LogTable:
    """Rows with every property, and lists in braces, as Format-List shows them."""
    columns = tuple(rows[0]) if rows else ()
    return LogTable(title, columns, tuple(tuple(_listed(row[column]) for column in columns) for row in rows))


def _listed(value: object) -> str:
    return f"{{{_cell(value)}}}" if isinstance(value, list) else _cell(value)


def _cell(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _journey_table(hops: tuple[Hop, ...]) -> LogTable:
    """Every hop of every message in causal order, reports behind the message they report on."""
    rows = tuple(row for trace in traces(hops).values() for row in _journey(trace))
    return LogTable("Journal of the lab", ("time", "message", "at", "from", "for", "outcome"), rows)


def _journey(trace: MessageTrace) -> Iterable[tuple[str, ...]]:
    for hop in trace.hops:
        head, outcomes = hop.head, list(filter(None, map(_outcome, hop.steps)))
        yield (
            iso(head.arrived),
            trace.message_id,
            place(hop),
            head.client or "-",
            ", ".join(recipients(hop)),
            say(listed(outcomes, "; ") if outcomes else sentence("in the queue")),
        )
    for report in trace.reports:
        yield from _journey(report)


def _outcome(step: Step) -> Sentence:
    """What a step led to, nothing for one that is only a detail."""
    match step:
        case Attributed():
            tenant = step.tenant or sentence("nobody")
            through = sentence(" ({connector})", connector=step.connector) if step.connector else NOTHING
            template = "attributed to {tenant} by {basis}{through}"
            return sentence(template, tenant=tenant, basis=BASES[step.basis], through=through)
        case Sent():
            return sentence("sent to {host}", host=step.contact.host)
        case Delivered():
            return sentence("delivered to {mailbox}", mailbox=step.mailbox)
        case Dropped():
            return sentence("dropped: {why}", why=drop(step))
        case Refused() | Deferred() | Bounced():
            return sentence("{kind}: {reply}", kind=step.kind, reply=step.reply)
        case _:
            return NOTHING
