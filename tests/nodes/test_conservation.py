"""Whatever goes wrong in whatever small world: every accepted message ends once for each recipient, inside the lab."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.smtp_delivery import Dial
from lab.drivers.simulator import Simulator
from lab.evidence.trace_assembly import traces
from lab.model.steps import Ending, Refused, Resolved, Sent
from lab.model.trace import Disposition, Hop, MessageTrace
from lab.model.transport import Target
from lab.scenario.load import load_text
from tests.nodes.worlds import BASE, Client, stranger

DOMAINS = ("a.example", "b.example", "out.example", "alab.onmicrosoft.com", "nowhere.example")
PEOPLE = ("user", "cloud", "partner", "second", "friend", "forward", "ring", "nobody", "USER")
MX = (
    "0 .",
    "10 mx.a.example",
    "10 dead.example",
    "10 gone.example",
    "0 b-example.mail.protection.outlook.com",
)
addresses = st.builds("{}@{}".format, st.sampled_from(PEOPLE), st.sampled_from(DOMAINS))


@st.composite
def worlds(draw: st.DrawFn) -> str:
    """The base world with random changes, as YAML (which JSON is)."""
    mx = draw(st.dictionaries(st.sampled_from(DOMAINS[:3]), st.sampled_from(MX), max_size=2))
    records: dict[str, dict[str, str]] = {name: {"MX": row} for name, row in mx.items()}
    fault: dict[str, object] = draw(st.sampled_from([{}, {"self_signed": True}, {"validity": "expired"}]))
    external = draw(st.lists(addresses, min_size=2, max_size=2))
    accepted = {
        "DomainName": "b.example",
        "DomainType": draw(st.sampled_from(["Authoritative", "InternalRelay"])),
    }
    gateway = draw(st.fixed_dictionaries({"offers_tls": st.booleans(), "client_certificate": st.booleans()}))
    hybrid = {"centralized_transport": draw(st.booleans())}
    over = {
        "certificates": {"wild": {"names": ["*.a.example"], **fault}},
        "dns": {
            "records": {**records, "dead.example": {"A": "198.51.100.99"}},
            "servfail": draw(st.lists(st.sampled_from(DOMAINS[:3]), max_size=1)),
        },
        "organizations": {
            "a": {"hosts": {"gw": gateway, "ex": {"offers_tls": draw(st.booleans())}}, "hybrid": hybrid}
        },
        "tenants": {
            "b": {
                "AcceptedDomains": [accepted],
                "region": draw(st.sampled_from(["EUR", "NAM"])),
                "mail_users": [
                    {"address": "forward@b.example", "external": external[0]},
                    {"address": "ring@b.example", "external": external[1]},
                ],
            }
        },
        "switches": {
            "mixed_tenant_rcpts": draw(st.sampled_from(["first_binds_then_452", "bifurcate"])),
            "cross_region": draw(st.sampled_from(["attr35", "proxy"])),
            "loop_limit": draw(st.sampled_from(["eop_entries:4", "received:20"])),
        },
    }
    return f"{BASE}\nvariants: {{it: {json.dumps(over)}}}\n"


def hand_in(lab: Simulator, data: st.DataObject) -> list[tuple[str, tuple[str, ...]]]:
    """Some clients hand in some messages; the Message-IDs that got a 250, with their accepted recipients."""
    taken = []
    for number in range(data.draw(st.integers(1, 3))):
        server = data.draw(st.sampled_from(["eop", "198.51.100.25", "198.51.100.10", "203.0.113.200"]))
        certificate = data.draw(st.sampled_from([None, "wild"]))
        source = data.draw(st.sampled_from(["203.0.113.66", "198.51.100.10"]))
        if server == "eop":
            client = stranger(lab, certificate=certificate, source=source)
        else:
            client = Client(lab, server, source)
            client.hello()
        to = data.draw(st.lists(addresses, min_size=1, max_size=4))
        sender = data.draw(st.one_of(st.just("<>"), addresses))
        message_id = f"<{number}@client.example>"
        text = f"From: <x@client.example>\r\nMessage-ID: {message_id}\r\nSubject: s\r\n\r\ntext\r\n"
        handed = client.hand(sender, *to, content=text.encode())
        if handed.data is not None and handed.data.positive:
            accepted = (key for key, reply in handed.recipients.items() if reply.positive)
            taken.append((message_id, tuple(accepted)))
    return taken


def ended(hop: Hop) -> Counter[str]:
    """How often each of a hop's recipients, or what it was rewritten to, came to an end there."""
    found: Counter[str] = Counter()
    for step in hop.steps:
        if isinstance(step, Ending):
            found.update(name.lower() for name in step.about)
    return found


