"""`tenants.jsonl`: what is read, what is refused and where, and that what is written is read again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lab.analysis.sweep.input_folder import as_line
from lab.analysis.sweep.line_reader import read_line
from lab.analysis.sweep.line_schema import schema
from lab.analysis.sweep.run import MOST_MISTAKES
from lab.analysis.sweep.tenant_source import LinesFile
from lab.errors import ScenarioError
from lab.scenario.syntax.problem_report import ProblemReport
from lab.scenario.syntax.source_tree import SourceLocation
from tests.sweep.customers import Json, a_tenant, customers, on_premises, sending, swept, written

FULL = a_tenant(
    "full",
    sending("internet", "*.full.example", faults=["expired"]),
    {
        "host": "printer",
        "addresses": ["198.51.100.4", "198.51.100.5"],
        "tls": False,
        "sends": ["relay", "hybrid"],
    },
    inbound=(
        on_premises("*.full.example", "198.51.100.0/28", CloudServicesMailEnabled=True),
        {
            "Name": "P",
            "SenderDomains": ["smtp:*;1"],
            "restrictDomainsToIPAddresses": True,
            "SenderIPAddresses": "198.51.100.9",
        },
    ),
    OutboundConnectors={"Name": "O", "UseMXRecord": False, "SmartHosts": "mx.full.example"},
    domains=[{"DomainName": "full.example", "Default": True}, "sub.full.example"],
    region="NAM",
    id="00000000-0000-4000-8000-000000000001",
)


def problems(*lines: bytes) -> list[str]:
    report = ProblemReport()
    for number, line in enumerate(lines, 1):
        read_line(line, SourceLocation("t.jsonl", number), report)
    return [str(problem) for problem in report.found.values()]


def test_a_line_comes_back_as_it_was() -> None:
    (customer,) = customers(FULL).values()
    (again,) = customers(json.loads(as_line(customer))).values()
    assert again == customer
    assert [c.address for c in again.connections] == ["198.51.100.25", "198.51.100.4", "198.51.100.5"]
    assert again.tenant.default_domain == "full.example"


def test_what_the_cmdlet_shows_besides_is_passed_over() -> None:
    """As `Get-InboundConnector | ConvertTo-Json` prints it: nulls, side-cars, and properties that nobody sets."""
    connector = {
        **on_premises("mx.a.example"),
        "Guid": "x",
        "WhenChanged": "y",
        "EFUsers": None,
        "Name@odata.type": "#String",
    }
    assert problems(*map(_line, [a_tenant("a", inbound=(connector,))])) == []


def test_the_schema_takes_what_the_reader_takes() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    for tenant in (FULL, a_tenant("a"), json.loads(as_line(customers(FULL)[0]))):
        jsonschema.validate(tenant, schema())


def _line(tenant: Json) -> bytes:
    return json.dumps(tenant).encode()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"nme": 1}, "nme: a tenant has no key 'nme' (did you mean 'name'?)"),
        ({"name": ""}, "name: a name (it is empty)"),
        ({"region": "europe"}, "region: three capital letters, such as EUR (not 'europe')"),
        ({"AcceptedDomains": []}, "AcceptedDomains: a tenant accepts at least one domain"),
        (
            {"AcceptedDomains": ["a b"]},
            "AcceptedDomains[0].DomainName: a domain name ('a b' is no domain name)",
        ),
        ({"InboundConnectors": [3]}, "InboundConnectors[0]: an object with the keys of InboundConnector"),
        ({"InboundConnectors": [{"Name": "x", "ConnectorType": "OnPrem"}]}, "did you mean 'onpremises'?"),
        ({"InboundConnectors": [on_premises()]}, "R63: nothing else identifies the server"),
        (
            {"InboundConnectors": [on_premises(None, "198.51.0.0/16")]},
            "198.51.0.0/16 is too wide: /24 to /32 (R58)",
        ),
        ({"connections": {}}, "connections: a list of connections"),
        (
            {"connections": [{"host": "h", "addresses": "198.51.100.1"}]},
            "connections[0].sends: sends is missing",
        ),
        ({"connections": [sending("internet", address="::1")]}, "addresses[0]: IPv4 addresses (not '::1')"),
        ({"connections": [sending("internet", faults=["old"], tls=True)]}, "connections[0].faults[0]"),
        ({"connections": [sending("internet", "a.example", tls=False)]}, "no certificate without TLS"),
    ],
)
def test_a_mistake_is_told_with_its_place(change: Json, told: str) -> None:
    found = problems(b"", _line({**a_tenant("a"), **change}))[1:]
    assert [each for each in found if told in each and each.startswith("t.jsonl:2:1: ")], found


@pytest.mark.parametrize("line", [b"{", b"[]", b"3", b"\xff", b"[" * 100_000, b'{"name": "\\ud800"}'])
def test_what_is_no_tenant_is_refused_and_never_crashes(line: bytes) -> None:
    assert problems(line)


def test_all_mistakes_are_told_at_once_and_no_more_than_anybody_reads(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as few:
        swept(tmp_path, {"name": 1}, a_tenant("a"), {"nme": 2})
    assert {problem.line for problem in few.value.problems} == {1, 3}
    with pytest.raises(ScenarioError) as many:
        swept(tmp_path, *({"name": n} for n in range(400)))
    assert len(many.value.problems) == MOST_MISTAKES + 1
    assert "the rest is not told" in str(many.value.problems[-1])


def test_a_name_and_a_domain_belong_to_one_tenant(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as error:
        swept(tmp_path, a_tenant("a"), a_tenant("a", domains=["A.example"]))
    assert [str(p.wanted) for p in error.value.problems] == [
        "a second tenant named 'a'",
        "a.example is accepted by 'a' (line 1) already",
    ]


def test_blank_lines_are_none_and_lines_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"\n" + _line(a_tenant("a")) + b"\n\n  \n" + _line(a_tenant("b")))
    with LinesFile(path) as source:
        first = [(number, _name(line)) for number, line in source.lines()]
        assert first == [(2, "a"), (5, "b")]
        assert [(number, _name(line)) for number, line in map(source.line, (1, 0))] == [(5, "b"), (2, "a")]
        before = source.fingerprint
        list(source.lines())
        assert source.fingerprint == before
    assert written(tmp_path, a_tenant("a")).read_bytes().endswith(b"\n")


def _name(line: bytes) -> Any:
    return json.loads(line)["name"]
