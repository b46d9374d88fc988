from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import Shell


@pytest.fixture
def mflab(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    """The command where no other lab is to be seen, nor to be ended, and no user has a configuration of his own."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("MFLAB_STATE", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    return Shell(capsys)