def open_at(hop: Hop) -> set[str]:
    """Recipients of a hop that nothing has ended: rewritten ones live on under their new name."""
    here = {name.lower() for name in hop.head.recipients}
    for step in hop.all(Resolved):
        if step.rewritten:
            here.discard(step.recipient.lower())
            here.add(step.rewritten.lower())
    return here - set(ended(hop))


def everything(trace: MessageTrace) -> list[MessageTrace]:
    return [trace, *(below for report in trace.reports for below in everything(report))]


@given(worlds(), st.data())
def test_every_accepted_message_ends_exactly_once_for_each_recipient(text, data):
    variant = load_text(text).variants["it"]
    lab = Simulator(variant.topology, variant.starts)
    taken = hand_in(lab, data)
    lab.run()
    assert lab.pending() == ()
    known = traces(lab.journal.hops())
    for message_id, recipients in taken:
        ends = {name.lower(): end for name, end in known[message_id].dispositions.items()}
        for recipient in recipients:
            assert ends[recipient] in (Disposition.DELIVERED, Disposition.BOUNCED, Disposition.DROPPED)
    all_traces = [each for trace in known.values() for each in everything(trace)]
    assert not [t for t in all_traces if Disposition.LOST in t.dispositions.values()]
    assert not [t for t in all_traces if Disposition.QUEUED in t.dispositions.values()]


@given(worlds(), st.data(), st.floats(0, 40))
def test_at_any_moment_each_recipient_of_a_hop_is_in_one_place(text, data, hours):
    """Ended at the hop, or in one item of its queue: never both, never neither, never twice."""
    variant = load_text(text).variants["it"]
    lab = Simulator(variant.topology, variant.starts)
    hand_in(lab, data)
    lab.run(lab.now.fromtimestamp(lab.now.timestamp() + hours * 3600, lab.now.tzinfo))
    queued: dict[str, list[str]] = {}
    for item in lab.pending():
        queued.setdefault(item.hop, []).extend(address.key for address in item.recipients)
    for hop in lab.journal.hops():
        if hop.first(Refused):
            continue
        waiting = queued.get(hop.head.id, [])
        assert len(waiting) == len(set(waiting))
        assert set(waiting) == open_at(hop)
        assert not set(waiting) & set(ended(hop))
        assert set(ended(hop).values()) <= {1}


@given(worlds(), st.data())
def test_nothing_is_sent_to_an_address_outside_the_book(text, data):
    variant = load_text(text).variants["it"]
    lab = Simulator(variant.topology, variant.starts)
    hand_in(lab, data)
    lab.run()
    reached = {step.address for hop in lab.journal.hops() for step in hop.all(Sent)}
    assert reached <= set(variant.topology.addresses())


@pytest.mark.parametrize("address", ["8.8.8.8", "127.0.0.1", "198.51.100.99", "203.0.113.255"])
def test_a_stranger_address_is_refused_with_a_text_that_says_so(address):
    variant = load_text(BASE).variants["base"]
    lab = Simulator(variant.topology, variant.starts)
    session, answer = lab._dial(Dial(Target("somewhere", address), "198.51.100.10", "198.51.100.10"))
    assert session is None
    assert "not in the lab's address book" in str(answer)
