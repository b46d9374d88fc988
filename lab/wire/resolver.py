"""A stub resolver: one question to the lab's DNS server, UDP first, TCP when the answer is truncated.

It keeps no answers: each question goes over the wire. It does remember what octets mean.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from functools import lru_cache

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdata
import dns.rdtypes.ANY.CNAME
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.PTR
import dns.rdtypes.ANY.TXT

from lab.model.dns import DENIED_TTL, DnsAnswer, DnsQuestion, DnsRecords, Mx, NoData, NxDomain, ServFail
from lab.model.value import dataclass
from lab.wire.dns_answers import PAYLOAD, key_of, name_of

_LONGEST_DATAGRAM = 65_535


@dataclass(frozen=True, slots=True)
class TimedAnswer:
    """An answer, and for how many seconds it may be remembered."""

    answer: DnsAnswer
    ttl: int


_FAILED = TimedAnswer(ServFail(), 0)


class Resolver:
    """Asks one server, from the asking host's own address if given.

    `timeout` is seconds per try. Whatever goes wrong is a ServFail: for mail, no answer is a temporary failure.
    """

    def __init__(
        self, server: str, port: int, *, source: str | None = None, timeout: float = 2.0, tries: int = 3
    ) -> None:
        self._server = server, port
        self._source = None if source is None else (source, 0)
        self._timeout = timeout
        self._tries = tries

    async def answer(self, question: DnsQuestion) -> DnsAnswer:
        """Ask; a name that no DNS message can carry does not exist."""
        return (await self.look_up(question)).answer

    async def look_up(self, question: DnsQuestion) -> TimedAnswer:
        """The same, with the time for which the answer may be remembered."""
        try:
            query = _query(question)
        except (dns.exception.DNSException, UnicodeError):
            return TimedAnswer(NxDomain(), DENIED_TTL)
        for _ in range(self._tries):
            try:
                async with asyncio.timeout(self._timeout):
                    ident = secrets.token_bytes(2)
                    answer = await self._by_datagram(ident + query, question)
                    return answer or await self._by_stream(ident + query, question)
            except (OSError, EOFError):  # a timeout is an OSError too
                continue
        return _FAILED

    async def _by_datagram(self, query: bytes, question: DnsQuestion) -> TimedAnswer | None:
        """The answer to our question, whatever else arrives; None when it was truncated."""
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.setblocking(False)
            if self._source is not None:
                line.bind(self._source)
            line.connect(self._server)
            await loop.sock_sendall(line, query)
            while True:
                heard = await loop.sock_recv(line, _LONGEST_DATAGRAM)
                if heard[:2] != query[:2]:
                    continue
                answer = _meaning(heard[2:], question)
                if answer is not None:
                    return answer
                if _is_truncated(heard):
                    return None

    async def _by_stream(self, query: bytes, question: DnsQuestion) -> TimedAnswer:
        reader, writer = await asyncio.open_connection(*self._server, local_addr=self._source)
        try:
            writer.write(len(query).to_bytes(2, "big") + query)
            length = int.from_bytes(await reader.readexactly(2), "big")
            heard = await reader.readexactly(length)
        finally:
            writer.transport.abort()
        answer = _meaning(heard[2:], question) if heard[:2] == query[:2] else None
        return answer or _FAILED


@lru_cache(maxsize=4096)
def _query(question: DnsQuestion) -> bytes:
    """The query behind its id. Recursion is asked for: the lab's own server needs none, one in its place may."""
    query = dns.message.make_query(
        name_of(question.name), question.type, use_edns=0, payload=PAYLOAD, flags=dns.flags.RD, id=0
    )
    return query.to_wire()[2:]


def _is_truncated(heard: bytes) -> bool:
    return len(heard) > 2 and bool(heard[2] & dns.flags.TC >> 8)


@lru_cache(maxsize=4096)
def _meaning(heard: bytes, question: DnsQuestion) -> TimedAnswer | None:
    """What a message without its id says to a question; None when it is no whole answer to it."""
    try:
        response = dns.message.from_wire(b"\0\0" + heard)
        asked = dns.message.from_wire(b"\0\0" + _query(question))
        if not isinstance(response, dns.message.QueryMessage) or not asked.is_response(response):
            return None
        if response.flags & dns.flags.TC:
            return None
        if response.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            return _FAILED
        if response.rcode() == dns.rcode.NXDOMAIN:
            return TimedAnswer(NxDomain(), DENIED_TTL)
        chain = response.resolve_chaining()
    except (dns.exception.DNSException, ValueError):
        return None
    if not chain.answer:
        return TimedAnswer(NoData(), DENIED_TTL)
    return TimedAnswer(DnsRecords(tuple(_row(record) for record in chain.answer)), chain.minimum_ttl)


def _row(record: dns.rdata.Rdata) -> Mx | str:
    match record:
        case dns.rdtypes.ANY.MX.MX():
            return Mx(record.preference, key_of(record.exchange) or "")
        case dns.rdtypes.ANY.TXT.TXT():
            return b"".join(record.strings).decode("utf-8", "surrogateescape")
        case dns.rdtypes.ANY.PTR.PTR() | dns.rdtypes.ANY.CNAME.CNAME():
            return key_of(record.target) or ""
        case _:
            return record.to_text()
