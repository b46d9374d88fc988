"""The whole story on one screen: what happened, who saw what, why, what cures it, and all variants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from lab.core.ndr.types import SENDER
from lab.core.rulebook import Confidence, Rule
from lab.evidence.admin_views import TENANT, LogTable, tables
from lab.evidence.hop_facts import place
from lab.model.roles import Role, traits
from lab.model.steps import Attributed
from lab.model.trace import Hop, MessageTrace
from lab.reports.explanation import rule_citations
from lab.reports.explanation.conclusions import CureOutcome, Fate, cured, fates
from lab.reports.explanation.configuration_changes import changes
from lab.reports.explanation.variant_table import variants_table
from lab.reports.explanation.wrong_way import happened, why
from lab.reports.scenario_runs import Run, ScenarioRuns
from lab.reports.text.console import indented, safe_text
from lab.reports.text.printable import one_line, without_guids
from lab.reports.text.tables import Grid
from lab.sentence import Sentence, listed, sentence
from lab.words.steps import code

_SHOWN_EVENTS = frozenset({"RECEIVE", "SEND", "DELIVER", "DEFER", "FAIL", "DSN", "DROP"})
_TRACKING = ("Timestamp", "EventId", "Sender", "Recipients", "ConnectorId")
_TRACE = ("Received", "SenderAddress", "RecipientAddress", "Status", "FromIP")
_OF_SENDING = (" status=", " lab: ", "reject:")
_SQUEEZED = (
    (re.compile(r"^\w{3} [ \d]\d [\d:]{8} \S+ (?:postfix/)?"), ""),
    (re.compile(r", delays?=[^,]*| \d+ bytes in .*?KB/sec.*?(?=\)|$)"), ""),
    (re.compile(r"\.mail\.protection\.outlook\.com"), ".mail…"),
    (re.compile(r"<\S+> \[InternalId=\d+, "), "… ["),
)
"""What a log line can do without on a crowded screen."""


def demo_story(demo: ScenarioRuns) -> RenderableType:
    """The story of the first run that went astray (else of the first), then the table of all variants."""
    chosen = _chosen(demo.runs)
    if chosen is None:
        return safe_text(sentence("{scenario}: nothing was sent.", scenario=demo.scenario.name))
    run, fate = chosen
    blank = Text()
    return Group(
        Text.assemble(
            (one_line(demo.scenario.title or demo.scenario.name), "bold"), f"  ({run.variant.name})"
        ),
        blank,
        *(indented(safe_text(f"{n}. {line}"), 2, hang=3) for n, line in enumerate(happened(fate), 1)),
        blank,
        *_way(fate),
        blank,
        *_views(run, fate),
        blank,
        *_why(run, fate),
        *_cure(run, demo.runs),
        blank,
        variants_table(demo.runs, fate.spec.key),
    )


def _chosen(runs: Sequence[Run]) -> tuple[Run, Fate] | None:
    every = [(run, fate) for run in runs for fate in fates(run)]
    astray = (pair for pair in every if pair[1].misrouted)
    return next(astray, every[0] if every else None)


def _way(fate: Fate) -> Iterator[RenderableType]:
    """The way of the message as a line of hops, and below it that of each report."""
    drawn = Text()
    for number, leg in enumerate(fate.legs):
        drawn.append(" → " if number else "")
        if leg.misrouted:
            taken = sentence("[EOP takes it for {tenant}!]", tenant=leg.hop.head.tenant)
            drawn.append(f"{one_line(taken)} ", style="bold red")
        drawn.append(one_line(leg.place), style="bold red" if leg.misrouted else "bold")
        if leg.refusal:
            drawn.append(f" ✗ {code(leg.refusal)}", style="red")
    yield indented(drawn, 2, hang=4)
    for report in fate.trace.reports:
        places = " ⇢ ".join(one_line(place(hop)) for hop in report.hops)
        yield indented(Text.assemble(("NDR ", "yellow"), places), 2, hang=4)


def _views(run: Run, fate: Fate) -> Iterator[RenderableType]:
    """What is in each log about this message, in the columns that its reader knows."""
    hops = tuple(_hops(fate.trace))
    hosts = run.variant.topology.hosts
    for who in dict.fromkeys(place(hop) for hop in hops if place(hop) in hosts):
        role = hosts[who].role
        (shown,) = tables(hops, who, {who: role})
        yield from (
            _tracking(who, role, shown) if traits(role).tracks_messages else _mail_log(who, role, shown)
        )
    astray = fate.misrouted
    concerned = [hop.head.tenant for hop in hops] + [astray.meant if astray else None]
    for tenant in dict.fromkeys(filter(None, concerned)):
        yield from _message_trace(tenant, tables(hops, f"{TENANT}{tenant}", {})[0])


def _hops(trace: MessageTrace) -> Iterator[Hop]:
    yield from trace.hops
    for report in trace.reports:
        yield from _hops(report)


def _tracking(who: str, role: Role, shown: LogTable) -> Iterator[RenderableType]:
    rows = [row for row in _rows(shown) if row["EventId"] in _SHOWN_EVENTS and not _twice(row)]
    yield _audience(_admin(role, who), sentence("Get-MessageTrackingLog"))
    yield _grid(_TRACKING, rows)


def _twice(row: Mapping[str, str]) -> bool:
    """A submission is tracked twice, by the mailbox and by transport; the second is enough here."""
    return (row["EventId"], row["Source"]) == ("RECEIVE", "STOREDRIVER")


def _mail_log(who: str, role: Role, shown: LogTable) -> Iterator[RenderableType]:
    lines = [line for (line,) in shown.rows if any(mark in line for mark in _OF_SENDING)]
    yield _audience(_admin(role, who), sentence("what its mail.log says of sending"))
    for line in lines[-4:]:
        for pattern, instead in _SQUEEZED:
            line = pattern.sub(instead, line)
        yield indented(safe_text(line), 4, hang=2)


def _message_trace(tenant: str, shown: LogTable) -> Iterator[RenderableType]:
    nothing = ("" if shown.rows else f": {sentence('nothing, not a single row')}", "bold")
    admin = sentence("Cloud admin of {tenant}", tenant=tenant)
    yield Text.assemble(_audience(admin, sentence("Get-MessageTraceV2")), nothing)
    if shown.rows:
        yield _grid(_TRACE, _rows(shown))


def _admin(role: Role, host: str) -> Sentence:
    admin = sentence("{role} admin", role=role.value.capitalize())
    return admin if host == role.value else sentence("{admin} of {host}", admin=admin, host=host)


def _audience(who: Sentence, source: Sentence) -> Text:
    return Text.assemble("  ", (one_line(who), "cyan"), (f", {one_line(source)}", "dim"))


def _rows(shown: LogTable) -> list[Mapping[str, str]]:
    return [dict(zip(shown.columns, row, strict=True)) for row in shown.rows]


def _grid(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> RenderableType:
    cells = [[Text(_cell(column, row[column])) for column in columns] for row in rows]
    return indented(Grid(tuple(columns), cells, gap=1), 4)


def _cell(column: str, value: str) -> str:
    """A moment without its day, a name without its GUID, the sender of reports without the rest of its own."""
    if column in ("Timestamp", "Received"):
        return value[11:19]
    return f"{SENDER[:21]}…" if value.startswith(SENDER) else without_guids(one_line(value))


def _why(run: Run, fate: Fate) -> Iterator[RenderableType]:
    reasons = why(fate, run.variant.topology)
    if reasons:
        yield _labelled(sentence("Why"), listed(reasons, " "))
    step = fate.misrouted.hop.first(Attributed) if fate.misrouted else fate.decision
    rules = rule_citations.of(step) if step is not None else ()
    if not rules:
        return
    yield _labelled(sentence("Rules"), _cited(rules))


def _cited(rules: Sequence[Rule]) -> Sentence:
    """The rules by confidence. One that is documented may say of a part of it that this is assumed."""
    by_confidence = ((sure, [rule.id for rule in rules if rule.confidence is sure]) for sure in Confidence)
    template = "{rules} {confidence}"
    cited = listed(
        sentence(template, rules=" ".join(ids) or sentence("none"), confidence=Sentence(sure.value))
        for sure, ids in by_confidence
    )
    in_part = [rule.id for rule in rule_citations.assumed_in_part(rules)]
    partly = "{rules} as a whole; in part: {in_part}"
    return sentence(partly, rules=cited, in_part=", ".join(in_part)) if in_part else cited


def _cure(fault: Run, runs: Sequence[Run]) -> Iterator[RenderableType]:
    """The first cure that cures, as what to change from here."""
    cure = next((run for run in runs if run.variant.kind == "cure" and cured(run) is CureOutcome.YES), None)
    if cure is None or cured(fault) is not CureOutcome.SHOWN:
        return
    changed = tuple(changes(fault.variant.topology, cure.variant.topology))
    name = cure.variant.title or cure.variant.name
    line = sentence("{cure}: {changes}.", cure=name, changes=listed(changed, "; "))
    yield _labelled(sentence("Cure"), without_guids(line if changed else f"{name}."))


def _labelled(label: Sentence, line: Sentence | str) -> RenderableType:
    return indented(Text.assemble((f"{label!s:<7}", "bold"), one_line(line)), 2, hang=7)
