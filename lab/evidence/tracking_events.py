"""The events that an on-premises Exchange server tracks: which steps make which rows (R223-R228)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import assert_never
from uuid import NAMESPACE_OID, uuid5

from lab.core.received import SERVER_BUILD
from lab.evidence.hop_facts import bare_path, connector_of, iso, last_error, moment, rule_id, server_of, taken
from lab.evidence.hop_links import sort_key
from lab.model import steps
from lab.model.trace import Hop
from lab.model.value import dataclass
from lab.words.reasons import drop

SOFTWARE = "{:02}.{:02}.{:04}.{:03}".format(*map(int, SERVER_BUILD.split(".")))
"""The server's build, with the zeros that the log has and `Received` lines have not."""
_FIELD_LINE = (
    "date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,event-id,"
    "internal-message-id,message-id,network-message-id,recipient-address,recipient-status,total-bytes,recipient-count,"
    "related-recipient-address,reference,message-subject,sender-address,return-path,message-info,directionality,"
    "tenant-id,original-client-ip,original-server-ip,custom-data,transport-traffic-type,log-id,schema-version"
)
FIELDS = tuple(_FIELD_LINE.split(","))
"""R222."""
RECIPIENT_OK = "250 2.1.5 Recipient OK"
_SCANNED = "S:AMA=SUM|v=0|action=|error=|atch=0;S:DeliveryPriority=Normal"


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    """One event. Fields are those of the log; what is '' there is missing here."""

    at: datetime
    event: str
    source: str
    hop: Hop
    recipients: tuple[str, ...]
    statuses: tuple[str, ...] = ()
    client: tuple[str, str] = ("", "")
    """Address and name."""
    server: tuple[str, str] = ("", "")
    connector: str = ""
    context: str = ""
    related: str = ""
    reference: str = ""
    info: str = ""
    custom: str = "S:DeliveryPriority=Normal"
    number: int = 0
    """Place among the rows of the host; makes the log id."""

    def values(self) -> tuple[str, ...]:
        """The row in the order of FIELDS."""
        head = self.hop.head
        path = bare_path(head.reverse_path) or "<>"
        return (
            *(
                iso(self.at),
                *self.client,
                *self.server,
                self.context,
                self.connector,
                self.source,
                self.event,
            ),
            *(head.id, head.message_id, head.network_message_id),
            *(";".join(self.recipients), ";".join(self.statuses), str(head.size), str(len(self.recipients))),
            *(self.related, self.reference, head.subject, head.author or path, path, self.info),
            *(head.direction, "", head.client, head.server if head.client else "", self.custom, "Email"),
            *(str(uuid5(NAMESPACE_OID, f"{head.id}/{self.number}")), SOFTWARE),
        )


def rows(hops: Iterable[Hop], host: str) -> tuple[TrackingEvent, ...]:
    """All events of a host (by key), in order of time. A refused message has none: it never came in."""
    own = sorted((hop for hop in hops if hop.head.node == host and taken(hop)), key=sort_key)
    reports = {hop.head.message_id: hop for hop in own if hop.head.in_reply_to}
    events = sorted((row for hop in own for row in _events(hop, reports)), key=lambda row: row.at)
    return tuple(replace(row, number=number) for number, row in enumerate(events))


def _events(hop: Hop, reports: Mapping[str, Hop]) -> Iterator[TrackingEvent]:
    for step in hop.steps:
        match step:
            case steps.Submitted():
                yield from _submitted(hop, step)
            case steps.Accepted():
                yield from _received(hop, step)
            case steps.Resolved():
                if step.rewritten:
                    yield _resolved(hop, step)
            case steps.Expanded():
                yield _expanded(hop, step)
            case steps.Ruled():
                yield from _ruled(hop, step)
            case steps.Sent():
                yield _sent(hop, step)
            case steps.Deferred():
                yield _troubled(hop, step, "DEFER")
            case steps.Bounced():
                yield from _bounced(hop, step, reports)
            case steps.Delivered():
                yield _delivered(hop, step)
            case steps.Dropped():
                yield _troubled(hop, step, "DROP")
            case (
                steps.Connected()
                | steps.Attributed()
                | steps.Refused()
                | steps.Authenticated()
                | steps.Promoted()
                | steps.Merged()
                | steps.Routed()
            ):
                pass  # a tracking log has no event for it
            case _:
                assert_never(step)


def _here(hop: Hop) -> tuple[str, str]:
    """The server's own address and NetBIOS name."""
    return hop.head.server, hop.head.host.partition(".")[0].upper()


