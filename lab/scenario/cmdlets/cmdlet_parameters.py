"""The names of a cmdlet's parameters as PowerShell takes them: in any case, and cut short where only one can be meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lab.scenario.cmdlets.powershell import Argument, NotRead
from lab.scenario.language.exchange_objects import OWN, SHOWN
from lab.scenario.syntax.problem_report import one_of
from lab.scenario.syntax.records import RecordSchema
from lab.sentence import sentence

IDENTITY = "Identity"
SWITCHES = ("Confirm", "Force", "Verbose", "Debug", "WhatIf")
COMMON = (*SWITCHES, "ErrorAction", "WarningAction")
"""What every cmdlet has, and the lab has no use for."""
_ALIASES = {
    "cf": "confirm",
    "vb": "verbose",
    "db": "debug",
    "wi": "whatif",
    "ea": "erroraction",
    "wa": "warningaction",
}
_OTHERWISE = {
    **{name: sentence("it is the lab's own: `change:` sets {name}", name=name) for name in OWN},
    "state": sentence("Enable-TransportRule and Disable-TransportRule set it"),
    "default": sentence("Set-AcceptedDomain has -MakeDefault"),
}
"""Keys of the language that are no cmdlet's parameters, in lower case, and how else they are set."""
_RENAMED: Mapping[str, Mapping[str, str]] = {"AcceptedDomain": {"MakeDefault": "Default"}}
"""Parameters that are not called like the property that they set, by object."""


def parameters(record: RecordSchema) -> dict[str, str]:
    """The parameters for an object -> the keys that they set; those too that the lab has no use for."""
    unused = sorted(record.not_emulated - SHOWN)
    return {name: name for name in (IDENTITY, *emulated(record), *unused)} | dict(
        _RENAMED.get(record.name, {})
    )


def emulated(record: RecordSchema) -> tuple[str, ...]:
    """The parameters that do something."""
    return tuple(key.name for key in record.keys if key.name.lower() not in _OTHERWISE)


def meant(argument: Argument, known: Iterable[str]) -> str:
    """The parameter that an argument names; its own name if it names none. Raises NotRead if it may be several."""
    given = _ALIASES.get(argument.name.lower(), argument.name.lower())
    spelled = {name.lower(): name for name in (*known, *COMMON)}
    if not given or given in spelled:
        return spelled.get(given, "")
    if given in _OTHERWISE:
        wanted = sentence("no cmdlet has a parameter -{name}", name=argument.name)
        raise NotRead(argument.at, wanted, _OTHERWISE[given])
    fitting = [name for lower, name in spelled.items() if lower.startswith(given)]
    if len(fitting) > 1:
        hint = sentence("{parameters}?", parameters=one_of(f"-{name}" for name in fitting))
        raise NotRead(argument.at, sentence("-{name} is ambiguous", name=argument.name), hint)
    return fitting[0] if fitting else argument.name


def missing(argument: Argument) -> NotRead:
    """A parameter without the value that it needs."""
    wanted = sentence("-{name} is missing an argument", name=argument.name)
    return NotRead(argument.at, wanted, sentence("only switches stand alone"))
