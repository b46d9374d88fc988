"""`mflab sweep`: a provider's tenants, all at once: who shares what, and whose mail takes whose tenant."""

from __future__ import annotations

import os
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path

from lab.analysis.sweep import executors, result_store
from lab.analysis.sweep.result_store import COLUMNS, NoSweepResult, ResultRow, ResultStore
from lab.analysis.sweep.run import OtherInput, Sweep
from lab.analysis.sweep.shard_plan import CROWD
from lab.analysis.sweep.tenant_source import TenantSource
from lab.analysis.sweep.types import Summary
from lab.cli import tenant_files
from lab.cli.arguments import add_json, count
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.output import Counter, columns, put, put_json, talk
from lab.cli.verb_declaration import Verb, declare
from lab.cli.verbs.attribute import add_rules, switches
from lab.core.rulebook.dates_in_force import in_force
from lab.errors import DriverError
from lab.reports.text.printable import printable

_RESULT = "sweep.sqlite"
_ABOUT = """\
Finds every pair of tenants that shares a certificate name, an address or a gateway, and asks the same core as all other
verbs, for the connections that really occur, which tenant each message is taken for. DIR has tenants.jsonl, one tenant a
line (docs/sweep.md), or a scenario or a folder of exports for each tenant; one file will do, too. The result is a SQLite
file; a sweep that was stopped goes on where it was. Ends with 1 when mail takes a wrong tenant."""

_EXAMPLES = """\
  mflab sweep customers/
  mflab sweep customers/tenants.jsonl --out monday.sqlite --csv misroutes.csv --workers 8
  mflab sweep customers/ --scheduler tcp://10.0.0.1:8786 --parquet misroutes.parquet
  mflab sweep customers/ --json | jq '.pairs'"""


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    parser.add_argument("dir", metavar="DIR", help="folder with tenants.jsonl or scenarios, or such a file")
    parser.add_argument("--variant", metavar="V", help="of scenarios: which variant; the first if not given")
    parser.add_argument(
        "--out", type=Path, default=Path(_RESULT), metavar="F", help="the result (default: %(default)s)"
    )
    parser.add_argument("--csv", type=Path, metavar="F", help="write all misroutes as CSV")
    parser.add_argument(
        "--parquet", type=Path, metavar="F", help="write all misroutes as Parquet (needs pyarrow)"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=count, metavar="N", help="processes of this machine; one a core if not given"
    )
    where.add_argument(
        "--scheduler", metavar="A", help="have an existing Dask cluster do it: tcp://HOST:PORT"
    )
    parser.add_argument(
        "--crowd",
        type=count,
        default=CROWD,
        metavar="N",
        help="up to so many tenants that share one thing, all pairs are asked about; of more, neighbours in the "
        "input only (default: %(default)s)",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="forget the result that is there, whatever it is of"
    )
    parser.add_argument(
        "--show", type=_whole, default=20, metavar="N", help="misroutes to print (default: %(default)s)"
    )
    add_rules(parser)
    add_json(parser)


def run(args: Namespace) -> int:
    """Sweep, export, tell."""
    _check_outputs(args)
    with tenant_files.source(args.dir, args.variant) as source, _opened(args.out) as store:
        try:
            summary = _swept(args, source, store)
        except OtherInput as error:
            raise BadInput(f"--out {error}; --fresh forgets it, --out F leaves it alone") from None
        _export(args, store)
        if args.json:
            put_json(_as_data(summary, store, args.out, args.show))
        else:
            put(_told(summary, store, args.out, args.show))
    return Exit.FAILED if summary.misroutes else Exit.OK


def _swept(args: Namespace, source: TenantSource, store: ResultStore) -> Summary:
    sweep = Sweep(
        source=source,
        switches=switches(in_force(None), None, args.as_of, args.switch),
        crowd=args.crowd,
        fresh=args.fresh,
        ask=_asking(args),
    )
    with _executor(args) as executor, Counter() as progress:
        return sweep.run(store, executor, progress.show)


def _executor(args: Namespace) -> AbstractContextManager[executors.Executor]:
    if args.scheduler is not None:
        return executors.DaskExecutor(args.scheduler)
    count = args.workers or executors.cores()
    if count == 1:
        return nullcontext(executors.InProcessExecutor())
    talk(f"{count} workers; --workers N for another number")
    return executors.ProcessExecutor(count)


def _asking(args: Namespace) -> tuple[str, ...]:
    """The beginning of the command that asks about one decision."""
    variant = ("--variant", args.variant) if args.variant else ()
    as_of = ("--as-of", args.as_of.isoformat()) if args.as_of else ()
    switches_given = tuple(part for switch in args.switch for part in ("--switch", switch))
    return ("mflab", "attribute", "--config", args.dir, *variant, *as_of, *switches_given)


def _opened(path: Path) -> ResultStore:
    if path.is_dir():
        raise BadInput(f"--out {path}: it is a folder; name a file in it")
    if not path.absolute().parent.is_dir():
        raise DriverError(f"--out {path}: there is no folder {path.parent}")
    try:
        return ResultStore(path)
    except NoSweepResult as error:
        raise BadInput(f"--out {error}; it is left as it is") from None


def _check_outputs(args: Namespace) -> None:
    """Before a long run: that what comes of it can be kept."""
    exported = {"--csv": args.csv, "--parquet": args.parquet}
    taken = {
        os.path.realpath(args.out): "--out",
        **{os.path.realpath(file): "the input" for file in _inputs(args.dir)},
    }
    for option, path in exported.items():
        if path is None:
            continue
        if path.is_dir() or not path.absolute().parent.is_dir():
            raise BadInput(f"{option} {path}: name a file in a folder that is there")
        other = taken.setdefault(os.path.realpath(path), option)
        if other is not option:
            raise BadInput(f"{option} {path}: that is {other} already")
        if path.is_file() and not _is_earlier(path, option):
            raise BadInput(f"{option} {path}: the file is there, and is no earlier result of a sweep")
    if args.parquet is not None:
        result_store.check_parquet()


def _is_earlier(path: Path, option: str) -> bool:
    """Whether a sweep may have written the file; an empty one holds nothing that could be lost."""
    mark = b"PAR1" if option == "--parquet" else ",".join(COLUMNS).encode()
    with path.open("rb") as stream:
        head = stream.read(len(mark))
    return not head or head == mark


def _inputs(name: str) -> list[Path]:
    path = Path(name)
    return [path, *path.glob("*.jsonl")] if path.is_dir() else [path]


def _export(args: Namespace, store: ResultStore) -> None:
    if args.csv is not None:
        with args.csv.open("w", encoding="utf-8", newline="") as stream:
            result_store.write_csv(store, stream)
    if args.parquet is not None:
        result_store.write_parquet(store, args.parquet)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)


def _told(summary: Summary, store: ResultStore, path: Path, show: int) -> str:
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


def _as_data(summary: Summary, store: ResultStore, path: Path, show: int) -> Mapping[str, object]:
    """The numbers and the first misroutes for programs."""
    return {
        "ok": summary.misroutes == 0,
        "result": str(path),
        "counts": {name: count for name, count in asdict(summary).items() if name != "pairs"},
        "pairs": dict(summary.pairs),
        "misroutes": list(store.misroutes(show)),
    }
