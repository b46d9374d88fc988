"""HTML and SVG from values: sentences are said, and text is escaped unless it is markup already.

So nothing from a message can become any.
"""

from __future__ import annotations

from html import escape

from lab.reports.text.printable import printable
from lab.sentence import Sentence

_EMPTY = frozenset({"meta", "br"})
_BLOCKS = frozenset(
    {
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
    }
    | {
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
    }
)


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
