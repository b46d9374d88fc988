"""The matrix: who takes part, what a cell may pass by rule, and what is an alarm."""

import dataclasses
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from lab.analysis.matrix import matrices, matrix, prepared
from lab.cli.locations import find_scenario
from lab.drivers.embedded import run_embedded
from lab.drivers.simulator import simulate
from lab.model.names import Address
from lab.reports.matrix import matrix_files, matrix_html
from lab.reports.matrix.matrix_cells import differing, judged
from lab.reports.matrix.matrix_grid import grid, side_by_side
from lab.reports.text.console import text
from lab.scenario.load import load, load_text
from lab.scenario.rendering.render import render
from tests.nodes.worlds import BASE, RESTRICTED, world

CURED = """
organizations:
  a:
    hosts: {ex: {certificate: hybrid}, gw: {certificate: mx}}
    hybrid: {certificate_name: hybrid.a.example}
tenants:
  a: {AcceptedDomains: [{DomainName: a.example, Default: true}, hybrid.a.example]}
"""
FAR = "tenants: {b: {region: NAM}}\n"


def played(over=""):
    return matrix(world(over), scenario="world")


def cell(over, sender, recipient):
    found = played(over).at(sender, recipient)
    assert found is not None
    return found


def test_three_partners_give_six_messages_and_more():
    keys = {c.key for c in played(CURED).cells}
    pairs = [("onprem", "cloud"), ("onprem", "outside"), ("cloud", "outside")]
    assert {f"{a}_to_{b}" for pair in pairs for a, b in (pair, pair[::-1])} <= keys


def test_strangers_do_not_write_to_each_other():
    names = {(c.sender.own, c.recipient.own) for c in played().cells}
    assert (False, False) not in names


def test_nobody_writes_to_himself_under_another_address():
    made = played()
    assert made.at("cloud", "routing") is None
    assert made.at("cloud", "moera") is None
    assert made.at("onprem", "routing") is not None


def test_all_is_as_expected_with_a_certificate_of_its_own():
    assert [c.key for c in played(CURED).alarms] == []


def test_own_mail_in_the_own_tenant_that_nothing_leads_there_is_an_alarm():
    """It arrives, and only the matrix sees what is wrong (R220)."""
    found = cell("", "onprem", "same-region")
    assert found.arrived
    assert [str(alarm) for alarm in found.alarms] == ["seen by tenant:a, where nothing leads it"]
    assert (found.tenant, found.basis) == ("a", "certificate")


def test_a_cloud_mailbox_may_pass_its_own_tenant():
    assert cell("", "cloud", "same-region").expected


def test_centralized_mail_that_comes_round_again_is_an_alarm():
    over = "organizations: {a: {hybrid: {centralized_transport: true}}}\n"
    found = cell(over, "cloud", "same-region")
    assert found.path.count("tenant:a") == 2
    assert [str(alarm) for alarm in found.alarms] == ["taken 2 times by tenant:a"]


def test_centralized_transport_alone_is_no_alarm():
    over = CURED.replace("certificate_name:", "centralized_transport: true, certificate_name:")
    assert not played(over).alarms


def test_what_is_refused_is_an_alarm_with_its_status():
    found = cell(RESTRICTED, "onprem", "same-region")
    assert (found.status, found.outcome) == ("5.7.51", "bounced 5.7.51")
    assert str(found.alarms[0]) == "wanted delivered, got bounced 5.7.51"


def test_a_send_connector_to_the_service_is_a_way_that_leads_there():
    over = """
organizations:
  a:
    SendConnectors:
      - {Name: Internet via the tenant, AddressSpaces: ["smtp:*;1"], SmartHosts: [a-example.mail.protection.outlook.com]}
"""
    found = cell(over, "onprem", "same-region")
    assert found.path == ("ex", "tenant:a", "tenant:b")
    assert found.expected


def test_partners_are_told_by_region():
    assert played(FAR).at("onprem", "other-region") is not None
    assert played(FAR).at("onprem", "same-region") is None


