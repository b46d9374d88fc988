"""Real signatures: other people's software verifies ours, we verify theirs, and the keys stay where they belong."""

from __future__ import annotations

import stat
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.authentication import arc
from lab.core.authentication.dkim import Signer, sign, verify
from lab.core.authentication.results import Arc, Dkim
from lab.core.authentication.signature_suite import key_record
from lab.model.dns import answered, zones_of
from lab.model.message import Header, Message
from lab.model.names import Domain
from lab.pki import rsa_signing

LATER = datetime(2126, 3, 3, 9, 15, tzinfo=UTC)
"""dkimpy dates its signatures today."""
SEALED = datetime(2026, 3, 3, 9, 15, tzinfo=UTC)
DOMAIN = Domain("a.example")
SIGNER = Signer.direct(DOMAIN, "s1")
BRISBANE = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
TEST = (
    "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3id"
    "Y6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6l"
    "HvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
)
RFC8463 = """\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
"""
FORMS = [(h, b) for h in (b"simple", b"relaxed") for b in (b"simple", b"relaxed")]

texts = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=30)
values = st.lists(texts.map(lambda text: "x" + text), min_size=1, max_size=3).map("\r\n\t".join)
fields = st.lists(st.tuples(st.sampled_from(["Subject", "To", "X-Own", "MIME-Version"]), values), max_size=4)
lines = st.lists(st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=40), max_size=6)
bodies = lines.map(lambda rows: "".join(f"{row}\r\n" for row in rows).encode("latin-1"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lab") / "signing"


@pytest.fixture(scope="module")
def suite(folder):
    return rsa_signing.make(folder, [SIGNER.key])


def a_message(headers=(("Subject", "Offer"),), body=b"Hello\r\n") -> Message:
    above = (("From", "User <user@a.example>"), ("Date", "Tue, 3 Mar 2026 09:15:00 +0000"))
    return Message(tuple(Header.of(*each) for each in (*above, *headers)), body)


def theirs(message: Message, suite) -> bool:
    """What dkimpy says."""
    found: bool = dkim.verify(
        bytes(message), dnsfunc=lambda name, timeout=0: suite.record(SIGNER.key).encode()
    )
    return found


def ours(message: Message, record: str) -> Dkim:
    """What the lab says, the key being published as `record`."""
    zones = zones_of([(SIGNER.key, "TXT", record)])
    (result,) = answered(verify(message, rsa_signing.RsaSha256({}), LATER), zones)
    return result.result


@given(fields, bodies)
@settings(max_examples=60)
def test_dkimpy_verifies_ours(suite, headers, body):
    signed = sign(a_message(headers, body), SIGNER, suite, ("From", "Date", "Subject", "To", "X-Own"))
    assert theirs(signed, suite)
    assert ours(signed, suite.record(SIGNER.key)) is Dkim.PASS


@given(fields, bodies, st.sampled_from(FORMS))
@settings(max_examples=25)
def test_we_verify_dkimpy_s(suite, folder, headers, body, form):
    message = a_message(headers, body)
    key = (folder / f"{SIGNER.key}.key").read_bytes()
    field = dkim.sign(bytes(message), b"s1", b"a.example", key, canonicalize=form)
    signed = Message.parse(field + bytes(message))
    assert ours(signed, suite.record(SIGNER.key)) is Dkim.PASS
    assert ours(replace(signed, body=b"Changed" + body), suite.record(SIGNER.key)) is Dkim.FAIL


def test_we_verify_dkimpy_s_where_only_the_beginning_is_signed(suite, folder):
    message, key = a_message(), (folder / f"{SIGNER.key}.key").read_bytes()
    field = dkim.sign(bytes(message), b"s1", b"a.example", key, length=True)
    longer = Message.parse(field + bytes(message) + b"Disclaimer\r\n")
    assert ours(longer, suite.record(SIGNER.key)) is Dkim.PASS
    assert theirs(longer, suite)


def test_ed25519_signature_is_of_the_hash(suite):
    """RFC 8463 3."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    record = key_record(f"v=DKIM1; k=ed25519; p={b64encode(public).decode()}")
    signature = key.sign(sha256(b"data").digest())
    assert suite.verifies(record, "ed25519-sha256", b"data", signature)
    assert not suite.verifies(record, "ed25519-sha256", b"other", signature)


def test_ed25519_example_of_the_standard():
    """RFC 8463 appendix A: its message, its keys, both signatures."""
    message = Message.parse(RFC8463.replace("\n", "\r\n").encode())
    zones = zones_of(
        [
            ("brisbane._domainkey.football.example.com", "TXT", BRISBANE),
            ("test._domainkey.football.example.com", "TXT", TEST),
        ]
    )
    found = answered(verify(message, rsa_signing.RsaSha256({}), LATER), zones)
    assert [one.result for one in found] == [Dkim.PASS, Dkim.PASS]


def test_weak_and_unreadable_keys_do_not_count(suite):
    weak = generate_private_key(public_exponent=65537, key_size=1024).public_key()
    assert ours(sign(a_message(), SIGNER, suite), "v=DKIM1; p=AAAA") is Dkim.PERMERROR
    assert ours(sign(a_message(), SIGNER, suite), "v=DKIM1; p=%%%") is Dkim.PERMERROR
    der = weak.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert ours(sign(a_message(), SIGNER, suite), f"p={b64encode(der).decode()}") is Dkim.FAIL


def test_keys_are_private_and_survive_a_restart(folder, suite):
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert rsa_signing.make(folder, [SIGNER.key]).record(SIGNER.key) == suite.record(SIGNER.key)


def test_damaged_key_is_made_anew(tmp_path):
    before = rsa_signing.make(tmp_path / "k", ["x.example"]).record("x.example")
    (tmp_path / "k" / "x.example.key").write_text("nonsense")
    assert rsa_signing.make(tmp_path / "k", ["x.example"]).record("x.example") != before


def test_key_is_no_way_out_of_the_folder(tmp_path):
    with pytest.raises(ValueError, match="no name for a key"):
        rsa_signing.make(tmp_path, ["../x"])


def chain(message: Message, suite, seals: int) -> Message:
    """The message with seals of ours."""
    zones = zones_of([(SIGNER.key, "TXT", suite.record(SIGNER.key))])
    for _ in range(seals):
        before = answered(arc.validate(message, suite, LATER), zones)
        message = arc.seal(message, "spf=pass; arc=none", before, SIGNER, suite, SEALED, "mx.a.example")
    return message


@pytest.mark.parametrize("seals", [1, 2, 3])
def test_dkimpy_validates_our_chain(suite, seals):
    message = chain(a_message(), suite, seals)
    published = suite.record(SIGNER.key).encode()
    state, _, reason = dkim.arc_verify(bytes(message), dnsfunc=lambda name, timeout=0: published)
    assert state == dkim.CV_Pass, reason
    changed = bytes(replace(message, body=b"Changed\r\n"))
    assert dkim.arc_verify(changed, dnsfunc=lambda name, timeout=0: published)[0] == dkim.CV_Fail


@pytest.mark.parametrize("ours_first", [0, 1, 2])
def test_we_validate_dkimpy_s_chain(suite, folder, ours_first, monkeypatch):
    """Its seal on top of ours; it looks at our chain before."""
    published = suite.record(SIGNER.key).encode()
    monkeypatch.setattr(dkim, "get_txt", lambda name, timeout=0: published)
    message = chain(a_message(), suite, ours_first)
    state = b"pass" if ours_first else b"none"
    results = Header.of("Authentication-Results", f"mx.b.example; spf=pass; arc={state.decode()}")
    key = (folder / f"{SIGNER.key}.key").read_bytes()
    fields = dkim.arc_sign(bytes(message.on_top((results,))), b"s1", b"a.example", key, b"mx.b.example")
    sealed = Message.parse(b"".join(fields) + bytes(message))
    zones = zones_of([(SIGNER.key, "TXT", published.decode())])
    found = answered(arc.validate(sealed, suite, LATER), zones)
    assert (found.result, len(found.sealers)) == (Arc.PASS, ours_first + 1), found.reason
