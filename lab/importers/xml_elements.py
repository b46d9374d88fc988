"""XML as PowerShell writes it, one child of the root after the other, with lines; anything cleverer is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from xml.parsers import expat

from lab.model.value import dataclass
from lab.sentence import Sentence, sentence

DEEPEST = 100
"""Levels of elements; Export-Clixml -Depth 10 needs some forty."""
_PIECE = 64 * 1024


class XmlRefused(ValueError):  # noqa: N818 - a verdict on a file, told as a notice
    """The text is no XML, or more than an export ever has; `line` counts from 1."""

    def __init__(self, line: int, why: Sentence) -> None:
        super().__init__(why)
        self.line = line


@dataclass(slots=True)
class XmlElement:
    """An element with its children, or with text: PowerShell never mixes them, and blanks between children are dropped."""

    tag: str
    """Without its namespace."""
    attributes: Mapping[str, str]
    line: int
    text: str = ""
    children: list[XmlElement] = field(default_factory=list)


class XmlChildren:
    """The elements below the root, whose name must be `root`. Iterating raises Refused."""

    def __init__(self, text: str, root: str) -> None:
        self._data = text.encode("utf-8", "replace")
        self._root = root
        self._open: list[XmlElement] = []
        self._ready: list[XmlElement] = []
        self._pieces: list[str] = []
        self._parser = expat.ParserCreate("utf-8", "|")  # the declaration may still say utf-16
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._pieces.append
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.buffer_text = True

    def __iter__(self) -> Iterator[XmlElement]:
        try:
            for at in range(0, len(self._data), _PIECE):
                self._parser.Parse(self._data[at : at + _PIECE], False)
                yield from self._taken()
            self._parser.Parse(b"", True)
        except expat.ExpatError as broken:
            wanted = sentence("no XML from here on: {why}", why=expat.errors.messages[broken.code])
            raise XmlRefused(broken.lineno, wanted) from None
        yield from self._taken()

    def _taken(self) -> list[XmlElement]:
        taken, self._ready = self._ready, []
        return taken

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        tag = name.rpartition("|")[2]
        if not self._open and tag != self._root:
            raise XmlRefused(
                line, sentence("<{root}> was wanted, not <{tag}>", root=self._root, tag=tag[:40])
            )
        if len(self._open) == DEEPEST:
            raise XmlRefused(line, sentence("nested more than {most} levels deep", most=DEEPEST))
        self._pieces.clear()
        self._open.append(XmlElement(tag, attributes, line))

    def _end(self, _name: str) -> None:
        node = self._open.pop()
        if not node.children:
            node.text = "".join(self._pieces)
        self._pieces.clear()
        if len(self._open) == 1:
            self._ready.append(node)
        elif self._open:
            self._open[-1].children.append(node)

    def _doctype(self, *_: object) -> None:
        raise XmlRefused(self._parser.CurrentLineNumber, sentence("a DTD, which PowerShell never writes"))
