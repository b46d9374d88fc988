"""One decision from the command line: the facts are the arguments, the connectors come from a scenario."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lab.cli.exit_codes import Exit
from lab.model.certificate import CertificateProfile, Validity
from lab.pki import certificate_folder
from tests.cli.commands import ARTICLE, ROOT, Shell

CONNECTION = ("--ip", "198.51.100.25", "--mail-from", "a@msxfaq.example", "--rcpt-to", "b@uclabor.example")
WILDCARD = ("--name", "*.msxfaq.example")
RELAYED = ("--ip", "198.51.100.25", "--mail-from", "x@elsewhere.example", "--rcpt-to", "y@elsewhere.example")


def decide(
    mflab: Shell, *more: str, variant: str = "shared-wildcard", facts: tuple[str, ...] = CONNECTION
) -> Any:
    said = mflab("attribute", "--config", ARTICLE, "--variant", variant, *facts, *more, "--json")
    assert said.code == 0, said.err
    return said.json()


def test_the_articles_command_line(mflab: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    line = (
        "attribute --config scenarios/wildcard-misrouting.yaml --variant shared-wildcard --ip 198.51.100.25 "
        "--name *.msxfaq.example --mail-from a@msxfaq.example --rcpt-to b@uclabor.example --json"
    )
    told = mflab(*line.split()).json()
    assert told["tenant"] == "msxfaq"
    assert told["connector"].startswith("Inbound from ")
    assert told["basis"] == "certificate"
    assert told["direction"] == "Originating"
    assert told["verdict"] == "Originating"
    assert told["reply"] is None
    assert {"id", "confidence", "title", "text"} == set(told["rules"][0])
    assert "R76" in [rule["id"] for rule in told["rules"]]
    won, lost = told["considered"]
    assert (won["tenant"], won["fits"]) == ("msxfaq", True)
    assert (lost["tenant"], lost["fits"]) == ("uclabor", False)
    assert lost["rules"] == ["R23"]


def test_the_cure_on_the_same_connection(mflab: Shell) -> None:
    told = decide(mflab, "--name", "mail.msxfaq.example", variant="dedicated-certificate")
    assert (told["tenant"], told["basis"], told["direction"]) == ("uclabor", "recipient", "Incoming")


def test_a_refusal_is_a_decision(mflab: Shell) -> None:
    told = decide(mflab, facts=RELAYED)
    assert told["verdict"] == "Refused"
    assert told["reply"].startswith("550 5.7.64 TenantAttribution")


def test_the_story_for_people(mflab: Shell) -> None:
    said = mflab("attribute", "--config", ARTICLE, *CONNECTION, *WILDCARD)
    assert said.code == 0
    assert "  won:  msxfaq" in said.out
    assert "  lost: uclabor" in said.out


@pytest.mark.parametrize("fault", ["expired", "not-yet-valid", "self-signed", "untrusted"])
def test_a_faulty_certificate_is_ignored(mflab: Shell, fault: str) -> None:
    told = decide(mflab, *WILDCARD, "--fault", fault)
    assert told["tenant"] == "uclabor"
    assert told["certificate"]["ignored"]


def test_without_tls_there_is_no_certificate(mflab: Shell) -> None:
    assert decide(mflab, "--no-tls")["tenant"] == "uclabor"


def test_a_switch_chooses_the_other_behaviour(mflab: Shell) -> None:
    assert decide(mflab, *WILDCARD, variant="half-fix")["tenant"] == "msxfaq"
    off = ("--switch", "wildcard_cert_covers_exact=off")
    assert decide(mflab, *WILDCARD, *off, variant="half-fix")["tenant"] == "uclabor"


def test_as_of_follows_the_rules_of_that_day(mflab: Shell) -> None:
    """R49: until November 2023 an accepted domain in the From header was enough to relay."""
    facts = ("--ip", "198.51.100.1", "--mail-from", "x@other.example", "--rcpt-to", "y@other.example")
    author = ("--header-from", "a@msxfaq.example")
    assert decide(mflab, *author, facts=facts, variant="shared-address")["verdict"] == "Refused"
    then = decide(mflab, *author, "--as-of", "2023-10-31", facts=facts, variant="shared-address")
    assert then["tenant"] == "msxfaq"


def test_the_region_is_that_of_the_recipients_mx(mflab: Shell) -> None:
    told = decide(mflab, *WILDCARD, variant="other-region")
    assert "ATTR35" in told["reply"]
    assert decide(mflab, *WILDCARD, "--region", "EUR", variant="other-region")["tenant"] == "msxfaq"


def test_a_certificate_file(mflab: Shell, tmp_path: Path) -> None:
    made = _certificates(tmp_path)
    told = decide(mflab, "--cert", str(made.chain("own")))
    assert told["tenant"] == "msxfaq"
    assert told["certificate"]["names"] == ["*.msxfaq.example"]
    stale = decide(mflab, "--cert", str(made.chain("stale")))
    assert stale["certificate"]["ignored"] == "expired"


def test_a_private_key_is_refused(mflab: Shell, tmp_path: Path) -> None:
    key = _certificates(tmp_path).key("own")
    said = mflab("attribute", "--config", ARTICLE, *CONNECTION, "--cert", str(key))
    assert said.code == Exit.BAD_INPUT
    assert "private key" in said.err


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--variant", "shared-wildcart"), "did you mean 'shared-wildcard'"),
        (("--region", "NAN"), "no tenant lives in 'NAN'"),
        (("--switch", "cross_regoin=proxy"), "did you mean 'cross_region'"),
        (("--switch", "cross_region=perhaps"), "attr35 or proxy"),
        (("--as-of", "yesterday"), "no date"),
        (("--name", "no name"), "--name"),
        (("--fault", "expired"), "--fault"),
        (("--ip", "198.51.100"), "no IPv4 address"),
        (("--cert", "missing.pem"), "missing.pem"),
        (("--mail-from", "nobody"), "no mail address"),
        (("--no-tls", "--name", "x.example"), "not allowed with"),
    ],
)
def test_bad_input_says_what_was_meant(mflab: Shell, more: tuple[str, ...], told: str) -> None:
    said = mflab("attribute", "--config", ARTICLE, *CONNECTION, *more)
    assert said.code == Exit.BAD_INPUT
    assert told in said.err


def _certificates(folder: Path) -> certificate_folder.CertificateFolder:
    names = ("*.msxfaq.example",)
    profiles = {
        "own": CertificateProfile(name="own", names=names),
        "stale": CertificateProfile(name="stale", names=names, validity=Validity.EXPIRED),
    }
    return certificate_folder.make(folder / "certificates", profiles, datetime.now(UTC))


def test_the_address_of_a_service_is_known(mflab: Shell) -> None:
    facts = "--ip 203.0.113.201 --mail-from noreply@yammer.com --rcpt-to useronline@msxfaq.example"
    config = ("attribute", "--config", "special-senders", "--variant")
    assert "Incoming mail" in mflab(*config, "side-door-locked", *facts.split()).out
    assert "5.7.51" in mflab(*config, "side-door-locked-for-services", *facts.split()).out
