"""Whatever groups, contacts, forwards and rules lead to each other: everything ends, and nobody is lost or served twice."""

from __future__ import annotations

import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from lab.drivers.simulator import Simulator
from lab.evidence.normal import normalise
from lab.evidence.trace import traces
from lab.model.trace import Disposition
from lab.scenario.load import load_text
from tests.nodes.worlds import BASE, stranger

GROUPS = ("g1@a.example", "g2@a.example", "g3@a.example")
PEOPLE = (
    "cloud@a.example",
    "user@a.example",
    "box@a.example",
    "nobody@a.example",
    "friend@out.example",
    "gone@out.example",
)
EVERYBODY = (*GROUPS, *PEOPLE, "contact@a.example", "team@a.example", "alab@alab.onmicrosoft.com")
anybody = st.sampled_from(EVERYBODY)
members = st.lists(anybody, max_size=5, unique=True)
flags = st.fixed_dictionaries({"RequireSenderAuthenticationEnabled": st.booleans()})


@st.composite
def directories(draw: st.DrawFn) -> dict[str, object]:
    """Tenant a with groups of groups, a contact that may lead back, and a Microsoft 365 group."""
    return {
        "mailboxes": ["box@a.example"],
        "distribution_groups": [
            {"address": name, "members": draw(members), **draw(flags)} for name in GROUPS
        ],
        "groups": [{"address": "team@a.example", "members": draw(members), **draw(flags)}],
        "mail_contacts": [{"address": "contact@a.example", "external": draw(anybody)}],
    }


@st.composite
def rules(draw: st.DrawFn) -> list[dict[str, object]]:
    """A few mail flow rules of any kind."""
    conditions: st.SearchStrategy[dict[str, object]] = st.sampled_from(
        [
            {},
            {"SentToScope": "NotInOrganization"},
            {"SentTo": "box@a.example"},
            {"FromScope": "InOrganization"},
        ]
    )
    actions: st.SearchStrategy[dict[str, object]] = st.sampled_from(
        [
            {"SetSCL": 3},
            {"DeleteMessage": True},
            {"RejectMessageReasonText": "Never"},
            {"BlindCopyTo": "g1@a.example"},
            {"RedirectMessageTo": ["g2@a.example", "cloud@a.example"]},
            {"RouteMessageOutboundConnector": "Filter"},
        ]
    )
    made = draw(st.lists(st.tuples(conditions, actions), max_size=3))
    return [{"Name": f"R{number}", **condition, **action} for number, (condition, action) in enumerate(made)]


def lab_with(tenant: dict[str, object]) -> Simulator:
    over = json.dumps({"tenants": {"a": tenant}})
    variant = load_text(f"{BASE}\nvariants: {{it: {over}}}\n").variants["it"]
    return Simulator(variant.topology, variant.starts)


def sent(lab: Simulator, to: list[str]) -> None:
    handed = stranger(lab, certificate="wild").hand("user@a.example", *to)
    assert handed.data is not None
    assert handed.data.positive
    lab.run()
    assert lab.pending() == ()


@given(directories(), st.lists(anybody, min_size=1, max_size=4, unique=True))
def test_every_member_ends_once_and_nobody_gets_two_copies(tenant, to):
    lab = lab_with(tenant)
    sent(lab, to)
    (trace,) = traces(lab.journal.hops()).values()
    assert not {Disposition.LOST, Disposition.QUEUED, Disposition.REJECTED} & set(trace.dispositions.values())
    copies = Counter((box.mailbox.key, box.message.message_id) for box in lab.mailboxes)
    assert {box: n for box, n in copies.items() if n > 1} == {}


@given(directories(), rules(), st.lists(anybody, min_size=1, max_size=4, unique=True), anybody)
def test_rules_and_forwards_end_too(tenant, rules, to, forward):
    tenant = {
        **tenant,
        "mailboxes": [
            {"address": "box@a.example", "ForwardingSmtpAddress": forward, "DeliverToMailboxAndForward": True}
        ],
        "OutboundConnectors": [
            {"Name": "Filter", "IsTransportRuleScoped": True, "UseMXRecord": False, "SmartHosts": ["gw"]}
        ],
        "TransportRules": rules,
    }
    lab = lab_with(tenant)
    sent(lab, to)
    known = traces(lab.journal.hops())
    assert not [t for t in known.values() if Disposition.LOST in t.dispositions.values()]
    assert normalise(known)
