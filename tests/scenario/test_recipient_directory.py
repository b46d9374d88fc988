"""Directories: what is written on both sides of a hybrid is one recipient, not two."""

from lab.model.names import Address
from lab.model.tenant import Recipient
from lab.scenario.load import load_text

HYBRID = """
scenario: both-sides
organizations:
  contoso:
    domains: [contoso.example]
    mailboxes: [anna@contoso.example]
    remote_mailboxes: [{address: kai@contoso.example, proxies: [k@contoso.example, sales@contoso.example],
                        AcceptMessagesOnlyFrom: anna@contoso.example}]
    mail_contacts: [{address: far@contoso.example, external: far@fabrikam.example}]
    distribution_groups: [{address: all@contoso.example, members: [anna@contoso.example, kai@contoso.example]}]
    hosts: {ex: {role: exchange, address: 198.51.100.10, certificate: hybrid}}
    hybrid: {tenant: contoso, certificate_name: hybrid.contoso.example}
tenants:
  contoso:
    initial_domain: contoso.onmicrosoft.com
    AcceptedDomains: [contoso.example]
    %s
certificates: {hybrid: {names: hybrid.contoso.example}}
"""
ROUTING = "kai@contoso.mail.onmicrosoft.com"


def found(address: str, written: str) -> Recipient:
    tenant = load_text(HYBRID % written).variants["base"].topology.tenants["contoso"]
    recipient = tenant.find(Address.parse(address))
    assert recipient is not None, f"{address} is unknown"
    return recipient


def told(recipient: Recipient) -> set[str]:
    return {str(each) for each in (recipient.primary, *recipient.proxies)}


def test_a_mailbox_written_on_both_sides_has_its_routing_address():
    silent = found(ROUTING, "mailboxes: []")
    written = found(ROUTING, "mailboxes: [kai@contoso.example]")
    assert written == silent
    assert told(written) >= {
        ROUTING,
        "kai@contoso.onmicrosoft.com",
        "k@contoso.example",
        "sales@contoso.example",
    }


def test_what_is_written_in_the_cloud_wins_key_by_key():
    kai = found(
        ROUTING, "mailboxes: [{address: kai@contoso.example, AcceptMessagesOnlyFrom: all@contoso.example}]"
    )
    assert [str(each) for each in kai.accept_only_from] == ["all@contoso.example"]
    free = found(ROUTING, "mailboxes: [{address: kai@contoso.example, AcceptMessagesOnlyFrom: ~}]")
    assert free.accept_only_from == ()


def test_a_cloud_mailbox_whose_primary_address_is_another_one_is_the_same_mailbox():
    kai = found(ROUTING, "mailboxes: [{address: k.ai@contoso.example, proxies: kai@contoso.example}]")
    assert str(kai.primary) == "k.ai@contoso.example"
    assert found("k@contoso.example", "mailboxes: []").primary == Address.parse("kai@contoso.example")
    assert told(kai) >= {"kai@contoso.example", "k@contoso.example", ROUTING}


def test_an_address_that_another_recipient_has_is_not_taken_from_it():
    assert "sales@contoso.example" not in told(
        found(ROUTING, "mailboxes: [kai@contoso.example, sales@contoso.example]")
    )


def test_a_mail_user_written_too_gets_the_routing_address():
    anna = found("anna@contoso.mail.onmicrosoft.com", "mail_users: [anna@contoso.example]")
    assert str(anna.primary) == "anna@contoso.example"


def test_a_group_written_on_both_sides_has_the_members_written_in_the_cloud():
    group = found(
        "all@contoso.example",
        "distribution_groups: [{address: all@contoso.example, members: kai@contoso.example}]",
    )
    assert [str(each) for each in group.members] == ["kai@contoso.example"]
    silent = found("all@contoso.example", "distribution_groups: [{address: all@contoso.example}]")
    assert len(silent.members) == 2


def test_a_recipient_of_another_kind_is_left_alone():
    far = found("far@contoso.example", "mailboxes: [far@contoso.example]")
    assert far.external is None
    anna = found("anna@contoso.example", "mailboxes: [anna@contoso.example]")
    assert "anna@contoso.mail.onmicrosoft.com" not in told(anna)
