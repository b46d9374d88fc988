from __future__ import annotations

import pytest

from tests.cli.commands import Shell


@pytest.fixture
def mflab(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("MFLAB_STATE", raising=False)
    return Shell(capsys)
