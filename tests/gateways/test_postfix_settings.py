"""The rendered configuration, and what a Postfix that is installed thinks of it."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path, PurePosixPath

import pytest

from lab.errors import DriverError
from lab.gateways import postfix_settings
from lab.gateways.filter_settings import FilterFolders, FilterSettings, resolv_conf
from lab.scenario.load import load_text
from tests.embedded.tools import needs

SCENARIOS = Path(__file__).parents[2] / "scenarios"
PLACES = FilterFolders(
    config=PurePosixPath("/etc/postfix"),
    certificates=PurePosixPath("/var/lib/mflab/certificates"),
    work=PurePosixPath("/var/spool/mflab"),
    log=PurePosixPath("/var/log/mflab/mail.log"),
)


def a_filter(
    over: str = "", *, places: FilterFolders = PLACES, expires_after: timedelta | None = None
) -> FilterSettings:
    """The article's filter, with lines of YAML for it."""
    change = "".join(f"      {line}\n" for line in over.splitlines())
    text = f"""
scenario: rendered
why: a test renders it
include: [common/msxfaq.yaml, common/uclabor.yaml, ../certs/profiles.yaml]
variants:
  one:
    title: one
    organizations: {{msxfaq: {{hosts: {{gateway: {{address: 198.51.100.25}}}}}}}}
    change:
      organizations.msxfaq.hosts.gateway.max_hops: 60
{change}"""
    topology = load_text(text, str(SCENARIOS / "rendered.yaml"), variant="one").variants["one"].topology
    return FilterSettings.of("gateway", topology, places, expires_after=expires_after)


def changed(key: str, value: str) -> str:
    return f"organizations.msxfaq.hosts.gateway.{key}: {value}"


def settings(told: FilterSettings) -> dict[str, str]:
    """main.cf as Postfix reads it."""
    lines = (
        line
        for line in postfix_settings.render(told)["main.cf"].splitlines()
        if line and not line.startswith("#")
    )
    return {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}


def test_it_relays_for_its_exchange_and_nobody_else():
    told = settings(a_filter())
    assert told["mynetworks"] == "198.51.100.10/32"
    assert told["smtpd_relay_restrictions"] == "permit_mynetworks, reject_unauth_destination"


def test_guarded_domains_go_to_exchange_itself_and_all_else_by_mx():
    told = a_filter()
    assert settings(told)["relay_domains"] == "msxfaq.example"
    assert settings(told)["relayhost"] == ""
    assert "msxfaq.example relay:[ex01.msxfaq.example]\n" in postfix_settings.render(told)["transport"]


def test_smart_hosts_are_named_in_brackets():
    assert settings(a_filter(changed("smart_hosts", "[exchange, 203.0.113.7]")))["relayhost"] == (
        "[ex01.msxfaq.example], [203.0.113.7]"
    )


def test_it_shows_its_certificate_both_ways():
    told = settings(a_filter())
    for side in ("smtp", "smtpd"):
        assert told[f"{side}_tls_cert_file"] == "/var/lib/mflab/certificates/wildcard.pem"
        assert told[f"{side}_tls_key_file"] == "/var/lib/mflab/certificates/wildcard.key"


def test_the_cure_without_a_client_certificate_names_none_and_still_encrypts():
    told = settings(a_filter(changed("client_certificate", "false")))
    assert "smtp_tls_cert_file" not in told
    assert told["smtp_tls_security_level"] == "may"
    assert told["smtpd_tls_cert_file"]


def test_a_filter_without_starttls_offers_none():
    assert settings(a_filter(changed("offers_tls", "false")))["smtpd_tls_security_level"] == "none"


def test_it_connects_from_its_own_address_under_its_own_name():
    told = settings(a_filter())
    assert told["smtp_bind_address"] == told["inet_interfaces"] == "198.51.100.25"
    assert told["smtp_helo_name"] == "mail.msxfaq.example"


@pytest.mark.parametrize(
    ("given", "limit"), [(None, "172800s"), (timedelta(), "0"), (timedelta(hours=1), "3600s")]
)
def test_how_long_it_tries_is_the_scenarios_unless_said_otherwise(given, limit):
    assert settings(a_filter(expires_after=given))["maximal_queue_lifetime"] == limit


def test_fields_of_its_own_are_put_on_top():
    told = settings(a_filter(changed("adds_headers", "{X-Filtered: 'yes'}")))
    assert told["smtpd_data_restrictions"] == "check_client_access static:{PREPEND X-Filtered: yes}"


def test_what_it_cannot_play_is_said_in_the_file():
    told = a_filter(changed("strict_spf", "true"))
    assert told.unplayed() == ("strict_spf",)
    assert "strict_spf" in postfix_settings.render(told)["main.cf"]


def test_a_host_that_is_no_filter_is_refused():
    with pytest.raises(ValueError, match="is no gateway of the scenario; it has: gateway"):
        FilterSettings.of("exchange", _topology(), PLACES)


def _topology():
    text = "scenario: a\nwhy: b\ninclude: [common/msxfaq.yaml, common/uclabor.yaml, ../certs/profiles.yaml]\n"
    loaded = load_text(f"{text}variants: {{one: {{title: one}}}}\n", str(SCENARIOS / "a.yaml"))
    return loaded.variants["one"].topology


def test_names_are_asked_of_the_lab_alone():
    assert resolv_conf("198.51.100.53").splitlines()[0] == "nameserver 198.51.100.53"
    assert "search" not in resolv_conf("198.51.100.53")


@needs("postconf")
@pytest.mark.parametrize("value", ["a}, check_client_access static:{REDIRECT x@x.example", "costs $5"])
def test_a_field_cannot_write_settings(value):
    with pytest.raises(DriverError, match="cannot add the field X-A"):
        settings(a_filter(changed("adds_headers", f"{{X-A: '{value}'}}")))


@pytest.mark.parametrize(
    "over", ["", changed("adds_headers", "{X-A: '1', X-B: 'a, b'}")], ids=["plain", "fields"]
)
def test_postfix_knows_every_setting_and_has_no_complaint(tmp_path, over):
    told = a_filter(
        over,
        places=FilterFolders(
            config=PurePosixPath(tmp_path), certificates=PLACES.certificates, work=PLACES.work, log=PLACES.log
        ),
    )
    for name, content in postfix_settings.render(told).items():
        (tmp_path / name).write_text(content)
    done = subprocess.run(["postconf", "-c", tmp_path, "-n"], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert set(settings(told)) - {"compatibility_level"} <= {
        line.split(" =")[0] for line in done.stdout.splitlines()
    }
    services = subprocess.run(["postconf", "-c", tmp_path, "-M"], capture_output=True, text=True, check=True)
    assert services.stderr == ""
    assert "postlog" in services.stdout
