"""Defaults that are not built in: flag > environment > project file > user file > built-in default.

They become the defaults of the verb's options, so a flag wins by itself, and --help tells what holds.
"""

from __future__ import annotations

import os
from argparse import Action, ArgumentTypeError
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from lab.cli.configuration.setting_sources import (
    COLOR,
    COLOR_KEY,
    DEFAULTS,
    OF_VERBS,
    PROCESS,
    STATE,
    Level,
    WrittenSetting,
    levels,
    option,
)
from lab.cli.verb_declaration import Verb, help_of
from lab.errors import words_of
from lab.model.value import dataclass
from lab.scenario.syntax.problem_report import ProblemPath, ProblemReport, one_of, unknown
from lab.sentence import sentence

BUILT_IN = "built in"
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_ENVIRONMENT = {"always": {"FORCE_COLOR": "1"}, "never": {"NO_COLOR": "1"}}


@dataclass(frozen=True, slots=True)
class EffectiveSetting:
    """What holds for a key of a table, and who says so."""

    table: str
    key: str
    value: Any
    origin: str
    rank: int
    """The level it is from; the lower wins."""


class Settings:
    """All levels, read once. Mistakes are collected, and told together by `settle`."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._report = ProblemReport()
        self._levels: tuple[Level, ...] = levels(environment, folder, self._report)

    def settle(self) -> None:
        """Raise ScenarioError with all mistakes that were found."""
        first = min((problem.file for problem in self._report.found.values()), default="")
        self._report.settle(first)

    def of(self, verb: Verb) -> list[EffectiveSetting]:
        """What is set for the verb's options, and is not built in; of options that exclude each other the strongest."""
        settings = [setting for key in OF_VERBS.get(verb.name, ()) if (setting := self._of_option(verb, key))]
        return [setting for setting in settings if not _beaten(setting, settings, verb)]

    def _of_option(self, verb: Verb, key: str) -> EffectiveSetting | None:
        for rank, level in enumerate(self._levels):
            written = level.of(verb.name, key)
            if written is not None:
                value = _value(option(verb, key), written, ProblemPath(self._report).key(verb.name).key(key))
                return (
                    None if value is None else EffectiveSetting(verb.name, key, value, written.origin, rank)
                )
        return None

    def everywhere(self, key: str) -> EffectiveSetting:
        """What holds for a key that concerns no single option."""
        for rank, level in enumerate(self._levels):
            written = level.of(DEFAULTS, key)
            if written is not None:
                value = self._plain(key, written)
                if value is not None:
                    return EffectiveSetting(DEFAULTS, key, value, written.origin, rank)
        return EffectiveSetting(DEFAULTS, key, PROCESS[key][0], BUILT_IN, len(self._levels))

    def _plain(self, key: str, written: WrittenSetting) -> str | None:
        at = ProblemPath(self._report).key(DEFAULTS).key(key)
        if not isinstance(written.value, str) or not written.value:
            at.wrong(written.place, sentence("a folder") if key == STATE else one_of(COLOR))
            return None
        if key == STATE:
            return _path(written.value, written)
        if written.value not in COLOR:
            at.wrong(written.place, one_of(COLOR), unknown(written.value, COLOR))
            return None
        return written.value


def apply(settings: Settings, verb: Verb, argv: Sequence[str]) -> None:
    """Make what is set the defaults of a verb's options. Raises ScenarioError with all mistakes."""
    given = {action.dest for action in verb.options if _given(action, argv)}
    for setting in settings.of(verb):
        action = option(verb, setting.key)
        if not given & _excluded_by(action, verb):
            verb.parser.set_defaults(**{action.dest: setting.value})
    for key in PROCESS:
        settings.everywhere(key)
    settings.settle()


@contextmanager
def process_wide(settings: Settings) -> Iterator[None]:
    """What concerns no single option holds as if the environment said it, for the processes that are started too."""
    state, color = settings.everywhere(STATE), settings.everywhere(COLOR_KEY)
    mine = {} if state.origin == BUILT_IN else {"MFLAB_STATE": str(state.value)}
    mine |= _ENVIRONMENT.get(color.value, {})
    before = {name: os.environ.get(name) for name in mine}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _given(action: Action, argv: Sequence[str]) -> bool:
    return any(
        word == name or word.startswith(f"{name}=")
        for word in argv
        for name in action.option_strings
        if name.startswith("--")
    )


def _excluded_by(action: Action, verb: Verb) -> set[str]:
    """The other options that cannot be there together with this one."""
    groups = verb.parser._mutually_exclusive_groups  # noqa: SLF001 - argparse has no other word for it
    return {
        other.dest
        for group in groups
        if action in group._group_actions  # noqa: SLF001 - likewise
        for other in group._group_actions  # noqa: SLF001 - likewise
        if other is not action
    }


def _beaten(setting: EffectiveSetting, settings: Sequence[EffectiveSetting], verb: Verb) -> bool:
    excluded = _excluded_by(option(verb, setting.key), verb)
    return any(option(verb, other.key).dest in excluded and other.rank < setting.rank for other in settings)


def _value(action: Action, written: WrittenSetting, at: ProblemPath) -> Any:
    """As argparse would have it from the command line; None, and a problem, where it would refuse."""
    if action.nargs == 0:
        return _truth(written, at)
    if isinstance(action.default, list):
        items = written.value if isinstance(written.value, list) else str(written.value).split(",")
        values = [_one(action, item, written, at) for item in items]
        return None if None in values else values
    return _one(action, written.value, written, at)


def _truth(written: WrittenSetting, at: ProblemPath) -> bool | None:
    value = written.value
    truth = _TRUTHS.get(value.lower()) if isinstance(value, str) and written.folder is None else value
    if not isinstance(truth, bool):
        at.wrong(written.place, sentence("true or false"), sentence("not {value}", value=repr(value)))
        return None
    return truth


def _one(action: Action, item: object, written: WrittenSetting, at: ProblemPath) -> Any:
    about = help_of(action)
    wanted = sentence("{help}", help=about) if about else sentence("a value")
    if isinstance(item, bool) or not isinstance(item, str | int | date):
        at.wrong(
            written.place,
            sentence("a single value: {wanted}", wanted=wanted),
            sentence("not {value}", value=repr(item)),
        )
        return None
    text = item.isoformat() if isinstance(item, date) else str(item)
    if action.type is Path:
        text = _path(text, written)
    try:
        value: Any = action.type(text) if callable(action.type) else text
    except (ValueError, ArgumentTypeError) as error:
        at.wrong(written.place, wanted, words_of(error))
        return None
    if action.choices is not None and value not in action.choices:
        at.wrong(
            written.place, one_of(map(str, action.choices)), unknown(str(value), map(str, action.choices))
        )
        return None
    return value


def _path(text: str, written: WrittenSetting) -> str:
    """A path in a file starts from that file; `-` is stdout."""
    return text if written.folder is None or text == "-" else str(written.folder / text)
