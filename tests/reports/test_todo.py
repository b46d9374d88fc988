"""What is to be done where no cmdlet does it, and the cmdlets that no timeline knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.model.names import Address, Domain
from lab.model.tenant import Recipient, RecipientKind
from lab.reports.cures.todo import todos
from lab.reports.cures.todo_recipients import _differing
from lab.scenario.changeable_scenario import ChangeableScenario
from lab.scenario.setting_differences import SettingDifference

ARTICLE = ChangeableScenario.load(Path("scenarios/wildcard-misrouting.yaml"))
MAILBOXES = "organizations.msxfaq.remote_mailboxes"
ONLINE = "useronline@msxfaq.example"
TRUSTED = {"TrustedMailInboundEnabled": True}


def told(
    change: dict[str, Any], variant: str = "dedicated-certificate"
) -> list[tuple[str, str, tuple[str, ...]]]:
    settings = [
        SettingDifference(path, ARTICLE.value(variant, path), value, None, None)
        for path, value in change.items()
    ]
    places = todos(ARTICLE.variant(variant), ARTICLE.changed(variant, change), settings)
    return [(str(place.where), str(todo.told), todo.commands) for place in places for todo in place.todos]


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


@pytest.mark.parametrize(
    ("change", "where", "line"),
    [
        (
            {"tenants.msxfaq.mailboxes": [{"address": ONLINE, "proxies": ["info@msxfaq.example"]}]},
            "Exchange on-premises, organisation msxfaq",
            f"Set-RemoteMailbox -Identity '{ONLINE}' -EmailAddresses @{{Add='info@msxfaq.example'}}",
        ),
        (
            {MAILBOXES: [ONLINE, {"address": "new@msxfaq.example"}]},
            "Exchange on-premises, organisation msxfaq",
            "Enable-RemoteMailbox -Identity 'new' -PrimarySmtpAddress 'new@msxfaq.example' "
            "-RemoteRoutingAddress 'new@msxfaqlab.mail.onmicrosoft.com'",
        ),
        (
            {"organizations.msxfaq.RemoteDomains": [{"Name": "A", "DomainName": "a.example", **TRUSTED}]},
            "Exchange on-premises, organisation msxfaq",
            "Set-RemoteDomain -Identity 'A' -TrustedMailInboundEnabled $true",
        ),
        (
            {"organizations.msxfaq.RemoteDomains": [{"Name": "A", "DomainName": "a.example", **TRUSTED}]},
            "Exchange on-premises, organisation msxfaq",
            "New-RemoteDomain -Name 'A' -DomainName 'a.example'",
        ),
        (
            {"tenants.msxfaq.dkim": ["msxfaq.example"]},
            "Exchange Online, tenant msxfaq",
            "New-DkimSigningConfig -DomainName 'msxfaq.example' -Enabled $true",
        ),
    ],
    ids=["synchronised", "remote mailbox", "set remote domain", "new remote domain", "dkim"],
)
def test_cmdlets_have_the_parameters_that_exchange_takes_where_it_takes_them(change, where, line):
    assert (where, line) in [(place, each) for place, _, lines in told(change) for each in lines]


def test_a_remote_mailbox_forwards_in_the_cloud_alone():
    found = told({f"{MAILBOXES}[{ONLINE}].ForwardingSmtpAddress": "partner@uclabor.example"})
    assert [place for place, _, lines in found for each in lines if "Forwarding" in each] == [
        "Exchange Online, tenant msxfaq"
    ]


def test_a_group_takes_from_members_too():
    recipient = Recipient(RecipientKind.GROUP, Address("team", Domain("msxfaq.example")))
    limited = replace(recipient, accept_only_from=(Address.parse(ONLINE),))
    assert [name for name, _ in _differing(recipient, limited, "UnifiedGroup")] == [
        "AcceptMessagesOnlyFromSendersOrMembers"
    ]


def test_hybrid_mail_is_moved_on_both_sides_at_once_and_the_gateway_last():
    inbound = "tenants.msxfaq.InboundConnectors[Inbound from *].TlsSenderCertificateName"
    outbound = "tenants.msxfaq.OutboundConnectors[Outbound to *].TlsDomain"
    found = told(
        {
            "organizations.msxfaq.hosts.gateway.certificate": "new",
            "organizations.msxfaq.hosts.exchange.certificate": "new",
            outbound: "new.msxfaq.example",
            inbound: "new.msxfaq.example",
            "tenants.msxfaq.AcceptedDomains": [
                "msxfaq.example",
                "hybrid.msxfaq.example",
                "new.msxfaq.example",
            ],
            "certificates.new": {"names": ["new.msxfaq.example"]},
            "dns": {
                "records": {"new.msxfaq.example": {"TXT": "v=spf1 -all", "MX": "10 mail.msxfaq.example"}}
            },
        }
    )
    steps = [" ".join((text, *lines)) for _, text, lines in found]
    wanted = (
        "New-ExchangeCertificate",
        "add the domain new.msxfaq.example",
        ".TXT",
        "Set-InboundConnector",
        "Enable-ExchangeCertificate",
        "Set-OutboundConnector",
    )
    places = [next(n for n, step in enumerate(steps) if word in step) for word in wanted]
    assert places == sorted(places), steps
    assert "in one maintenance window" in steps[places[3]]
    assert {place for place, _, _ in found[places[-1] + 1 :]} == {"gateway (mail.msxfaq.example)", "DNS"}
