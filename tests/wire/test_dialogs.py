"""Dialogs as text: what the client says (C:), what the server must answer (S:, `*` stands for anything).

Escapes are Python's; `\\+` at the end of a line leaves out its CRLF. Lines of the client that follow each other go out
as one. Each dialog is played flight by flight and then octet by octet, and must end the same.
"""

from __future__ import annotations

import asyncio
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.wire.fakes import Client, serving

pytestmark = pytest.mark.wire

DIALOGS = {path.stem: path.read_text() for path in sorted((Path(__file__).parent / "dialogs").glob("*.txt"))}


def turns(text: str) -> list[tuple[bytes, list[str]]]:
    """What is said at once, and what is answered to it."""
    found: list[tuple[bytes, list[str]]] = [(b"", [])]
    for line in text.splitlines():
        mark, said = line[:2], line[3:]
        if mark == "C:":
            open_end = said.endswith("\\+")
            octets = said.removesuffix("\\+").encode().decode("unicode_escape").encode("latin-1")
            ended = octets if open_end else octets + b"\r\n"
            if found[-1][1]:
                found.append((b"", []))
            found[-1] = (found[-1][0] + ended, [])
        elif mark == "S:":
            found[-1][1].append(said)
        else:
            assert not line.strip() or line.startswith("#"), line
    return found


async def play(client: Client, script: list[tuple[bytes, list[str]]], *, dribble: bool) -> None:
    for said, wanted in script:
        for octet in [said[i : i + 1] for i in range(len(said))] if dribble else [said]:
            client.writer.write(octet)
            await client.writer.drain()
            if dribble:
                await asyncio.sleep(0)  # lets the loop carry this octet alone
        for want in wanted:
            line = (await client.reader.readline()).decode().removesuffix("\r\n") or "(closed)"
            assert fnmatchcase(line, want.replace("[", "[[]")), f"after {said!r}: {line!r}, not {want!r}"


@pytest.mark.parametrize("dribble", [False, True], ids=["whole", "octet-by-octet"])
@pytest.mark.parametrize("name", DIALOGS)
async def test_the_server_keeps_to_the_script(name: str, dribble: bool) -> None:
    async with serving() as server:
        await play(await server.connect(), turns(DIALOGS[name]), dribble=dribble)