def test_who_is_known_in_the_cloud_only_is_a_class_of_its_own():
    over = "tenants: {a: {mailboxes: [new@a.example, only@alab.onmicrosoft.com]}}\n"
    made = played(over)
    names = [party.name for party in made.recipients]
    assert {"cloud", "cloud-only", "moera"} <= set(names)
    unreachable = made.at("onprem", "cloud-only")
    assert unreachable is not None
    assert unreachable.status == "5.1.10"


def test_written_messages_are_not_sent():
    assert "m" not in {spec.key for spec in prepared(world()).messages}


def test_a_run_without_a_plan_has_no_matrix():
    assert judged("world", simulate(world())) is None


MATRIX = """
matrix:
  senders: [onprem, cloud]
  recipients: [same-region, {address: second@b.example, name: second}]
"""


def test_the_scenario_decides_who_takes_part():
    assert {c.key for c in played(MATRIX).cells} == {
        "onprem_to_same-region",
        "cloud_to_same-region",
        "onprem_to_second",
        "cloud_to_second",
    }


def test_what_is_written_stands_instead_of_the_rule():
    claim = '  expect: {"onprem > *": {not_seen_by: ~, path: [ex, gw, "tenant:a", "tenant:b"]}}\n'
    assert played(MATRIX + claim).alarms == ()


def test_a_written_end_is_no_claim_that_there_is_no_report():
    claim = '  expect: {"onprem > *": {not_seen_by: ~, ends: bounced}, "cloud > *": {ends: bounced}}\n'
    assert played(MATRIX + claim + RESTRICTED.lstrip()).alarms == ()


def test_a_variant_with_a_matrix_sends_it_with_its_own_messages():
    variant = world(MATRIX)
    assert variant.messages[0].key == "m"
    outcome = simulate(variant)
    assert len(outcome.messages) == 5
    failed = {finding.message for finding in outcome.findings() if not finding.ok}
    assert failed == {"onprem_to_same-region", "onprem_to_second"}


BOTH = "\nvariants:\n  fault: {}\n  cure:\n" + "".join(f"    {line}\n" for line in CURED.strip().splitlines())


def scenario():
    return load_text(BASE + BOTH)


def test_cells_that_change_between_variants_are_found():
    both = matrices(scenario())
    assert ("onprem", "same-region") in differing(both)
    assert ("cloud", "outside") not in differing(both)
    assert [len(each.alarms) for each in both] == [1, 0]


def test_the_grid_marks_what_nobody_expects():
    drawn = text(grid(played()))
    row = next(line for line in drawn.splitlines() if line.strip().startswith("onprem "))
    assert "ok C!" in row
    assert "you should be alarmed" in drawn
    assert "seen by tenant:a, where nothing leads it" in drawn


def test_the_grid_of_the_cure_is_calm():
    drawn = text(grid(played(CURED), ways=True))
    assert "alarmed" not in drawn
    assert "ex → gw → b" in drawn
    assert drawn.rstrip().endswith("all as expected")


def test_variants_side_by_side_show_what_changes():
    drawn = text(side_by_side(matrices(scenario())))
    row = next(line for line in drawn.splitlines() if line.split()[:2] == ["onprem", "same-region"])
    assert row.split()[2:] == ["ok", "C!", "ok", "R*"]
    assert "cloud        outside" not in drawn


def test_alike_variants_are_said_to_be_alike():
    one = played()
    drawn = text(side_by_side([one, dataclasses.replace(one, variant="twin")]))
    assert "as variant 1" in drawn


def test_json_has_every_cell_and_every_change():
    told: dict[str, Any] = matrix_files.document(matrices(scenario()))
    assert told["ok"] is False
    fault = told["matrices"][0]
    assert fault["counts"] == {"cells": len(fault["cells"]), "unexpected": 1}
    astray = next(c for c in fault["cells"] if c["key"] == "onprem_to_same-region")
    assert astray["path"] == ["ex", "gw", "tenant:a", "tenant:b"]
    assert astray["attributed"]["tenant"] == "a"
    assert {"sender": "onprem", "recipient": "same-region"} in told["changes"]


