"""Tests that need a Docker engine: skipped, with the reason, where there is none; one after the other where there is."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lab.drivers.containers.container_programs import IMAGES
from lab.drivers.containers.engine import Engine
from lab.errors import DriverError
from tests.containers.composing import without

_LOCK = Path(tempfile.gettempdir()) / "mflab-docker-tests.lock"
_LONG = 300
"""Seconds for a test, waiting for others included."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("docker") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(_LONG))


@pytest.fixture
def docker_engine() -> Iterator[Engine]:
    """An engine with the lab's images, for this test alone: all labs have the same addresses."""
    try:
        engine = Engine.connect()
    except DriverError as error:
        without(str(error))
    with closing(engine), _LOCK.open("w") as lock:
        try:
            engine.require(IMAGES)
        except DriverError as error:
            without(str(error))
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield engine
