"""The lab's name service and its stub resolver: what the zones say is what is heard, over UDP and TCP."""

import asyncio
import shutil
import socket
import struct
import subprocess

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import WireError
from lab.model.dns import DnsQuestion, DnsRecords, Mx, NxDomain, RecordType, ServFail, Zones, zones_of
from lab.model.names import Domain
from lab.wire.dns_answers import LONGEST_TCP, key_of, name_of, respond
from lab.wire.dns_server import DnsServer, Query, _Stream
from lab.wire.resolver import Resolver
from tests.wire.pipe import Pipe

HOME = "127.53.0.1"
LONG = "v=spf1 " + "ip4:198.51.100.10 " * 40 + "-all"
MANY = tuple(f"198.51.100.{number}" for number in range(1, 201))
ZONES = Zones(
    zones_of(
        [
            ("a.example", "MX", Mx(10, "mx.a.example")),
            ("a.example", "MX", Mx(5, "mx2.a.example")),
            ("a.example", "TXT", "v=spf1 -all"),
            ("a.example", "TXT", "MS=ms12345"),
            ("mx.a.example", "A", "198.51.100.25"),
            ("25.100.51.198.in-addr.arpa", "PTR", "mx.a.example"),
            ("null.example", "MX", Mx(0, "")),
            ("long.example", "TXT", LONG),
            ("umlaut.example", "TXT", "gr\u00fc\u00df gott"),
            ("empty.example", "TXT", ""),
            ("www.a.example", "CNAME", "web.a.example"),
            ("web.a.example", "CNAME", "mx.a.example"),
            ("dead.a.example", "CNAME", "nowhere.example"),
            ("loop.a.example", "CNAME", "loop.a.example"),
            ("sick.a.example", "CNAME", "broken.example"),
            ("far.example", "AAAA", "2001:db8::1"),
            *(("many.example", "A", address) for address in MANY),
        ]
    ).rows,
    frozenset({"broken.example"}),
)
TYPES: tuple[RecordType, ...] = ("A", "AAAA", "MX", "TXT", "PTR", "CNAME")
NAMES = sorted(
    {name for name, _ in ZONES.rows} | {"broken.example", "nowhere.example", "example", "x.mx.a.example"}
)


def ask(
    name: str, kind: str, *, zones: Zones = ZONES, longest: int | None = LONGEST_TCP, **options
) -> dns.message.Message:
    """One query and its answer, without a socket."""
    query = dns.message.make_query(name, kind, **options)
    response = respond(zones, query.to_wire(), longest=longest)
    assert response is not None
    answer = dns.message.from_wire(response.wire)
    assert query.is_response(answer)
    return answer


@pytest.fixture
async def server():
    server = DnsServer(ZONES)
    await server.start(HOME)
    yield server
    await server.close()


@pytest.fixture
def resolver(server):
    return Resolver(server.address, server.port, source="127.53.0.2", timeout=5)


async def test_resolver_hears_what_the_zones_say(resolver):
    for name in NAMES:
        for kind in TYPES:
            question = DnsQuestion(Domain(name), kind)
            assert await resolver.answer(question) == ZONES.answer(question), question


async def test_resolver_asks_from_the_hosts_own_address(server, resolver):
    await resolver.answer(DnsQuestion(Domain("mx.a.example"), "A"))
    await resolver.answer(DnsQuestion(Domain("nowhere.example"), "MX"))
    assert list(server.log) == [
        Query("127.53.0.2", "mx.a.example", "A", "NOERROR", "udp"),
        Query("127.53.0.2", "nowhere.example", "MX", "NXDOMAIN", "udp"),
    ]


async def test_truncated_answer_is_asked_again_over_tcp(server, resolver):
    answer = await resolver.answer(DnsQuestion(Domain("many.example"), "A"))
    assert answer == DnsRecords(MANY)
    assert [query.over for query in server.log] == ["udp", "tcp"]


async def test_answers_of_the_size_of_real_spf_records_fit_into_udp(server, resolver):
    assert await resolver.answer(DnsQuestion(Domain("long.example"), "TXT")) == DnsRecords((LONG,))
    assert [query.over for query in server.log] == ["udp"]


@pytest.mark.parametrize(
    "name", ["a" * 64 + ".example", "a..example", ".".join(["abcdefgh"] * 40), "\ud800.example"]
)
async def test_name_that_no_message_can_carry_does_not_exist(server, resolver, name):
    assert await resolver.answer(DnsQuestion(Domain(name), "A")) == NxDomain()
    assert not server.log


