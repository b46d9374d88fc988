"""Builders: lines of tenants with defaults, and a sweep of them in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lab.analysis.sweep.executors import Executor, InProcessExecutor
from lab.analysis.sweep.line_reader import read_line
from lab.analysis.sweep.result_store import ResultRow, ResultStore
from lab.analysis.sweep.run import Sweep
from lab.analysis.sweep.shard_plan import CROWD
from lab.analysis.sweep.tenant_source import MadeLines
from lab.analysis.sweep.types import Customer, Summary
from lab.model.switches import Switches
from lab.scenario.syntax.problem_report import ProblemReport
from lab.scenario.syntax.source_tree import SourceLocation

Json = dict[str, Any]


def a_tenant(name: str, *connections: Json, inbound: tuple[Json, ...] = (), **more: Any) -> Json:
    return {
        "name": name,
        "AcceptedDomains": more.pop("domains", [f"{name}.example"]),
        "InboundConnectors": list(inbound),
        "connections": list(connections),
        **more,
    }


def on_premises(cert: str | None = None, *ips: str, name: str = "Inbound", **more: Any) -> Json:
    return {
        "Name": name,
        "ConnectorType": "OnPremises",
        "TlsSenderCertificateName": cert,
        "SenderIPAddresses": list(ips),
        **more,
    }


def sending(sends: str, *names: str, address: str = "198.51.100.25", host: str = "gw", **more: Any) -> Json:
    return {"host": host, "addresses": [address], "names": list(names), "sends": [sends], **more}


def lines(*tenants: Json) -> list[bytes]:
    return [json.dumps(tenant).encode() for tenant in tenants]


def customers(*tenants: Json) -> dict[int, Customer]:
    report = ProblemReport()
    read = [
        read_line(line, SourceLocation("tenants.jsonl", n), report)
        for n, line in enumerate(lines(*tenants), 1)
    ]
    report.settle("tenants.jsonl")
    return {place: each for place, each in enumerate(read) if each is not None}


def written(folder: Path, *tenants: Json) -> Path:
    path = folder / "tenants.jsonl"
    path.write_bytes(b"\n".join(lines(*tenants)) + b"\n")
    return path


def swept(
    folder: Path, *tenants: Json, executor: Executor | None = None, crowd: int = CROWD, **switches: Any
) -> tuple[Summary, list[ResultRow]]:
    source = MadeLines("tenants", lines(*tenants))
    sweep = Sweep(source=source, switches=Switches(**switches), crowd=crowd, fresh=True)
    with ResultStore(folder / "out.sqlite") as store:
        summary = sweep.run(store, executor or InProcessExecutor())
        return summary, list(store.misroutes())


def told(rows: list[ResultRow]) -> set[tuple[str, str, str, str]]:
    """Whose mail, to whom, by whose word, and who takes it."""
    return {(row["tenant"], row["rcpt_to"].partition("@")[2], row["mail"], row["attributed"]) for row in rows}
