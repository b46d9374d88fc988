"""A transport without a network, to see what a protocol asks of it."""

import asyncio


class Pipe(asyncio.Transport):
    """A transport that only remembers what it is told."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.53.0.9", 4711)})
        self.told: list[str] = []
        self.written = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += len(data)

    def pause_reading(self) -> None:
        self.told.append("pause")

    def resume_reading(self) -> None:
        self.told.append("resume")
