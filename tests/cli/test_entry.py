"""Where the command starts: the health check takes a short way, and only that."""

from __future__ import annotations

import asyncio
import sys

import pytest

from lab.cli.entry import main
from lab.cli.exit_codes import Exit
from lab.drivers import control_socket, shared_folder

HASTY = "import lab.cli.verbs.container_part; lab.cli.verbs.container_part.PATIENCE = 0.1; "
STARTED = "import sys; from lab.cli.entry import main; code = main(); print('lab.cli.main' in sys.modules); sys.exit(code)"


@pytest.fixture
def asked(tmp_path, monkeypatch):
    monkeypatch.setenv("MFLAB_STATE", str(tmp_path))
    monkeypatch.setenv("MFLAB_PART", "198.51.100.25")
    return shared_folder.make_folder(tmp_path, "198.51.100.25")


async def probe(before=""):
    argv = (sys.executable, "-c", before + STARTED, "probe")
    done = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    out, _ = await done.communicate()
    return done.returncode, out.decode().split()[-1]


async def test_a_probe_that_is_answered_loads_no_verbs(asked):
    async def answer(request):
        return {}

    async with control_socket.listening(asked, answer):
        assert await probe() == (Exit.OK, "False")


async def test_a_probe_that_is_refused_goes_the_long_way(asked):
    async def answer(request):
        raise ValueError(request)

    async with control_socket.listening(asked, answer):
        code, all_verbs = await probe(HASTY)
    assert (code, all_verbs) == (Exit.ENVIRONMENT, "True")


def test_other_verbs_are_run_as_ever(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["mflab", "rules", "R3"])
    assert main() == Exit.OK
    assert "Order of attribution" in capsys.readouterr().out


def test_a_probe_without_a_part_is_told_what_is_missing(monkeypatch, capsys):
    monkeypatch.delenv("MFLAB_PART", raising=False)
    monkeypatch.setattr(sys, "argv", ["mflab", "probe"])
    assert main() == Exit.BAD_INPUT
    assert "MFLAB_PART is not set" in capsys.readouterr().err


def test_asking_leaves_nothing_where_the_part_will_be(monkeypatch, tmp_path):
    monkeypatch.setenv("MFLAB_STATE", str(tmp_path))
    monkeypatch.setenv("MFLAB_PART", "203.0.113.10")
    monkeypatch.setattr("lab.cli.verbs.container_part.PATIENCE", 0.1)
    monkeypatch.setattr(sys, "argv", ["mflab", "probe"])
    assert main() == Exit.ENVIRONMENT
    shared_folder.add_alias(tmp_path, "eop:EUR", "203.0.113.10")
    assert shared_folder.folder_of(tmp_path, "203.0.113.10").resolve() == shared_folder.make_folder(
        tmp_path, "eop:EUR"
    )
