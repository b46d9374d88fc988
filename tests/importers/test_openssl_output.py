"""What openssl s_client prints."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lab.importers import certificates
from lab.model.certificate import CertificateProfile
from lab.pki.authority import Authority
from tests.importers.sources import parse, told

NOW = datetime(2026, 3, 3, 9, 15, tzinfo=UTC)
PUBLIC = Authority("public", NOW)
LEAF = PUBLIC.issue(CertificateProfile(name="mail", names=("*.msxfaq.example",))).chain[0]


def pem(one: x509.Certificate) -> str:
    return one.public_bytes(Encoding.PEM).decode()


def shown(*chain, verify: str = "0 (ok)", before: str = "") -> str:
    blocks = "".join(f" {depth} s:CN = x\n   i:CN = y\n{pem(one)}" for depth, one in enumerate(chain))
    return f"""{before}CONNECTED(00000003)
depth=0 CN = *.msxfaq.example
---
Certificate chain
{blocks}---
Server certificate
subject=CN = *.msxfaq.example
issuer=CN = Mailflow Lab public CA
---
No client certificate CA names sent
---
SSL handshake has read 4000 bytes and written 700 bytes
    Verify return code: {verify}
---
250 SMTPUTF8
"""


@pytest.fixture
def world(monkeypatch):
    """The lab's public authority is one that the world trusts."""
    monkeypatch.setattr(certificates, "_roots", lambda: [PUBLIC.root])


def test_chain_and_server(world):
    text = shown(
        LEAF,
        PUBLIC.intermediate,
        before="$ openssl s_client -starttls smtp -connect mail.msxfaq.example:25 -showcerts\n",
    )
    found = parse(text, "mx.txt")
    [one] = found.certificates
    assert (one.server, one.dns_names, one.chain, one.public) == (
        "mail.msxfaq.example:25",
        ("*.msxfaq.example",),
        1,
        True,
    )
    assert found.notices == ()
    assert one.place.line == 8


def test_a_missing_intermediate_is_told(world):
    found = parse(
        shown(LEAF, verify="20 (unable to get local issuer certificate)"),
        "s_client-mail.msxfaq.example-25.txt",
    )
    [one] = found.certificates
    assert (one.server, one.chain, one.public) == ("mail.msxfaq.example", 0, None)
    assert "unable to get local issuer certificate (20)" in told(found)
    assert "does not reach a known root" in told(found)


def test_the_first_certificate_is_the_servers_even_if_another_follows(world):
    other = PUBLIC.issue(CertificateProfile(name="x", names=("x.example",))).chain[0]
    assert parse(shown(LEAF, other), "x.txt").certificates[0].dns_names == ("*.msxfaq.example",)


def test_several_connections_in_one_file(world):
    first = shown(
        LEAF,
        PUBLIC.intermediate,
        before="$ openssl s_client -connect a.example:25\nConnecting to 198.51.100.1\n",
    )
    second = shown(LEAF, before="$ openssl s_client -connect b.example:25\nConnecting to 198.51.100.2\n")
    found = parse(
        first + second + "Connecting to 198.51.100.3\nCONNECTED(00000003)\nno peer certificate available\n",
        "x.txt",
    )
    assert [(one.server, one.chain) for one in found.certificates] == [
        ("a.example:25", 1),
        ("b.example:25", 0),
    ]
    assert "no certificate was shown" in told(found)


def test_without_more_the_address_is_the_server(world):
    assert (
        parse(f"Connecting to 198.51.100.1\n{shown(LEAF)}", "mx.txt").certificates[0].server == "198.51.100.1"
    )
