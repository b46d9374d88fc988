"""In which settings two configurations differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.scenario.changeable_scenario import ChangeableScenario
from lab.scenario.setting_differences import differences

_START = """\
scenario: one
why: test
tenants:
  contoso:
    initial_domain: contosolab.onmicrosoft.com
    AcceptedDomains: [contoso.example, {{DomainName: other.example, DomainType: InternalRelay}}]
    InboundConnectors:
      - {{Name: Partner, ConnectorType: Partner, SenderDomains: fabrikam.example, RequireTls: true}}
      - {{Name: "No. 2", ConnectorType: Partner, SenderDomains: "*"}}
certificates:
  own: {{names: [mail.contoso.example]}}
"""


def told(tmp_path: Path, replaced: dict[str, str]) -> list[str]:
    text = _START.replace("{{", "{").replace("}}", "}")
    changed = text
    for old, new in replaced.items():
        assert old in changed
        changed = changed.replace(old, new)
    (tmp_path / "a.yaml").write_text(text, "utf-8")
    (tmp_path / "b.yaml").write_text(changed, "utf-8")
    trees = (ChangeableScenario.load(tmp_path / name).trees["base"] for name in ("a.yaml", "b.yaml"))
    return [str(each) for each in differences(*trees)]


@pytest.mark.parametrize(
    ("replaced", "expected"),
    [
        pytest.param({"scenario: one": "scenario: two", "why: test": "why: else"}, [], id="words about it"),
        pytest.param({"SenderDomains: fab": "senderDomains: fab"}, [], id="spelling"),
        pytest.param({"fabrikam.example": "[fabrikam.example]"}, [], id="a list of one"),
        pytest.param({"[contoso.example,": "[{DomainName: contoso.example},"}, [], id="a short form"),
        pytest.param(
            {"RequireTls: true": "RequireTls: false"},
            ["tenants.contoso.InboundConnectors[Partner].RequireTls: true -> false"],
            id="a value",
        ),
        pytest.param(
            {"[mail.contoso.example]": "[mail.contoso.example, www.contoso.example]"},
            ["certificates.own.names: mail.contoso.example -> mail.contoso.example, www.contoso.example"],
            id="a longer list",
        ),
        pytest.param(
            {"certificates:\n  own: {names: [mail.contoso.example]}\n": ""},
            ["certificates: {own: {names: [mail.contoso.example]}} -> (not written)"],
            id="a section that is gone",
        ),
        pytest.param(
            {', SenderDomains: "*"': ', SenderDomains: "*", Enabled: false'},
            ["tenants.contoso.InboundConnectors[No. 2].Enabled: (not written) -> false"],
            id="a name with a dot",
        ),
        pytest.param(
            {
                "contoso.example, {DomainName: other.example, DomainType: InternalRelay}": "{DomainName: other.example, DomainType: InternalRelay}, contoso.example"
            },
            [
                "tenants.contoso.AcceptedDomains: contoso.example, other.example -> other.example, contoso.example"
            ],
            id="order",
        ),
    ],
)
def test_settings_are_told_by_path(tmp_path, replaced, expected):
    assert told(tmp_path, replaced) == expected


def test_each_value_has_its_place(tmp_path):
    told(tmp_path, {"RequireTls: true": "RequireTls: false"})
    trees = (ChangeableScenario.load(tmp_path / name).trees["base"] for name in ("a.yaml", "b.yaml"))
    (found,) = differences(*trees)
    assert (str(found.was), str(found.now)) == (f"{tmp_path}/a.yaml:8", f"{tmp_path}/b.yaml:8")
