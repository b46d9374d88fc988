"""A run: the messages that it sends, when it sends them, and what it leaves behind, whichever driver ran it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta

from lab.core.dates import mail_date
from lab.drivers.configuration_history import History
from lab.errors import LabBug
from lab.evidence.expectations import ExpectationResult, judge
from lab.evidence.repeated_tests import series
from lab.evidence.trace_assembly import traces
from lab.model.message import Header, Message
from lab.model.names import Domain
from lab.model.topology import Topology
from lab.model.trace import Hop, MessageTrace
from lab.model.transport import Context, Heard, Mailboxed, Submission
from lab.model.value import dataclass
from lab.nodes.eop import Eop
from lab.scenario.builders.message_origin import notifying_tenant, sending_node
from lab.scenario.model import MessageSpec, Variant


@dataclass(frozen=True, kw_only=True)
class RunOutcome:
    """One variant, run to its end."""

    variant: Variant
    driver: str
    hops: tuple[Hop, ...]
    delivered: tuple[Mailboxed, ...]
    messages: Mapping[str, str]
    """Message-ID by key of the scenario."""
    started: datetime
    took: timedelta
    """Lab time from the first submission to the last event."""
    _traces: dict[str, MessageTrace] = field(default_factory=dict, init=False, repr=False)

    @property
    def traces(self) -> Mapping[str, MessageTrace]:
        """Message traces by Message-ID."""
        if not self._traces:
            self._traces.update(traces(self.hops))
        return self._traces

    def trace(self, key: str) -> MessageTrace:
        """The trace of one message of the scenario."""
        return self.traces[self.messages[key]]

    def findings(self) -> tuple[ExpectationResult, ...]:
        """The variant's expectations, judged."""
        arrived = tuple(delivery.message for delivery in self.delivered)
        changing = History.of(self.variant, self.started).topology if self.variant.timeline else None
        return judge(self.variant, self.traces, self.messages, arrived, changing)


def send(spec: MessageSpec, history: History, context: Context) -> tuple[str, Heard]:
    """Compose a message and give it to the node that sends it: its Message-ID, and what the node made of it.

    Raises DriverError when there is no such node.
    """
    topology, nodes = history.topology(context.now), history.workers(context.now)
    message_id, message = _compose(spec, topology, context.now)
    node = nodes[sending_node(spec, topology)]
    tenant = notifying_tenant(spec, topology)
    submission = Submission(
        sender=spec.sender, recipients=spec.recipients, message=message, reverse_path=spec.reverse_path
    )
    if tenant is None:
        return message_id, node.submit(submission, context)
    if not isinstance(node, Eop):
        raise LabBug(f"message {spec.key}: tenant {tenant.name} is at {node.name}, which is no region")
    return message_id, node.notify(tenant, submission, context)


def again(specs: Iterable[MessageSpec], mark: str) -> tuple[MessageSpec, ...]:
    """Messages as they are sent once more: with Message-IDs of their own, and the first only of each series."""
    first: dict[str, MessageSpec] = {}
    for spec in specs:
        first.setdefault(spec.series or spec.key, spec)
    return tuple(
        replace(
            spec,
            key=f"{spec.key}.{mark}",
            subject=spec.subject or spec.key,
            headers=tuple(header for header in spec.headers if header[0].lower() != "message-id"),
        )
        for spec in first.values()
    )


def _compose(spec: MessageSpec, topology: Topology, now: datetime) -> tuple[str, Message]:
    """The message of a specification, and its Message-ID: `<offer@ex01.msxfaq.example>`."""
    host = topology.hosts.get(sending_node(spec, topology))
    domain = host.fqdn if host else Domain("prod.outlook.com")
    message_id = f"<{spec.key}@{domain}>"
    own = {name.lower() for name, _ in spec.headers}
    to = ", ".join(f"<{address}>" for address in spec.recipients)
    standard = (
        ("From", f"<{spec.sender}>"),
        ("To", to),
        ("Subject", spec.subject or spec.key),
        ("Date", mail_date(now)),
        ("Message-ID", message_id),
        ("MIME-Version", "1.0"),
        ("Content-Type", 'text/plain; charset="utf-8"'),
    )
    headers = [Header.of(name, value) for name, value in standard if name.lower() not in own]
    headers += [Header.of(name, value) for name, value in spec.headers]
    text = spec.body or f"{spec.subject or spec.key}\n"
    body = text.replace("\r\n", "\n").rstrip("\n").replace("\n", "\r\n") + "\r\n"
    message = Message(tuple(headers), body.encode())
    return message.message_id, message


class MessageSchedule:
    """The messages that wait for their time, in order; those of one time as they are written."""

    def __init__(self, messages: tuple[MessageSpec, ...], starts: datetime) -> None:
        self._starts = starts
        self._all = messages
        self._waiting = sorted(messages, key=lambda spec: spec.at)
        self.sent: dict[str, str] = {}
        """Message-ID by key, of those that were sent."""

    @property
    def next(self) -> datetime | None:
        """When the next one is due; None if there is none."""
        return self._starts + self._waiting[0].at if self._waiting else None

    def due(self, now: datetime) -> tuple[MessageSpec, ...]:
        """Those whose time has come; they do not wait any more."""
        ready = [spec for spec in self._waiting if self._starts + spec.at <= now]
        del self._waiting[: len(ready)]
        return tuple(ready)

    def settle(self, hops: Callable[[], tuple[Hop, ...]]) -> None:
        """Forget the rest of each series whose last tests came to the same end."""
        waiting = {spec.series for spec in self._waiting if spec.until_stable}
        if not waiting:
            return
        sent_series = series(self._all, self.sent, traces(hops()))
        settled = {message.name for message in sent_series if message.name in waiting and message.is_stable}
        self._waiting = [spec for spec in self._waiting if spec.series not in settled]
