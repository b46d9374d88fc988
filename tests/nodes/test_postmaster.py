"""`RCPT TO:<postmaster>` needs no domain (RFC 5321 4.5.1): each kind of server knows whom it means, and takes the mail."""

import pytest

from lab.drivers.simulator import Simulator
from lab.model.steps import Delivered
from lab.model.transport import Connection
from tests.nodes.worlds import Client, lab_of, last_hop

HOSTS = """
organizations:
  a: {AcceptedDomains: [{DomainName: main.example, Default: true}]}
  alone:
    hosts: {filter: {role: gateway, address: 198.51.100.92, fqdn: filter.example}}
hosts:
  bare: {address: 198.51.100.90, fqdn: bare.c.example}
"""


def postmaster(lab: Simulator, node: str, server: str) -> str:
    connection = Connection(client="203.0.113.66", server=server, key="", session="", started=lab.now)
    return str(lab.nodes[node].postmaster(connection))


@pytest.mark.parametrize(
    ("node", "server", "who"),
    [
        ("ex", "198.51.100.10", "postmaster@main.example"),
        ("gw", "198.51.100.25", "postmaster@a.example"),
        ("out", "203.0.113.200", "postmaster@out.example"),
        ("bare", "198.51.100.90", "postmaster@bare.c.example"),
        ("filter", "198.51.100.92", "postmaster@filter.example"),
    ],
)
def test_every_server_takes_mail_for_its_postmaster(node, server, who):
    lab = lab_of(HOSTS)
    assert postmaster(lab, node, server) == who
    client = Client(lab, server)
    client.hello()
    handed = client.hand("x@foreign.example", who)
    assert handed.data is not None
    assert handed.data.positive
    lab.run()
    assert len(lab.journal.hops()) < 6, "it must not go round in circles"


@pytest.mark.parametrize(
    ("node", "server"), [("out", "203.0.113.200"), ("bare", "198.51.100.90"), ("filter", "198.51.100.92")]
)
def test_a_final_server_has_a_mailbox_for_it(node, server):
    lab = lab_of(HOSTS)
    client = Client(lab, server)
    client.hello()
    client.hand("x@foreign.example", postmaster(lab, node, server))
    lab.run()
    assert last_hop(lab).first(Delivered) is not None


def test_exchange_names_its_first_domain_where_none_is_the_default():
    assert postmaster(lab_of(), "ex", "198.51.100.10") == "postmaster@a.example"


def test_a_front_end_speaks_for_no_tenant():
    lab = lab_of()
    front_end = lab.topology.regions["EUR"].front_ends[0]
    who = postmaster(lab, "eop:EUR", front_end.address)
    assert who == f"postmaster@{front_end.fqdn}"
    client = Client(lab, front_end.address)
    client.hello()
    assert not next(iter(client.hand("x@foreign.example", who).recipients.values())).positive
