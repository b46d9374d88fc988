"""Real tools against a running lab: what they print, and what the lab makes of what they showed."""

from __future__ import annotations

import re
import ssl
from itertools import count

import pytest

from lab.core.service_host_names import hub_host
from lab.model.certificate import CertFault
from lab.model.steps import Attributed, Connected
from lab.model.trace import Hop
from tests.embedded.labs import Lab, played, running
from tests.embedded.tools import PARTNER, Mail, dig, needs, openssl, python, swaks

pytestmark = pytest.mark.wire

KINDS = """
certificates:
  shown-trusted:       {names: ["*.msxfaq.example"]}
  shown-untrusted:     {names: ["*.msxfaq.example"], issuer: private}
  shown-expired:       {names: ["*.msxfaq.example"], validity: expired}
  shown-self-signed:   {names: ["*.msxfaq.example"], self_signed: true}
  shown-server-only:   {names: ["*.msxfaq.example"], key_usage: server-only}
  shown-missing:       {names: ["*.msxfaq.example"], missing_intermediate: true}
  shown-rsa:           {names: ["*.msxfaq.example"], key: rsa}
"""
OWN, TARGET = ("msxfaq", "certificate"), ("uclabor", "recipient")
SHOWN: dict[str | None, tuple[set[CertFault], tuple[str, str]]] = {
    None: (set(), TARGET),
    "shown-trusted": (set(), OWN),
    "shown-rsa": (set(), OWN),
    "shown-untrusted": ({CertFault.UNTRUSTED}, TARGET),
    "shown-expired": ({CertFault.EXPIRED}, TARGET),
    "shown-self-signed": ({CertFault.SELF_SIGNED}, TARGET),
    "shown-server-only": ({CertFault.NO_CLIENT_AUTH}, OWN),
    "shown-missing": ({CertFault.UNTRUSTED}, TARGET),
}
"""By certificate: the faults that the front end finds, and who the mail is attributed to (R8, R9, R126, R127, R129)."""
VERSIONS = {"TLS1_2": ssl.TLSVersion.TLSv1_2, "TLS1_3": ssl.TLSVersion.TLSv1_3}
EHLO = "SIZE 157286400, PIPELINING, DSN, ENHANCEDSTATUSCODES, {}8BITMIME, BINARYMIME, CHUNKING, SMTPUTF8"
BANNER = re.compile(
    r"220 (\w+)\.mail\.protection\.outlook\.com Microsoft ESMTP MAIL Service ready at "
    r"\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d \+0000 \[([0-9A-F]{16})\]"
)
QUEUED = re.compile(
    r"250 2\.6\.0 (<\S+>) \[InternalId=(\d{13}), Hostname=(\S+\.PROD\.OUTLOOK\.COM)\] "
    r"\d+ bytes in \d+\.\d{3}, \d+\.\d{3} KB/sec Queued mail for delivery"
)
_numbers = count(1)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with running(played(KINDS), tmp_path_factory.mktemp("tools")) as running_lab:
        yield running_lab


def a_mail(**different: str) -> Mail:
    return Mail(message_id=f"<{next(_numbers)}@tool.example>", **different)


def taken(lab: Lab, mail: Mail) -> Hop:
    """The hop of a message at the front end that it was handed to."""
    found = (hop for hop in lab.hops() if hop.head.message_id == mail.message_id)
    return next(hop for hop in found if hop.first(Connected))


def facts(hop: Hop) -> tuple[str, set[str], tuple[str, str]]:
    """(TLS version, faults of the certificate, attribution) of a hop."""
    connected, attributed = hop.first(Connected), hop.first(Attributed)
    assert connected is not None
    assert attributed is not None
    who = (attributed.tenant, attributed.basis)
    return connected.tls, set(connected.faults), who


# -- openssl


