"""What an administrator types (`Set-InboundConnector -Identity ... -Enabled $false`), as changes of the scenario's tree.

Every list of Exchange's objects in the language has its `New-`, `Set-` and `Remove-`. Identities are looked up in the
configuration that was built, the wizard's objects included; whether the result holds is for the loader to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from fnmatch import fnmatchcase
from typing import Any

from lab.model.topology import Topology
from lab.model.value import dataclass
from lab.scenario import setting_paths
from lab.scenario.cmdlets import certificate_cmdlets
from lab.scenario.cmdlets.cmdlet_line import CmdletLine, ParsedCmdlet, emulated, parameters
from lab.scenario.cmdlets.powershell import Argument, CmdletWord, NotRead
from lab.scenario.language.exchange_objects import parameter
from lab.scenario.language.party_keys import ORGANIZATION, TENANT, TenantKeys
from lab.scenario.syntax.problem_report import one_of, unknown
from lab.scenario.syntax.records import RecordSchema
from lab.scenario.syntax.source_tree import ListNode, ScalarNode, TableEntry, TableNode, TreeNode, items_of
from lab.scenario.syntax.value_kinds import Many
from lab.sentence import NOTHING, sentence

_CONFIG = "OrganizationConfig"
_SWITCHED = ("TransportRule",)
"""Nouns with Enable- and Disable-; all others have -Enabled or nothing."""
_DERIVED = ("InboundConnector", "OutboundConnector", "SendConnector", "ReceiveConnector", "RemoteDomain")
"""Nouns whose objects the wizard or the loader may have made: one is taken away by saying so."""


@dataclass(frozen=True)
class CmdletParty:
    """Whose configuration changes."""

    path: tuple[str, str]
    made: object
    """The tenant or organisation as it was built."""

    @property
    def name(self) -> str:
        """What `in:` may always say; the bare name is enough where it means one of them only."""
        return f"{self.path[0].removesuffix('s')}:{self.path[1]}"


def run(tree: TableNode, line: CmdletLine, topology: Topology) -> TableNode:
    """The tree after a cmdlet; the tree itself, and a problem, if it cannot be run."""
    try:
        return _Run(tree, ParsedCmdlet(line), topology).result()
    except NotRead as error:
        line.wrong(error.at, error.wanted, error.hint)
        return tree


def _lists(record: RecordSchema) -> dict[str, tuple[str, RecordSchema]]:
    """The lists of Exchange's objects by their noun: the key, and the record of one."""
    lists = ((key.name, key.kind.of) for key in record.keys if isinstance(key.kind, Many))
    return {
        name.removesuffix("s"): (name, item)
        for name, item in lists
        if isinstance(item, RecordSchema) and item.any_case
    }


_CLOUD, _OWN = _lists(TENANT), _lists(ORGANIZATION)


def known_cmdlets() -> tuple[str, ...]:
    """Every cmdlet that a timeline can run."""
    nouns = tuple(dict.fromkeys((*_CLOUD, *_OWN)))
    made = [f"{verb}-{noun}" for noun in nouns for verb in ("New", "Set", "Remove")]
    made += [f"{verb}-{noun}" for noun in _SWITCHED for verb in ("Enable", "Disable")]
    return (*made, f"Set-{_CONFIG}", *certificate_cmdlets.CMDLETS)


