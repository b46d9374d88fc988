"""Docker Compose as the tests call it: a project of its own, so that a lab of whoever runs them keeps its state."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

TOP = Path(__file__).parents[2]
PROJECT = "mailflow-lab-tests"
LOCAL_BASE = "mailflow-lab-base:local"
PATIENCE = 600
"""Seconds for a command; the first one builds the images."""


def run(*command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command at the top of the repository."""
    done = subprocess.run(
        command,
        cwd=TOP,
        env={**os.environ, "COMPOSE_PROJECT_NAME": PROJECT, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0 or not check, f"{command}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


def without(why: str) -> NoReturn:
    """The gate has seen to engine and images: what is missing there is a failure."""
    if "MFLAB_DOCKER" in os.environ:
        pytest.fail(why)
    pytest.skip(why)
