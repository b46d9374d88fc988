"""What is to be done where no cmdlet does it, and the cmdlets that no timeline knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.reports.todo import todos
from lab.scenario.settings import Setting
from lab.scenario.whatif import Configuration

ARTICLE = Configuration.load(Path("scenarios/wildcard-misrouting.yaml"))
MAILBOXES = "organizations.msxfaq.remote_mailboxes"
ONLINE = "useronline@msxfaq.example"


def told(
    change: dict[str, Any], variant: str = "dedicated-certificate"
) -> list[tuple[str, str, tuple[str, ...]]]:
    settings = [
        Setting(path, ARTICLE.value(variant, path), value, None, None) for path, value in change.items()
    ]
    places = todos(ARTICLE.variant(variant), ARTICLE.changed(variant, change), settings)
    return [(place.where, each.text, each.commands) for place in places for each in place.todos]


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [
        (
            {"organizations.msxfaq.hosts.gateway.client_certificate": False},
            "gateway (mail.msxfaq.example)",
            "show no client certificate when it sends",
        ),
        (
            {"organizations.msxfaq.hosts.gateway.certificate": "hybrid"},
            "gateway (mail.msxfaq.example)",
            "hybrid (hybrid.msxfaq.example) (now mail)",
        ),
        (
            {"certificates.mail.missing_intermediate": False, "certificates.mail.names": ["a.example"]},
            "certificates",
            "get a new one with the names a.example",
        ),
        (
            {"dns": {"records": {"_dmarc.msxfaq.example": {"TXT": "v=DMARC1; p=reject"}}}},
            "DNS",
            "dns.records[_dmarc.msxfaq.example].TXT: v=DMARC1; p=reject (now (not written))",
        ),
        ({"tenants.msxfaq.dbeb": False}, "elsewhere", "tenants.msxfaq.dbeb: false (now (not written))"),
    ],
    ids=["client certificate", "certificate", "names", "dns", "edge blocking"],
)
def test_what_has_no_cmdlet_is_said_in_words(change, where, words):
    found = told(change)
    assert any(place == where and words in text for place, text, _ in found), found


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {f"{MAILBOXES}[{ONLINE}].ForwardingSmtpAddress": "partner@uclabor.example"},
            f"Set-Mailbox -Identity '{ONLINE}' -ForwardingSmtpAddress 'partner@uclabor.example'",
        ),
        (
            {"tenants.msxfaq.OrganizationConfig.RejectDirectSend": True},
            "Set-OrganizationConfig -RejectDirectSend $true",
        ),
        (
            {
                "organizations.msxfaq.mail_contacts": [
                    {"address": "o'neill@msxfaq.example", "external": "o@uclabor.example"}
                ]
            },
            "New-MailContact -Name 'o''neill' -ExternalEmailAddress 'o@uclabor.example'",
        ),
    ],
    ids=["forwarding", "direct send", "contact"],
)
def test_recipients_and_switches_have_their_cmdlets(change, line):
    assert line in [each for _, _, lines in told(change) for each in lines]
