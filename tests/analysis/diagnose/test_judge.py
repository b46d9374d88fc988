"""flufl.bounce, which Mailman reads bounces with, is the judge of who failed."""

from __future__ import annotations

import email

import pytest
from flufl.bounce import all_failures

from lab.analysis.diagnose import diagnose
from tests.analysis.diagnose.played import mails
from tests.analysis.diagnose.test_samples import SAMPLES


def ours(octets):
    report = diagnose(octets).report
    return {each.recipient.lower() for each in report.refusals} if report else set()


def theirs(octets):
    temporary, permanent = all_failures(email.message_from_bytes(octets))
    return {address.decode().lower() for address in temporary | permanent}


def test_both_find_the_same_failures_in_the_mail_of_the_scenarios():
    reports = 0
    for mail in mails(5):
        octets = bytes(mail.found.message)
        assert ours(octets) == theirs(octets), mail.where
        reports += mail.about is not None
    assert reports > 20


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.eml")), ids=lambda path: path.stem)
def test_both_find_the_same_failures_in_real_reports(path):
    octets = path.read_bytes()
    assert ours(octets) == theirs(octets) != set()