@needs("openssl")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("profile", SHOWN)
def test_openssl_is_never_sent_away_for_its_certificate(lab, profile, version):
    mail = a_mail()
    printed = openssl(lab, mail, f"-{version.lower()}", profile=profile)
    faults, who = SHOWN[profile]
    assert QUEUED.search(printed), printed
    assert facts(taken(lab, mail)) == (version, faults, who)


@needs("openssl")
@pytest.mark.parametrize(
    ("profile", "faults", "who"),
    [
        ("shown-self-signed", {CertFault.SELF_SIGNED}, TARGET),
        ("shown-trusted", set(), OWN),
    ],
)
def test_a_session_is_never_resumed_and_the_certificate_is_judged_anew(lab, tmp_path, profile, faults, who):
    """A resumed session skips the check: a self-signed certificate would pass, a trusted one would not count."""
    first, second, kept = a_mail(), a_mail(), str(tmp_path / "session")
    openssl(lab, first, "-tls1_3", "-sess_out", kept, profile=profile)
    again = openssl(lab, second, "-tls1_3", "-sess_in", kept, profile=profile)
    assert "New, TLSv1.3" in again
    assert "Reused, " not in again
    assert facts(taken(lab, first)) == facts(taken(lab, second)) == ("TLS1_3", faults, who)


@needs("openssl")
def test_over_tls_1_2_no_session_is_offered_for_resumption(lab, tmp_path):
    kept = tmp_path / "session"
    printed = openssl(lab, a_mail(), "-tls1_2", "-sess_out", str(kept), profile="shown-trusted")
    assert QUEUED.search(printed)
    assert not kept.exists()


@needs("openssl")
def test_openssl_sees_the_services_certificate_with_its_chain_and_no_list_of_authorities(lab):
    anchors = str(lab.embedded.certificates.anchors)
    printed = openssl(lab, a_mail(), "-CAfile", anchors, "-verify_hostname", "mail.protection.outlook.com")
    assert "Verify return code: 0 (ok)" in printed
    assert "Verified peername: mail.protection.outlook.com" in printed
    assert "No client certificate CA names sent" in printed


@needs("openssl")
def test_openssl_with_the_leaf_alone_is_not_believed(lab):
    mail = a_mail()
    openssl(lab, mail, profile="shown-trusted", leaf_only=True)
    assert facts(taken(lab, mail)) == ("TLS1_3", {CertFault.UNTRUSTED}, TARGET)


# -- swaks


def lines(printed: str, mark: str) -> list[str]:
    """What one side said: `<- ` and ` ->` in clear, `<~ ` and ` ~>` over TLS."""
    return [line[4:] for line in printed.splitlines() if line.startswith(mark)]


@needs("swaks")
def test_swaks_sees_the_banner_and_the_list_of_extensions_before_and_after_starttls(lab):
    printed = swaks(lab, a_mail(), "--tls")
    banner, *offered = lines(printed, "<-")
    found = BANNER.fullmatch(banner)
    assert found is not None
    first, *keywords = offered[: offered.index("220 2.0.0 SMTP server ready")]
    assert first == f"250-{found[1]}.mail.protection.outlook.com Hello [198.51.100.25]"
    assert ", ".join(word[4:] for word in keywords) == EHLO.format("STARTTLS, ")
    again, *secured = [line for line in lines(printed, "<~") if line.startswith("250")][:9]
    assert again == first
    assert ", ".join(word[4:] for word in secured if " 2." not in word) == EHLO.format("")


@needs("swaks")
def test_swaks_gets_the_replies_of_exchange_online(lab):
    printed = swaks(lab, a_mail(), "--tls")
    said = lines(printed, "<~")[9:]
    assert said[:3] == [
        "250 2.1.0 Sender OK",
        "250 2.1.5 Recipient OK",
        "354 Start mail input; end with <CRLF>.<CRLF>",
    ]
    assert QUEUED.fullmatch(said[3])
    assert said[4] == "221 2.0.0 Service closing transmission channel"


