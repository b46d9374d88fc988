"""The lab's name service as a function: a query's octets in, the answer's octets out.

The lab is one zone, the root: there is nothing above, below or outside it to ask, so every answer is authoritative and
a name that the scenario does not know does not exist. No recursion, no zone transfer, no class but IN.
"""

from __future__ import annotations

from collections.abc import Iterator

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TXT
import dns.rrset

from lab.model.dns import DENIED_TTL, DnsQuestion, DnsRecords, Mx, NoData, NxDomain, ServFail, Zones
from lab.model.names import Domain
from lab.model.value import dataclass

PAYLOAD = 1232
"""Octets of UDP that we send and take (DNS flag day 2020)."""
LONGEST_TCP = 65_535
_LONGEST_CHAIN = 8
"""As `Zones.answer`."""
_HEADER = 12
_QR = 0x80

_IN = dns.rdataclass.IN
SOA = dns.rdata.from_text(
    _IN, "SOA", f"ns.mailflow-lab.invalid. hostmaster.mailflow-lab.invalid. 1 3600 600 86400 {DENIED_TTL}"
)
"""Of the one zone, the root."""
NS = dns.rdata.from_text(_IN, "NS", "ns.mailflow-lab.invalid.")


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, and what to note of the query."""

    wire: bytes
    name: str
    """As asked; '' when the query could not be read."""
    type: str
    rcode: str


def respond(zones: Zones, query: bytes, *, longest: int | None = None) -> Response | None:
    """Answer a query; None when it deserves silence (an answer itself, or too short to have an id).

    `longest` is how many octets the transport takes; None lets the query say (EDNS) and sets TC when that is too few.
    """
    if len(query) < _HEADER or query[2] & _QR:
        return None
    try:
        asked = dns.message.from_wire(query)
        opcode = asked.opcode()
    except (dns.exception.DNSException, ValueError):
        return Response(_bare_error(query, dns.rcode.FORMERR), "", "", "FORMERR")
    if opcode != dns.opcode.QUERY:
        return Response(_bare_error(query, dns.rcode.NOTIMP), "", "", "NOTIMP")
    if len(asked.question) != 1:
        return Response(_bare_error(query, dns.rcode.FORMERR), "", "", "FORMERR")
    answer = dns.message.make_response(asked, recursion_available=False, our_payload=PAYLOAD)
    answer.flags |= dns.flags.AA
    _fill(answer, asked, zones)
    room = longest or max(512, min(asked.payload, PAYLOAD))
    # As written in the zones: a lab that is run again must hear the same.
    wire = answer.to_wire(max_size=room, prefer_truncation=True, want_shuffle=False)
    (question,) = asked.question
    kind = dns.rdatatype.to_text(question.rdtype)
    return Response(wire, question.name.to_text(omit_final_dot=True), kind, dns.rcode.to_text(answer.rcode()))


def key_of(name: dns.name.Name) -> str | None:
    """The name as the zones spell it: lower case, no final dot; None when no text can stand for it."""
    labels = [label for label in name.labels if label]
    if any(b"." in label for label in labels):
        return None
    return b".".join(labels).decode("utf-8", "surrogateescape").lower()


def name_of(text: str) -> dns.name.Name:
    """A name from its text, with nothing escaped; dns.exception.DNSException when it is too long or has empty labels."""
    if not text:
        return dns.name.root
    return dns.name.Name([*(label.encode("utf-8", "surrogateescape") for label in text.split(".")), b""])


def _bare_error(query: bytes, rcode: dns.rcode.Rcode) -> bytes:
    """The header alone, sent back with an error: the rest of the query is not to be trusted."""
    return query[:2] + bytes([query[2] & 0x79 | _QR, rcode]) + bytes(8)


def _fill(answer: dns.message.Message, asked: dns.message.Message, zones: Zones) -> None:
    (question,) = asked.question
    if asked.edns > 0:
        answer.set_rcode(dns.rcode.BADVERS)
    elif question.rdclass != _IN or question.rdtype in (dns.rdatatype.AXFR, dns.rdatatype.IXFR):
        answer.flags &= ~dns.flags.AA
        answer.set_rcode(dns.rcode.REFUSED)
    elif question.name == dns.name.root:
        _apex(answer, question.rdtype)
    else:
        _look_up(answer, zones, question.name, question.rdtype)


def _apex(answer: dns.message.Message, kind: dns.rdatatype.RdataType) -> None:
    records = {dns.rdatatype.SOA: SOA, dns.rdatatype.NS: NS}
    if kind in records:
        answer.answer.append(dns.rrset.from_rdata(dns.name.root, DENIED_TTL, records[kind]))
    else:
        _deny(answer)


def _deny(answer: dns.message.Message) -> None:
    """No such name or data: the SOA says for how long that may be believed (RFC 2308)."""
    answer.authority.append(dns.rrset.from_rdata(dns.name.root, DENIED_TTL, SOA))


def _look_up(
    answer: dns.message.Message, zones: Zones, name: dns.name.Name, kind: dns.rdatatype.RdataType
) -> None:
    """Put the chain of aliases and the data at its end into the answer, as `Zones.answer` follows it."""
    for _ in range(_LONGEST_CHAIN):
        key = key_of(name)
        answered = zones.answer(DnsQuestion(Domain(key), "CNAME")) if key is not None else NxDomain()
        match answered:
            case ServFail():
                break
            case NxDomain():
                answer.set_rcode(dns.rcode.NXDOMAIN)
                return _deny(answer)
            case DnsRecords() | NoData():
                assert key is not None
        own = list(_own_records(zones, key, kind))
        if own or not isinstance(answered, DnsRecords):
            return _add(answer, name, own, zones.ttl(key))
        alias = name_of(str(answered.rows[0]))
        _add(answer, name, [dns.rdata.from_text(_IN, "CNAME", alias.to_text())], zones.ttl(key))
        name = alias
    answer.answer.clear()
    answer.set_rcode(dns.rcode.SERVFAIL)
    return None


def _own_records(zones: Zones, key: str, kind: dns.rdatatype.RdataType) -> Iterator[dns.rdata.Rdata]:
    """The records at this very name, of that type or (ANY) of all."""
    for (name, text), rows in zones.rows.items() if kind == dns.rdatatype.ANY else _rows(zones, key, kind):
        if name == key:
            yield from (rdata(text, row) for row in rows)


def _rows(
    zones: Zones, key: str, kind: dns.rdatatype.RdataType
) -> list[tuple[tuple[str, str], tuple[Mx | str, ...]]]:
    place = key, dns.rdatatype.to_text(kind)
    return [(place, zones.rows[place])] if place in zones.rows else []


def _add(answer: dns.message.Message, name: dns.name.Name, records: list[dns.rdata.Rdata], ttl: int) -> None:
    if not records:
        return _deny(answer)
    for record in records:
        answer.find_rrset(answer.answer, name, _IN, record.rdtype, create=True).add(record, ttl)
    return None


def rdata(kind: str, row: Mx | str) -> dns.rdata.Rdata:
    """A row of the zones as a record."""
    if isinstance(row, Mx):
        return dns.rdata.from_text(_IN, "MX", f"{row.preference} {name_of(row.host)}")
    match kind:
        case "A":
            return dns.rdata.from_text(_IN, "A", row)
        case "PTR" | "CNAME":
            return dns.rdata.from_text(_IN, kind, name_of(row).to_text())
        case "TXT":
            return dns.rdtypes.ANY.TXT.TXT(_IN, dns.rdatatype.TXT, _strings(row))
        case _:
            return dns.rdata.from_text(_IN, kind, row)


def _strings(text: str) -> tuple[bytes, ...]:
    """A TXT value in strings of 255 octets (RFC 1035 3.3); whoever reads it joins them (RFC 7208 3.3)."""
    octets = text.encode("utf-8", "surrogateescape")
    return tuple(octets[start : start + 255] for start in range(0, len(octets), 255)) or (b"",)
