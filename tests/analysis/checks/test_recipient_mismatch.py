"""Recipients that both sides know differently, and users in the initial domain."""

from lab.analysis.checks.catalogue import checks_of
from lab.analysis.checks.finding import Severity
from lab.analysis.checks.recipients import initial_domain, recipient_mismatch, stale_targets
from lab.sentence import NOTHING
from tests.analysis.checks.examples import example, found

BOTH = (*checks_of(recipient_mismatch), *checks_of(stale_targets), *checks_of(initial_domain))


def test_a_contact_to_a_group_with_a_routing_address_is_right() -> None:
    text = """
organizations: {msxfaq: {mail_contacts: [{address: team@msxfaq.example, external: team@msxfaqlab.mail.onmicrosoft.com}]}}
tenants: {msxfaq: {groups: [{address: team@msxfaq.example, members: [useronline@msxfaq.example],
                             RequireSenderAuthenticationEnabled: false}]}}
"""
    assert not found(example(text), BOTH)


def test_what_one_side_does_not_know_is_told_once_for_all() -> None:
    text = """
organizations: {msxfaq: {mailboxes: [useronprem@msxfaq.example, {address: a@msxfaq.example, synced: false},
                                     {address: b@msxfaq.example, synced: false}]}}
"""
    told = found(example(text), BOTH)
    assert list(told) == ["MFL-ROUTE-017:tenant:msxfaq"]
    (finding,) = told.values()
    assert finding.severity is Severity.WARNING
    assert "a@msxfaq.example, b@msxfaq.example" in str(finding.suspicion.text)
    assert finding.cures[0].works


def test_people_in_the_cloud_become_remote_mailboxes_and_groups_contacts() -> None:
    text = """
tenants: {msxfaq: {mailboxes: [useronline@msxfaq.example, a@msxfaq.example],
                   groups: [{address: team@msxfaq.example, members: [a@msxfaq.example],
                             RequireSenderAuthenticationEnabled: false}]}}
"""
    finding = found(example(text), BOTH)["MFL-ROUTE-017:msxfaq"]
    remote, contacts = finding.cures
    assert remote.works
    routing = "@msxfaqlab.mail.onmicrosoft.com"
    assert remote.cure.change["organizations.msxfaq.remote_mailboxes"][-1] == {
        "address": "a@msxfaq.example",
        "external": f"a{routing}",
    }
    assert remote.cure.change["organizations.msxfaq.mail_contacts"] == [
        {"address": "team@msxfaq.example", "external": f"team{routing}"}
    ]
    assert "remote_mailboxes" not in "".join(contacts.cure.change)
    assert contacts.works


def test_many_stale_target_addresses_have_one_cause_and_are_one_finding() -> None:
    contacts = "".join(
        f"{{address: c{n}@msxfaq.example, external: old{n}@msxfaqlab.mail.onmicrosoft.com}}, "
        for n in range(6)
    )
    boxes = ", ".join(f"c{n}@msxfaq.example" for n in range(6))
    text = f"organizations: {{msxfaq: {{mail_contacts: [{contacts}]}}}}\ntenants: {{msxfaq: {{mailboxes: [{boxes}]}}}}"
    (error,) = found(example(text), BOTH).values()
    assert (error.id, error.severity) == ("MFL-ROUTE-007:msxfaq:unknown", Severity.ERROR)
    assert "and 3 more" in str(error.suspicion.text)
    assert [cured.works for cured in error.cures] == [True, True]


def test_a_shared_domain_passes_on_what_it_does_not_know() -> None:
    text = """
organizations: {msxfaq: {mailboxes: [useronprem@msxfaq.example, {address: a@msxfaq.example, synced: false}]}}
tenants: {msxfaq: {AcceptedDomains: [{DomainName: msxfaq.example, Default: true, DomainType: InternalRelay},
                                     hybrid.msxfaq.example]}}
"""
    assert not found(example(text), BOTH)


def test_users_in_the_initial_domain_are_a_note_until_their_limit_is_known_to_be_used_up() -> None:
    user = "tenants: {msxfaq: {mailboxes: [admin@msxfaqlab.onmicrosoft.com]%s}}"
    told = found(example(user % ""), BOTH)
    note = told["MFL-ROUTE-015:msxfaq"]
    assert (note.severity, bool(note.suspicion.condition)) == (Severity.NOTE, True)
    told = found(example(user % ", sending_limits: {already_sent_from_onmicrosoft: 100}"), BOTH)
    error = told["MFL-ROUTE-015:msxfaq"]
    assert (error.severity, error.suspicion.condition) == (Severity.ERROR, NOTHING)


def test_answers_over_the_internet_are_no_gap_where_no_way_would_make_them_internal() -> None:
    text = """
tenants: {msxfaq: {mailboxes: [admin@msxfaqlab.onmicrosoft.com],
                   InboundConnectors: [{Name: "Inbound from *", CloudServicesMailEnabled: false}]}}
"""
    assert not any(id_.startswith("MFL-ROUTE-011") for id_ in found(example(text), BOTH))
    (gap,) = [
        each
        for each in found(
            example("tenants: {msxfaq: {mailboxes: [admin@msxfaqlab.onmicrosoft.com]}}"), BOTH
        ).values()
        if each.code == "MFL-ROUTE-011"
    ]
    assert gap.severity is Severity.WARNING
