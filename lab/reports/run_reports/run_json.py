"""Everything about a run for programs. Keys keep their order and their meaning within one `schema_version`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from lab.evidence.expectations import ExpectationResult
from lab.evidence.hop_facts import iso, place, taken
from lab.evidence.json_data import plain_fields, step_data
from lab.evidence.trace_assembly import path
from lab.model.steps import Attributed, Authenticated, Dropped, Refused, Step, decision_of
from lab.model.trace import Hop, MessageTrace
from lab.reports import SCHEMA_VERSION
from lab.reports.explanation import rule_citations
from lab.reports.explanation.conclusions import Fate, cured, fates
from lab.reports.matrix import changed_endings
from lab.reports.scenario_runs import Run, ScenarioRuns, ran
from lab.scenario.model import Scenario
from lab.sentence import say
from lab.words.decisions import considered, story
from lab.words.reasons import drop, reason

Json = dict[str, object]


def dumps(outcomes: Iterable[ScenarioRuns]) -> str:
    """All runs as JSON text, ending in a line break."""
    return json.dumps(document(outcomes), indent=2, ensure_ascii=False) + "\n"


def document(outcomes: Iterable[ScenarioRuns]) -> Json:
    """All runs as plain data."""
    every = ran(outcomes)
    findings = [finding for _, played in every for finding in played.findings()]
    return {
        "schema_version": SCHEMA_VERSION,
        "ok": all(finding.ok for finding in findings),
        "counts": {
            "runs": len(every),
            "expectations": len(findings),
            "failed": sum(not finding.ok for finding in findings),
        },
        "runs": [run(scenario, played) for scenario, played in every],
    }


def run(scenario: Scenario, played: Run) -> Json:
    """One variant: what was claimed, what happened, and why."""
    findings, variant = played.findings(), played.variant
    own = set(played.messages.values())
    return {
        "scenario": scenario.name,
        "file": scenario.file,
        "variant": variant.name,
        "title": variant.title,
        "kind": variant.kind,
        "driver": played.driver,
        "as_of": variant.as_of.isoformat() if variant.as_of else None,
        "started": iso(played.started),
        "took_seconds": played.took.total_seconds(),
        "ok": all(finding.ok for finding in findings),
        "cured": str(cured(played)),
        "findings": [_finding(finding) for finding in findings],
        "messages": [message(played, fate.spec.key) for fate in fates(played)],
        "repeated": changed_endings.as_json(played),
        "other_messages": [_trace(trace) for name, trace in played.traces.items() if name not in own],
        "counts": _counts(played),
        "assumed_rules": [
            cited.id for cited in rule_citations.assumed(rule_citations.used(played.traces.values()))
        ],
    }


def message(played: Run, key: str) -> Json:
    """One message with its whole trace; KeyError when the run has no such message."""
    trace = played.trace(key)
    fate = next(fate for fate in fates(played) if fate.spec.key == key)
    return {"key": key, **_fate(fate), **_trace(trace)}


def _fate(fate: Fate) -> Json:
    astray = fate.misrouted
    decision = step_data(fate.decision) if fate.decision else {}
    return {
        "outcome": fate.outcome,
        "arrived": fate.arrived,
        "attributed": {key: decision.get(key) for key in ("tenant", "basis", "connector", "direction")},
        "misrouted": {"meant": astray.meant, "into": astray.hop.head.tenant} if astray else None,
    }


def _finding(finding: ExpectationResult) -> Json:
    return {
        "message": finding.message,
        "field": finding.field,
        "wanted": say(finding.wanted),
        "got": say(finding.got),
        "ok": finding.ok,
        "file": finding.file,
        "line": finding.line,
    }


def _counts(played: Run) -> Json:
    ends = Counter(str(end) for trace in played.traces.values() for end in trace.dispositions.values())
    return {
        "hops": len(played.hops),
        "delivered_copies": len(played.delivered),
        "reports": sum(_reports(trace) for trace in played.traces.values()),
        "dispositions": dict(sorted(ends.items())),
    }


def _reports(trace: MessageTrace) -> int:
    return len(trace.reports) + sum(map(_reports, trace.reports))


def _trace(trace: MessageTrace) -> Json:
    return {
        "message_id": trace.message_id,
        "path": list(path(trace)),
        "dispositions": {who: str(end) for who, end in trace.dispositions.items()},
        "hops": [_hop(hop) for hop in trace.hops],
        "reports": [_trace(report) for report in trace.reports],
    }


def _hop(hop: Hop) -> Json:
    head = hop.head
    return {
        "at": place(hop),
        "taken": taken(hop),
        **{key: _plain(value) for key, value in asdict(head).items() if key != "arrived"},
        "arrived": iso(head.arrived),
        "steps": [_step(step) for step in hop.steps],
    }


def _step(step: Step) -> Json:
    data: Json = {
        "kind": str(step.kind),
        "at": iso(step.at) if step.at else None,
        "data": {**step_data(step), **_said(step)},
        "rules": [
            {"id": cited.id, "confidence": cited.confidence.value} for cited in rule_citations.of(step)
        ],
    }
    decision = decision_of(step)
    if decision is not None:
        data |= {
            "considered": [considered(candidate) for candidate in decision.candidates],
            "story": list(story(decision)),
            "decision": {"kind": decision.kind, **plain_fields(decision)},
        }
    return data


def _said(step: Step) -> Json:
    """What is a code in a step, as a reader wants it; the code itself stands beside it."""
    match step:
        case Attributed() | Refused():
            return {
                "reason": say(reason(step.reason)),
                "reason_code": step.reason.value if step.reason else "",
            }
        case Dropped():
            return {"reason": say(drop(step)), "reason_code": step.reason.value}
        case Authenticated():
            return {"dkim": ", ".join(map(str, step.dkim)) or ("none" if step.dmarc else "")}
        case _:
            return {}


def _plain(value: object) -> object:
    """A value as JSON knows it."""
    match value:
        case None | bool() | int() | float():
            return value
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return str(value)
