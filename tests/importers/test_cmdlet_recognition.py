"""Which cmdlet an object came from."""

import pytest

from lab.importers.cmdlet_recognition import KINDS, kind, of_file


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("Get-InboundConnector.json", "InboundConnector"),
        ("InboundConnectors.csv", "InboundConnector"),
        ("online/contoso_getsendconnector.xml", "SendConnector"),
        ("EX01-GetReceiveConnector.xml", "ReceiveConnector"),
        ("Mailboxes.csv", "Mailbox"),
        ("Get-RemoteMailbox.json", "RemoteMailbox"),
        ("RemoteMailbox_2026-11-24.json", "RemoteMailbox"),
        ("DynamicDistributionGroup.json", "DynamicDistributionGroup"),
        ("CASMailbox.json", ""),
        ("MailboxStatistics.csv", ""),
        ("export.json", ""),
        ("InboundConnector/all.json", ""),
    ],
)
def test_noun_in_the_name_of_a_file(file, wanted):
    assert of_file(file) == wanted


@pytest.mark.parametrize("named", KINDS)
def test_every_kind_is_known_by_its_file(named):
    assert kind((), f"Get-{named}.json", ()) == named


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("Microsoft.Exchange.Data.Directory.SystemConfiguration.SmtpSendConnectorConfig", "SendConnector"),
        (
            "Deserialized.Microsoft.Exchange.Data.Directory.SystemConfiguration.TenantInboundConnector",
            "InboundConnector",
        ),
        ("Selected.Deserialized.Microsoft.Exchange.MessagingPolicies.Rules.Tasks.Rule", "TransportRule"),
        ("#Exchange.AcceptedDomain", "AcceptedDomain"),
        ("Microsoft.Exchange.Data.Directory.SystemConfiguration.DomainContentConfig", "RemoteDomain"),
        ("System.Management.Automation.PSCustomObject", "Mailbox"),
    ],
)
def test_type_is_believed_before_the_file(typed, wanted):
    assert kind((typed,), "Get-Mailbox.xml", ()) == wanted


@pytest.mark.parametrize(
    ("properties", "wanted"),
    [
        ("Name SenderDomains SenderIPAddresses ConnectorType ConnectorSource", "InboundConnector"),
        ("Name RecipientDomains SmartHosts UseMXRecord ConnectorType", "OutboundConnector"),
        ("name addressspaces smarthosts", "SendConnector"),
        ("Bindings RemoteIPRanges", "ReceiveConnector"),
        ("DomainName DomainType Default", "AcceptedDomain"),
        ("DomainName AllowedOOFType TrustedMailOutboundEnabled", "RemoteDomain"),
        ("PrimarySmtpAddress RemoteRoutingAddress RemoteRecipientType RecipientTypeDetails", "RemoteMailbox"),
        ("PrimarySmtpAddress RecipientTypeDetails", "Recipient"),
        ("Name Identity", ""),
    ],
)
def test_properties_tell_where_nothing_else_does(properties, wanted):
    assert kind((), "export.json", properties.split()) == wanted


def test_a_file_that_is_named_wrongly_is_not_believed():
    assert kind((), "Get-InboundConnector.json", ["RecipientDomains", "SmartHosts"]) == "OutboundConnector"


def test_a_files_name_tells_recipients_apart():
    assert kind((), "Get-MailUser.json", ["PrimarySmtpAddress", "RecipientTypeDetails"]) == "MailUser"


def test_a_files_name_is_enough_for_few_properties():
    assert kind((), "Get-InboundConnector.json", ["Name"]) == "InboundConnector"
