"""The openspf.org conformance suite for RFC 7208, case by case."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.core.authentication.results import SpfResult
from lab.core.authentication.spf import check_host
from lab.model.dns import DnsAnswer, DnsQueries, DnsQuestion, DnsRecords, Mx, NoData, NxDomain, ServFail

SUITE = Path(__file__).parents[1] / "suites" / "rfc7208-tests.yml"
SECTIONS = tuple(yaml.safe_load_all(SUITE.read_text()))
DEFAULT = "DEFAULT"
"""How the suite writes 'no explanation of the domain's own'."""


class Names:
    """The suite's DNS: SPF rows stand for TXT where a name has no TXT of its own; TIMEOUT for all the rest."""

    def __init__(self, zone: dict[str, list[Any]]):
        self.zone = {name.lower(): rows for name, rows in zone.items()}

    def answer(self, question: DnsQuestion, depth: int = 0) -> DnsAnswer:
        rows = self.zone.get(question.name.lower())
        if rows is None:
            return NxDomain()
        pairs = [next(iter(row.items())) for row in rows if isinstance(row, dict)]
        if question.type == "TXT" and not any(kind == "TXT" for kind, _ in pairs):
            pairs = [("TXT" if kind == "SPF" else kind, value) for kind, value in pairs]
        found = tuple(row(value) for kind, value in pairs if kind == question.type and value != "NONE")
        if found:
            return DnsRecords(found)
        if "TIMEOUT" in rows:
            return ServFail()
        for kind, value in pairs:
            if kind == "CNAME" and depth < 8:
                return self.answer(DnsQuestion(type(question.name)(value.lower()), question.type), depth + 1)
        return NoData()


def row(value: object) -> Mx | str:
    if isinstance(value, list):
        if all(isinstance(part, str) for part in value):
            return "".join(value)
        return Mx(value[0], value[1])
    return str(value)


def cases() -> Iterator[Any]:
    for section in SECTIONS:
        names = Names(section["zonedata"])
        for name, case in section["tests"].items():
            yield pytest.param(names, case, id=f"{section['description']}-{name}".replace(" ", "_"))


def run(asking: DnsQueries[SpfResult], names: Names) -> SpfResult:
    try:
        question = next(asking)
        while True:
            question = asking.send(names.answer(question))
    except StopIteration as end:
        result: SpfResult = end.value
        return result


@pytest.mark.parametrize(("names", "case"), tuple(cases()))
def test_case_of_the_suite(names, case):
    mail_from = case["mailfrom"]
    domain = mail_from.rpartition("@")[2] or case["helo"]
    sender = mail_from or f"postmaster@{case['helo']}"
    asking = check_host(case["host"], domain, sender, case["helo"])
    result = run(asking, names)
    wanted = case["result"] if isinstance(case["result"], list) else [case["result"]]
    assert str(result.result) in wanted, result.problem
    if "explanation" in case and result.result == "fail":
        assert (result.explanation or DEFAULT) == case["explanation"]
