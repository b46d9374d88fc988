from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import Shell


@pytest.fixture
def mflab(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    """The command where no other lab is to be seen, nor to be ended: none in the environment, and no Docker engine."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("MFLAB_STATE", raising=False)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    return Shell(capsys)
