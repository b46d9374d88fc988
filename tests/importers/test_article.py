"""The article's organisation, exported: what is imported behaves like what was written by hand, cell by cell."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from lab.analysis.checks.catalogue import CHECKS
from lab.analysis.checks.engine import examine
from lab.analysis.fix import choose, fix
from lab.analysis.matrix import matrix
from lab.scenario.changeable_scenario import ChangeableScenario
from lab.scenario.load import load, load_text
from tests.importers.importing import EXPORTS, imported

BY_HAND = Path(__file__).parents[2] / "scenarios" / "wildcard-misrouting.yaml"


@pytest.fixture(scope="module")
def cured(tmp_path_factory):
    """The cured configuration: the article's, with the files that the cure has changed."""
    folder = tmp_path_factory.mktemp("cured") / "msxfaq"
    shutil.copytree(EXPORTS / "msxfaq", folder)
    shutil.copytree(EXPORTS / "msxfaq-cured", folder, dirs_exist_ok=True)
    return folder


def cells(variant):
    """Who takes part, and what each cell says."""
    played = matrix(variant)
    names = [(party.name, str(party.address)) for party in (*played.senders, *played.recipients)]
    return names, {(cell.sender.name, cell.recipient.name): cell.says for cell in played.cells}


@pytest.mark.parametrize(
    ("folder", "variant"), [("fault", "shared-wildcard"), ("cure", "dedicated-certificate")]
)
def test_the_matrix_equals_the_one_written_by_hand(folder, variant, cured):
    found = imported(EXPORTS / "msxfaq" if folder == "fault" else cured)
    assert cells(load_text(found.text).variants["base"]) == cells(load(BY_HAND).variants[variant])


def test_the_cure_reaches_the_connector_that_names_its_certificate(tmp_path):
    """Else Exchange would go on showing the old one to the tenant, which only an assumed rule takes for the new name (R77)."""
    (tmp_path / "my.yaml").write_text(imported(EXPORTS / "msxfaq").text, "utf-8")
    whole = ChangeableScenario.load(tmp_path / "my.yaml")
    asked = [each for each in CHECKS if each.code == "MFL-ATTR-001"]
    found = examine(whole, date(2026, 11, 24), asked)
    made = fix(choose(whole, found, "MFL-ATTR-001", 1), tmp_path / "fixed.yaml", date(2026, 11, 24), asked)
    assert made.proven
    topology = whole.changed("base", dict(made.applied[0].settings)).topology
    (organization,) = topology.organizations.values()
    named = [each.tls_certificate_name for each in organization.send_connectors if each.tls_certificate_name]
    assert named == [topology.hosts["exchange"].certificate] == ["mflab-hybrid"]
    lines = [line for place in made.applied[0].places for todo in place.todos for line in todo.commands]
    assert any(line.startswith("Set-SendConnector") and "-TlsCertificateName" in line for line in lines)


def test_nothing_is_left_out_unknown_or_open(cured):
    for folder in (EXPORTS / "msxfaq", cured):
        found = imported(folder)
        assert not found.todos
        assert not found.unknown
        assert not [each for each in found.notices if each.serious]
        assert "only:" not in found.text


def test_without_the_filters_certificate_each_possibility_is_a_variant(tmp_path):
    shutil.copytree(EXPORTS / "msxfaq", tmp_path / "msxfaq")
    shutil.rmtree(tmp_path / "msxfaq" / "gateway")
    found = imported(tmp_path / "msxfaq")
    (todo,) = found.todos
    assert todo.path == ("organizations", "msxfaq", "hosts", "gateway", "certificate")
    assert {"R3", "R77", "R85"} <= set(todo.rules)
    variants = load_text(found.text).variants
    assert list(variants) == [
        "filter-shows-exchange-certificate",
        "filter-shows-its-own",
        "filter-shows-nothing",
    ]
    alarms = {name: bool(matrix(each).alarms) for name, each in variants.items()}
    assert alarms == {  # the connector's wildcard covers the filter's own name too (R73)
        "filter-shows-exchange-certificate": True,
        "filter-shows-its-own": True,
        "filter-shows-nothing": False,
    }


@pytest.mark.parametrize(
    ("answer", "shows"),
    [("client_certificate: false", False), ("certificate: wildcard", True)],
)
def test_an_answer_closes_the_todo_and_its_variants(tmp_path, answer, shows):
    shutil.copytree(EXPORTS / "msxfaq", tmp_path / "msxfaq")
    shutil.rmtree(tmp_path / "msxfaq" / "gateway")
    answers = tmp_path / "msxfaq" / "answers.yaml"
    answers.write_text(f"organizations: {{msxfaq: {{hosts: {{gateway: {{{answer}}}}}}}}}\n")
    found = imported(tmp_path / "msxfaq")
    assert not found.todos
    scenario = load_text(found.text)
    assert list(scenario.variants) == ["base"]
    host = scenario.variants["base"].topology.hosts["gateway"]
    assert (host.client_certificate and host.certificate is not None) is shows


def test_a_certificate_of_nobody_is_told(tmp_path):
    shutil.copytree(EXPORTS / "msxfaq", tmp_path / "msxfaq")
    shutil.rmtree(tmp_path / "msxfaq" / "gateway")
    shown = (EXPORTS / "msxfaq-cured" / "gateway" / "s_client-mail.msxfaq.example.txt").read_text("utf-8")
    pem = (
        shown[shown.index("-----BEGIN") : shown.index("-----END CERTIFICATE-----")]
        + "-----END CERTIFICATE-----\n"
    )
    (tmp_path / "msxfaq" / "some.pem").write_text(pem)
    found = imported(tmp_path / "msxfaq")
    assert "belongs to no machine: put it into gateway/" in " ".join(str(each.text) for each in found.notices)
    (tmp_path / "msxfaq" / "some.pem").rename(tmp_path / "msxfaq" / "gateway.pem")
    found = imported(tmp_path / "msxfaq")
    assert not found.todos
    assert load_text(found.text).variants["base"].topology.hosts["gateway"].certificate == "mail"
