"""One administrator's log in the forms that `mflab trace` gives it: tables, data, CSV, Exchange's own files."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lab.cli.exit_codes import BadInput
from lab.errors import DriverError
from lab.evidence.admin_views import LAB, TENANT, LogTable, tables, whole
from lab.evidence.gateway_log import log_lines
from lab.evidence.message_trace import message_trace, message_trace_detail
from lab.evidence.tracking_log_files import log_file, log_files, message_tracking_log
from lab.model.roles import Role, traits
from lab.model.topology import Topology
from lab.model.trace import Hop
from lab.model.value import dataclass

LogRows = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class TracedLog:
    """What happened, and where."""

    hops: tuple[Hop, ...]
    topology: Topology
    scenario: str
    variant: str

    @property
    def roles(self) -> Mapping[str, Role]:
        """The role of each host, by key."""
        return {name: host.role for name, host in self.topology.hosts.items()}

    def hosts(self, who: str) -> tuple[str, ...]:
        """The host of that key, or all hosts of that role."""
        if who in self.roles:
            return (who,)
        return tuple(host for host, role in self.roles.items() if role.value == who)

    def is_lines(self, who: str) -> bool:
        """Whether the audience has a log of lines; Exchange and Exchange Online have tables."""
        hosts = self.hosts(who)
        return bool(hosts) and all(not traits(self.roles[host]).tracks_messages for host in hosts)


def lines(seen: TracedLog, who: str) -> list[str]:
    """The log of hosts that are no Exchange servers."""
    return [line for host in seen.hosts(who) for line in log_lines(seen.hops, host)]


def shown(seen: TracedLog, who: str, *, detail: bool, every: bool) -> Sequence[LogTable]:
    """Tables, with all properties if `every`; of a tenant only the one that is asked for."""
    logs = tables(seen.hops, who, seen.roles)
    if who.startswith(TENANT):
        logs = logs[-1:] if detail else logs[:1]
    if every and who != LAB:
        by_host = [message_tracking_log(seen.hops, host) for host in seen.hosts(who)]
        own = [_rows(seen, who, detail=detail)] if who.startswith(TENANT) else by_host
        logs = tuple(whole(log.title, rows) for log, rows in zip(logs, own, strict=True))
    return [replace(log, title=f"{log.title}: {seen.scenario}, {seen.variant}") for log in logs]


def data(seen: TracedLog, who: str, *, detail: bool) -> Mapping[str, object]:
    """Rows with all their properties; a gateway has lines."""
    if who.startswith(TENANT) or who == LAB:
        return {"rows": _rows(seen, who, detail=detail)}
    return {"hosts": {host: _host_data(seen, host) for host in seen.hosts(who)}}


def as_csv(seen: TracedLog, who: str, *, detail: bool) -> str:
    """One text with one head. Raises BadInput where there are no columns."""
    if who.startswith(TENANT) or who == LAB:
        return _csv(_rows(seen, who, detail=detail))
    _no_lines(seen, who)
    return log_file(seen.hops, seen.hosts(who))


def write_files(seen: TracedLog, who: str, folder: Path) -> list[Path]:
    """The tracking log files under the names that Exchange gives them; several servers have a folder each.

    Raises BadInput where there are none, or where one would replace a file; DriverError without the folder's parent.
    """
    if who.startswith(TENANT) or who == LAB:
        raise BadInput(f"--out: Exchange servers have log files, not {who}; --csv alone prints its rows")
    _no_lines(seen, who)
    hosts = seen.hosts(who)
    files = {
        (folder / host if len(hosts) > 1 else folder) / name: text
        for host in hosts
        for name, text in sorted(log_files(seen.hops, host).items())
    }
    for path in files:
        if path.exists():
            raise BadInput(f"--out {folder}: {path} is there already; name an empty folder")
    if not folder.is_dir() and not folder.parent.is_dir():
        raise DriverError(f"--out {folder}: there is no folder {folder.parent}")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="")
    return list(files)


def _no_lines(seen: TracedLog, who: str) -> None:
    if seen.is_lines(who):
        raise BadInput(f"--csv: the log of {who} has lines, not columns; leave it out")


def _host_data(seen: TracedLog, host: str) -> Mapping[str, object]:
    if traits(seen.roles[host]).tracks_messages:
        return {"rows": message_tracking_log(seen.hops, host)}
    return {"lines": log_lines(seen.hops, host)}


def _rows(seen: TracedLog, who: str, *, detail: bool) -> list[dict[str, object]]:
    if who == LAB:
        (journal,) = tables(seen.hops, who, seen.roles)
        return [dict(zip(journal.columns, row, strict=True)) for row in journal.rows]
    name = who.removeprefix(TENANT)
    if detail:
        return message_trace_detail(seen.hops, name)
    return message_trace(seen.hops, name, organization=seen.topology.tenants[name].initial_domain)


def _csv(rows: LogRows) -> str:
    if not rows:
        return ""
    paper = io.StringIO()
    writer = csv.DictWriter(paper, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return paper.getvalue()
