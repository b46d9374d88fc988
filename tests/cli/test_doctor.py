"""What this machine has, and what to do about what it has not."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit
from lab.cli.verbs import doctor
from tests.cli.commands import Shell


def test_everything_needed_is_there(mflab: Shell, tmp_path: Path) -> None:
    said = mflab("doctor", "--state", str(tmp_path / "new"), "--json")
    assert said.code == Exit.OK
    told = said.json()
    assert told["ok"] is True
    assert {"python", "aiosmtpd", "loopback addresses", "state folder", "swaks"} <= {
        c["what"] for c in told["checks"]
    }
    assert list(tmp_path.iterdir()) == []


def test_missing_loopback_addresses_come_with_the_lines_that_add_them(
    mflab: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_can_bind", lambda address, _port, _kind: address == "127.0.0.1")
    said = mflab("doctor")
    assert said.code == Exit.ENVIRONMENT
    assert "sudo ifconfig lo0 alias 127.51.100.25" in said.out


def test_a_taken_port_is_no_obstacle() -> None:
    with closing(socket.socket()) as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        check = doctor._port("smtp port", port, "127.0.0.1", (socket.SOCK_STREAM,), "--port")
    assert not check.ok
    assert not check.needed
    assert check.found == f"{port} is taken"


def test_a_folder_that_cannot_hold_the_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(doctor, "_write", refuse)
    check = doctor._store(tmp_path)
    assert not check.ok
    assert "No space left" in check.found


def test_a_missing_package_is_named() -> None:
    assert doctor._package("no-such-package-anywhere").hint == "pip install no-such-package-anywhere"
