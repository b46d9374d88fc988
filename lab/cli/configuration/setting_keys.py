"""What a configuration file may set: what one sets once for a project or a machine, and not what makes one call."""

from __future__ import annotations

from argparse import Action
from collections.abc import Mapping

from lab.cli.verb_declaration import Verb

DEFAULTS = "defaults"
"""The table of what holds for every verb that has it."""
COLOR = ("auto", "always", "never")
STATE, COLOR_KEY = "state", "color"
PROCESS: Mapping[str, tuple[str, str]] = {
    STATE: (".mflab", "Folder of a running lab; `--state` of the verbs that have it."),
    COLOR_KEY: ("auto", "Whether reports are coloured: auto (on a terminal), always or never."),
}
"""What concerns no single option: its built-in default, and what it means."""

_BODY = ("driver", "seed")
_REPORTS = ("junit", "sarif", "markdown")
OF_VERBS: Mapping[str, tuple[str, ...]] = {
    "run": (*_BODY, "junit", "sarif", "html", "metrics", "fail-fast"),
    "explain": _BODY,
    "attribute": ("as-of", "switch"),
    "matrix": (*_BODY, "variants", "ways", "junit", "html"),
    "import": ("partners",),
    "check": ("fail-on", "quiet", *_REPORTS),
    "diff": ("git-base", *_REPORTS),
    "sweep": ("out", "csv", "parquet", "workers", "scheduler", "crowd", "show", "as-of", "switch"),
    "trace": (*_BODY, "form"),
    "mailbox": _BODY,
    "graph": ("format",),
    "up": ("port", "dns-port", "http-port", "no-http", "names"),
    "watch": ("every", "seed"),
    "gateway": ("certificates", "log", "dns"),
    "zones": ("address", "port"),
}
"""Keys by verb, spelled as the options are. A key that stands for several verbs may be under `[defaults]` too: `SHARED`."""
SHARED = _BODY


def keys_of(table: str) -> tuple[str, ...]:
    """What a table may hold."""
    return (*SHARED, *PROCESS) if table == DEFAULTS else OF_VERBS[table]


def variable(table: str, key: str) -> str:
    """The environment variable: MFLAB_SEED, MFLAB_CHECK_FAIL_ON."""
    words = ("MFLAB", key) if table == DEFAULTS else ("MFLAB", table, key)
    return "_".join(words).upper().replace("-", "_")


def option(verb: Verb, key: str) -> Action:
    """The option that a key of a verb's table sets."""
    return next(action for action in verb.options if f"--{key}" in action.option_strings)
