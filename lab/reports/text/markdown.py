"""Text inside Markdown: what comes from a configuration must not become markup."""

from __future__ import annotations

from lab.reports.text.printable import one_line
from lab.sentence import Sentence

_MARKS = frozenset("\\`*_[]<>#|~")


def in_markdown(text: Sentence | str) -> str:
    """One line that means nothing to Markdown."""
    return "".join(f"\\{char}" if char in _MARKS else char for char in one_line(text))


def in_code(text: str) -> str:
    """One line to stand between backticks, in a table too."""
    return one_line(text).replace("`", "'").replace("|", "\\|")
