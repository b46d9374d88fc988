"""The foldable parts of the HTML report: every decision with its rules, and each administrator's log."""

from __future__ import annotations

from lab.evidence.admin_views import LAB, TENANT, LogTable, tables
from lab.evidence.hop_facts import place, recipients, taken
from lab.evidence.trace_assembly import way
from lab.model.roles import Role
from lab.model.steps import Step, decision_of
from lab.model.trace import Hop, MessageTrace
from lab.reports.explanation import rule_citations
from lab.reports.scenario_runs import Run
from lab.reports.text.html import Html, badge, el, fold, join, rule_badge, table
from lab.sentence import Sentence, listed, sentence
from lab.words.decisions import Line, LineKind, lines
from lab.words.steps import repeated, said, without_repeats


def decisions(trace: MessageTrace, title: Sentence | str) -> Html:
    """Everything that was decided about a message and its reports, hop by hop."""
    below = (decisions(report, sentence("its report")) for report in trace.reports)
    return join(el("h4", title), *(_hop(hop) for hop in way(trace)), *below)


def _hop(hop: Hop) -> Html:
    mark = "" if taken(hop) else join(" ", badge(sentence("refused"), "bad"))
    whom = sentence("for {recipients} on {host}", recipients=listed(recipients(hop)), host=hop.head.host)
    head = join(el("strong", place(hop)), " ", whom, mark)
    return fold(head, *(_step(step) for step in without_repeats(hop.steps)))


def _step(step: Step | int) -> Html:
    if isinstance(step, int):
        return el("div", "… ", repeated(step), class_="step soft")
    rules = (join(rule_badge(rule), " ") for rule in rule_citations.of(step))
    line = join(el("strong", str(step.kind)), " ", said(step), " ", *rules)
    decision = decision_of(step)
    if decision is None:
        return el("div", line, class_="step")
    return fold(line, el("div", *map(_line, lines(decision)), class_="story"))


def _line(line: Line) -> Html:
    marked = line.kind in (LineKind.WON, LineKind.LOST)
    return el("span", f"{line}\n", class_=line.kind.value if marked else None)


def logs(run: Run) -> Html:
    """What each administrator sees, then the lab's own journal, which nobody has in real life."""
    hosts = {name: host.role for name, host in run.variant.topology.hosts.items()}
    audiences = [*hosts, *(f"{TENANT}{name}" for name in run.variant.topology.tenants), LAB]
    return join(*(_audience(run, who, hosts) for who in audiences))


def _audience(run: Run, who: str, hosts: dict[str, Role]) -> Html:
    shown = tables(run.hops, who, hosts)
    empty = not any(table.rows for table in shown)
    head = join(_called(who, hosts), join(" ", badge(sentence("nothing"), "warn")) if empty else "")
    return fold(head, *(_table(table) for table in shown))


def _called(who: str, hosts: dict[str, Role]) -> Sentence:
    if who == LAB:
        return sentence("the lab's own journal")
    if who in hosts:
        return sentence("{role} administrator of {host}", role=hosts[who].value.capitalize(), host=who)
    return sentence("Cloud administrator of {tenant}", tenant=who.removeprefix(TENANT))


def _table(shown: LogTable) -> Html:
    if not shown.rows:
        return el("p", sentence("{table}: not a single row.", table=shown.title), class_="nothing")
    if shown.columns == ("line",):
        return join(el("h4", shown.title), el("div", "\n".join(line for (line,) in shown.rows), class_="log"))
    return table(shown.columns, [list(row) for row in shown.rows], shown.title, "log")