@needs("swaks")
@pytest.mark.parametrize(("profile", "tenant"), [(None, "uclabor"), ("shown-trusted", "msxfaq")])
def test_the_reply_that_swaks_gets_betrays_the_tenant(lab, profile, tenant):
    """R188: the host that queued the mail stands in a forest of the attributed tenant."""
    mail = a_mail()
    found = QUEUED.search(swaks(lab, mail, "--tls", *shown(lab, profile)))
    assert found is not None
    hop = taken(lab, mail)
    assert found.groups() == (mail.message_id, hop.head.id, hub_host(tenant, "EUR"))
    assert hub_host("uclabor", "EUR") != hub_host("msxfaq", "EUR")


def shown(lab: Lab, profile: str | None, *, whole: bool = True) -> tuple[str, ...]:
    """Debian's swaks sends the leaf alone, whatever --tls-cert holds; OpenSSL fills the chain up from --tls-ca-path."""
    if profile is None:
        return ()
    chain, key = map(str, lab.files(profile))
    return ("--tls-cert", chain, "--tls-key", key, *(("--tls-ca-path", chain) if whole else ()))


@needs("swaks")
@pytest.mark.parametrize("profile", SHOWN)
def test_swaks_is_never_sent_away_for_its_certificate(lab, profile):
    mail = a_mail()
    assert QUEUED.search(swaks(lab, mail, "--tls", *shown(lab, profile)))
    assert facts(taken(lab, mail)) == ("TLS1_3", *SHOWN[profile])


@needs("swaks")
def test_swaks_with_a_chain_in_one_file_still_sends_the_leaf_alone(lab):
    mail = a_mail()
    swaks(lab, mail, "--tls", *shown(lab, "shown-trusted", whole=False))
    assert facts(taken(lab, mail)) == ("TLS1_3", {CertFault.UNTRUSTED}, TARGET)


@needs("swaks")
def test_swaks_over_tls_1_2_shows_the_same_certificate(lab):
    mail = a_mail()
    swaks(lab, mail, "--tls", "--tls-protocol", "tlsv1_2", *shown(lab, "shown-trusted"))
    assert facts(taken(lab, mail)) == ("TLS1_2", set(), OWN)


@needs("swaks")
def test_swaks_without_tls_has_nothing_to_show(lab):
    mail = a_mail(source="203.0.113.200", sender="customer@elsewhere.example")
    assert QUEUED.search(swaks(lab, mail))
    assert facts(taken(lab, mail)) == ("", set(), TARGET)


REFUSALS = {
    "relay": ({"to": "friend@nowhere.example"}, "550 5.7.64 TenantAttribution; Relay Access Denied"),
    "unknown": ({"to": "nobody@uclabor.example"}, "550 5.4.1 Recipient address rejected: Access denied."),
    "partner": (
        {"source": "198.51.100.77"},
        "550 5.7.51 TenantInboundAttribution; There is a partner connector configured that matched the message's "
        "recipient domain. The connector had either the RestrictDomainsToIPAddresses or RestrictDomainsToCertificate "
        "set",
    ),
}


@needs("swaks")
@pytest.mark.parametrize("case", REFUSALS)
def test_swaks_is_refused_at_rcpt_with_a_trailer_that_names_its_session(lab, case):
    different, reply = REFUSALS[case]
    printed = swaks(lab, a_mail(**different), "--tls")
    banner = BANNER.search(printed)
    assert banner is not None
    (refused,) = [line[4:] for line in printed.splitlines() if line.startswith("<~*")]
    trailer = rf" \[{banner[1]}\.eurprd\d\d\.prod\.outlook\.com \d{{4}}-\d\d-\d\dT[\d:]{{8}}\.\d{{3}}Z {banner[2]}\]"
    assert re.fullmatch(re.escape(reply) + trailer, refused), refused


