"""`mflab config`: what holds when no flag says otherwise."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path, PurePath

from lab.cli.arguments import add_json
from lab.cli.configuration.setting_sources import DEFAULTS, OF_VERBS, PROCESS, SHARED, option
from lab.cli.configuration.settings import BUILT_IN, EffectiveSetting, Settings
from lab.cli.exit_codes import Exit
from lab.cli.main import declared
from lab.cli.output import columns, plain, put, put_json
from lab.cli.verb_declaration import Verb, declare, help_of

_CONFIG_ABOUT = """\
Options that one sets once have defaults in the environment (MFLAB_CHECK_FAIL_ON), in a project's mflab.toml or
[tool.mflab] of its pyproject.toml, which are looked for from the current folder upwards, and in the user's own mflab.toml.
A flag goes before the environment, that before the project, that before the user. docs/pipeline.md has them all."""

_CONFIG_EXAMPLES = """\
  mflab config show --origin
  mflab config show --json | jq '.settings[] | select(.origin != "built in")'"""


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, config, about=_CONFIG_ABOUT, examples=_CONFIG_EXAMPLES)
    parser.add_argument("what", choices=("show",), help="show: print them as mflab.toml would have them")
    parser.add_argument("--origin", action="store_true", help="say where each comes from")
    add_json(parser)


def config(args: Namespace) -> int:
    """Print them. Raises ScenarioError with all mistakes in the files."""
    settings = list(effective(Settings(os.environ, Path.cwd())))
    if args.json:
        rows = (
            {"table": s.table, "key": s.key, "value": plain(s.value), "origin": s.origin} for s in settings
        )
        put_json({"settings": list(rows)})
    else:
        put("\n".join(_lines(settings, origin=args.origin)))
    return Exit.OK


def effective(settings: Settings) -> Iterator[EffectiveSetting]:
    """Every key with what holds for it. Raises ScenarioError, after the last one."""
    declared_keys = declared(OF_VERBS)[1].known
    for key in PROCESS:
        yield settings.everywhere(key)
    for name, keys in OF_VERBS.items():
        mine = {setting.key: setting for setting in settings.of(declared_keys[name])}
        for key in keys:
            yield mine.get(key) or EffectiveSetting(
                name, key, option(declared_keys[name], key).default, BUILT_IN, rank=99
            )
    settings.settle()


def _lines(settings: list[EffectiveSetting], *, origin: bool) -> Iterator[str]:
    for table in (DEFAULTS, *OF_VERBS):
        rows = [(_toml(s), f"# {s.origin}" if origin else "") for s in settings if s.table == table]
        yield f"[{table}]"
        yield from columns(rows)
        yield ""


def _toml(setting: EffectiveSetting) -> str:
    """A line of TOML; what is not set is a comment."""
    value = setting.value
    if value is None or value == []:
        return f"# {setting.key} ="
    shown = plain(str(value) if isinstance(value, PurePath) else value)
    return f"{setting.key} = {json.dumps(shown, ensure_ascii=False)}"


def as_markdown() -> str:
    """The tables and keys, for the documentation."""
    declared_keys = declared()[1].known
    rows = [f"| `[defaults]` | `{key}` | {doc} |" for key, (_, doc) in PROCESS.items()]
    rows += [f"| `[defaults]` | `{key}` | For every verb that has it. |" for key in SHARED]
    rows += [
        f"| `[{name}]` | `{key}` | {help_of(option(declared_keys[name], key))} |"
        for name, keys in OF_VERBS.items()
        for key in keys
    ]
    return "\n".join(["| Table | Key | |", "| --- | --- | --- |", *rows]) + "\n"
