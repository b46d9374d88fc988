"""The last step before paper: sentences are said, and names and subjects, which come from outside, made harmless.

They must not steer a terminal, turn the reader's text around, or become markup.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from lab.sentence import Sentence, in_one_line, say

_GUID = re.compile(r"\b([0-9a-f]{8})-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
_KEPT = frozenset("\n\t")
_MARKDOWN = frozenset("\\`*_[]<>#|~")


def printable(what: Sentence | str) -> str:
    """What is told, with control, bidirectional and other invisible characters written out: `\\x1b`, `\\u202e`."""
    text = say(what)
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def one_line(text: Sentence | str) -> str:
    """`printable` on a single line."""
    return printable(in_one_line(text))


def cut(text: Sentence | str, width: int) -> str:
    """One line of at most `width` characters; `…` stands for what is missing."""
    line = one_line(text)
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def without_guids(text: Sentence | str) -> str:
    """What is told, with GUIDs cut to their first group, as people do when they read a connector's name aloud."""
    return _GUID.sub(r"\1…", say(text))


def in_markdown(text: Sentence | str) -> str:
    """One line that means nothing to Markdown."""
    return "".join(f"\\{char}" if char in _MARKDOWN else char for char in one_line(text))


def in_code(text: str) -> str:
    """One line to stand between backticks, in a table too."""
    return one_line(text).replace("`", "'").replace("|", "\\|")


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))


def _shown(character: str) -> str:
    if character in _KEPT or not unicodedata.category(character).startswith("C"):
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
