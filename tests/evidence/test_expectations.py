"""Claims compared with traces."""

from datetime import UTC, datetime

import pytest

from lab.evidence.expectations import fits, judge
from lab.evidence.trace_assembly import traces
from lab.model.dns import Zones
from lab.model.message import Header, Message
from lab.model.names import Address
from lab.model.topology import Topology
from lab.scenario.model import AttributedExpectation, Expectation, NdrExpectation, Variant
from tests.evidence.hops import OFFER, USER, exchange_hop, gateway_hop, the_fault


def a_variant(**fields) -> Variant:
    return Variant(
        name="shared-wildcard",
        topology=Topology(
            hosts={}, regions={}, organizations={}, tenants={}, zones=Zones({}), certificates={}
        ),
        profiles={},
        messages=(),
        expect={"offer": Expectation(file="scenarios/wildcard-misrouting.yaml", line=42, **fields)},
        starts=datetime(2026, 3, 3, tzinfo=UTC),
    )


def found(hops=None, delivered=(), **fields):
    told = traces(the_fault() if hops is None else hops)
    return judge(a_variant(**fields), told, {"offer": OFFER}, delivered)


ARTICLE = {
    "path": ("exchange", "gateway", "tenant:msxfaq", "tenant:uclabor"),
    "attributed": AttributedExpectation(tenant="msxfaq", basis="certificate", connector="Inbound from *"),
    "ends": "bounced",
    "reply": "5.7.51",
    "ndr": NdrExpectation(
        status="5.7.51",
        generated_by="tenant:msxfaq",
        to=Address.parse(USER),
        via="Outbound to *",
        ends="delivered",
        path=("tenant:msxfaq", "exchange"),
    ),
    "seen_by": ("exchange", "gateway", "tenant:msxfaq"),
    "not_seen_by": ("tenant:uclabor",),
    "spf": (("tenant:msxfaq", "pass"),),
    "dmarc": (("tenant:msxfaq", "pass"),),
}


def test_the_article_is_as_expected():
    findings = found(**ARTICLE)
    assert [str(finding) for finding in findings if not finding.ok] == []
    assert len(findings) == 18


@pytest.mark.parametrize(
    ("claim", "field", "got"),
    [
        pytest.param(
            {"path": ("exchange",)}, "path", "exchange > gateway > tenant:msxfaq > tenant:uclabor", id="path"
        ),
        pytest.param({"ends": "delivered"}, "ends", "bounced", id="end"),
        pytest.param({"reply": "5.7.64"}, "reply", "550 5.7.51", id="reply"),
        pytest.param({"no_ndr": True}, "no_ndr", "1 report", id="an unwanted report"),
        pytest.param(
            {"seen_by": ("tenant:uclabor",)}, "seen_by.tenant:uclabor", "not in its log", id="not seen"
        ),
        pytest.param({"not_seen_by": ("gateway",)}, "not_seen_by.gateway", "in its log", id="seen"),
        pytest.param({"spf": (("tenant:msxfaq", "fail"),)}, "spf.tenant:msxfaq", "pass", id="spf"),
        pytest.param(
            {"dmarc": (("gateway", "fail"),)}, "dmarc.gateway", "(nothing)", id="dmarc where none is made"
        ),
        pytest.param(
            {"headers": (("Received", "x"),)}, "headers.Received", "(nothing)", id="no message delivered"
        ),
    ],
)
def test_a_wrong_claim_says_what_was_found(claim, field, got):
    (finding,) = found(**claim)
    assert not finding.ok
    assert finding.field == field
    assert got in str(finding.got)
    assert finding.source == "scenarios/wildcard-misrouting.yaml:42"
    assert str(finding.got) in str(finding)


@pytest.mark.parametrize(
    ("field", "value"),
    [("tenant", "uclabor"), ("basis", "address"), ("connector", "Outbound*"), ("direction", "Incoming")],
)
def test_attribution_is_that_of_the_first_front_end(field, value):
    (finding,) = found(attributed=AttributedExpectation(**{field: value}))
    assert (finding.field, finding.ok) == (f"attributed.{field}", False)


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("status", "5.7.64", "ndr.status"),
        ("generated_by", "gateway", "ndr.from"),
        ("to", Address.parse("other@msxfaq.example"), "ndr.to"),
        ("via", "Internet*", "ndr.via"),
        ("ends", "dropped", "ndr.ends"),
        ("path", ("gateway",), "ndr.path"),
    ],
)
def test_a_report_is_checked_field_by_field(field, value, name):
    (finding,) = found(ndr=NdrExpectation(**{field: value}))
    assert (finding.field, finding.ok) == (name, False)


def test_a_missing_report_is_one_finding():
    (finding,) = found(hops=[exchange_hop()], ndr=NdrExpectation(status="5.7.51", ends="delivered"))
    assert (finding.field, finding.ok) == ("ndr", False)


def test_no_report_can_be_expected():
    (finding,) = found(hops=[exchange_hop()], no_ndr=True)
    assert finding.ok


def test_a_message_that_left_no_trace_fails_its_expectation_once():
    (finding,) = found(hops=[], ends="delivered", path=("exchange",))
    assert (finding.field, finding.ok) == ("sent", False)


def test_an_expectation_without_claims_finds_nothing():
    assert found() == ()


def test_headers_are_those_of_the_delivered_message():
    message = Message(
        (Header.of("Message-ID", OFFER), Header.of("Received", "from one"), Header.of("Received", "from two"))
    )
    other = Message((Header.of("Message-ID", "<other@x.example>"), Header.of("Received", "from three")))
    one, three = (
        found(delivered=[message, other], headers=(("received", text),))[0] for text in ("FROM TWO", "three")
    )
    assert one.ok
    assert not three.ok


def test_the_reply_to_an_accepted_message_counts_where_nothing_was_refused():
    (finding,) = found(hops=[exchange_hop(), gateway_hop()], reply="Queued mail for delivery")
    assert finding.ok


@pytest.mark.parametrize(
    ("pattern", "value", "fit"),
    [
        ("Inbound from *", "Inbound from 5d0c", True),
        ("inbound FROM *", "Inbound from 5d0c", True),
        ("Inbound from 5d0c", "Inbound from 5d0c", True),
        ("Inbound", "Inbound from 5d0c", False),
        ("*", "", True),
        ("a*c", "abc", False),
    ],
)
def test_only_a_final_star_is_a_pattern(pattern, value, fit):
    assert fits(pattern, value) is fit
