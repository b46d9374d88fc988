"""Bytes of a file to text: the encodings that PowerShell writes, and lines of offsets."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right

from lab.model.value import dataclass
from lab.sentence import NOTHING, Sentence, sentence

_MARKS = (  # UTF-32's begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SNIFFED = 4096


@dataclass(frozen=True, slots=True)
class TextSource:
    """The text of one file, with line ends as they are."""

    file: str
    """Relative to the folder, with slashes."""
    text: str
    doubt: Sentence = NOTHING
    """What was strange about its encoding, for its owner."""

    @property
    def name(self) -> str:
        """The name without folders."""
        return self.file.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The name without folders and without its last ending."""
        stem, dot, _ = self.name.rpartition(".")
        return stem if dot and stem else self.name


def decoded(file: str, data: bytes) -> TextSource:
    """The text of a file. Windows PowerShell writes UTF-16 and Windows-1252 besides UTF-8, with or without a mark.

    Raises ValueError when the bytes are no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _doubted(file, _without_nul(data[len(mark) :].decode(encoding, "replace")))
    guess = _utf16(data)
    if guess:
        return _doubted(file, _without_nul(data.decode(guess, "replace")))
    try:
        return TextSource(file, _without_nul(data.decode()))
    except UnicodeDecodeError:
        text = _without_nul(data.decode("cp1252", "replace"))
        return TextSource(file, text, sentence("neither UTF-8 nor UTF-16; read as Windows-1252"))


def _doubted(file: str, text: str) -> TextSource:
    doubt = sentence("holds bytes that are no text in its encoding")
    return TextSource(file, text, doubt if "\ufffd" in text else NOTHING)


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError(sentence("no text: it has NUL characters"))
    return text


def _utf16(data: bytes) -> str:
    """UTF-16 without a mark shows by its zeros: what is exported is ASCII for the most part."""
    head = data[:_SNIFFED]
    low, high = head[0::2].count(0), head[1::2].count(0)
    half = max(len(head) // 2, 1)
    if high > half * 0.6 and low == 0:
        return "utf-16-le"
    return "utf-16-be" if low > half * 0.6 and high == 0 else ""


def whole(text: str) -> str:
    """Halves of surrogate pairs joined; single ones, and NUL, replaced: such text cannot be written to every file."""
    if text.isascii() and "\0" not in text:
        return text
    if _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", "\ufffd")


class LineNumbers:
    """Which line an offset of a text is in, from 1."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def at(self, offset: int) -> int:
        """The line of a character."""
        return bisect_right(self._starts, offset)