def _submitted(hop: Hop, step: steps.Submitted) -> Iterator[TrackingEvent]:
    """From a mailbox: taken up by the store driver, handed to transport, received and scanned there (R228)."""
    here, who, at = _here(hop), step.recipients, moment(hop, step)
    stored = TrackingEvent(at, "RECEIVE", "STOREDRIVER", hop, who, client=here, server=here)
    yield stored
    yield replace(stored, event="SUBMIT")
    received = replace(stored, source="SMTP", connector=f"{here[1]}\\Default {here[1]}")
    yield received
    yield replace(received, event="AGENTINFO", source="AGENT", custom=_SCANNED)


def _received(hop: Hop, step: steps.Accepted) -> Iterator[TrackingEvent]:
    here = _here(hop)
    received = TrackingEvent(
        at=moment(hop, step),
        event="RECEIVE",
        source="SMTP",
        hop=hop,
        recipients=step.recipients,
        client=(hop.head.client, hop.head.client_host),
        server=here,
        connector=hop.head.connector or f"{here[1]}\\Default {here[1]}",
    )
    yield received
    yield replace(received, event="AGENTINFO", source="AGENT", custom=_SCANNED)


def _resolved(hop: Hop, step: steps.Resolved) -> TrackingEvent:
    return TrackingEvent(
        at=moment(hop, step),
        event="REDIRECT" if step.resolution.is_redirection else "RESOLVE",
        source="ROUTING",
        hop=hop,
        recipients=(step.rewritten,),
        server=_here(hop),
        related=step.recipient,
    )


def _expanded(hop: Hop, step: steps.Expanded) -> TrackingEvent:
    at, here = moment(hop, step), _here(hop)
    return TrackingEvent(at, "EXPAND", "ROUTING", hop, step.members, server=here, related=step.recipient)


def _ruled(hop: Hop, step: steps.Ruled) -> Iterator[TrackingEvent]:
    """The transport rule agent tells of each rule that applied (R218); of those that did not, nothing."""
    when = iso(moment(hop, step))
    text = ";".join(
        f"S:TRA=ETR|ruleId={rule_id(name)}|st={when}|action={'|'.join(step.actions)}" for name in step.names
    )
    if text:
        at, who = moment(hop, step), step.recipients
        yield TrackingEvent(at, "AGENTINFO", "AGENT", hop, who, server=_here(hop), custom=text)


def _sent(hop: Hop, step: steps.Sent) -> TrackingEvent:
    """The reply stands in the source context, as Exchange puts it."""
    name = _here(hop)[1]
    who = step.recipients
    return TrackingEvent(
        at=moment(hop, step),
        event="SEND",
        source="SMTP",
        hop=hop,
        recipients=who,
        statuses=(RECIPIENT_OK,) * len(who),
        client=(step.source, name),
        server=(server_of(step), step.contact.host),
        connector=connector_of(hop, step),
        context=f"{step.reply};ClientSubmitTime:{iso(hop.head.arrived)}",
        info=iso(hop.head.arrived),
    )


def _troubled(hop: Hop, step: steps.Deferred | steps.Bounced | steps.Dropped, event: str) -> TrackingEvent:
    status = (
        str(drop(step)) if isinstance(step, steps.Dropped) and step.reply is None else last_error(hop, step)
    )
    return TrackingEvent(
        at=moment(hop, step),
        event=event,
        source="SMTP" if step.contact.host else "ROUTING",
        hop=hop,
        recipients=step.about,
        statuses=(status,) * len(step.about),
        client=_here(hop),
        server=(server_of(step), step.contact.host),
        connector=connector_of(hop, step),
    )


def _bounced(hop: Hop, step: steps.Bounced, reports: Mapping[str, Hop]) -> Iterator[TrackingEvent]:
    """The report first, then the failure that refers to it; in a report's row the reference is the original."""
    failed = _troubled(hop, step, "FAIL")
    report = reports.get(step.ndr)
    if report is not None:
        yield TrackingEvent(
            at=failed.at,
            event="DSN",
            source="DSN",
            hop=report,
            recipients=report.head.recipients,
            server=_here(hop),
            reference=hop.head.message_id,
        )
    yield replace(failed, reference=step.ndr)


def _delivered(hop: Hop, step: steps.Delivered) -> TrackingEvent:
    here = _here(hop)
    return TrackingEvent(
        at=moment(hop, step),
        event="DELIVER",
        source="STOREDRIVER",
        hop=hop,
        recipients=(step.mailbox or step.recipient,),
        client=here,
        server=here,
        context=f";ClientSubmitTime:{iso(hop.head.arrived)}",
        info=iso(hop.head.arrived),
    )