async def test_name_with_odd_octets_is_asked_as_it_is():
    server = DnsServer(zones_of([('we"ird\\@x y.example', "TXT", "yes")]))
    await server.start(HOME)
    heard = await Resolver(HOME, server.port).answer(DnsQuestion(Domain('we"ird\\@x y.example'), "TXT"))
    await server.close()
    assert heard == DnsRecords(("yes",))


async def test_silent_server_is_a_temporary_failure():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((HOME, 0))
        resolver = Resolver(HOME, silent.getsockname()[1], timeout=0.05, tries=2)
        assert await resolver.answer(DnsQuestion(Domain("a.example"), "MX")) == ServFail()
        assert len(silent.recv(512)) == len(silent.recv(512))  # both tries arrived


async def test_absent_server_is_a_temporary_failure(server):
    await server.close()
    resolver = Resolver(HOME, server.port, timeout=0.05, tries=1)
    assert await resolver.answer(DnsQuestion(Domain("a.example"), "MX")) == ServFail()


async def test_forged_answers_are_not_believed(resolver):
    """Somebody who does not know the query's id answers first."""

    class Liar(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, addr):
            forged = respond(zones_of([("mx.a.example", "A", "203.0.113.66")]), data)
            honest = respond(ZONES, data)
            assert forged is not None
            assert honest is not None
            self.transport.sendto(bytes([data[0] ^ 1]) + forged.wire[1:], addr)
            self.transport.sendto(b"noise", addr)
            self.transport.sendto(honest.wire, addr)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Liar, local_addr=(HOME, 0))
    port = transport.get_extra_info("sockname")[1]
    heard = await Resolver(HOME, port).answer(DnsQuestion(Domain("mx.a.example"), "A"))
    transport.close()
    assert heard == DnsRecords(("198.51.100.25",))


async def test_zones_may_change_while_the_server_runs(server, resolver):
    question = DnsQuestion(Domain("new.example"), "A")
    assert await resolver.answer(question) == NxDomain()
    server.zones = zones_of([("new.example", "A", "203.0.113.1")])
    assert await resolver.answer(question) == DnsRecords(("203.0.113.1",))


async def test_tcp_connection_takes_many_queries_in_any_pieces(server):
    queries = [
        dns.message.make_query(name, "A") for name in ("mx.a.example", "nowhere.example", "many.example")
    ]
    framed = b"".join(struct.pack("!H", len(q.to_wire())) + q.to_wire() for q in queries)
    reader, writer = await asyncio.open_connection(server.address, server.port)
    for octet in framed:
        writer.write(bytes([octet]))
        await writer.drain()
    for query in queries:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        answer = dns.message.from_wire(await reader.readexactly(length))
        assert query.is_response(answer)
    writer.close()
    await writer.wait_closed()


async def test_close_drops_open_connections(server):
    reader, writer = await asyncio.open_connection(server.address, server.port)
    query = dns.message.make_query("a.example", "A").to_wire()
    writer.write(struct.pack("!H", len(query)) + query)
    await reader.readexactly(2)  # the server knows the connection now
    await server.close()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(65_535)
    writer.close()


async def test_silent_tcp_client_is_sent_away(server, monkeypatch):
    monkeypatch.setattr("lab.wire.dns_server._IDLE", 0.05)
    reader, writer = await asyncio.open_connection(server.address, server.port)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.close()


async def test_tcp_client_that_does_not_read_is_not_listened_to(server):
    stream, pipe = _Stream(server, server._streams), Pipe()
    stream.connection_made(pipe)
    query = dns.message.make_query("many.example", "A").to_wire()
    stream.data_received(struct.pack("!H", len(query)) + query)
    assert pipe.written > 3000
    stream.pause_writing()
    stream.resume_writing()
    assert pipe.told == ["pause", "resume"]
    stream.connection_lost(None)
    assert not server._streams


async def test_what_deserves_silence_gets_it(server, resolver):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.sendto(b"noise", (server.address, server.port))
        await resolver.answer(DnsQuestion(Domain("mx.a.example"), "A"))  # which is read after the noise
    assert [query.name for query in server.log] == ["mx.a.example"]


async def test_answers_are_made_once_for_each_spelling(server, resolver, monkeypatch):
    monkeypatch.setattr("lab.core.bounded_memory.BoundedMemory.most", 2)
    for name in ("mx.a.example", "mx.a.example", "web.a.example", "far.example"):
        await resolver.answer(DnsQuestion(Domain(name), "A"))
    assert [response.name for response in server._answers.values()] == ["far.example"]
    assert len(server.log) == 4


