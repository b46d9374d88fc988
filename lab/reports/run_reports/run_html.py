"""A report for people in one file: the ways drawn, the variants side by side, decisions and logs folded underneath."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lab.core.rulebook import SOURCES, Confidence, settings_behind
from lab.evidence.expectations import ExpectationResult
from lab.reports.drawing.diagram import svg
from lab.reports.explanation import rule_citations
from lab.reports.explanation.conclusions import CURES, CureOutcome, Fate, cured, fates
from lab.reports.explanation.numbered_arrows import arrows
from lab.reports.explanation.variant_table import VariantRow, variant_row
from lab.reports.explanation.wrong_way import happened, why
from lab.reports.matrix import changed_endings, matrix_html
from lab.reports.matrix.matrix_cells import judged
from lab.reports.run_reports.decision_folds import decisions, logs
from lab.reports.scenario_runs import Run, ScenarioRuns, ran
from lab.reports.text.html import (
    CONFIDENCE_MEANS,
    Content,
    Html,
    badge,
    el,
    fold,
    join,
    page,
    rule_badge,
    table,
)
from lab.sentence import counted, listed, sentence, sentences
from lab.words.english import BASES

_KINDS = {"fault": "bad", "cure": "good", "half-cure": "warn"}
_CURED = {
    CureOutcome.YES: "good",
    CureOutcome.FOR_NOW: "warn",
    CureOutcome.PARTLY: "warn",
    CureOutcome.NOT_SHOWN: "warn",
}
_FOR_NOW = sentence("“For now”: mail arrives, but something that is bound to change holds it up.")
_VARIANTS = sentences("variant", "kind", "taken for", "by", "path", "outcome", "cured?", "expectations")
_MADE_BY = sentence(
    "Made by Mailflow Lab, an emulation of hybrid Exchange mail flow. It is not Microsoft's, and what it assumes is marked."
)


def report(runs: Iterable[ScenarioRuns]) -> str:
    """All runs as an HTML page."""
    outcomes = tuple(runs)
    names = ", ".join(outcome.scenario.title or outcome.scenario.name for outcome in outcomes)
    return page(
        sentence("Mailflow Lab: {scenarios}", scenarios=names),
        el("header", *_top(outcomes)),
        el("main", *(_scenario(outcome) for outcome in outcomes), _rules_used(outcomes)),
    )


def _top(outcomes: Sequence[ScenarioRuns]) -> Iterator[Html]:
    runs = ran(outcomes)
    findings = [finding for _, run in runs for finding in run.findings()]
    failed = sum(not finding.ok for finding in findings)
    drivers = ", ".join(dict.fromkeys(run.driver for _, run in runs))
    yield el("h1", sentence("Which way the mail went"))
    number = len(findings)
    yield el(
        "p",
        badge(sentence("{failed} of {number} expectations failed", failed=failed, number=number), "bad")
        if failed
        else badge(sentence("all {number} expectations met", number=number), "good"),
        " ",
        sentence(
            "{scenarios}, {variants}, run by: {drivers}.",
            scenarios=counted(len(outcomes), "{number} scenario", "{number} scenarios"),
            variants=counted(len(runs), "{number} variant", "{number} variants"),
            drivers=drivers,
        ),
    )
    yield el("p", _MADE_BY, class_="soft")
    if len(outcomes) > 1:
        links = (
            el("li", el("a", scenario.title or scenario.name, href=f"#{scenario.name}"))
            for scenario in (outcome.scenario for outcome in outcomes)
        )
        yield el("nav", el("ul", *links), aria_label=sentence("Scenarios"))


def _scenario(outcome: ScenarioRuns) -> Html:
    scenario = outcome.scenario
    return el(
        "section",
        el("h2", scenario.title or scenario.name, id=scenario.name),
        el("p", el("code", scenario.file), class_="soft"),
        el("p", scenario.why),
        _variants(outcome),
        _matrix(outcome),
        *(_variant(outcome, run) for run in outcome.runs),
    )


def _matrix(outcome: ScenarioRuns) -> Html:
    """The grids of a scenario that says `matrix:`."""
    matrices = [made for run in outcome.runs if (made := judged(outcome.scenario.name, run))]
    return matrix_html.section(matrices, "h3") if matrices else join()


def _drawn(run: Run) -> tuple[Fate, ...]:
    """The messages whose way is drawn: of a matrix only those that failed, of repeated ones those that tell anything."""
    plan = run.variant.matrix
    cells = {cell.key for cell in plan.cells} if plan else set()
    failed = {finding.message for finding in run.findings() if not finding.ok}
    alike = {test.key for series in changed_endings.repeated(run) for test in series.tests} - _telling(run)
    left_out = (cells | alike) - failed
    return tuple(fate for fate in fates(run) if fate.spec.key not in left_out)


def _telling(run: Run) -> set[str]:
    """The first of each repeated message, and those that came to another end than the one before."""
    repeats = changed_endings.repeated(run)
    firsts = {series.tests[0].key for series in repeats}
    return firsts | {flip.after.key for series in repeats for flip in series.flips}


def _variants(outcome: ScenarioRuns) -> Html:
    first = next((fate.spec.key for run in outcome.runs for fate in fates(run)), "")
    rows = [_row(outcome, variant_row(run, first)) for run in outcome.runs]
    caption = sentence("All variants, by the way of the message “{message}”", message=first)
    note = (
        el("p", _FOR_NOW, class_="soft")
        if any(cured(run) is CureOutcome.FOR_NOW for run in outcome.runs)
        else ""
    )
    return join(table(_VARIANTS, rows, caption), note)


def _row(outcome: ScenarioRuns, row: VariantRow) -> list[Content]:
    expected = sentence("{met} of {number}", met=row.expected - row.failed, number=row.expected)
    return [
        el("a", row.name, href=f"#{outcome.scenario.name}.{row.name}", class_="tight"),
        badge(row.kind, _KINDS.get(row.kind, "")) if row.kind else "",
        row.tenant,
        BASES[row.basis] if row.basis else "",
        el(
            "span",
            " → ".join(p.removeprefix("tenant:") for p in row.places),
            " ✗" if row.refused else "",
            class_="tight",
        ),
        listed((row.ending, *row.others)),
        badge(CURES[row.cured], _CURED.get(row.cured, "bad")) if row.kind else "",
        badge(expected, "bad" if row.failed else "good") if row.expected else sentence("none"),
    ]


def _variant(outcome: ScenarioRuns, run: Run) -> Html:
    variant, findings, ends = run.variant, run.findings(), _drawn(run)
    id_ = f"{outcome.scenario.name}.{variant.name}"
    failed = sum(not finding.ok for finding in findings)
    return el(
        "section",
        el(
            "header",
            el("h3", variant.title or variant.name, id=id_),
            badge(variant.kind, _KINDS.get(variant.kind, "")) if variant.kind else "",
            el("code", variant.name),
        ),
        el("p", variant.why) if variant.why else "",
        changed_endings.section(run),
        *(_message(run, fate, f"{id_}.{fate.spec.key}") for fate in ends),
        fold(
            sentence("Decisions, with the rules and what lost"),
            *(decisions(f.trace, f.spec.key) for f in ends),
        ),
        fold(sentence("What each administrator sees"), logs(run)),
        fold(
            sentence("Expectations: {met} of {number} met", met=len(findings) - failed, number=len(findings)),
            _findings(findings),
            opened=bool(failed),
        ),
        class_="variant",
        aria_labelledby=id_,
    )


def _message(run: Run, fate: Fate, id_: str) -> Html:
    """The drawing of one message's way, and the same in words."""
    topology = run.variant.topology
    words = [
        el("li", el("span", f"{a.source} → {a.target}: ", a.told, class_=str(a.kind)), value=str(a.number))
        for a in arrows(topology, [fate.trace])
    ]
    spec, from_to = fate.spec, "{message}: from {sender} to {recipients}"
    name = sentence(from_to, message=spec.key, sender=spec.sender, recipients=listed(spec.recipients))
    return join(
        el("h4", sentence("{message}, {ending}", message=name, ending=fate.ending)),
        el(
            "figure",
            svg(topology, [fate.trace], title=name, id_=id_),
            el("figcaption", el("ol", *words, class_="way")),
        ),
        el("p", listed((*happened(fate), *why(fate, topology)), " ")) if fate.misrouted else "",
    )