class _Run:
    """One cmdlet on one tree. Raises NotRead for what cannot be run at all."""

    def __init__(self, tree: TableNode, typed: ParsedCmdlet, topology: Topology) -> None:
        self.tree, self.typed, self.topology = tree, typed, topology
        self.verb, _, self.noun = self._known(typed.cmdlet).partition("-")

    @staticmethod
    def _known(cmdlet: str) -> str:
        spelled = {full.lower(): full for full in known_cmdlets()}
        verb, _, noun = cmdlet.partition("-")
        if cmdlet.lower() not in spelled:
            switch = verb.lower() in ("enable", "disable") and f"set-{noun}".lower() in spelled
            hint = (
                sentence("Set-{noun} has -Enabled", noun=noun)
                if switch
                else unknown(cmdlet, spelled.values())
            )
            raise NotRead(0, sentence("the lab knows no cmdlet {cmdlet}", cmdlet=cmdlet), hint)
        return spelled[cmdlet.lower()]

    def result(self) -> TableNode:
        """The tree afterwards."""
        if f"{self.verb}-{self.noun}" in certificate_cmdlets.CMDLETS:
            return certificate_cmdlets.run(self.tree, self.verb, self.typed, self.topology)
        party = self._party()
        if party is None:
            return self.tree
        if self.noun == _CONFIG:
            kind = TenantKeys.organization_config.kind
            assert isinstance(kind, RecordSchema)
            self.typed.takes({name: name for name in emulated(kind)})
            return self._set((*party.path, _CONFIG), kind, (), {})
        key, record = (_CLOUD if party.path[0] == "tenants" else _OWN)[self.noun]
        self.typed.takes(parameters(record))
        run_ = {"New": self._new, "Remove": self._remove}.get(self.verb, self._change)
        return run_(party, (*party.path, key), record)

    def _party(self) -> CmdletParty | None:
        """The tenant or organisation that the cmdlet is for: the one that `in:` names, or the only one."""
        parties = [
            CmdletParty((section, name), made)
            for section, nouns in (("tenants", (*_CLOUD, _CONFIG)), ("organizations", tuple(_OWN)))
            for name, made in getattr(self.topology, section).items()
            if self.noun in nouns
        ]
        side = self.typed.line.side
        exact = [party for party in parties if side and side.text == party.name]
        fitting = exact or [party for party in parties if side is None or self._means(side.text, party)]
        if len(fitting) == 1:
            return fitting[0]
        if side is None:
            names = one_of(party.name for party in parties) if parties else NOTHING
            raise NotRead(0, sentence("say with `in:` whose {noun} is meant", noun=self.noun), names)
        if fitting:
            name, cmdlet = side.text, self.typed.cmdlet
            both = sentence(
                "{name!r} is a tenant and an organisation, and both have {cmdlet}", name=name, cmdlet=cmdlet
            )
            self.typed.line.at.wrong(side.place, both, one_of(party.name for party in fitting))
        else:
            hint = unknown(side.text, (party.name for party in parties))
            wanted = sentence("{cmdlet} cannot run there", cmdlet=self.typed.cmdlet)
            self.typed.line.at.wrong(side.place, wanted, hint)
        return None

    def _means(self, side: str, party: CmdletParty) -> bool:
        """Whether `in:` names a party, or one of its servers."""
        host = self.topology.hosts.get(side)
        own = host is not None and host.holds_mailboxes and party.path == ("organizations", host.organization)
        return own or side == party.path[1]

    # -- the verbs

    def _new(self, party: CmdletParty, path: tuple[str, ...], record: RecordSchema) -> TableNode:
        naming = _naming(record)
        name = self.typed.text(naming.lower(), "")
        if naming != "Name":
            self.typed.arguments.pop("name", None)  # New-AcceptedDomain wants one, and nothing depends on it
        if name is None:
            wanted = sentence("-{name} is missing", name=naming)
            raise NotRead(0, wanted, sentence("a new {noun} needs one", noun=self.noun))
        if name.text.lower() in (taken.lower() for taken in self._names(party)):
            wanted = sentence("a second {noun} named {name!r}", noun=self.noun, name=name.text)
            raise NotRead(name.at, wanted, sentence("names are unique"))
        made = {naming: self._name(name)}
        for argument in self.typed.arguments.values():
            key = self.typed.key(argument, record)
            if key is not None:
                made[key.name] = self.typed.entry(argument, key)
        return self._with(path, (*self._items(path), TableNode(self.typed.place(0), made)))

    def _remove(self, party: CmdletParty, path: tuple[str, ...], record: RecordSchema) -> TableNode:
        identity = self._identity(party)
        there = self._items(path)
        if self.noun in _DERIVED:
            name = self._name(identity)
            gone = TableNode(name.place, {_naming(record): name}, amends=True, removes=True)
            return self._with(path, (*there, gone))
        left = tuple(item for item in there if _name_of(item, record) != identity.text.lower())
        if left == there:
            wanted = sentence("{name!r} is not written anywhere", name=identity.text)
            raise NotRead(identity.at, wanted, sentence("it follows from other keys"))
        return self._with(path, left)

    def _change(self, party: CmdletParty, path: tuple[str, ...], record: RecordSchema) -> TableNode:
        """Set-, Enable- and Disable-."""
        identity = self._identity(party)
        there = self._items(path)
        written = next((item for item in there if _name_of(item, record) == identity.text.lower()), None)
        if self.verb != "Set":
            value = CmdletWord(identity.at, "$true" if self.verb == "Enable" else "$false", special=True)
            self.typed.arguments["enabled"] = Argument(identity.at, "Enabled", value)
        if written is None and self.noun not in _DERIVED:  # it follows from another key; now it is written
            name = self._name(identity)
            self.tree = self._with(path, (*there, TableNode(name.place, {_naming(record): name})))
        made = next((table for table in self._objects(party) if _named(table) == identity.text), None)
        return self._set((*path, identity.text), record, _written(written), _values(made))

    def _set(
        self,
        path: tuple[str, ...],
        record: RecordSchema,
        written: Iterable[tuple[str, TreeNode]],
        made: dict[str, Any],
    ) -> TableNode:
        lists = made | {name.lower(): _texts(node) for name, node in written}
        tree = self.tree
        for argument in self.typed.arguments.values():
            key = self.typed.key(argument, record)
            if key is None:
                continue
            if key.name == _naming(record):
                wanted = sentence("the lab cannot rename an object")
                self.typed.line.wrong(argument.at, wanted, sentence("remove it, and make a new one"))
                continue
            entry = self.typed.entry(argument, key, lists.get(key.name.lower(), ()))
            tree = setting_paths.put(tree, (*path, key.name), entry, self.typed.line.at)
        return tree

    # -- what is there

    def _identity(self, party: CmdletParty) -> CmdletWord:
        """The object's full name. Exchange knows no wildcard here: `*` for the wizard's GUID is the lab's convenience."""
        argument = self.typed.text("identity", "")
        if argument is None:
            problem = sentence("-Identity is missing")
            raise NotRead(0, problem, sentence("say which {noun} is meant", noun=self.noun))
        names = self._names(party)
        same = [name for name in names if name.lower() == argument.text.lower()]
        pattern = argument.text.lower().replace("[", "[[]")  # it may end in * where the wizard's GUID stands
        fitting = same or [name for name in names if fnmatchcase(name.lower(), pattern)]
        if not fitting:
            wanted = sentence("no {noun} is named {name!r}", noun=self.noun, name=argument.text)
            raise NotRead(argument.at, wanted, unknown(argument.text, names))
        if len(fitting) > 1:
            name, number = argument.text, len(fitting)
            wanted = sentence(
                "{name!r} fits {number} {noun}s, and one is meant", name=name, number=number, noun=self.noun
            )
            raise NotRead(argument.at, wanted, one_of(fitting))
        return CmdletWord(argument.at, fitting[0])

    def _objects(self, party: CmdletParty) -> tuple[object, ...]:
        attribute = "".join(f"_{c.lower()}" if c.isupper() else c for c in self.noun).removeprefix("_")
        return tuple(getattr(party.made, f"{attribute}s"))

    def _names(self, party: CmdletParty) -> tuple[str, ...]:
        return tuple(map(_named, self._objects(party)))

    def _items(self, path: tuple[str, ...]) -> tuple[TreeNode, ...]:
        node: TreeNode | None = self.tree
        for step in path:
            node = node.get(step) if isinstance(node, TableNode) else None
        return items_of(node)

    def _with(self, path: tuple[str, ...], items: tuple[TreeNode, ...]) -> TableNode:
        entry = TableEntry(self.typed.place(0), ListNode(self.typed.place(0), items))
        return setting_paths.put(self.tree, path, entry, self.typed.line.at)

    def _name(self, word: CmdletWord) -> TableEntry:
        place = self.typed.place(word.at)
        return TableEntry(place, ScalarNode(place, word.text))


