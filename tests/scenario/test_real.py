"""Names and addresses that may be somebody's: only for the simulator, which opens no sockets."""

import pytest

from lab.analysis.matrix import matrix
from lab.errors import ScenarioError
from lab.scenario.load import load_text

REAL = """\
scenario: real
only: simulator
only_why: imported with its real names and addresses
organizations:
  fabrikam:
    AcceptedDomains: [fabrikam.com]
    mailboxes: [anna@fabrikam.com]
    hosts:
      exchange: {role: exchange, address: 10.1.2.3, nat: 20.0.0.5, certificate: mail}
    SendConnectors: [{Name: Internet, AddressSpaces: "smtp:*;1"}]
tenants:
  fabrikam: {initial_domain: fabrikam.onmicrosoft.com, AcceptedDomains: [fabrikam.net], mailboxes: [bob@fabrikam.net]}
hosts:
  outside: {address: 20.0.0.9, domains: [example.org]}
certificates:
  mail: {names: [mail.fabrikam.com]}
dns:
  records:
    fabrikam.com: {MX: 10 ex01.fabrikam.com, TXT: "v=spf1 ip4:20.0.0.5 -all"}
"""


def _problems(text):
    with pytest.raises(ScenarioError) as caught:
        load_text(text)
    return str(caught.value)


def test_the_simulator_plays_what_is_real():
    played = matrix(load_text(REAL).variants["base"])
    assert {cell.outcome for cell in played.cells} == {"delivered"}


def test_other_bodies_do_not():
    told = _problems(REAL.replace("only: simulator", "only: embedded"))
    assert "'fabrikam.com' may be real" in told
    assert "'mail.fabrikam.com' may be real" in told
    told = _problems(REAL.replace("only: simulator", "only: embedded").replace(".com", ".example"))
    assert "not 20.0.0.9" in told


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("127.0.0.1", "an address that a machine can have"),
        ("0.0.0.0", "an address that a machine can have"),
        ("224.0.0.1", "an address that a machine can have"),
        ("203.0.113.10", "203.0.113.10 is the address of DB3PEPF0000885C.mail.protection.outlook.com"),
        ("10.1.2.3", "10.1.2.3 is the address of 'exchange' already"),
    ],
)
def test_no_address_may_be_nobodys_or_taken(address, told):
    assert told in _problems(REAL.replace("20.0.0.9", address))


def test_what_others_see_is_public():
    assert "a public address, not 192.168.0.1" in _problems(REAL.replace("nat: 20.0.0.5", "nat: 192.168.0.1"))