def test_junit_has_a_test_case_for_each_cell():
    both = matrices(scenario())
    root = ET.fromstring(matrix_files.junit(both))
    assert len(root.findall(".//testcase")) == sum(len(each.cells) for each in both)
    failures = root.findall(".//failure")
    assert [failure.get("type") for failure in failures] == ["unexpected"]


def test_html_is_one_page_that_is_well_formed():
    page = matrix_html.report(matrices(scenario()))
    ET.fromstring(page.partition("\n")[2])
    assert "1 of 32 cells" in page
    assert "<script" not in page


@pytest.mark.wire
def test_the_embedded_lab_fills_the_same_cells():
    variant = world(MATRIX)
    there, here = matrix(variant, play=run_embedded), matrix(variant)
    assert [c.says for c in there.cells] == [c.says for c in here.cells]


SPECIAL = """
organizations:
  a:
    mailboxes: [user@a.example, {address: folder@a.example, synced: false}]
    mail_contacts: [{address: supplier@a.example, external: partner@b.example}]
    distribution_groups: [{address: all@a.example, members: [user@a.example, cloud@a.example]}]
tenants:
  a:
    groups: [{address: team@a.example, members: [cloud@a.example]}]
"""


def classes(over):
    return {party.name: str(party.address) for party in played(over).recipients}


def test_groups_and_contacts_are_classes_once_although_both_sides_know_them():
    found = classes(SPECIAL)
    assert (found["list"], found["group"], found["contact"]) == (
        "all@a.example",
        "team@a.example",
        "supplier@a.example",
    )
    assert "list-2" not in found


def test_a_list_may_lead_to_the_tenants_of_its_members():
    found = cell(SPECIAL, "onprem", "list")
    assert "tenant:a" in found.path
    assert found.expected


def test_who_may_not_write_is_meant_to_be_refused():
    """RequireSenderAuthenticationEnabled is on for groups by default (R119)."""
    found = cell(SPECIAL, "outside", "list")
    assert not found.arrived
    assert found.expected


def test_a_contact_leads_to_the_tenant_it_points_to():
    assert "tenant:b" not in [alarm.place for alarm in cell(SPECIAL, "onprem", "contact").alarms]


def test_what_is_not_synchronised_is_unknown_in_the_cloud():
    assert world(SPECIAL).topology.tenants["a"].find(Address.parse("folder@a.example")) is None
    assert world(SPECIAL).topology.tenants["a"].find(Address.parse("user@a.example")) is not None


CHANNEL = """
hosts:
  teams: {role: service, address: 203.0.113.201, domains: [email.teams.microsoft.com],
          mailboxes: [noreply@email.teams.microsoft.com], past_mx: true}
  channels: {role: service, address: 203.0.113.205, domains: [emea.teams.ms], mailboxes: [x@emea.teams.ms]}
"""


def test_services_write_to_own_people_only_and_channels_are_written_to():
    made = played(CHANNEL)
    assert made.at("teams", "outside") is None
    assert made.at("teams", "cloud") is not None
    assert made.at("onprem", "channel") is not None
    assert {"voicemail", "notice"} <= {party.name for party in made.senders}
    assert "channels" not in {party.name for party in made.senders}


def test_a_notice_may_go_to_anybody_and_voicemail_may_not():
    made = played(CHANNEL)
    assert made.at("notice", "outside") is not None
    assert made.at("voicemail", "outside") is None


def test_a_service_past_the_mx_may_pass_the_tenant_on_its_way_to_on_premises():
    found = cell(CHANNEL + CURED, "teams", "onprem")
    assert found.path == ("teams", "tenant:a", "ex")
    assert found.expected


CHANGING = """
timeline:
  - at: 20m
    title: The filter shows no certificate any more
    change: {organizations.a.hosts.gw.client_certificate: false}
"""


def test_a_timeline_is_tried_until_after_its_last_change():
    variant = prepared(world(CHANGING))
    times = [spec.at for spec in variant.messages if spec.series == "onprem_to_same-region"]
    assert len(times) == 12
    assert times[-1] > variant.timeline[-1].at