async def test_taken_port_is_a_wire_error(server):
    other = DnsServer(ZONES)
    told = f"^DNS cannot listen on {server.address} port {server.port}: Address already in use$"
    with pytest.raises(WireError, match=told):
        await other.start(server.address, server.port)
    await other.close()


async def test_port_zero_finds_one_that_is_free_for_both(monkeypatch):
    server, loop = DnsServer(ZONES), asyncio.get_running_loop()
    honest = loop.create_datagram_endpoint
    refused: list[tuple[str, int]] = []

    async def first_is_taken(*args, **kwargs):
        if not refused:
            refused.append(kwargs["local_addr"])
            raise OSError(98, "Address already in use")
        return await honest(*args, **kwargs)

    monkeypatch.setattr(loop, "create_datagram_endpoint", first_is_taken)
    await server.start(HOME)
    assert refused
    assert server.port
    await server.close()


@pytest.mark.parametrize("name", ["MX.a.EXAMPLE", "mx.A.example."])
def test_case_is_ignored_and_kept(name):
    answer = ask(name, "A")
    assert answer.question[0].name.to_text(omit_final_dot=True) == name.rstrip(".")
    assert answer.answer[0].name.to_text(omit_final_dot=True) == name.rstrip(".")
    assert answer.answer[0][0].to_text() == "198.51.100.25"


def test_chain_of_aliases_is_told_whole():
    answer = ask("www.a.example", "A")
    assert [(str(rows.name), dns.rdatatype.to_text(rows.rdtype)) for rows in answer.answer] == [
        ("www.a.example.", "CNAME"),
        ("web.a.example.", "CNAME"),
        ("mx.a.example.", "A"),
    ]


def test_alias_to_nowhere_tells_the_alias_and_denies_the_name():
    answer = ask("dead.a.example", "A")
    assert (answer.rcode(), [str(rows.name) for rows in answer.answer]) == (
        dns.rcode.NXDOMAIN,
        ["dead.a.example."],
    )


@pytest.mark.parametrize("name", ["broken.example", "loop.a.example", "sick.a.example"])
def test_broken_names_fail(name):
    answer = ask(name, "A")
    assert (answer.rcode(), answer.answer) == (dns.rcode.SERVFAIL, [])


@pytest.mark.parametrize(
    ("name", "rcode"), [("nowhere.example", dns.rcode.NXDOMAIN), ("mx.a.example", dns.rcode.NOERROR)]
)
def test_denial_carries_the_soa_of_the_only_zone(name, rcode):
    answer = ask(name, "AAAA")
    assert (answer.rcode(), answer.answer) == (rcode, [])
    (soa,) = answer.authority
    assert (soa.name, soa.rdtype) == (dns.name.root, dns.rdatatype.SOA)


def test_answers_are_authoritative_and_never_recursive():
    flags = ask("a.example", "MX", flags=dns.flags.RD).flags
    assert flags & dns.flags.AA
    assert flags & dns.flags.RD
    assert not flags & dns.flags.RA


@pytest.mark.parametrize("kind", ["SOA", "NS"])
def test_root_has_what_a_zone_must_have(kind):
    assert ask(".", kind).answer[0].name == dns.name.root
    assert ask(".", "A").authority[0].rdtype == dns.rdatatype.SOA


def test_any_tells_all_there_is():
    assert {dns.rdatatype.to_text(rows.rdtype) for rows in ask("a.example", "ANY").answer} == {"MX", "TXT"}


def test_long_text_is_split_into_strings():
    (record,) = ask("long.example", "TXT").answer[0]
    assert [len(part) for part in record.strings] == [255, 255, len(LONG) - 510]
    assert b"".join(record.strings).decode() == LONG
    assert ask("empty.example", "TXT").answer[0][0].strings == (b"",)


def test_null_mx_names_the_root():
    assert ask("null.example", "MX").answer[0][0].to_text() == "0 ."


@pytest.mark.parametrize(
    ("options", "most", "truncated"),
    [({"use_edns": False}, 512, True), ({"payload": 600}, 600, True), ({"payload": 65_000}, 1232, False)],
    ids=["no-edns", "small-edns", "huge-edns"],
)
def test_udp_answer_fits_what_the_client_takes(options, most, truncated):
    answer = ask("long.example", "TXT", longest=None, **options)
    assert len(answer.to_wire()) <= most
    assert bool(answer.flags & dns.flags.TC) is truncated


