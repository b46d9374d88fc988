"""The story on one screen, by default over real SMTP."""

from __future__ import annotations

from typing import Any

import pytest

from lab.cli.exit_codes import Exit
from lab.cli.verbs import run
from lab.errors import DriverError
from tests.cli.commands import Shell


@pytest.mark.wire
def test_the_story_over_real_smtp(mflab: Shell) -> None:
    said = mflab("demo")
    assert said.code == Exit.OK, said.err
    assert "nothing, not a single row" in said.out
    assert "dedicated-certificate" in said.out


def test_one_variant_in_the_simulator(mflab: Shell) -> None:
    said = mflab("demo", "--driver", "simulator", "--variant", "shared-wildcard")
    assert said.code == Exit.OK
    assert "no-client-certificate" not in said.out


def test_a_machine_that_cannot_says_why_and_what_can(mflab: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise DriverError("no address 127.51.100.25")

    monkeypatch.setattr(run, "run_in", fail)
    said = mflab("demo")
    assert said.code == Exit.ENVIRONMENT
    assert "no address 127.51.100.25" in said.err
    assert "--driver simulator" in said.err
