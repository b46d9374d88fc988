"""Postfix's settings, and the maps beside them."""

import pytest

from lab.importers.folder_reader import read
from tests.importers.sources import parse, told

POSTCONF = """\
compatibility_level = 3.6
mydestination =
mydomain = msxfaq.example
myhostname = mail.$mydomain
mynetworks = 127.0.0.0/8, 198.51.100.10/32
relay_domains = ${mydomain}, hash:/etc/postfix/guarded
relayhost =
smtp_helo_name = $(myhostname)
smtp_tls_cert_file = /etc/ssl/${mydomain?wild}${unset:card}.pem
smtpd_banner = $myhostname ESMTP $mail_name
transport_maps = hash:/etc/postfix/transport
"""


def settings(text: str, file: str = "postconf.txt"):
    [gateway] = parse(text, file).gateways
    return gateway.settings


def test_variables_that_the_file_sets_are_filled_in():
    found = settings(POSTCONF)
    assert found["myhostname"] == found["smtp_helo_name"] == "mail.msxfaq.example"
    assert found["relay_domains"] == "msxfaq.example, hash:/etc/postfix/guarded"
    assert found["smtp_tls_cert_file"] == "/etc/ssl/wildcard.pem"
    assert found["smtpd_banner"] == "mail.msxfaq.example ESMTP $mail_name"
    assert found["mydestination"] == ""


def test_a_main_cf_with_comments_and_long_lines():
    text = """\
# See /usr/share/postfix/main.cf.dist
myhostname=mail.msxfaq.example
smtpd_recipient_restrictions = permit_mynetworks,
    # not the end
    reject_unauth_destination

relayhost = [old]:25
relayhost = [exchange.msxfaq.example]:25
"""
    found = settings(text, "main.cf")
    assert found["smtpd_recipient_restrictions"] == "permit_mynetworks, reject_unauth_destination"
    assert found["relayhost"] == "[exchange.msxfaq.example]:25"


def test_maps_of_its_folder_belong_to_it(tmp_path):
    for name, text in {
        "edge/postconf.txt": POSTCONF,
        "edge/transport": "# where\nMSXFAQ.example  relay:[198.51.100.10]\n.msxfaq.example relay:\n  [198.51.100.11]\n",
        "edge/guarded.txt": "uclabor.example OK\n",
        "edge/notes": "remember this\n",
        "edge/tls_policy": "uclabor.example  secure\n",
        "other/transport": "msxfaq.example relay:[198.51.100.10]\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = read(tmp_path)
    [gateway] = found.gateways
    assert gateway.maps == {
        "transport": {"msxfaq.example": "relay:[198.51.100.10]", ".msxfaq.example": "relay: [198.51.100.11]"},
        "guarded": {"uclabor.example": "OK"},
        "tls_policy": {"uclabor.example": "secure"},
    }
    assert {str(notice.place) for notice in found.notices} == {"edge/notes", "other/transport"}
    assert "other/transport: a Postfix map without `postconf -n` beside it" in told(found)


def test_passwords_are_refused(tmp_path):
    (tmp_path / "sasl_passwd").write_text("[relay.example] user:secret\n")
    (tmp_path / "sasl_passwd").chmod(0)
    (tmp_path / "postconf.txt").write_text(
        POSTCONF
        + "smtp_sasl_password_maps = inline:{relay.example=user:hidden}\nlmtp_sasl_password_maps = hash:/etc/postfix/p\n"
    )
    found = read(tmp_path)
    assert "hidden" not in repr(found)
    assert found.gateways[0].settings["lmtp_sasl_password_maps"] == "hash:/etc/postfix/p"
    assert [notice.place.file for notice in found.notices] == ["postconf.txt", "sasl_passwd"]


def test_variables_that_fill_each_other_end():
    found = settings("myhostname = $mydomain\nmydomain = $myhostname\nmyorigin = $myhostname\n")
    assert found["myorigin"] in ("$mydomain", "$myhostname")


def test_variables_that_grow_without_end_stay_as_they_are():
    grows = "".join(f"a{n} = {f'$a{n - 1}' * 100}\n" for n in range(1, 9))
    found = settings(f"{POSTCONF}a0 = {'x' * 100}\n{grows}")
    assert len(found["a1"]) == 10_000
    assert all(len(value) <= 64 * 1024 for value in found.values())


@pytest.mark.parametrize(
    "text", ["one = 1\ntwo = 2\nthree = 3\n", "[section]\nmyhostname = a\n", "myhostname is a setting\n"]
)
def test_settings_of_others_are_none_of_postfix(text):
    assert parse(text, "settings.ini").gateways == ()
