"""`mflab check`: exit codes, reports, and what is wrong with the arguments."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit
from tests.cli.commands import Shell

ARTICLE = "wildcard-misrouting"


def test_an_error_is_exit_code_1_and_a_warning_3(mflab: Shell) -> None:
    assert mflab("check", ARTICLE, "--variant", "shared-wildcard").code == Exit.FAILED
    said = mflab("check", ARTICLE, "--variant", "half-fix", "--code", "MFL-ATTR-002")
    assert said.code == Exit.WARNINGS
    assert "wildcard_cert_covers_exact" in said.out


def test_a_cured_configuration_is_exit_code_0(mflab: Shell) -> None:
    said = mflab("check", ARTICLE, "--variant", "dedicated-certificate", "--code", "MFL-ATTR")
    assert said.code == Exit.OK
    assert "nothing found" in said.out


@pytest.mark.parametrize(("level", "code"), [("warning", Exit.FAILED), ("never", Exit.WARNINGS)])
def test_who_asks_chooses_what_fails(mflab: Shell, level: str, code: Exit) -> None:
    args = ("--variant", "half-fix", "--code", "MFL-ATTR-002", "--fail-on", level)
    assert mflab("check", ARTICLE, *args).code == code


def test_what_was_not_exported_is_told_and_is_no_error(mflab: Shell, tmp_path: Path) -> None:
    exports = Path(__file__).parents[2] / "examples" / "exports" / "msxfaq"
    for side in ("online", "onprem"):
        shutil.copytree(exports / side, tmp_path / side / side)
        made = str(tmp_path / f"{side}.yaml")
        assert mflab("import", str(tmp_path / side), "-o", made).code == Exit.WARNINGS
        said = mflab("check", made, "--code", "MFL-ATTR")
        assert said.code != Exit.FAILED
        assert f"note: {made}: " in said.err
        assert "of the import: " in said.err
        shown = " ".join(said.out.split())
        assert ("rests on what was not exported: tenants.msxfaq" in shown) is (side == "onprem")


def test_reports_are_written_and_json_goes_to_stdout(mflab: Shell, tmp_path: Path) -> None:
    files = {form: tmp_path / form for form in ("sarif", "junit", "markdown")}
    args = [f"--{form}={file}" for form, file in files.items()]
    said = mflab("check", ARTICLE, "--variant", "shared-wildcard", "--code", "MFL-ATTR-001", "--json", *args)
    told = json.loads(said.out)
    assert told["schema_version"]
    assert told["files"][0]["findings"][0]["id"] == "MFL-ATTR-001:gateway"
    assert all("MFL-ATTR-001" in file.read_text() for file in files.values())


def test_github_gets_annotations(mflab: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    args = ("--variant", "shared-wildcard", "--code", "MFL-ATTR-001")
    assert "::error" not in mflab("check", ARTICLE, *args).out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    report, _, commands = mflab("check", ARTICLE, *args).out.rpartition("::\n::error file=scenarios/common/")
    assert commands.startswith("msxfaq.yaml,line=12")
    assert report.startswith("::stop-commands::"), "names in the report command nobody"
    assert report.endswith(report.splitlines()[0].removeprefix("::stop-commands::"))


def test_a_finding_is_reproduced(mflab: Shell, tmp_path: Path) -> None:
    said = mflab("check", ARTICLE, "--reproduce", "MFL-ATTR-001")
    shown = tmp_path / "shown.yaml"
    shown.write_text(said.out)
    assert mflab("run", str(shown)).code == Exit.OK


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["nowhere.yaml"], "no file"),
        ([ARTICLE, "--variant", "shared-wildcrad"], "did you mean 'shared-wildcard'"),
        ([ARTICLE, "--code", "MFL-ATRT-001"], "did you mean"),
        ([ARTICLE, "--reproduce", "MFL-ATTR-001:nobody"], "nothing is found"),
        ([ARTICLE, "hybrid-basics", "--reproduce", "MFL-ATTR-001"], "of one file"),
    ],
)
def test_wrong_arguments_are_told(mflab: Shell, args: list[str], told: str) -> None:
    said = mflab("check", *args)
    assert (said.code, said.out) == (Exit.BAD_INPUT, "")
    assert told in said.err


def test_without_a_file_there_is_nothing_to_do(mflab: Shell) -> None:
    assert mflab("check").code == Exit.NOTHING


def test_the_list_has_every_check_once(mflab: Shell) -> None:
    lines = mflab("check", "--list").out.splitlines()
    assert len(lines) == len({line.split()[0] for line in lines}) >= 6
