"""A report never replaces what somebody still needs, and says so before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit
from lab.cli.report_files import KINDS, MARKDOWN
from lab.cli.verbs import matrix, run
from tests.cli.commands import Said, Shell
from tests.cli.test_run import SMALL

OK = "expect: {hello: {ends: delivered}}\n"
FORMS = [kind.option for kind in KINDS if kind is not MARKDOWN]


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        pytest.fail("a variant was run")

    monkeypatch.setattr(run, "run_in", refused)
    monkeypatch.setattr(matrix, "run_in", refused)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(SMALL)
    file = tmp_path / "own.yaml"
    file.write_text(f"scenario: own\ninclude: [base.yaml]\n{OK}")
    return file


def refused(said: Said, told: str, code: Exit = Exit.BAD_INPUT) -> None:
    assert said.code == code, said.err
    assert told in said.err
    assert said.out == ""


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize("option", FORMS)
@pytest.mark.parametrize("name", ["own.yaml", "base.yaml", "link.yaml", "./own.yaml"])
def test_a_report_does_not_replace_an_input_or_an_include(
    mflab: Shell, scenario: Path, option: str, name: str
) -> None:
    (scenario.parent / "link.yaml").symlink_to("own.yaml")
    before = scenario.read_text()
    refused(mflab("run", str(scenario), option, f"{scenario.parent}/{name}", "--force"), "what is read from")
    assert scenario.read_text() == before


@pytest.mark.usefixtures("nothing_runs")
def test_a_report_does_not_replace_a_file_of_another_kind(mflab: Shell, scenario: Path) -> None:
    other = scenario.parent / "thesis.xml"
    other.write_text("<thesis/>")
    refused(mflab("run", str(scenario), "--junit", str(other)), "--force replaces it")
    refused(mflab("matrix", str(scenario), "--junit", str(other)), "--force replaces it")
    assert other.read_text() == "<thesis/>"


@pytest.mark.usefixtures("nothing_runs")
def test_two_reports_do_not_share_a_file(mflab: Shell, scenario: Path) -> None:
    one, other = scenario.parent / "r", scenario.parent / "x" / ".." / "r"
    (scenario.parent / "x").mkdir()
    refused(mflab("run", str(scenario), "--junit", str(one), "--html", str(other)), "writes to that file")


@pytest.mark.usefixtures("nothing_runs")
def test_a_folder_is_no_report(mflab: Shell, scenario: Path) -> None:
    refused(mflab("run", str(scenario), "--html", str(scenario.parent)), "it is a folder")


@pytest.mark.usefixtures("nothing_runs")
def test_the_folder_of_a_report_must_be_there(mflab: Shell, scenario: Path) -> None:
    said = mflab("run", str(scenario), "--html", str(scenario.parent / "nowhere" / "r.html"))
    refused(said, f"there is no folder {scenario.parent / 'nowhere'}", Exit.ENVIRONMENT)
    assert "Errno" not in said.err


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize("other", ["--json", "--junit"])
def test_stdout_has_one_writer(mflab: Shell, scenario: Path, other: str) -> None:
    more = [other, *(["-"] if other == "--junit" else [])]
    refused(mflab("run", str(scenario), "--html", "-", *more), "writes to stdout as well")


def test_a_report_on_stdout_has_it_for_itself(mflab: Shell, scenario: Path) -> None:
    said = mflab("run", str(scenario), "--junit", "-")
    assert said.code == Exit.OK
    assert said.out.startswith("<?xml")
    assert said.out.endswith("</testsuites>\n")
    assert "all as expected" in said.err


@pytest.mark.parametrize("option", FORMS)
def test_a_report_replaces_an_earlier_one(mflab: Shell, scenario: Path, option: str) -> None:
    file = scenario.parent / "report"
    for force in ([], [], ["--force"]):
        assert mflab("run", str(scenario), option, str(file), *force).code == Exit.OK
    file.write_text("mine")
    assert mflab("run", str(scenario), option, str(file), "--force").code == Exit.OK
    assert file.read_text() != "mine"


def test_an_empty_file_and_a_device_hold_nothing_to_lose(mflab: Shell, scenario: Path) -> None:
    empty = scenario.parent / "empty"
    empty.touch()
    argv = ("run", str(scenario), "--html", str(empty), "--junit", "/dev/null")
    assert mflab(*argv).code == Exit.OK
    assert empty.stat().st_size > 0
