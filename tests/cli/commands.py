"""Runs the command in this process and catches what it says, as a shell would."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.cli.main import main

ROOT = Path(__file__).parents[2]
ARTICLE = str(ROOT / "scenarios" / "wildcard-misrouting.yaml")


@dataclass(frozen=True)
class Said:
    """What came of one command."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Its stdout, which must be JSON with a version."""
        told = json.loads(self.out)
        assert told["schema_version"] == 1
        return told


class Shell:
    """Calls `mflab`."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *argv: str) -> Said:
        self._capsys.readouterr()
        code = main(argv)
        out, err = self._capsys.readouterr()
        return Said(code, out, err)
