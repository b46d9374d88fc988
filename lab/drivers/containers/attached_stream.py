"""What goes in and out of an attached container: bytes to its stdin, and frames with what it says."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from typing import Any

from lab.errors import DriverError

_HEADER = struct.Struct(">BxxxL")
"""The engine puts it before each frame: which stream, and how many octets."""
_STDOUT = 1
_CHUNK = 1 << 20


class Stream:
    """An attached container. Reading and writing may be done by different threads."""

    def __init__(self, attached: Any) -> None:
        """`attached` is a socket, or what the SDK has one in; it stays open as long as that is referred to."""
        self._attached = attached
        self._socket = getattr(attached, "_sock", attached)
        self._socket.settimeout(None)

    def send(self, data: bytes) -> None:
        """To stdin. Raises DriverError when the container has gone."""
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise DriverError(f"a container of the lab has gone: {error.strerror or error}") from error

    def frames(self) -> Iterator[tuple[bool, bytes]]:
        """What it says until it ends or the stream is closed: whether that is stdout (and not stderr), and a piece."""
        while header := self._exactly(_HEADER.size):
            kind, size = _HEADER.unpack(header)
            yield kind == _STDOUT, self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        """So many octets; none if it ends before."""
        parts, missing = [], size
        while missing:
            try:
                part = self._socket.recv(min(missing, _CHUNK))
            except OSError:  # closed while we read
                part = b""
            if not part:
                return b""
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Its stdin ends; whoever reads frames gets no more of them."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._attached.close()
        self._socket.close()
