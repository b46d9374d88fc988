"""Certificates: their names, what is wrong with them, who shows them and which connectors they open."""

from __future__ import annotations

from pathlib import Path

from lab.cli.exit_codes import Exit
from tests.cli.commands import ARTICLE, Shell


def test_the_certificates_of_a_scenario(mflab: Shell) -> None:
    told = mflab("cert", ARTICLE, "--variant", "no-client-certificate", "--json").json()
    wildcard = next(each for each in told["certificates"] if each["name"] == "wildcard")
    assert wildcard["names"] == ["*.msxfaq.example"]
    assert wildcard["shown_by"] == ["exchange", "gateway(server)"]
    assert wildcard["fits"][0]["tenant"] == "msxfaq"
    assert wildcard["fits"][0]["rule"] == "R76"
    table = mflab("cert", ARTICLE).out.splitlines()
    assert table[0].split()[0] == "certificate"


def test_one_profile(mflab: Shell) -> None:
    said = mflab("cert", "mail", "--config", ARTICLE, "--variant", "wildcard-connector-value")
    assert 'opens msxfaq / "Inbound from' in said.out
    cured = mflab("cert", "mail", "--config", ARTICLE, "--variant", "dedicated-certificate")
    assert "It fits no inbound connector." in cured.out
    unknown = mflab("cert", "mial", "--config", ARTICLE)
    assert unknown.code == Exit.BAD_INPUT
    assert "did you mean 'mail'" in unknown.err


def test_a_faulty_profile_opens_nothing_although_its_name_fits(mflab: Shell) -> None:
    said = mflab("cert", "stale", "--config", ARTICLE, "--variant", "expired")
    assert "Exchange Online ignores it: expired" in said.out
    assert 'would open msxfaq / "Inbound from' in said.out


def test_certificates_are_written_and_read_again(mflab: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    assert mflab("cert", ARTICLE, "--out", str(folder)).code == 0
    told = mflab("cert", str(folder / "wildcard.pem"), "--config", ARTICLE, "--json").json()
    assert told["names"] == ["*.msxfaq.example"]
    assert len(told["thumbprint"]) == 40
    assert told["fits"][0]["tenant"] == "msxfaq"
    alone = mflab("cert", str(folder / "wildcard.pem"))
    assert "Mailflow Lab public" in alone.out
    assert "fits" not in alone.out


def test_a_file_with_a_key_is_refused(mflab: Shell, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n")
    said = mflab("cert", str(key))
    assert said.code == Exit.BAD_INPUT
    assert "private key" in said.err
    assert mflab("cert", str(tmp_path / "none.pem")).code == Exit.BAD_INPUT


def test_a_folder_with_somebody_elses_keys_is_left_alone(mflab: Shell, tmp_path: Path) -> None:
    own = tmp_path / "server.key"
    own.write_text("mine")
    said = mflab("cert", ARTICLE, "--out", str(tmp_path))
    assert said.code == Exit.BAD_INPUT
    assert own.read_text() == "mine"
    again = tmp_path / "made"
    assert [mflab("cert", ARTICLE, "--out", str(again)).code for _ in range(2)] == [0, 0]
