"""What is in mailboxes can be read: the NDR of the fault above all."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit
from lab.cli.main import main
from tests.cli.commands import ARTICLE, Shell
from tests.cli.test_lab_state import state as state  # the folder of a lab
from tests.cli.test_up import up

SENDER = "useronprem@msxfaq.example"


def test_the_ndr_is_listed_and_read(mflab: Shell) -> None:
    listed = mflab("mailbox", ARTICLE).out
    assert "Undeliverable: Our offer" in listed
    assert SENDER in mflab("mailbox", ARTICLE, "--json").json()["messages"][0]["mailbox"]
    read = mflab("mailbox", ARTICLE, SENDER, "--message", "1").out
    assert read.startswith("From:    Microsoft Outlook <MicrosoftExchange")
    assert "Status code: 550 5.7.51" in read
    assert "=\n" not in read
    told = mflab("mailbox", ARTICLE, "--message", "1", "--json").json()
    assert told["text"] == read
    assert ["Return-Path", "<>"] in told["headers"]


def test_raw_is_every_octet(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["mailbox", ARTICLE, "--message", "1", "--raw"]) == Exit.OK
    octets = capsysbinary.readouterr().out
    assert octets.startswith(b"Received: from ")
    assert octets.count(b"\n") == octets.count(b"\r\n") > 100


def test_stand_ins_for_signatures_are_told(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    asked = ["mailbox", ARTICLE, "--message", "1", "--raw"]
    for driver, told in (("simulator", True), ("embedded", False)):
        assert main([*asked, "--driver", driver]) == Exit.OK
        out, err = capfdbinary.readouterr()
        assert b"ARC-Seal:" in out
        assert (b"a stand-in" in err) is told


def test_a_cure_delivers_and_the_senders_mailbox_is_empty(mflab: Shell) -> None:
    cure = ("--variant", "dedicated-certificate")
    told = mflab("mailbox", ARTICLE, *cure, "--json").json()["messages"]
    assert [each["mailbox"] for each in told] == ["partner@uclabor.example"]
    assert "(nothing)" in mflab("mailbox", ARTICLE, SENDER, *cure).out


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ((ARTICLE, "useronpre@msxfaq.example"), f"did you mean '{SENDER}'"),
        ((ARTICLE, "--message", "2"), "the list has 1"),
        ((ARTICLE, "--message", "0"), "is no number of 1 or more"),
        ((ARTICLE, "--raw"), "--message N"),
        ((ARTICLE, "--state", "x"), "not both"),
        ((SENDER, "--variant", "half-fix"), "--variant is for a scenario"),
        ((SENDER, "a@b.example"), "at most"),
        (("a@@b",), "a@@b"),
    ],
)
def test_bad_input_says_what_was_meant(mflab: Shell, argv: tuple[str, ...], told: str) -> None:
    said = mflab("mailbox", *argv)
    assert said.code == Exit.BAD_INPUT
    assert told in said.err


def test_a_folder_without_a_lab_has_no_mailboxes(mflab: Shell, tmp_path: Path) -> None:
    assert mflab("mailbox", "--state", str(tmp_path)).code == Exit.NOTHING


def test_an_address_has_a_mailbox_and_no_log(mflab: Shell) -> None:
    said = mflab("trace", ARTICLE, "--as", SENDER)
    assert said.code == Exit.BAD_INPUT
    assert f"mflab mailbox {ARTICLE} {SENDER}" in said.err


@pytest.mark.wire
def test_the_mail_of_a_running_lab_is_there_when_it_has_ended(mflab: Shell, state: Path) -> None:
    up(state, "--send")
    assert mflab("down", "--state", str(state)).code == Exit.OK
    said = mflab("mailbox", "--state", str(state), SENDER)
    assert said.code == Exit.OK
    assert "Mailbox of" in said.out
