"""A cmdlet line of a scenario: its arguments by name, and its values as the tree has them.

PowerShell takes the names of parameters in any case, and cut short where only one can be meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from lab.model.value import dataclass
from lab.scenario.cmdlets.powershell import Argument, Array, CmdletWord, Hash, NotRead, parse
from lab.scenario.language.exchange_objects import OWN, SHOWN
from lab.scenario.syntax.problem_report import ProblemPath, did_you_mean, one_of, unknown
from lab.scenario.syntax.records import RecordKey, RecordSchema
from lab.scenario.syntax.source_tree import ListNode, ScalarNode, SourceLocation, TableEntry, TreeNode
from lab.scenario.syntax.value_kinds import Many
from lab.sentence import NOTHING, Sentence, sentence

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
_ADD, _REMOVE = "add", "remove"


@dataclass(frozen=True)
class CmdletLine:
    """A line to run: where it stands, and on whose side."""

    text: ScalarNode
    side: ScalarNode | None
    """`in:`, a tenant, an organisation or a host."""
    at: ProblemPath

    def wrong(self, offset: int, wanted: Sentence, hint: Sentence = NOTHING) -> None:
        """Report a problem at a character of the line."""
        self.at.wrong(self.text.inside(offset), wanted, hint)


class ParsedCmdlet:
    """A line that was parsed. Raises NotRead where it is none."""

    def __init__(self, line: CmdletLine) -> None:
        self.line = line
        call = parse(line.text.text)
        self.cmdlet = f"{call.verb}-{call.noun}"
        self.arguments: dict[str, Argument] = {}
        """By lower-case name, once `takes` has said what there is; the value without a name is under ''."""
        self._written = call.arguments

    def takes(self, parameters: Mapping[str, str]) -> None:
        """Name the arguments in full, by the cmdlet's parameters and the keys that they set. Raises NotRead."""
        for argument in self._written:
            name = _meant(argument, parameters)
            if name == "WhatIf":
                raise NotRead(argument.at, sentence("no -WhatIf"), sentence("it would change nothing"))
            if argument.value is None and name not in SWITCHES and name in (*parameters, *COMMON):
                raise _missing(argument)
            full = parameters.get(name, name)
            if full.lower() in self.arguments:
                raise _twice(argument)
            spelled = argument.name if argument.name.lower() == full.lower() else full
            self.arguments[full.lower()] = replace(argument, name=spelled)
        for name in COMMON:
            self.arguments.pop(name.lower(), None)

    def place(self, offset: int) -> SourceLocation:
        """Where a character of the line stands."""
        return self.line.text.inside(offset)

    def text(self, *names: str) -> CmdletWord | None:
        """The single value of the first of these parameters that is there; it is used up. Raises NotRead if it is none."""
        argument = next((self.arguments.pop(name) for name in names if name in self.arguments), None)
        if argument is None:
            return None
        if not isinstance(argument.value, CmdletWord) or argument.value.special:
            raise NotRead(argument.at, sentence("a name"))
        return argument.value

    def key(self, argument: Argument, record: RecordSchema) -> RecordKey[object] | None:
        """The parameter's key; None, and a problem, if the cmdlet has none of that name."""
        meant_key = next((key for key in record.keys if key.name.lower() == argument.name.lower()), None)
        if meant_key is not None:
            return meant_key
        if not argument.name:
            wanted = sentence("a parameter such as -Identity")
            self.line.wrong(argument.at, wanted, sentence("a value needs one before it"))
        elif argument.name.lower() in record.not_emulated:
            wanted = sentence("the lab does not emulate -{name}", name=argument.name)
            self.line.wrong(argument.at, wanted, sentence("leave it out"))
        else:
            hint = unknown(argument.name, emulated(record))
            wanted = sentence("{cmdlet} has no parameter -{name}", cmdlet=self.cmdlet, name=argument.name)
            self.line.wrong(argument.at, wanted, hint)
        return None

    def entry(self, argument: Argument, key: RecordKey[object], current: Iterable[str] = ()) -> TableEntry:
        """The value as it would be written under the key; `current` is what a list has now, for `@{Add=...}`."""
        return TableEntry(self.place(argument.at), self._node(argument, key, tuple(current)))

    def _node(self, argument: Argument, key: RecordKey[object], current: tuple[str, ...]) -> TreeNode:
        match argument.value:
            case None:
                raise _missing(argument)
            case CmdletWord() as word:
                return self._scalar(word)
            case Array() as array:
                return ListNode(self.place(array.at), tuple(map(self._scalar, array.items)))
            case Hash() as changes if isinstance(key.kind, Many):
                return self._changed(changes, current)
            case Hash() as changes:
                wanted = sentence("-{name} is a single value", name=argument.name)
                raise NotRead(changes.at, wanted, sentence("without @{{...}}"))

    def _scalar(self, word: CmdletWord) -> ScalarNode:
        return ScalarNode(self.place(word.at), word.text)

    def _changed(self, changes: Hash, current: tuple[str, ...]) -> ListNode:
        """What a list has after `@{Add=...; Remove=...}`."""
        items = [ScalarNode(self.place(changes.at), text) for text in current]
        for what, values in changes.entries:
            if what.text.lower() not in (_ADD, _REMOVE):
                raise NotRead(what.at, sentence("Add or Remove"), did_you_mean(what.text, ("Add", "Remove")))
            for word in values.items:
                there = [item for item in items if item.text.lower() == word.text.lower()]
                if what.text.lower() == _ADD:
                    items += [] if there else [self._scalar(word)]
                elif there:
                    items.remove(there[0])
                else:
                    wanted = sentence("{value!r} is not in the list", value=word.text)
                    raise NotRead(word.at, wanted, unknown(word.text, current))
        return ListNode(self.place(changes.at), tuple(items))


def _twice(argument: Argument) -> NotRead:
    if argument.name:
        return NotRead(argument.at, sentence("-{name} stands twice", name=argument.name))
    switched = isinstance(argument.value, CmdletWord) and argument.value.special
    return NotRead(
        argument.at,
        sentence("one value without a name"),
        sentence("a switch has it behind a colon: -Confirm:$false") if switched else NOTHING,
    )


def parameters(record: RecordSchema) -> dict[str, str]:
    """The parameters for an object -> the keys that they set; those too that the lab has no use for."""
    unused = sorted(record.not_emulated - SHOWN)
    return {name: name for name in ("Identity", *emulated(record), *unused)} | dict(
        _RENAMED.get(record.name, {})
    )


def emulated(record: RecordSchema) -> tuple[str, ...]:
    """The parameters that do something."""
    return tuple(key.name for key in record.keys if key.name.lower() not in _OTHERWISE)


def _meant(argument: Argument, known: Iterable[str]) -> str:
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


def _missing(argument: Argument) -> NotRead:
    """A parameter without the value that it needs."""
    wanted = sentence("-{name} is missing an argument", name=argument.name)
    return NotRead(argument.at, wanted, sentence("only switches stand alone"))