def _findings(findings: Sequence[ExpectationResult]) -> Html:
    if not findings:
        return el("p", sentence("The scenario claims nothing about this variant."), class_="nothing")
    rows: list[list[Content]] = [
        [
            badge(sentence("ok"), "good") if finding.ok else badge(sentence("failed"), "bad"),
            f"{finding.message}: {finding.field}",
            finding.wanted,
            finding.got,
            el("code", finding.source),
        ]
        for finding in sorted(findings, key=lambda result: result.ok)
    ]
    return table(sentences("", "claim", "wanted", "got", "claimed at"), rows)


def _rules_used(outcomes: Sequence[ScenarioRuns]) -> Html:
    """The text of each rule that a badge links to, and where it comes from."""
    used = rule_citations.used(trace for _, run in ran(outcomes) for trace in run.traces.values())
    rows: list[list[str]] = [
        [rule_badge(rule), el("span", el("strong", rule.title), f": {rule.text}", id=rule.id), rule.source]
        for rule in used
    ]
    tags = dict.fromkeys(tag for rule in used for tag in rule.tags)
    sources: list[list[str]] = [
        [tag, SOURCES[tag].title, SOURCES[tag].place] for tag in tags if tag in SOURCES
    ]
    template = "{confidence}: {meaning}"
    means = listed(
        (sentence(template, confidence=sure.value, meaning=CONFIDENCE_MEANS[sure]) for sure in Confidence),
        "; ",
    )
    return el(
        "section",
        el("h2", sentence("Rules used"), id="rules"),
        el("p", means, ".", class_="soft"),
        _relies(outcomes),
        table(sentences("rule", "what it says", "source"), rows),
        fold(sentence("Sources"), table(sentences("tag", "title", "place"), sources)),
    )


def _relies(outcomes: Sequence[ScenarioRuns]) -> Html:
    """The assumed rules that the verdicts above rest on."""
    lines = []
    for scenario, run in ran(outcomes):
        guesses = rule_citations.assumed(rule_citations.used(run.traces.values()))
        if guesses:
            ids = (join(rule_badge(rule), " ") for rule in guesses)
            settings = settings_behind((rule.id for rule in guesses), run.variant.topology.switches)
            bends = ", ".join(settings)
            lines.append(
                el(
                    "li",
                    f"{scenario.name}, {run.variant.name}: ",
                    *ids,
                    sentence("(switches: {switches})", switches=bends) if bends else "",
                )
            )
    if not lines:
        return el("p", sentence("No verdict here relies on a rule that is assumed as a whole."))
    return join(el("p", sentence("These verdicts rely on assumed rules:")), el("ul", *lines))
