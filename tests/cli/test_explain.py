"""A message's way, told."""

from __future__ import annotations

from lab.cli.exit_codes import Exit
from tests.cli.commands import ARTICLE, Shell


def test_the_first_variant_and_the_only_message_need_no_name(mflab: Shell) -> None:
    said = mflab("explain", ARTICLE)
    assert said.code == 0
    assert "offer in shared-wildcard (simulator)" in said.out
    assert "won: msxfaq" in said.out
    assert "lost: uclabor" in said.out


def test_json_has_the_hops_with_their_decisions(mflab: Shell) -> None:
    told = mflab("explain", ARTICLE, "--variant", "dedicated-certificate", "--json").json()
    assert (told["scenario"], told["variant"], told["key"]) == (
        "wildcard-misrouting",
        "dedicated-certificate",
        "offer",
    )
    assert told["path"] == ["exchange", "gateway", "tenant:uclabor"]
    assert any(step["kind"] == "attributed" and step["considered"] for step in told["hops"][-1]["steps"])


def test_several_messages_must_be_named(mflab: Shell) -> None:
    variant = ("--variant", "name-not-accepted-domain")
    said = mflab("explain", ARTICLE, *variant)
    assert said.code == Exit.BAD_INPUT
    assert "--message offer | memo | order | away" in said.err
    assert "5.7.51" in mflab("explain", ARTICLE, *variant, "--message", "order").out
    assert "did you mean 'order'" in mflab("explain", ARTICLE, *variant, "--message", "odrer").err


def test_a_message_that_was_not_sent_is_told_with_the_reason(mflab: Shell) -> None:
    asked = ("scenarios/flows/timeline-cure.yaml", "--variant", "stop-when-stable", "--message", "offer#9")
    for said in (
        mflab("explain", *asked),
        mflab("explain", *asked, "--json"),
        mflab("trace", *asked, "--as", "lab"),
    ):
        assert said.code == Exit.BAD_INPUT
        assert "stop-when-stable (simulator) did not send 'offer#9': with `until: stable`" in said.err
        assert "and offer#1, offer#2, offer#3 had" in said.err


def test_a_bare_name_is_one_of_the_labs_own(mflab: Shell) -> None:
    assert mflab("explain", "wildcard-misrouting").code == 0
    said = mflab("explain", "wildcard-misrooting")
    assert said.code == Exit.BAD_INPUT
    assert "did you mean 'wildcard-misrouting'" in said.err
