"""A mail server that follows a script: what it says, and what it must hear, line by line.

S: 220 mx.b.example ready      it says
C: EHLO a.example              it must hear
X: reset                       it does: close, reset, hang (until the client goes), ignore, tls, flood
"""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator

Line = tuple[str, str]


def parse(script: str) -> list[Line]:
    lines = [line.strip() for line in script.strip().splitlines()]
    return [(line[0], line[3:]) for line in lines if line]


class ScriptedServer:
    """Serves one script per connection, in order. `faults` are the differences from them."""

    def __init__(self, *scripts: str, tls: ssl.SSLContext | None = None, dribble: bool = False) -> None:
        self.scripts = [parse(script) for script in scripts]
        self.tls = tls
        self.dribble = dribble
        self.faults: list[str] = []
        self.clients: list[tuple[str, int]] = []
        self.place = ("", 0)
        self.met = asyncio.Event()
        self.over = asyncio.Event()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients.append(writer.get_extra_info("peername"))
        self.met.set()
        script = self.scripts.pop(0)
        try:
            for number, (who, what) in enumerate(script):
                if not await self.act(reader, writer, who, what, script[number + 1 :]):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError) as error:
            self.faults.append(repr(error))
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def act(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        who: str,
        what: str,
        rest: list[Line],
    ) -> bool:
        match who, what:
            case "S", _:
                await self.say(writer, what)
            case "C", _:
                heard = (await reader.readuntil(b"\r\n"))[:-2].decode("latin-1")
                if heard != what:
                    self.faults.append(f"heard {heard!r}, not {what!r}")
                    return False
                if rest[:1] and rest[0][0] == "S" and reader._buffer:  # type: ignore[attr-defined]
                    self.faults.append(f"behind {what!r} came {bytes(reader._buffer)!r}")  # type: ignore[attr-defined]
            case "X", "close":
                return False
            case "X", "tls":
                await writer.start_tls(self.tls)  # type: ignore[arg-type]
            case "X", "hang":
                await reader.read()
            case "X", "ignore":
                writer.transport.pause_reading()  # type: ignore[attr-defined]
                await self.over.wait()
            case "X", "reset":
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()
            case "X", "flood":
                with contextlib.suppress(ConnectionError):
                    while not writer.is_closing():
                        writer.write(b"250-and so on\r\n" * 1000)
                        await writer.drain()
            case _:
                raise ValueError(f"no such line in a script: {who}: {what}")
        return True

    async def say(self, writer: asyncio.StreamWriter, what: str) -> None:
        octets = what.replace("\\r\\n", "\r\n").encode("latin-1") + b"\r\n"
        for piece in [octets[i : i + 1] for i in range(len(octets))] if self.dribble else [octets]:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def scripted(
    *scripts: str,
    host: str = "127.51.100.25",
    tls: ssl.SSLContext | None = None,
    dribble: bool = False,
    limit: int = 65_536,
) -> AsyncIterator[ScriptedServer]:
    """Run the scripts; at the end they must all have been followed to their last line."""
    served = ScriptedServer(*scripts, tls=tls, dribble=dribble)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(served.connected(reader, writer)))

    server = await asyncio.start_server(accept, host, 0, limit=limit)
    served.place = server.sockets[0].getsockname()
    try:
        yield served
        served.over.set()
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        server.close()
        await server.wait_closed()
    assert served.faults == []
    assert served.scripts == []
