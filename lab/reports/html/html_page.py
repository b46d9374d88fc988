"""The frame of the HTML report: one file, nothing loaded from anywhere, no scripts."""

from __future__ import annotations

from collections.abc import Iterable

from lab.core.rulebook import Confidence, Rule
from lab.reports.drawing.diagram import STYLE as DIAGRAM_STYLE
from lab.reports.text.markup import Html, el
from lab.sentence import Sentence, sentence

Told = Sentence | str
"""What may stand in an element."""

_STYLE = """\
:root { color-scheme: light dark; --paper: #ffffff; --panel: #f5f7fa; --ink: #1b2430; --soft: #4e5a69; --line: #d3d9e1;
  --link: #1a56b0; --good: #1a6b34; --bad: #b3261e; --warn: #7a4b00; --good-bg: #e3f4e8; --bad-bg: #fbe6e4;
  --warn-bg: #fdf1dc; --neutral-bg: #e9edf2 }
@media (prefers-color-scheme: dark) { :root { --paper: #12171d; --panel: #1a2129; --ink: #e8edf4; --soft: #b3bdca;
  --line: #36414e; --link: #8ab8ff; --good: #7fd69a; --bad: #ff8a80; --warn: #e8b560; --good-bg: #16331f;
  --bad-bg: #431b19; --warn-bg: #3a2b10; --neutral-bg: #2a3440 } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 76rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif }
h1 { font-size: 1.9rem; margin: 0 0 .3rem; line-height: 1.2 } h2 { font-size: 1.5rem; margin: 3rem 0 .5rem }
h3 { font-size: 1.2rem; margin: 0 } h4 { font-size: 1rem; margin: 1.2rem 0 .4rem }
p { margin: .5rem 0; max-width: 50rem } a { color: var(--link) } .soft { color: var(--soft) }
code, .log { font: .86em/1.5 ui-monospace, "Cascadia Mono", Consolas, monospace }
.scroll { overflow-x: auto } table { border-collapse: collapse; margin: .6rem 0; font-size: .92rem; width: 100% }
caption { text-align: left; font-weight: 600; padding: .3rem 0 }
th, td { text-align: left; vertical-align: top; padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line) }
thead th { color: var(--soft); font-weight: 600; white-space: nowrap } .tight { white-space: nowrap }
.badge { display: inline-block; padding: 0 .5em; border-radius: 1em; font-size: .82em; font-weight: 600;
  background: var(--neutral-bg); color: var(--ink); white-space: nowrap; text-decoration: none }
.badge.good, .badge.documented { background: var(--good-bg); color: var(--good) }
.badge.bad, .badge.assumed { background: var(--bad-bg); color: var(--bad) }
.badge.warn, .badge.observed { background: var(--warn-bg); color: var(--warn) }
.variant { border: 1px solid var(--line); border-radius: 12px; padding: 1.1rem 1.3rem; margin: 1.5rem 0 }
.variant > header { display: flex; flex-wrap: wrap; gap: .6rem; align-items: baseline }
figure { margin: 1rem 0 } svg.lab { width: 100%; height: auto; display: block }
ol.way { margin: .6rem 0 0; padding-left: 1.5rem } ol.way li { margin: .15rem 0 }
ol.way .astray { color: var(--bad); font-weight: 600 } ol.way .report { color: var(--warn) }
details { border-top: 1px solid var(--line); padding: .45rem 0 } details details { border: 0; padding: .15rem 0 .15rem 1.1rem }
summary { cursor: pointer; font-weight: 600 } details details > summary { font-weight: 400 }
summary:focus-visible, a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
.story { margin: .3rem 0 .5rem 1.1rem; padding: .5rem .8rem; background: var(--panel); border-radius: 8px;
  white-space: pre-wrap; overflow-wrap: anywhere } .won { color: var(--good) } .lost { color: var(--soft) }
.log { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--panel); padding: .6rem .8rem; border-radius: 8px }
.nothing { font-style: italic } td.log { background: none; padding: .35rem .7rem .35rem 0;
  overflow-wrap: break-word; max-width: 26rem } .step { padding: .15rem 0 .15rem 2.1rem }
nav ul { columns: 18rem; padding-left: 1.2rem; margin: .5rem 0 } :target { scroll-margin-top: 1rem }
"""


def page(title: Told, *body: str) -> str:
    """A whole page."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="generator", content="mailflow-lab"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", title),
        el("style", Html(_STYLE + DIAGRAM_STYLE)),
    )
    return f'<!doctype html>\n<html lang="en">\n{head}{el("body", *body)}</html>\n'


def badge(text: Told, kind: str = "") -> Html:
    """A word on a coloured ground; the word alone says it all."""
    return el("span", text, class_=f"badge {kind}".strip())


def rule_badge(rule: Rule) -> Html:
    """A rule's id and confidence, with a link to its text at the end of the page."""
    return el(
        "a",
        f"{rule.id} {rule.confidence.value}",
        class_=f"badge {rule.confidence.value}",
        href=f"#{rule.id}",
        title=f"{rule.title}: {rule.text}",
    )


def table(
    columns: Iterable[Told], rows: Iterable[Iterable[Told]], caption: Told = "", cells: str = ""
) -> Html:
    """A table with headers that belong to their columns; `cells` is the class of each cell."""
    head = el("thead", el("tr", *(el("th", column, scope="col") for column in columns)))
    body = el("tbody", *(el("tr", *(el("td", cell, class_=cells or None) for cell in row)) for row in rows))
    return el(
        "div",
        el("table", el("caption", caption) if caption else "", head, body),
        class_="scroll",
        tabindex="0",
    )


def fold(summary: Told, *content: Told, opened: bool = False) -> Html:
    """Content behind a line that opens it; works without scripts."""
    return el("details", el("summary", summary), *content, open="open" if opened else None)


CONFIDENCE_MEANS = {
    Confidence.DOCUMENTED: sentence("Microsoft says so"),
    Confidence.OBSERVED: sentence("administrators, vendors or real headers show it"),
    Confidence.ASSUMED: sentence("inferred by this lab, or undocumented"),
}