def _naming(record: RecordSchema) -> str:
    """The key that an object is known by: Name, or DomainName."""
    return next((key.name for key in record.keys if key.required), "")


def _named(made: object) -> str:
    return str(getattr(made, "name", None) or getattr(made, "domain_name", ""))


def _name_of(node: TreeNode, record: RecordSchema) -> str:
    """How an object that is written is called, in lower case."""
    if isinstance(node, ScalarNode):
        return node.text.lower()
    naming = _naming(record).lower()
    names = (
        value.text for key, value in _written(node) if key.lower() == naming and isinstance(value, ScalarNode)
    )
    return next(names, "").lower()


def _written(node: TreeNode | None) -> list[tuple[str, TreeNode]]:
    return [(key, entry.value) for key, entry in node.entries.items()] if isinstance(node, TableNode) else []


def _texts(node: TreeNode) -> tuple[str, ...]:
    return tuple(item.text for item in items_of(node) if isinstance(item, ScalarNode) and not item.is_null)


def _values(made: object) -> dict[str, tuple[str, ...]]:
    """The lists of an object that was built, by lower-case parameter."""
    if made is None or not is_dataclass(made):
        return {}
    values = ((parameter(field.name, type(made)), getattr(made, field.name)) for field in fields(made))
    return {name.lower(): tuple(map(str, value)) for name, value in values if isinstance(value, tuple)}