@needs("swaks")
def test_swaks_that_greets_with_the_services_name_is_refused(lab):
    printed = swaks(lab, a_mail(helo="x.mail.protection.outlook.com"), "--tls")
    assert "550 5.7.506 Access Denied, Bad HELO [" in printed


@needs("swaks")
def test_swaks_plays_exchange_at_the_gateway_and_a_stranger_cannot(lab):
    mail = a_mail(server="gateway", source="exchange", helo="ex01.msxfaq.example")
    assert "250 2.0.0 Ok: queued as " in swaks(lab, mail, "--tls")
    refused = swaks(lab, a_mail(server="gateway", source="198.51.100.77"), "--tls")
    assert f"554 5.7.1 <{PARTNER}>: Relay access denied" in refused


# -- Python


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("profile", SHOWN)
def test_smtplib_is_never_sent_away_for_its_certificate(lab, profile, version):
    mail = a_mail()
    code, _ = python(lab, mail, profile=profile, version=VERSIONS[version])
    assert code == 250
    assert facts(taken(lab, mail)) == (version, *SHOWN[profile])


@pytest.mark.parametrize("source", ["gateway", "exchange"])
def test_a_client_that_binds_to_a_hosts_address_is_that_host(lab, source):
    mail = a_mail(source=source, sender="x@foreign.example")
    python(lab, mail)
    assert taken(lab, mail).head.client == lab.embedded.topology.hosts[source].address


def test_a_stranger_too_is_seen_by_the_address_it_stands_for(lab):
    mail = a_mail(source="203.0.113.200", sender="x@foreign.example")
    python(lab, mail)
    assert taken(lab, mail).head.client == "203.0.113.200"


# -- dig


@needs("dig")
def test_dig_sees_mx_names_that_all_lead_to_the_regions_front_ends(lab):
    assert dig(lab, "uclabor.example", "MX", "+short") == "0 uclabor-example.mail.protection.outlook.com.\n"
    assert dig(lab, "msxfaq.example", "MX", "+short") == "10 mail.msxfaq.example.\n"
    front_ends = {host.address for host in lab.embedded.topology.regions["EUR"].front_ends}
    assert len(front_ends) > 1
    for name in ("uclabor-example", "uclaborlab-onmicrosoft-com", "msxfaqlab-mail-onmicrosoft-com"):
        assert set(dig(lab, f"{name}.mail.protection.outlook.com", "+short").split()) == front_ends


@needs("dig")
def test_dig_sees_spf_and_reverse_names(lab):
    spf = dig(lab, "msxfaq.example", "TXT", "+short")
    assert spf == '"v=spf1 ip4:198.51.100.10 ip4:198.51.100.25 include:spf.protection.outlook.com -all"\n'
    assert dig(lab, "-x", "198.51.100.25", "+short") == "mail.msxfaq.example.\n"


@needs("dig")
@pytest.mark.parametrize(
    ("question", "status"),
    [("nowhere.example MX", "NXDOMAIN"), ("uclabor.example AAAA", "NOERROR"), ("net NS", "NXDOMAIN")],
)
def test_dig_is_told_what_does_not_exist(lab, question, status):
    printed = dig(lab, *question.split())
    assert f"status: {status}" in printed
    assert "ANSWER: 0" in printed


@needs("dig")
def test_dig_gets_the_same_over_tcp_and_is_seen_by_its_address(lab):
    over_tcp = dig(lab, "+tcp", "+short", "msxfaq.example", "TXT", source="exchange")
    assert over_tcp == dig(lab, "+short", "msxfaq.example", "TXT")
    asked = [query for query in lab.embedded.dns.log if query.over == "tcp"]
    assert asked[-1].client == lab.here("exchange")


@needs("dig")
def test_dig_gets_no_recursion(lab):
    printed = dig(lab, "uclabor.example", "MX")
    assert "recursion requested but not available" in printed
    assert "flags: qr aa" in printed
