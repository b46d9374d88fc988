"""HTML and SVG from values: sentences are said, and text is escaped unless it is markup already.

So nothing from a message can become any. A page is one file: nothing is loaded from anywhere, and there are no scripts.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from lab.core.rulebook import Confidence, Rule
from lab.reports.text.printable import printable
from lab.sentence import Sentence, sentence

Content = Sentence | str
"""What may stand in an element."""
CONFIDENCE_MEANS = {
    Confidence.DOCUMENTED: sentence("Microsoft says so"),
    Confidence.OBSERVED: sentence("administrators, vendors or real headers show it"),
    Confidence.ASSUMED: sentence("inferred by this lab, or undocumented"),
}
_EMPTY = frozenset({"meta", "br"})
_BLOCKS = frozenset(
    [
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "main",
        "nav",
        "section",
        "h1",
        "h2",
        "h3",
        "h4",
        "p",
        "div",
        "ul",
        "ol",
        "li",
        "dl",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "details",
        "summary",
        "figure",
        "svg",
        "g",
    ]
)


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
DIAGRAM_STYLE = """\
svg.lab { font-family: system-ui, sans-serif; --lane: #eef1f5; --box: #ffffff; --line: #8a94a3; --ink: #1b2430;
  --soft: #4e5a69; --way: #1f5fbf; --astray: #b3261e; --report: #7a4b00; --good: #1a6b34 }
@media (prefers-color-scheme: dark) { svg.lab { --lane: #1d242d; --box: #283140; --line: #6b7787; --ink: #e8edf4;
  --soft: #b3bdca; --way: #7fb0ff; --astray: #ff8a80; --report: #e8b560; --good: #7fd69a } }
svg.lab .lane { fill: var(--lane) }
svg.lab .box { fill: var(--box); stroke: var(--line) }
svg.lab .box.astray { stroke: var(--astray); stroke-width: 2.5 }
svg.lab text { font-size: 12px; fill: var(--soft) }
svg.lab .lane-title { font-size: 13px; font-weight: 600; letter-spacing: .03em }
svg.lab .name { font-size: 14px; font-weight: 700; fill: var(--ink) }
svg.lab .faulty { fill: var(--astray) }
svg.lab .arrow { fill: none; stroke: var(--way); stroke-width: 2.2 }
svg.lab .head, svg.lab .disc { fill: var(--way) }
svg.lab .astray .arrow { stroke: var(--astray); stroke-width: 3.2 }
svg.lab .astray .head, svg.lab .astray .disc { fill: var(--astray) }
svg.lab .report .arrow { stroke: var(--report); stroke-dasharray: 7 5 }
svg.lab .report .head, svg.lab .report .disc { fill: var(--report) }
svg.lab .disc { stroke: var(--lane); stroke-width: 2 }
svg.lab .number { fill: var(--box); font-size: 12px; font-weight: 700 }
svg.lab .label { font-weight: 600; fill: var(--ink); paint-order: stroke; stroke: var(--lane); stroke-width: 5px;
  stroke-linejoin: round }
svg.lab .astray .label, svg.lab .refused .label { fill: var(--astray) }
svg.lab .cross { stroke: var(--astray); stroke-width: 3.5; stroke-linecap: round }
svg.lab .pill { fill: var(--good) }
svg.lab .pill-text { fill: var(--box); font-size: 11px; font-weight: 700 }
"""
"""For drawings; a page with several has it once."""


class Html(str):
    """Text that is markup."""

    __slots__ = ()


def el(tag: str, /, *children: Sentence | str, **attributes: Sentence | str | float | None) -> Html:
    """An element. Children that are not Html are escaped; `class_` gives `class`, `stroke_width` `stroke-width`.

    Attributes that are None are left out. What comes out is well-formed XML as well.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(printable(_number(value)))}"'
        for key, value in attributes.items()
        if value is not None
    )
    end = "\n" if tag in _BLOCKS else ""
    if tag in _EMPTY:
        return Html(f"<{tag}{written}/>{end}")
    return Html(f"<{tag}{written}>{join(*children)}</{tag}>{end}")


def join(*children: Sentence | str) -> Html:
    """Several pieces one behind the other."""
    return Html("".join(child if isinstance(child, Html) else escape(printable(child)) for child in children))


def _number(value: Sentence | str | float) -> Sentence | str:
    return f"{value:g}" if isinstance(value, int | float) else value


def page(title: Content, *body: str) -> str:
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


def badge(text: Content, kind: str = "") -> Html:
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
    columns: Iterable[Content], rows: Iterable[Iterable[Content]], caption: Content = "", cells: str = ""
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


def fold(summary: Content, *content: Content, opened: bool = False) -> Html:
    """Content behind a line that opens it; works without scripts."""
    return el("details", el("summary", summary), *content, open="open" if opened else None)