def test_a_cell_tells_when_it_flipped():
    found = cell(CHANGING, "onprem", "same-region")
    before, after = found.flips
    assert before.path == ("ex", "gw", "tenant:a", "tenant:b")
    assert after.path == ("ex", "gw", "tenant:b")
    assert (str(before.taken), str(after.taken)) == ("a by certificate", "b by recipient")
    assert str(after.told).startswith("0:21 delivered by way of ex > gw > tenant:b")
    assert [str(alarm) for alarm in found.alarms] == [
        "seen by tenant:a, where nothing leads it (7 of 12 times)"
    ]


def test_a_cell_that_does_not_change_says_so_once():
    assert len(cell(CHANGING, "cloud", "outside").flips) == 1


def test_the_grid_tells_when_cells_flipped():
    drawn = text(grid(played(CHANGING)))
    assert "ok C~!" in drawn
    assert "0:21 delivered by way of ex > gw > tenant:b, taken for b by recipient" in drawn


def test_a_matrix_can_be_repeated_as_a_message_can():
    over = MATRIX + "  repeat: {every: 5m, times: 3}\n"
    variant = world(over)
    assert [s.key for s in variant.messages if s.series == "cloud_to_second"] == [
        f"cloud_to_second#{n}" for n in (1, 2, 3)
    ]
    assert len(played(over).cells) == 4
    again = load_text(render(variant)).variants["base"]
    assert again.messages == variant.messages
    assert list(again.expect) == list(variant.expect)


EXT = """
organizations:
  a:
    mailboxes: [user@a.example, other@a.example]
    distribution_groups: [{address: ext@a.example, members: [partner@b.example, cloud@a.example]}]
"""


def test_a_misrouted_copy_of_a_group_is_an_alarm():
    """The tenant knows the group, and a member is at home there; the copy for the foreign member has no business there."""
    found = cell(EXT, "onprem", "list")
    assert found.arrived
    assert [str(alarm) for alarm in found.alarms] == [
        "seen by tenant:a, where nothing leads it: a copy for partner@b.example"
    ]
    assert (found.tenant, found.basis) == ("a", "certificate")
    assert cell(EXT + CURED.replace("\norganizations:\n  a:\n", ""), "onprem", "list").expected


def test_a_tenant_that_takes_a_foreign_members_copy_twice_is_an_alarm():
    over = EXT + "    hybrid: {centralized_transport: true}\n"
    found = cell(over, "cloud", "list")
    assert [str(alarm) for alarm in found.alarms] == [
        "seen by tenant:a, where nothing leads it: a copy for partner@b.example"
    ]


def test_a_message_that_splits_has_a_way_for_each_copy():
    found = cell(EXT, "onprem", "list")
    assert found.way() == "ex → {gw → a → b; a}"
    told: dict[str, Any] = matrix_files.document([played(EXT)])
    listed = next(c for c in told["matrices"][0]["cells"] if c["key"] == "onprem_to_list")
    assert listed["ways"] == [
        {"recipients": ["partner@b.example"], "path": ["ex", "gw", "tenant:a", "tenant:b"]},
        {"recipients": ["cloud@a.example"], "path": ["ex", "tenant:a"]},
    ]


def test_different_ends_are_a_part_and_no_long_text():
    over = EXT + RESTRICTED.lstrip()
    found = cell(over, "onprem", "list")
    assert (str(found.word), found.partly) == ("part", True)
    assert not found.status.startswith("2")
    lines = text(grid(played(over))).splitlines()
    row = next(line for line in lines if line.strip().startswith("onprem "))
    assert "part" in row
    assert "@" not in row


def test_groups_in_a_ring_fail_nobody():
    over = """
organizations:
  a:
    mailboxes: [user@a.example, other@a.example]
    distribution_groups:
      - {address: one@a.example, members: [two@a.example, other@a.example]}
      - {address: two@a.example, members: [one@a.example, cloud@a.example]}
"""
    found = cell(over, "onprem", "list")
    assert found.outcome == "delivered"
    assert found.expected