@pytest.mark.parametrize(
    ("query", "rcode"),
    [
        (dns.message.make_query("a.example", "AXFR"), dns.rcode.REFUSED),
        (dns.message.make_query("a.example", "IXFR"), dns.rcode.REFUSED),
        (dns.message.make_query("version.bind", "TXT", rdclass="CH"), dns.rcode.REFUSED),
        (dns.message.make_query("a.example", "MX", use_edns=1), dns.rcode.BADVERS),
    ],
    ids=["axfr", "ixfr", "chaos", "edns-1"],
)
def test_what_the_lab_does_not_do_is_refused(query, rcode):
    response = respond(ZONES, query.to_wire())
    assert response is not None
    answer = dns.message.from_wire(response.wire)
    assert (answer.rcode(), answer.answer) == (rcode, [])


def a_query(*, question: bytes = b"\x01a\x00\x00\x01\x00\x01", count: int = 1, flags: int = 0) -> bytes:
    return struct.pack("!6H", 4711, flags, count, 0, 0, 0) + question


@pytest.mark.parametrize(
    ("query", "rcode"),
    [
        (a_query(question=b""), dns.rcode.FORMERR),
        (a_query(question=b"\x40oops"), dns.rcode.FORMERR),
        (a_query(question=b"\xc0\x0c\x00\x01\x00\x01"), dns.rcode.FORMERR),
        (a_query() + b"trailing", dns.rcode.FORMERR),
        (a_query(count=0, question=b""), dns.rcode.FORMERR),
        (a_query(count=2, question=b"\x01a\x00\x00\x01\x00\x01" * 2), dns.rcode.FORMERR),
        (a_query(flags=dns.opcode.to_flags(dns.opcode.STATUS)), dns.rcode.NOTIMP),
        (a_query(flags=dns.opcode.to_flags(dns.opcode.UPDATE), count=0, question=b""), dns.rcode.NOTIMP),
    ],
    ids=["cut", "bad-label", "pointer-loop", "trailing", "no-question", "two-questions", "status", "update"],
)
def test_malformed_query_gets_its_header_back(query, rcode):
    response = respond(ZONES, query)
    assert response is not None
    answer = dns.message.from_wire(response.wire)
    assert (answer.id, answer.rcode(), bool(answer.flags & dns.flags.QR)) == (4711, rcode, True)


@pytest.mark.parametrize(
    "query", [b"", b"x" * 11, a_query(flags=dns.flags.QR)], ids=["empty", "short", "an-answer"]
)
def test_what_cannot_be_answered_is_ignored(query):
    assert respond(ZONES, query) is None


@given(st.binary(max_size=80) | st.binary(max_size=40).map(lambda octets: a_query(question=octets)))
def test_no_packet_is_an_error(packet):
    response = respond(ZONES, packet)
    assert response is None or response.wire[:2] == packet[:2]


@given(
    st.lists(
        st.text(
            st.characters(exclude_characters=".", exclude_categories=["Lu", "Lt", "Cs"]),
            min_size=1,
            max_size=8,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_names_survive_the_wire(labels):
    text = ".".join(labels).lower()
    assert key_of(name_of(text)) == text


def test_label_with_a_dot_inside_is_no_name_of_ours():
    assert key_of(dns.name.from_text("a\\.example.")) is None
    assert ask("mx\\.a.example", "A").rcode() == dns.rcode.NXDOMAIN


@pytest.mark.wire
@pytest.mark.skipif(shutil.which("dig") is None, reason="dig is not installed")
async def test_dig_is_content(server):
    async def dig(*words: str) -> str:
        command = (
            "dig",
            f"@{server.address}",
            "-p",
            str(server.port),
            "-b",
            "127.53.0.9",
            "+noall",
            "+answer",
            "+comments",
        )
        child = await asyncio.create_subprocess_exec(*command, *words, stdout=subprocess.PIPE)
        out, _ = await child.communicate()
        assert child.returncode == 0
        return out.decode()

    assert "10 mx.a.example." in await dig("a.example", "MX")
    assert "198.51.100.200" in await dig("many.example", "A")
    assert "status: NXDOMAIN" in await dig("nowhere.example")
    assert "Transfer failed" in await dig("a.example", "AXFR")
    assert "mx.a.example." in await dig("-x", "198.51.100.25")
    assert {query.client for query in server.log} == {"127.53.0.9"}
