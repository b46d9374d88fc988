import json
from xml.etree import ElementTree

import pytest

from lab.reports.run_reports import run_files, run_json
from tests.reports.runs import HOSTILE_SUBJECT, article, hostile


def test_json_says_its_version_and_survives_a_round_trip():
    document = json.loads(run_json.dumps([article("shared-wildcard"), hostile()]))
    assert document == run_json.document([article("shared-wildcard"), hostile()])
    assert next(iter(document)) == "schema_version"
    assert document["schema_version"] == 1
    assert document["ok"] is False
    assert document["counts"]["failed"] == 1


def test_json_keeps_the_order_of_its_keys():
    first, second = (json.loads(run_json.dumps([article(name)])) for name in ("shared-wildcard", "half-fix"))
    assert list(first["runs"][0]) == list(second["runs"][0])


def test_json_has_the_way_and_where_it_went_astray():
    (run,) = json.loads(run_json.dumps([article("shared-wildcard")]))["runs"]
    (offer,) = run["messages"]
    assert offer["path"] == ["exchange", "gateway", "tenant:msxfaq", "tenant:uclabor"]
    assert offer["misrouted"] == {"meant": "uclabor", "into": "msxfaq"}
    assert offer["dispositions"] == {"partner@uclabor.example": "bounced"}
    assert offer["attributed"]["basis"] == "certificate"
    assert [report["path"] for report in offer["reports"]] == [["tenant:msxfaq", "exchange"]]
    assert run["cured"] == "fault shown"
    assert run["counts"]["reports"] == 1


def test_json_has_the_candidates_of_a_decision():
    (run,) = json.loads(run_json.dumps([article("shared-wildcard")]))["runs"]
    (message,) = run["messages"]
    steps = [step for hop in message["hops"] for step in hop["steps"] if step["kind"] == "attributed"]
    won, lost = steps[0]["considered"]
    assert (won["tenant"], won["fits"], lost["tenant"], lost["fits"]) == ("msxfaq", True, "uclabor", False)
    assert {"id": "R76", "confidence": "observed"} in steps[0]["rules"]
    assert steps[0]["story"]


def test_json_keeps_data_as_it_was():
    document = json.loads(run_json.dumps([hostile()]))
    subjects = {hop["subject"] for hop in document["runs"][0]["messages"][0]["hops"]}
    assert any(HOSTILE_SUBJECT.split(" &")[0] in subject for subject in subjects)


def test_json_of_an_unknown_message_is_a_key_error():
    with pytest.raises(KeyError):
        run_json.message(article("shared-wildcard").runs[0], "nonsense")


def test_junit_has_a_case_for_each_expectation():
    root = ElementTree.fromstring(run_files.junit([article("shared-wildcard"), hostile()]).encode())
    assert [suite.get("name") for suite in root] == ["wildcard-misrouting/shared-wildcard", "hostile/shared"]
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
    assert root.get("failures") == "1"


def test_junit_says_what_failed_and_where_it_is_claimed():
    root = ElementTree.fromstring(run_files.junit([hostile()]).encode())
    (failure,) = root.iter("failure")
    assert failure.attrib["message"].startswith("wanted <b>5.7.51</b>, got ")
    case = next(case for case in root.iter("testcase") if case.find("failure") is not None)
    assert (case.get("classname"), case.get("name")) == ("hostile.shared", "offer: reply")
    assert case.attrib["file"].endswith("hostile.yaml")
    assert case.get("line") == "12"


def test_sarif_has_a_result_for_each_failed_claim_at_its_line():
    (run,) = json.loads(run_files.sarif([article("shared-wildcard"), hostile()]))["runs"]
    (result,) = run["results"]
    (failed,) = [f for f in hostile().runs[0].findings() if not f.ok]
    place = result["locations"][0]["physicalLocation"]
    assert (result["level"], result["ruleId"]) == ("error", "expectation")
    assert place["region"] == {"startLine": failed.line}
    assert place["artifactLocation"]["uri"] == failed.file
    assert str(failed.wanted) in result["message"]["text"]
    assert run["tool"]["driver"]["rules"][0]["id"] == "expectation"


def test_sarif_without_failures_is_a_log_without_results():
    (run,) = json.loads(run_files.sarif([article("shared-wildcard")]))["runs"]
    assert run["results"] == []
