"""What goes wrong goes wrong in the same way in both bodies: traces of troubled worlds are equal, as those of scenarios."""

from __future__ import annotations

import pytest

from lab.drivers.embedded import run_embedded
from lab.drivers.simulator import simulate
from tests.nodes.test_failures import DEAD, FROM_CLOUD, TO_GROUND
from tests.nodes.test_flows import LOOP
from tests.nodes.test_recipients import BIFURCATE, THREE
from tests.nodes.worlds import RESTRICTED, world
from tests.normalised_traces import diff, normalise

pytestmark = pytest.mark.wire
TO_THREE = (
    "organizations: {a: {hosts: {gw: {client_certificate: false}}}}\n"
    "messages: {m: {from: user@a.example, to: [partner@b.example, third@c.example, nobody@b.example]}}\n"
)
RING = """
tenants:
  b: {mail_users: [{address: x@b.example, external: y@b.example}, {address: y@b.example, external: x@b.example}]}
messages: {m: {from: partner@b.example, to: x@b.example}}
"""
WORLDS = {
    "refused": RESTRICTED,
    "null MX": FROM_CLOUD + 'dns: {records: {out.example: {MX: "0 ."}}}',
    "implicit MX": FROM_CLOUD + "dns: {records: {out.example: {MX: ~, A: 203.0.113.200}}}",
    "DNS fails": FROM_CLOUD + "dns: {servfail: [out.example]}",
    "host down": DEAD,
    "no STARTTLS": TO_GROUND + "organizations: {a: {hosts: {ex: {offers_tls: false}}}}",
    "wrong name": TO_GROUND
    + "organizations: {a: {hybrid: {certificate_name: hybrid.a.example}, hosts: {ex: {certificate: mx}}}}\n"
    "tenants: {a: {AcceptedDomains: [{DomainName: a.example, Default: true}, hybrid.a.example]}}\n",
    "untrusted server": TO_GROUND + "certificates: {wild: {names: ['*.a.example'], self_signed: true}}",
    "loop through the filter": LOOP,
    "ring of mail users": RING,
    "first recipient binds": THREE + TO_THREE,
    "bifurcation": BIFURCATE + "\n" + TO_THREE,
    "unknown on-premises": "messages: {m: {from: cloud@a.example, to: nobody@a.example}}",
}


@pytest.mark.parametrize("name", WORLDS)
def test_both_bodies_tell_the_same_story(name, tmp_path):
    variant = world(WORLDS[name])
    simulated, embedded = simulate(variant), run_embedded(variant, state=tmp_path)
    one, two = (normalise(outcome.traces, outcome.messages) for outcome in (simulated, embedded))
    assert diff(one, two, ("simulator", "embedded")) == ""
    reached, reached_too = ([str(m.mailbox) for m in outcome.delivered] for outcome in (simulated, embedded))
    assert sorted(reached) == sorted(reached_too)
