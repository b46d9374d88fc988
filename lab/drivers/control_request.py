"""One question to a program of the lab by whoever does nothing else meanwhile: without asyncio, which takes longest to load."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.errors import DriverError

ControlRequest = Mapping[str, Any]
ControlAnswer = Mapping[str, Any]
SOCKET = "control"
"""In the folder of the program."""


def ask(folder: Path, request: ControlRequest, patience: float) -> ControlAnswer:
    """Ask as `control_socket.ask` does, with that many seconds to wait for the answer. Raises DriverError."""
    try:
        with connect(folder, patience) as line, line.makefile("rwb") as stream:
            stream.write(json.dumps(request).encode() + b"\n")
            stream.flush()
            said = stream.readline()
    except OSError as error:
        raise no_answer(folder, error) from error
    return read_answer(folder, said)


def connect(folder: Path, patience: float = 0) -> socket.socket:
    """By its bare name, for a path may have a hundred octets only; connecting to a socket of this machine does not wait."""
    line = socket.socket(socket.AF_UNIX)
    try:
        with contextlib.chdir(folder):
            line.connect(SOCKET)
        line.settimeout(patience)
    except BaseException:
        line.close()
        raise
    return line


def no_answer(folder: Path, error: OSError) -> DriverError:
    """What is told where no program listens, or none answers."""
    return DriverError(f"nobody answers in {folder}: {error.strerror or error}")


def read_answer(folder: Path, said: bytes) -> ControlAnswer:
    """The line that a program has said. Raises DriverError when it has ended meanwhile, and when it refuses."""
    if not said.endswith(b"\n"):
        raise DriverError(f"the program in {folder} has ended")
    answer: ControlAnswer = json.loads(said)
    if "error" in answer:
        raise DriverError(str(answer["error"]))
    return answer
