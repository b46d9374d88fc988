"""Findings told to people and to programs; what comes from outside steers neither."""

import json
from dataclasses import replace
from xml.etree import ElementTree

from lab.reports.findings import audit_files, audit_report
from lab.reports.findings.audit_report import Assumption, Audit, Remedy, ReportedFinding, Spot
from lab.reports.text.console import text
from lab.sentence import NOTHING, sentence

ONE = ReportedFinding(
    id="MFL-ATTR-001:gateway",
    code="MFL-ATTR-001",
    level="error",
    title="A title",
    text=sentence("gateway opens it"),
    condition=NOTHING,
    facts=(
        Spot(
            sentence("it shows {name}", name="*.contoso.example"), "hosts.gateway.certificate", "my.yaml", 12
        ),
        Spot(sentence("and it fits")),
    ),
    shown=sentence("mail goes astray"),
    way=sentence("exchange > gateway: bounced 5.7.51"),
    remedies=(
        Remedy(sentence("another certificate"), works=True, way=sentence("fine")),
        Remedy(sentence("prayer"), works=False, way=sentence("the same")),
    ),
    rules=("R3",),
    used=("R3", "R77"),
    assumptions=(),
    file="my.yaml",
    line=12,
    variants=("base",),
)
HOSTILE = replace(
    ONE,
    id="MFL-ATTR-002:a`b\x1b[2J",
    code="MFL-ATTR-002",
    text=sentence("{host}", host="`x` <img src=x> a%0A::error::\nb\x1b]0;t\x07"),
)
QUIET = replace(
    ONE, id="MFL-ATTR-003:x", code="MFL-ATTR-003", suppressed=sentence("known (until 2027-01-01)")
)
GUESS = replace(
    ONE,
    id="MFL-ATTR-004:y",
    code="MFL-ATTR-004",
    level="warning",
    assumptions=(Assumption(sentence("cross_region: attr35 (R32)")),),
)


def audit(*told):
    return Audit(file="my.yaml", scenario="mine", variants=("base",), checks=40, findings=told)


def test_the_screen_tells_facts_flow_and_cures():
    shown = text(audit_report.screen(audit(ONE, GUESS, QUIET)))
    for words in (
        "my.yaml:12",
        "mail goes astray",
        "played: this message goes well",
        "played: the same",
        "R3 (1 documented)",
    ):
        assert words in shown
    assert "rests on what nobody documents: cross_region" in shown
    assert "suppressed error MFL-ATTR-003:x: known" in shown
    assert "1 error, 1 warning, 1 suppressed (40 checks, 1 variant)" in shown


def test_a_clean_file_is_told_as_such():
    assert text(audit_report.screen(audit())) == "my.yaml: nothing found (40 checks, 1 variant)\n"


def test_names_do_not_steer_terminal_or_markdown_or_workflow():
    assert "\x1b" not in text(audit_report.screen(audit(HOSTILE)))
    ticket = audit_report.markdown([audit(HOSTILE)])
    assert "\\<img" in ticket
    assert "\x1b" not in ticket
    (line,) = audit_files.workflow_commands([audit(HOSTILE)]).splitlines()
    assert line.startswith("::error file=my.yaml,line=12,title=MFL-ATTR-002%3Aa`b")
    assert "%0Ab" in line


def test_annotations_leave_out_what_is_suppressed():
    assert audit_files.workflow_commands([audit(QUIET)]) == ""
    assert audit_files.workflow_commands([audit(GUESS)]).startswith("::warning ")


def test_sarif_has_a_result_for_each_finding_with_its_place_and_suppression():
    (run,) = json.loads(audit_files.sarif([audit(ONE, QUIET)]))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["MFL-ATTR-001", "MFL-ATTR-003"]
    first, second = run["results"]
    place = first["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("my.yaml", 12)
    assert len(first["relatedLocations"]) == 1
    assert "suppressions" not in first
    assert second["suppressions"][0]["justification"].startswith("known")


def test_junit_fails_for_errors_only_and_has_a_case_for_a_clean_file():
    root = ElementTree.fromstring(audit_files.junit([audit(ONE, GUESS, QUIET), audit()]))
    assert (root.get("tests"), root.get("failures")) == ("4", "1")
    cases = root.findall(".//testcase")
    assert [len(case.findall("failure")) for case in cases] == [1, 0, 0, 0]


def test_json_has_rules_with_confidence():
    (file,) = audit_files.document([audit(ONE)])["files"]
    assert file["counts"] == {"error": 1, "warning": 0, "note": 0}
    assert file["findings"][0]["used_rules"][1]["confidence"] == "assumed"
    assert file["findings"][0]["help"] == "docs/checks.md#mfl-attr-001"
