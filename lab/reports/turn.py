"""Which way something has changed."""

from __future__ import annotations

from enum import StrEnum


class Turn(StrEnum):
    """What a change is to somebody whose mail it is."""

    WORSE = "worse"
    BETTER = "better"
    OTHER = "other"
    NEW = "new"
    GONE = "gone"
