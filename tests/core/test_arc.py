"""ARC: chains that grow and hold, what breaks them, and whose word counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.authentication.arc import NO_CHAIN, chain_of, seal, validate
from lab.core.authentication.arc_findings import trusted_result
from lab.core.authentication.dkim import Signer
from lab.core.authentication.results import Arc, ArcResult
from lab.core.authentication.signature_suite import CLAIMS
from lab.model.dns import answered, zones_of
from lab.model.message import Header, Message
from lab.model.names import Domain
from tests.core.mail import NOW, a_message

MICROSOFT = Signer.direct(Domain("microsoft.com"), "arcselector10001")
FILTER = Signer.direct(Domain("filter.example"), "arc")
ZONES = zones_of([(each.key, "TXT", CLAIMS.record(each.key)) for each in (MICROSOFT, FILTER)])
PASSED = "spf=pass smtp.mailfrom=a.example; dmarc=pass header.from=a.example"


def judged(message: Message, zones=ZONES) -> ArcResult:
    return answered(validate(message, CLAIMS, NOW), zones)


def sealed(message: Message, *signers: Signer, findings: str = PASSED) -> Message:
    """The message with a seal of each, one behind the other, each of whom validates first."""
    for signer in signers:
        before = judged(message)
        message = seal(message, findings, before, signer, CLAIMS, NOW, "mx.example")
    return message


def without(message: Message, *names: str) -> Message:
    """The message without the topmost field of each name."""
    headers = list(message.headers)
    for name in names:
        headers.remove(next(h for h in headers if h.name == name))
    return Message(tuple(headers), message.body)


def changed(message: Message, name: str, old: str, new: str) -> Message:
    return replace(
        message,
        headers=tuple(
            Header(h.name, h.raw.replace(old, new)) if h.name == name else h for h in message.headers
        ),
    )


def test_no_chain():
    assert judged(a_message()) == NO_CHAIN


def test_each_pass_adds_one_instance():
    message = sealed(a_message(), FILTER, MICROSOFT, MICROSOFT)
    assert [(s.instance, s.chain, s.sealer) for s in chain_of(message)] == [
        (1, "none", "filter.example"),
        (2, "pass", "microsoft.com"),
        (3, "pass", "microsoft.com"),
    ]
    found = judged(message)
    assert found.result is Arc.PASS
    assert found.sealers == ("filter.example", "microsoft.com", "microsoft.com")


def test_relaying_does_not_break_it():
    assert judged(sealed(a_message(), FILTER).on_top((Header.of("Received", "x"),))).result is Arc.PASS


def test_change_before_the_next_seal_is_found_by_who_seals_next():
    """A filter that appends a disclaimer and seals not breaks the chain; the next seal says so and ends it."""
    broken = replace(sealed(a_message(), FILTER), body=b"Hello\r\nDisclaimer\r\n")
    assert judged(broken) == ArcResult(Arc.FAIL, "instance 1: body hash did not verify")
    resealed = sealed(broken, MICROSOFT)
    assert chain_of(resealed)[-1].chain == "fail"
    assert judged(resealed) == ArcResult(Arc.FAIL, "broken before instance 2")
    assert sealed(resealed, MICROSOFT) == resealed, (
        "5.1.2: nothing is added to a chain that is known to be broken"
    )


def test_change_under_the_own_seal_is_allowed():
    """Only the last message signature must hold: that is what ARC is for."""
    first = sealed(a_message(), FILTER)
    second = seal(
        replace(first, body=b"Changed\r\n"), PASSED, judged(first), MICROSOFT, CLAIMS, NOW, "mx.example"
    )
    assert judged(second).result is Arc.PASS


@pytest.mark.parametrize("name", ["ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results"])
def test_incomplete_set_breaks_the_chain(name):
    assert judged(without(sealed(a_message(), FILTER, MICROSOFT), name)) == ArcResult(
        Arc.FAIL, "incomplete chain"
    )


def test_findings_cannot_be_changed():
    forged = changed(
        sealed(a_message(), FILTER, MICROSOFT), "ARC-Authentication-Results", "spf=pass", "spf=fail"
    )
    assert judged(forged).result is Arc.FAIL


def test_last_set_cannot_be_taken_off_and_the_body_changed():
    message = sealed(a_message(), FILTER, MICROSOFT)
    stripped = without(message, "ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results")
    assert judged(stripped).result is Arc.PASS
    assert judged(replace(stripped, body=b"New\r\n")).result is Arc.FAIL


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("i=1", "i=0"),
        ("i=1", "i=2"),
        ("i=1", "i=x"),
        ("cv=none", "cv=pass"),
        ("cv=none", "cv=maybe"),
        ("d=", "e="),
    ],
)
def test_odd_seals_break_the_chain(old, new):
    assert judged(changed(sealed(a_message(), FILTER), "ARC-Seal", old, new)).result is Arc.FAIL


def test_unknown_key_breaks_the_chain():
    stranger = Signer.direct(Domain("stranger.example"), "s")
    assert judged(sealed(a_message(), stranger)) == ArcResult(Arc.FAIL, "instance 1: no key for signature")


def test_chain_of_fifty_sets_is_full():
    message = sealed(a_message(), *[MICROSOFT] * 50)
    assert judged(message).result is Arc.PASS
    assert sealed(message, MICROSOFT) == message


@pytest.mark.parametrize(
    ("signers", "findings", "trusted", "believed"),
    [
        ((FILTER,), PASSED, {"filter.example"}, True),
        ((FILTER,), PASSED, {"microsoft.com"}, False),
        ((FILTER, MICROSOFT), PASSED, {"microsoft.com"}, True),
        ((MICROSOFT, FILTER), PASSED, {"microsoft.com"}, False),
        ((FILTER,), "dmarc=fail header.from=a.example", {"filter.example"}, False),
        ((FILTER,), "dmarc=pass header.from=b.example", {"filter.example"}, False),
        ((), PASSED, {"filter.example"}, False),
    ],
    ids=[
        "trusted",
        "not-trusted",
        "last",
        "behind-a-stranger",
        "saw-a-failure",
        "another-author",
        "no-chain",
    ],
)
def test_whose_word_counts(signers, findings, trusted, believed):
    sets = chain_of(sealed(a_message(), *signers, findings=findings))
    assert trusted_result(sets, Domain("a.example"), trusted) is believed


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results"]),
            st.text(max_size=60)
            | st.sampled_from(["i=1; a=rsa-sha256; cv=none; d=x; s=y; b=;", "i=1; h=from; bh=; b="]),
        ),
        max_size=6,
    )
)
def test_no_chain_raises(fields):
    message = a_message().on_top(Header(name, " " + value) for name, value in fields)
    assert isinstance(judged(message), ArcResult)
