"""`mflab import`: a scenario from what Exchange and Exchange Online have printed."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from lab.cli.arguments import add_json, today
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.output import columns, plainly, put, put_json, talk
from lab.cli.report_files import IMPORT, STDOUT, Outputs
from lab.cli.verb_declaration import Verb, declare
from lab.importers.assembly.answers_file import Answers
from lab.importers.assembly.assemble import assembled, domains
from lab.importers.assembly.types import ImportedScenario, ImportOptions
from lab.importers.folder_reader import read
from lab.importers.live_dns import look_up
from lab.importers.types import Exports
from lab.sentence import say

_ABOUT = """\
DIR has the output of cmdlets (ConvertTo-Json, Export-Clixml, Export-Csv, Microsoft365DSC), certificates without their
keys, zone files, `postconf -n`. A folder in it is one side of one organisation: online/, onprem/, contoso-online/.
Nothing is sent anywhere, but with --live-dns, which asks this machine's resolver for the domains that were found.

What nobody tells stands in the file as TO-DO comments, each with the rules that depend on it; where a fault depends on
it, each possibility is a variant. An answers.yaml in DIR answers: a fragment in the scenario language, laid over the
import. Ends with 0, or with 3 where to-dos are left or something was left out."""

_EXAMPLES = """\
  mflab import exports/ -o my.yaml && mflab matrix my.yaml --variants
  mflab import examples/exports/msxfaq --partners no
  mflab import exports/ -o my.yaml --lab-addresses && mflab run my.yaml --driver embedded
  mflab import exports/ --json | jq '.todos'"""
_MOST_TOLD = 12


def add_import(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder with the exports")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the scenario file; stdout if not given"
    )
    parser.add_argument("--name", default="", help="the scenario's name; from its first organisation")
    parser.add_argument(
        "--lab-addresses",
        action="store_true",
        help="put the lab's names and addresses in the place of real ones, so that every driver can play it",
    )
    parser.add_argument(
        "--all-recipients",
        action="store_true",
        help="keep up to 1000 recipients, not a handful of each class",
    )
    parser.add_argument(
        "--partners",
        choices=("yes", "no"),
        default="yes",
        help="whether to add partners and somebody outside where the exports have none (default: %(default)s)",
    )
    parser.add_argument(
        "--live-dns", action="store_true", help="look up MX, SPF and DMARC of the domains that were found"
    )
    parser.add_argument(
        "--force", action="store_true", help="let it replace a file that is no earlier import"
    )
    add_json(parser)


def run(args: Namespace) -> int:
    """Read, assemble, write."""
    exports = _read(args.folder)
    inputs = {item.place.file for part in (exports.objects, exports.notices) for item in part}
    files = Outputs.judged(args, [str(args.folder / name) for name in sorted(inputs)])
    if args.live_dns:
        exports = Exports.joined((exports, look_up(domains(exports))))
    imported = assembled(exports, _options(args), _answers(args.folder, exports))
    if args.output is not None:
        files.write(IMPORT, lambda: imported.text)
    if args.json:
        put_json(_data(imported))
    elif args.output is None:
        put(imported.text, end="")
    for line in _summary(args, imported):
        talk(line)
    warned = imported.todos or any(notice.serious for notice in imported.notices)
    return Exit.WARNINGS if warned else Exit.OK


def _read(folder: Path) -> Exports:
    """What is in the folder. Raises BadInput if there is none, or nothing in it that is known."""
    if not folder.is_dir():
        raise BadInput(
            f"{folder}: there is no such folder" if not folder.exists() else f"{folder}: it is no folder"
        )
    try:
        exports = read(folder)
    except OSError as error:
        raise BadInput(plainly(error)) from None
    if not any((exports.objects, exports.certificates, exports.records, exports.gateways)):
        notices = "".join(f"\n  {notice.place}: {notice.text}" for notice in exports.notices)
        raise BadInput(f"{folder}: nothing in it is known here; docs/export.md says what to export{notices}")
    if not any(item.kind for item in exports.objects):
        raise BadInput(
            f"{folder}: nothing in it is of Exchange or Exchange Online (only {_others(exports)}), and without that nobody "
            "is there whose mail flow it could be; docs/export.md says what to export"
        )
    return exports


def _others(exports: Exports) -> str:
    """What a folder without an object of Exchange has."""
    files = {
        "objects of no known kind": exports.objects,
        "certificates": exports.certificates,
        "DNS records": exports.records,
        "Postfix": exports.gateways,
    }
    return ", ".join(name for name, there in files.items() if there)


def _options(args: Namespace) -> ImportOptions:
    return ImportOptions(
        source=str(args.folder),
        now=today(),
        name=_name(args.name),
        lab_addresses=args.lab_addresses,
        all_recipients=args.all_recipients,
        partners=args.partners == "yes",
    )


def _name(given: str) -> str:
    if given and not given.replace("-", "").replace("_", "").isalnum():
        raise BadInput(f"--name: {given!r} is no name: letters, digits, dashes and underscores")
    return given


def _answers(folder: Path, exports: Exports) -> Answers:
    if not exports.answers:
        return Answers()
    path = folder / exports.answers
    try:
        return Answers(str(path), path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: {plainly(error)}") from None


def _data(imported: ImportedScenario) -> dict[str, object]:
    return {
        "scenario": imported.tree,
        "read": imported.counts,
        "partners": imported.partners,
        "todos": [
            {
                "path": ".".join(todo.path),
                "about": todo.paths,
                "text": say(todo.text),
                "answer": say(todo.answer),
                "rules": todo.rules,
            }
            for todo in imported.todos
        ],
        "notices": [
            {
                "file": notice.place.file,
                "line": notice.place.line or None,
                "text": say(notice.text),
                "left_out": notice.serious,
            }
            for notice in imported.notices
        ],
        "unknown_properties": imported.unknown,
    }


def _summary(args: Namespace, imported: ImportedScenario) -> Iterator[str]:
    """What was read, what is missing, what was left out."""
    read_ = ", ".join(f"{count} {kind}" for kind, count in imported.counts.items())
    to = "" if args.output in (None, STDOUT) else f" -> {args.output}"
    yield f"{args.folder}{to}: {read_ or 'no objects'}"
    if imported.partners:
        yield f"added, as the exports have none: {', '.join(imported.partners)}"
    for notice in imported.notices:
        yield (
            f"{'warning' if notice.serious else 'note'}: {notice.place}: {notice.text}"
            if notice.place.file
            else f"note: {notice.text}"
        )
    for number, todo in enumerate(imported.todos, start=1):
        yield f"TO-DO {number}: {todo.text} [{' '.join(todo.rules)}]"
    if imported.unknown:
        yield "properties that nobody here knows, and which were not looked at:"
        rows = [
            (f"  {name.kind}", name.name, f"{name.times} x", name.example)
            for name in imported.unknown[:_MOST_TOLD]
        ]
        yield from columns(rows)
        if len(imported.unknown) > _MOST_TOLD:
            yield f"  and {len(imported.unknown) - _MOST_TOLD} more: --json has them all"
