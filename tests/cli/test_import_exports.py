"""From a folder of exports to a scenario file, on the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit
from lab.cli.verbs import import_exports
from lab.importers.types import ExportLocation, Exports, FoundRecord
from lab.scenario.load import load
from tests.cli.commands import Shell

ROOT = Path(__file__).parents[2]
MSXFAQ = ROOT / "examples" / "exports" / "msxfaq"
ON_PREMISES = ROOT / "tests" / "samples" / "exchange-onprem"


def test_the_scenario_goes_to_stdout_and_the_talk_to_stderr(mflab: Shell) -> None:
    said = mflab("import", str(MSXFAQ))
    assert said.code == Exit.OK
    assert said.out.splitlines()[0].startswith("# Imported by mflab ")
    assert "7 AcceptedDomain" in said.err
    assert "added, as the exports have none: far-partner, outside" in said.err


def test_the_file_is_a_scenario_like_any_other(mflab: Shell, tmp_path: Path) -> None:
    made = tmp_path / "my.yaml"
    assert mflab("import", str(MSXFAQ), "-o", str(made), "--partners", "no").code == Exit.OK
    assert list(load(made).variants) == ["base"]
    asked = ("--ip", "198.51.100.25", "--name", "*.msxfaq.example")
    said = mflab(
        "attribute",
        "--config",
        str(made),
        *asked,
        "--mail-from",
        "a@msxfaq.example",
        "--rcpt-to",
        "b@uclabor.example",
    )
    assert "Originating mail of tenant msxfaq, by certificate" in said.out
    assert mflab("matrix", str(made)).code == Exit.FAILED


def test_a_real_export_of_exchange_imports_with_todos(mflab: Shell, tmp_path: Path) -> None:
    made = tmp_path / "my.yaml"
    said = mflab("import", str(ON_PREMISES), "-o", str(made))
    assert said.code == Exit.WARNINGS
    assert "TO-DO 1: The address of exchange is in none of the exports" in said.err
    assert "# TO-DO 1:" in made.read_text("utf-8")
    scenario = load(made).variants["base"]
    assert scenario.only == "simulator"
    connectors = scenario.topology.organizations["solo"].send_connectors
    assert [each.name for each in connectors] == ["Mail to O365"]


def test_with_the_labs_names_every_driver_can_play_it(mflab: Shell, tmp_path: Path) -> None:
    made = tmp_path / "my.yaml"
    mflab("import", str(ON_PREMISES), "-o", str(made), "--lab-addresses")
    scenario = load(made).variants["base"]
    assert scenario.only is None
    assert "solo-com.example" in made.read_text("utf-8")


def test_json_has_all_of_it(mflab: Shell) -> None:
    told = mflab("import", str(ON_PREMISES), "--json").json()
    assert told["schema_version"]
    assert told["read"]["SendConnector"] == 1
    assert told["todos"][0]["path"] == "organizations.solo.hosts.exchange.address"
    assert told["scenario"]["organizations"]["solo"]["hosts"]["exchange"]["role"] == "exchange"
    assert any(each["left_out"] for each in told["notices"])


def test_only_an_earlier_import_is_replaced(mflab: Shell, tmp_path: Path) -> None:
    made = tmp_path / "my.yaml"
    made.write_text("scenario: by-hand\n", "utf-8")
    said = mflab("import", str(MSXFAQ), "-o", str(made))
    assert said.code == Exit.BAD_INPUT
    assert "is no earlier import; --force replaces it" in said.err
    assert mflab("import", str(MSXFAQ), "-o", str(made), "--force").code == Exit.OK
    assert mflab("import", str(MSXFAQ), "-o", str(made)).code == Exit.OK


def test_a_mistake_in_the_answers_is_told_with_its_line(mflab: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "msxfaq"
    shutil.copytree(MSXFAQ, folder)
    (folder / "answers.yaml").write_text("tenants:\n  msxfaq: {region: Europe}\n", "utf-8")
    said = mflab("import", str(folder))
    assert said.code == Exit.BAD_INPUT
    assert "answers.yaml:2" in said.err
    assert "a region such as EUR" in said.err


@pytest.mark.parametrize("name", ["none", "empty", "file"])
def test_without_exports_there_is_nothing_to_import(mflab: Shell, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x", "utf-8")
    said = mflab("import", str(tmp_path / name))
    assert said.code == Exit.BAD_INPUT
    assert str(tmp_path / name) in said.err


def test_a_folder_without_an_object_of_exchange_makes_no_scenario(mflab: Shell, tmp_path: Path) -> None:
    shutil.copytree(MSXFAQ / "dns", tmp_path / "exports" / "dns")
    said = mflab("import", str(tmp_path / "exports"), "-o", str(tmp_path / "my.yaml"))
    assert said.code == Exit.BAD_INPUT
    assert "only DNS records" in said.err
    assert not (tmp_path / "my.yaml").exists()


def test_an_empty_file_is_a_todo_and_an_empty_list_is_none(mflab: Shell, tmp_path: Path) -> None:
    folder = shutil.copytree(MSXFAQ, tmp_path / "exports")
    exported = folder / "online" / "Get-OutboundConnector.json"
    exported.write_text("", "utf-8")
    said = mflab("import", str(folder))
    assert said.code == Exit.WARNINGS
    assert "Get-OutboundConnector was not exported for tenant msxfaq: it is taken to have none" in said.err
    exported.write_text("[]", "utf-8")
    assert "TO-DO" not in mflab("import", str(folder)).err


def test_dns_is_asked_only_when_told_to(mflab: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def look_up(domains: list[str]) -> Exports:
        asked.append(domains)
        row = FoundRecord(
            place=ExportLocation("DNS"), name="solo.com", type="TXT", value="v=spf1 ip4:20.0.0.1 -all"
        )
        return Exports(records=(row,))

    monkeypatch.setattr(import_exports, "look_up", look_up)
    assert "20.0.0.1" not in mflab("import", str(ON_PREMISES)).out
    assert asked == []
    assert "v=spf1 ip4:20.0.0.1 -all" in mflab("import", str(ON_PREMISES), "--live-dns").out
    assert asked == [["solo.com", "contoso.local"]]


def test_names_in_exports_do_not_steer_the_terminal(mflab: Shell, tmp_path: Path) -> None:
    folder = shutil.copytree(MSXFAQ, tmp_path / "exports") / "online"
    (folder / "Get-InboundConnector.json").write_text(
        '[{"Name": "\\u001b[2J\\u202ex", "ConnectorType": "Partner"}]'
    )
    said = mflab("import", str(folder.parent))
    assert r'InboundConnector "\x1b[2J\u202ex"' in said.err
    assert not {"\x1b", "\u202e"} & set(said.err + said.out)


def test_answers_stand_alone(mflab: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "msxfaq"
    shutil.copytree(MSXFAQ, folder)
    (folder / "answers.yaml").write_text("include: [other.yaml]\n", "utf-8")
    said = mflab("import", str(folder))
    assert said.code == Exit.BAD_INPUT
    assert "answers.yaml:1:1: include: no `include:` in the answers" in said.err