def test_an_alarm_is_told_with_the_way_of_the_try_that_alarmed():
    made = played(CHANGING)
    found = made.at("onprem", "same-region")
    assert found is not None
    assert found.flips[-1].path == ("ex", "gw", "tenant:b")
    assert (found.path, found.tenant) == (("ex", "gw", "tenant:a", "tenant:b"), "a")
    assert "onprem > same-region  0:00  ex → gw → a → b" in text(grid(made))
    assert "ex &gt; gw &gt; a &gt; b\ntaken for a by certificate" in matrix_files.junit([made])
    assert "ex → gw → a → b" in matrix_html.report([made])


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_paper_is_too_narrow_for_an_alarm(width):
    made = played(EXT)
    drawn = text(grid(made, ways=True), width=width).splitlines()
    assert max(map(len, drawn)) <= width
    for found in made.cells:
        row = [line for line in drawn if line.strip().startswith(f"{found.sender.name} ")]
        mark = str(found.word) if found.expected else "!"
        assert any(mark in line for line in row)
    assert sum(line.count("!") for line in drawn if line.startswith("  onprem ")) == len(made.alarms)


def test_a_cell_that_is_tried_in_the_first_variant_only_has_a_dash():
    first = played()
    fewer = dataclasses.replace(first, variant="fewer", cells=first.cells[1:])
    drawn = text(side_by_side([first, fewer]))
    gone = first.cells[0]
    row = next(
        each for each in drawn.splitlines() if each.split()[:2] == [gone.sender.name, gone.recipient.name]
    )
    assert row.rstrip().endswith("\N{EN DASH}*")
    assert "not tried, unlike there" in " ".join(drawn.split())


ON_REQUEST = """
matrix:
  on_request: true
  expect: {"onprem > same-region": {ends: bounced, not_seen_by: ~}}
"""


def test_a_matrix_on_request_is_no_part_of_a_run():
    variant = world(ON_REQUEST)
    assert [spec.key for spec in variant.messages] == ["m"]
    assert judged("world", simulate(variant)) is None
    found = cell(ON_REQUEST, "onprem", "same-region")
    assert [str(alarm) for alarm in found.alarms] == ["wanted bounced, got delivered"]


def test_a_matrix_on_request_is_written_out_and_loads_again():
    """A running lab is asked for its matrix by what it was started with."""
    repeat = (
        "  repeat: {every: 5m, times: 3}\n  senders: [onprem, {address: second@b.example, name: second}]\n"
    )
    for over in (ON_REQUEST, ON_REQUEST + repeat):
        made = world(over).on_request
        again = load_text(render(world(over))).variants["base"].on_request
        assert made is not None
        assert again is not None
        assert again.messages == made.messages
        here, there = (
            [dataclasses.replace(claim, line=0, file="") for claim in each.expect.values()]
            for each in (made, again)
        )
        assert here == there


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (name, kind)
        for name in ("wildcard-misrouting", "p01-shared-wildcard", "p04-same-certificate-both-connectors")
        for kind in ("cure", "fault")
    ],
)
def test_a_cure_is_calm_and_a_fault_is_not(name, kind):
    """What is refused for another reason than the fault is expected, and said so in the scenario."""
    found = load(find_scenario(name))
    made = [matrix(each, scenario=name) for each in found.variants.values() if each.kind == kind]
    assert made
    assert all(bool(each.alarms) is (kind == "fault") for each in made)


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("p11-own-restriction-hits-hybrid", "certificate-fits"),
        ("p25-side-entrance", "by-address"),
        ("p25-side-entrance", "by-certificate"),
        ("p26-on-premises-connector-restricts-nothing", "type-partner"),
        ("p35-no-enhanced-filtering", "skip-last-address"),
        ("special-senders", "side-door-locked"),
    ],
)
def test_a_locked_side_entrance_is_meant_to_refuse_strangers(name, variant):
    assert matrix(load(find_scenario(name)).variants[variant], scenario=name).alarms == ()


def test_mail_by_a_mx_that_moves_to_the_tenant_is_judged_when_it_is_sent():
    variant = load(find_scenario("timeline-mx-move")).variants["five-minutes"]
    found = matrix(variant).at("outside", "onprem")
    assert found is not None
    assert found.flips[-1].path == ("elsewhere", "tenant:msxfaq", "exchange")
    assert found.expected
