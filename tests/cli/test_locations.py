"""Scenarios are found from a checkout and from an installed package, by path and by bare name."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.cli import locations
from lab.cli.exit_codes import BadInput
from lab.scenario import scenario_lookup
from tests.cli.commands import ROOT


def test_a_file_wins_over_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert locations.find_scenario("wildcard-misrouting") == ROOT / "scenarios" / "wildcard-misrouting.yaml"
    own = tmp_path / "wildcard-misrouting"
    own.write_text("scenario: own\n")
    assert locations.find_scenario("wildcard-misrouting") == Path("wildcard-misrouting")


def test_documented_paths_work_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("scenarios/wildcard-misrouting.yaml")
    assert locations.find_scenario(str(path)) == ROOT / path


def test_an_unknown_name_is_told_with_what_was_meant() -> None:
    with pytest.raises(BadInput, match="did you mean 'wildcard-misrouting'"):
        locations.find_scenario("wildcard-misroutin")


def test_what_lists_show_is_a_name_too() -> None:
    assert locations.find_scenario("outage-of-the-gateway").name == "gateway.yaml"
    with pytest.raises(BadInput, match="did you mean 'outage-of-the-gateway'"):
        locations.find_scenario("outage-of-the-gatewy")


def test_an_installed_package_has_them_in_its_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "site-packages" / "lab"
    monkeypatch.setattr("lab.__file__", str(installed / "__init__.py"))
    assert scenario_lookup.bundled() == installed / "_bundle" / "scenarios"


def test_folders_are_searched_for_scenarios_not_for_their_includes(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.yml").write_text("# first\nscenario: a\n")
    (tmp_path / "common.yaml").write_text("tenants: {}\n")
    (tmp_path / "notes.txt").write_text("scenario: none\n")
    assert list(scenario_lookup.scenario_files([tmp_path, tmp_path / "below"])) == [
        tmp_path / "below" / "a.yml"
    ]


def test_the_state_folder_is_given_by_argument_environment_or_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MFLAB_STATE", raising=False)
    assert locations.state_folder(None) == Path(".mflab")
    monkeypatch.setenv("MFLAB_STATE", "/srv/lab")
    assert locations.state_folder(None) == Path("/srv/lab")
    assert locations.state_folder("here") == Path("here")
