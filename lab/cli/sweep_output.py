"""What `mflab sweep` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from lab.analysis.sweep.result_store import ResultRow, ResultStore
from lab.analysis.sweep.types import Summary
from lab.cli.output import columns
from lab.reports.text.printable import printable


def told(summary: Summary, store: ResultStore, path: Path, show: int) -> str:
    """The numbers, the first misroutes, and where the rest is."""
    return printable("\n".join(_lines(summary, store, path, show)))


def _lines(summary: Summary, store: ResultStore, path: Path, show: int) -> Iterator[str]:
    yield (
        f"{_count(summary.tenants, 'tenant')}, {_count(summary.connectors, 'inbound connector')}, "
        f"{_count(summary.names, 'certificate name')}, {_count(summary.connections, 'connection')}"
    )
    if summary.pairs:
        yield "pairs that share"
        yield from columns([(f"  {kind}", f"{count:,}") for kind, count in summary.pairs.items()])
    else:
        yield "no two tenants share a certificate name, an address or a gateway"
    if summary.crowds:
        yield (
            f"{_count(summary.crowds, 'thing')} shared by so many tenants that each was asked about its neighbours only "
            "(--crowd N)"
        )
    yield from map(_row, store.misroutes(show))
    if summary.misroutes > show:
        yield f"... and {summary.misroutes - show:,} more in {path}"
    yield _verdict(summary, path)


def _row(row: ResultRow) -> str:
    shares = f", sharing {row['shares']}" if row["shares"] else ""
    taken = row["attributed"] or "nobody"
    refused = f", refused: {row['reply'][:12].rstrip()}" if row["reply"] else ""
    return (
        f"{row['tenant']} > {row['other'] or 'anybody'}{shares}\n"
        f"  {row['host']} {row['address']}, {row['sends']}, {row['mail']} <{row['mail_from']}> to {row['rcpt_to']}\n"
        f'  taken for {taken} by {row["basis"]} through "{row["connector"]}"{refused} '
        f"[{' '.join(row['rules'])}] {row['confidence']}\n"
        f"  {row['command']}"
    )


def _verdict(summary: Summary, path: Path) -> str:
    asked = f"{_count(summary.decisions, 'decision')}: "
    if not summary.misroutes:
        return f"{asked}no mail takes a wrong tenant; {path} has who shares what"
    assumed = f", {summary.assumed:,} of them by an assumed rule" if summary.assumed else ""
    return (
        f"{asked}{_count(summary.misroutes, 'misroute')}{assumed}, mail of {_count(summary.misrouted_tenants, 'tenant')} "
        f"taken for {_count(summary.wrong_tenants, 'tenant')}; {path} has all"
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def as_data(summary: Summary, store: ResultStore, path: Path, show: int) -> Mapping[str, object]:
    """The numbers and the first misroutes for programs."""
    return {
        "ok": summary.misroutes == 0,
        "result": str(path),
        "counts": {name: getattr(summary, name) for name in _COUNTS},
        "pairs": dict(summary.pairs),
        "misroutes": list(store.misroutes(show)),
    }


_COUNTS = (
    "tenants",
    "connectors",
    "names",
    "connections",
    "groups",
    "largest_group",
    "crowds",
    "decisions",
    "misroutes",
    "misrouted_tenants",
    "wrong_tenants",
    "assumed",
)
