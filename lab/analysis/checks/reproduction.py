"""The flow of a finding as a scenario of its own: to play, to explain, to hand to somebody who does not believe it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from lab.analysis.checks.audit_context import AuditContext
from lab.analysis.checks.engine import findings
from lab.analysis.checks.finding import Check, Finding
from lab.errors import DriverError
from lab.evidence.expectations import decisive_reply
from lab.evidence.trace_assembly import path
from lab.reports.explanation.conclusions import Fate
from lab.reports.findings.audit_report import when
from lab.scenario.changeable_scenario import ChangeableScenario
from lab.scenario.model import Expectation
from lab.scenario.rendering.render import render
from lab.scenario.syntax.problem_report import unknown
from lab.sentence import say, sentence


def reproduction(
    configuration: ChangeableScenario, id_: str, checks: Sequence[Check], today: date, only: str | None = None
) -> str:
    """The scenario as YAML text; it expects what the finding has shown.

    Raises DriverError when nothing is found that has this id (or this code, if that is found once).
    """
    ids: dict[str, None] = {}
    for name in configuration.scenario.variants:
        if only not in (None, name):
            continue
        context = AuditContext(configuration, configuration.variant(name), today)
        for finding in findings(context, checks):
            ids[finding.id] = None
            if id_.lower() in (finding.id.lower(), finding.code.lower()):
                return _written(finding, context)
    raise DriverError(
        f"{configuration.scenario.file}: nothing is found that is called {id_!r}: {unknown(id_, ids)}"
    )


def _written(finding: Finding, context: AuditContext) -> str:
    probe = finding.suspicion.probe
    played = context.play(probe)
    text = when(finding.suspicion.text, finding.suspicion.condition)
    why = sentence("{finding}: {text}.\nShown: {shown}.", finding=finding.id, text=text, shown=finding.shown)
    variant = replace(
        played.run.variant,
        name=re.sub(r"[^a-z0-9]+", "-", finding.code.lower()),
        title=finding.check.title,
        why=say(why),
        expect={key: claim(fate) for key, fate in played.fates.items()},
        suppressions=(),
        todos=(),
    )
    return render(variant)


def claim(fate: Fate) -> Expectation:
    """What became of a message, as something to expect."""
    ends = {str(end) for end in fate.trace.dispositions.values()}
    return Expectation(
        path=path(fate.trace),
        ends=ends.pop() if len(ends) == 1 else None,
        reply=fate.status if fate.status and fate.status in str(decisive_reply(fate.trace)) else None,
    )
