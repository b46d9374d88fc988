"""Many tenants from one place: what `mflab sweep` reads, `mflab attribute --config` can be asked about."""

from __future__ import annotations

from pathlib import Path

from lab.analysis.sweep.input_folder import NoTenants, source_of
from lab.analysis.sweep.line_reader import read_line
from lab.analysis.sweep.tenant_source import LinesFile, TenantSource
from lab.cli import locations
from lab.cli.arguments import today
from lab.cli.exit_codes import BadInput
from lab.model.dns import Zones
from lab.model.tenant import Tenant
from lab.model.topology import Topology
from lab.scenario.builders import service_machines
from lab.scenario.syntax.problem_report import ProblemReport
from lab.scenario.syntax.source_tree import SourceLocation


def source(name: str, variant: str | None = None) -> TenantSource:
    """The tenants of a file or a folder. Raises BadInput where there are none."""
    path = Path(name)
    if not path.exists():
        path = locations.find_scenario(name)
    scenarios = locations.scenarios_of([str(path)]) if path.is_dir() or path.suffix != ".jsonl" else []
    try:
        tenants = source_of(path, scenarios, today(), variant)
    except NoTenants as error:
        raise BadInput(str(error)) from None
    if variant is not None and isinstance(tenants, LinesFile):
        tenants.close()
        raise BadInput(f"--variant: {tenants.file} has no variants")
    return tenants


def topology(name: str, variant: str | None = None) -> Topology:
    """All tenants, and nothing besides. Raises ScenarioError with what is wrong with the lines, BadInput."""
    tenants: dict[str, Tenant] = {}
    report = ProblemReport()
    with source(name, variant) as lines:
        for number, line in lines.lines():
            customer = read_line(line, SourceLocation(lines.file, number), report)
            if customer is not None:
                tenants[customer.name] = customer.tenant
    report.settle(lines.file)
    regions = service_machines.plan(tenant.region for tenant in tenants.values())
    return Topology(
        hosts={},
        regions={name: service_machines.region(name, index) for index, name in enumerate(regions)},
        organizations={},
        tenants=tenants,
        zones=Zones({}),
        certificates={},
    )
