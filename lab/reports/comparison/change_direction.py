"""Which way something has changed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from lab.sentence import Sentence


class ChangeDirection(StrEnum):
    """What a change is to the sender and the recipient of a cell."""

    WORSE = "worse"
    BETTER = "better"
    OTHER = "other"
    NEW = "new"
    GONE = "gone"


TURNS: Mapping[ChangeDirection, Sentence] = {turn: Sentence(turn.value) for turn in ChangeDirection}
