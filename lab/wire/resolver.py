"""A stub resolver: one question to the lab's DNS server, UDP first, TCP when the answer is truncated. It keeps nothing."""

from __future__ import annotations

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdtypes.ANY.CNAME
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.PTR
import dns.rdtypes.ANY.TXT
import dns.rrset

from lab.model.dns import DnsAnswer, DnsQuestion, Mx, NoData, NxDomain, Records, ServFail
from lab.wire.dns_answers import PAYLOAD, key_of, name_of


class Resolver:
    """Asks one server, from the asking host's own address if given.

    `timeout` is seconds per try. Whatever goes wrong is a ServFail: for mail, no answer is a temporary failure.
    """

    def __init__(
        self, server: str, port: int, *, source: str | None = None, timeout: float = 2.0, tries: int = 3
    ) -> None:
        self._server = server
        self._port = port
        self._source = source
        self._timeout = timeout
        self._tries = tries

    async def answer(self, question: DnsQuestion) -> DnsAnswer:
        """Ask; a name that no DNS message can carry does not exist."""
        try:
            name = name_of(question.name)
        except dns.exception.DNSException:
            return NxDomain()
        for _ in range(self._tries):
            response = await self._ask(name, question)
            if response is not None:
                return _reading(response)
        return ServFail()

    async def _ask(self, name: dns.name.Name, question: DnsQuestion) -> dns.message.Message | None:
        query = dns.message.make_query(name, question.type, use_edns=0, payload=PAYLOAD)
        query.flags = dns.flags.Flag(0)  # no recursion: there is nobody to ask further
        try:
            response, _ = await dns.asyncquery.udp_with_fallback(
                query,
                self._server,
                timeout=self._timeout,
                port=self._port,
                source=self._source,
                ignore_unexpected=True,  # somebody else's datagram
                ignore_errors=True,  # a forged or broken one
            )
        except (dns.exception.DNSException, OSError, EOFError):
            return None
        return response


def _reading(response: dns.message.Message) -> DnsAnswer:
    if response.rcode() == dns.rcode.NXDOMAIN:
        return NxDomain()
    if response.rcode() != dns.rcode.NOERROR or not isinstance(response, dns.message.QueryMessage):
        return ServFail()
    try:
        found = response.resolve_chaining().answer
    except dns.exception.DNSException:
        return ServFail()
    return Records(_rows(found)) if found else NoData()


def _rows(found: dns.rrset.RRset) -> tuple[Mx | str, ...]:
    return tuple(_row(record) for record in found)


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
