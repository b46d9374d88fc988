"""With the scenario that a mail comes from, every stay and every refusal at the door is explained; with another, not."""

from __future__ import annotations

import re
from collections import Counter

from lab.analysis.diagnose import KnownConfiguration, diagnose
from tests.analysis.diagnose.played import mail_of, mails, variants

EXPLAINS = re.compile(r"the configuration (explains|does not explain) (this|the refusal)")


def answers(mail, known):
    found = diagnose(bytes(mail.found.message), known)
    return Counter(each[0] for told in found.story for each in EXPLAINS.findall(str(told.text)))


def test_the_own_configuration_explains_what_its_mail_shows():
    """But for one in a hundred: what the header does not tell had to be guessed, and the answer says by what."""
    counts: Counter[str] = Counter()
    for mail in mails(3):
        if not (mail.play.variant.timeline or mail.play.variant.outages):
            counts += answers(mail, KnownConfiguration(mail.play.variant))
    assert counts["explains"] > 150
    assert counts["does not explain"] <= counts["explains"] / 100, counts


def test_the_cure_does_not_explain_the_fault():
    fault = mail_of("wildcard-misrouting/shared-wildcard")
    cure = next(variant for _, variant in variants() if variant.name == "dedicated-certificate")
    assert answers(fault, KnownConfiguration(fault.play.variant)) == {"explains": 2}
    assert answers(fault, KnownConfiguration(cure)) == {"explains": 1, "does not explain": 1}


def test_tenants_have_the_names_of_the_configuration():
    mail = mail_of("wildcard-misrouting/shared-wildcard")
    found = diagnose(bytes(mail.found.message), KnownConfiguration(mail.play.variant))
    assert found.report is not None
    assert found.report.tenant.name == "msxfaq"
    assert found.relayed is not None
    assert found.relayed.name == "msxfaq"
    assert [each.tenant.name for each in found.report.refusals] == ["uclabor"]


def test_a_client_by_ipv6_is_not_asked_about():
    mail = mail_of("wildcard-misrouting/shared-wildcard")
    octets = bytes(mail.found.message).replace(b"198.51.100.25", b"2001:db8::25")
    found = diagnose(octets, KnownConfiguration(mail.play.variant))
    assert not any("explains this" in str(told.text) for told in found.story)
