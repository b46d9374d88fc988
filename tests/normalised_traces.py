"""Traces without what changes from run to run, so that the lab's bodies can be compared.

Times, ids, ports, sizes and the volatile parts of replies go; places, decisions with all their candidates, names and
texts stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import unified_diff

from lab.evidence.hop_facts import place, recipients
from lab.evidence.hop_links import in_order
from lab.evidence.json_data import plain_fields, step_data
from lab.model.steps import (
    Accepted,
    Attributed,
    Authenticated,
    Connected,
    Promoted,
    Refused,
    Step,
    Submitted,
    decision_of,
)
from lab.model.trace import Hop, MessageTrace

Normal = dict[str, object]
"""JSON-able: by label of the message its ends, hops and reports."""

_VOLATILE = frozenset({"connection", "until", "size", "thumbprint"})
_HEAD = ("client", "client_host", "connector", "reverse_path", "recipients", "subject", "direction")
_Arriving = Submitted | Connected | Attributed | Refused | Accepted | Authenticated | Promoted
_SCRUBS = (
    (re.compile(r" ?\[[\w.-]+ \d{4}-\d\d-\d\dT[\d:.]+Z? [0-9A-F]{16}\]"), ""),  # who refused when (R189)
    (re.compile(r"InternalId=\d+"), "InternalId=#"),
    (re.compile(r"\d+ bytes in [\d.]+, [\d.]+ KB/sec"), "# bytes in #, # KB/sec"),
    (
        re.compile(r"\b[A-Z0-9]{3,}(?:MB|PEPF)[0-9A-F]{4,}(?=\.)"),
        "#",
    ),  # a hub or front end of Exchange Online
    (re.compile(r"queued as \w+"), "queued as #"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.]*(?:Z|[+-]\d\d:\d\d)?"), "#time"),
    (re.compile(r"\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"), "#time"),
    (re.compile(r"\b[0-9A-F]{16}\b"), "#"),  # a session
)

Scrub = Callable[[str], str]


def normalise(traces: Mapping[str, MessageTrace], messages: Mapping[str, str] | None = None) -> Normal:
    """Traces as plain data in a fixed order.

    `messages` gives the Message-ID of each message by its key in the scenario; a message without a key is called
    `message-N`, a report `ndr-N` under the message that it reports on.
    """
    labels = _labels(traces.values(), messages or {})
    scrub = _scrubber(labels)
    named_traces = ((labels.get(trace.message_id, scrub(name)), trace) for name, trace in traces.items())
    return {
        label: _trace(trace, labels, scrub) for label, trace in sorted(named_traces, key=lambda pair: pair[0])
    }


def diff(a: Normal, b: Normal, names: tuple[str, str] = ("a", "b")) -> str:
    """What differs between two normalised sets of traces, as a unified diff of one line a step; '' if nothing."""
    return "\n".join(unified_diff(list(lines(a)), list(lines(b)), *names, lineterm="", n=3))


def lines(normal: Normal, indent: str = "") -> Iterator[str]:
    """Normalised traces as text, one line a hop and step."""
    for label, trace in normal.items():
        assert isinstance(trace, dict)
        yield f"{indent}{label}: {_words(trace['ends'])}"
        for hop in trace["hops"]:
            yield f"{indent}  {hop['at']}: {_words({k: v for k, v in hop.items() if k not in ('at', 'steps')})}"
            for step in hop["steps"]:
                yield f"{indent}    {step['kind']}: {_words({k: v for k, v in step.items() if k != 'kind'})}"
        yield from lines(trace["reports"], indent + "  ")


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key}={_words(item)}" for key, item in value.items() if item not in ("", [], None))
    if isinstance(value, list):
        return "[" + ", ".join(_words(item) for item in value) + "]"
    return str(value)


def _labels(traces: Iterable[MessageTrace], messages: Mapping[str, str]) -> dict[str, str]:
    """A label for each Message-ID, reports included."""
    given = {message_id: key for key, message_id in messages.items()}
    labels: dict[str, str] = {}
    nameless = 0
    for trace in sorted((t for t in traces if t.message_id), key=_trace_key):
        nameless += trace.message_id not in given
        labels[trace.message_id] = given.get(trace.message_id, f"message-{nameless}")
        labels |= _report_labels(trace)
    return labels


def _report_labels(trace: MessageTrace) -> dict[str, str]:
    labels: dict[str, str] = {}
    for number, report in enumerate(sorted(trace.reports, key=_trace_key), 1):
        labels[report.message_id] = f"ndr-{number}"
        labels |= _report_labels(report)
    return labels


def _trace_key(trace: MessageTrace) -> tuple[object, ...]:
    first = trace.hops[0]
    return recipients(first), place(first), first.head.reverse_path, first.head.subject, first.head.arrived


def _hop_key(hop: Hop) -> tuple[object, ...]:
    """Siblings by recipients, not by time: who is quicker is chance. Attempts of one kind stay in order."""
    return recipients(hop), place(hop), hop.head.arrived, hop.head.id


def _scrubber(labels: Mapping[str, str]) -> Scrub:
    ids = sorted(labels, key=len, reverse=True)
    message_ids = re.compile("|".join(map(re.escape, ids))) if ids else None

    def scrub(text: str) -> str:
        if message_ids is not None:
            text = message_ids.sub(lambda match: f"<{labels[match[0]]}>", text)
        for pattern, instead in _SCRUBS:
            text = pattern.sub(instead, text)
        return text

    return scrub


def _trace(trace: MessageTrace, labels: Mapping[str, str], scrub: Scrub) -> Normal:
    reports = sorted(trace.reports, key=_trace_key)
    return {
        "ends": {recipient: str(end) for recipient, end in sorted(trace.dispositions.items())},
        "hops": [_hop(hop, scrub) for hop in in_order(trace.hops, _hop_key)],
        "reports": {labels[report.message_id]: _trace(report, labels, scrub) for report in reports},
    }


def _hop(hop: Hop, scrub: Scrub) -> Normal:
    head = {key: _scrubbed(getattr(hop.head, key), scrub) for key in _HEAD}
    steps = [_step(step, scrub) for step in _settled_order(hop.steps)]
    return {"at": place(hop), "node": hop.head.node, "host": scrub(hop.head.host), **head, "steps": steps}


def _settled_order(steps: Iterable[Step]) -> list[Step]:
    """The steps of arrival as they were, then those of the queue by recipient: its parts run side by side."""
    all_steps = list(steps)
    arriving = [index for index, step in enumerate(all_steps) if isinstance(step, _Arriving)]
    border = arriving[-1] + 1 if arriving else 0
    return all_steps[:border] + sorted(all_steps[border:], key=lambda step: step.about)


def _step(step: Step, scrub: Scrub) -> Normal:
    data = {key: value for key, value in step_data(step).items() if key not in _VOLATILE}
    decision = decision_of(step)
    decided = {"decision": plain_fields(decision)} if decision else {}
    scrubbed = _scrubbed(data | decided, scrub)
    assert isinstance(scrubbed, dict)
    return {"kind": step.kind, **scrubbed, "rules": list(step.rules)}


def _scrubbed(value: object, scrub: Scrub) -> object:
    if isinstance(value, Mapping):
        return {key: _scrubbed(item, scrub) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed(item, scrub) for item in value]
    return scrub(value) if isinstance(value, str) else value
