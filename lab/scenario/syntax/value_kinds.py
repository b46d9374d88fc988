"""Kinds of values: how one is read from the tree, and what JSON Schema says of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any, Generic, TypeVar

from lab.errors import words_of
from lab.model.value import dataclass
from lab.scenario.syntax.problem_report import ProblemPath, did_you_mean, one_of
from lab.scenario.syntax.source_tree import ListNode, ScalarNode, TableNode, TreeNode, is_null
from lab.sentence import NOTHING, Sentence, sentence

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
JsonSchema = dict[str, Any]


def misread(text: object, hint: Sentence = NOTHING) -> ValueError:
    """For a text that is none of what it must be."""
    return ValueError(hint or sentence("not {text}", text=repr(text)))


class ValueKind(ABC, Generic[T_co]):
    """What a value may be."""

    @abstractmethod
    def read(self, node: TreeNode, at: ProblemPath) -> T_co | None:
        """The value, or None when it is wrong; then the report says why."""

    @abstractmethod
    def schema(self) -> JsonSchema:
        """The JSON Schema of it; records are referred to by name."""

    def tables(self) -> Iterator[ValueKind[Any]]:
        """The declared tables that the schema refers to."""
        return iter(())


@dataclass(frozen=True)
class Single(ValueKind[T_co]):
    """A single value. `parse` raises ValueError, whose text becomes the hint."""

    wanted: Sentence
    parse: Callable[[str], T_co]
    json: JsonSchema = field(default_factory=lambda: {"type": "string"})
    refuses: tuple[str, ...] = ("bool",)
    """What YAML must not take it for: `no` is a truth value unless it is quoted."""

    def read(self, node: TreeNode, at: ProblemPath) -> T_co | None:
        """Parse the text as it is written."""
        if not isinstance(node, ScalarNode):
            hint = sentence("this is a list") if isinstance(node, ListNode) else sentence("this is a table")
            at.wrong(node.place, self.wanted, hint)
            return None
        if node.tag in self.refuses:
            hint = sentence('YAML reads {text} as a truth value; write "{text}"', text=node.text)
            at.wrong(node.place, self.wanted, hint)
            return None
        try:
            return self.parse(node.text)
        except ValueError as error:
            at.wrong(node.place, self.wanted, words_of(error))
            return None

    def schema(self) -> JsonSchema:
        """As declared."""
        return dict(self.json)


def choice(values: Mapping[str, T], wanted: Sentence = NOTHING) -> Single[T]:
    """One of a few words, in any case."""
    spelled = {word.lower(): value for word, value in values.items()}

    def parse(text: str) -> T:
        if text.lower() not in spelled:
            raise misread(text, did_you_mean(text, values))
        return spelled[text.lower()]

    return Single(wanted or one_of(values), parse, {"enum": list(values)})


@dataclass(frozen=True)
class Many(ValueKind[tuple[T_co, ...]]):
    """A list, or a single value in its place."""

    of: ValueKind[T_co]

    def read(self, node: TreeNode, at: ProblemPath) -> tuple[T_co, ...] | None:
        """Every item that is right; None if there are items and none is."""
        if not isinstance(node, ListNode):
            return None if (value := self.of.read(node, at)) is None else (value,)
        values = [self.of.read(item, at.index(i)) for i, item in enumerate(node.items) if not is_null(item)]
        right = tuple(item for item in values if item is not None)
        return right if right or not values else None

    def schema(self) -> JsonSchema:
        """Either form."""
        schema = self.of.schema()
        return {"anyOf": [schema, {"type": "array", "items": schema}]}

    def tables(self) -> Iterator[ValueKind[Any]]:
        """Those of the items."""
        return self.of.tables()


@dataclass(frozen=True)
class Named(ValueKind[Mapping[str, T_co]]):
    """A table whose keys are names that the author chooses; a null value takes the name out."""

    name: Single[Any]
    of: ValueKind[T_co]

    def read(self, node: TreeNode, at: ProblemPath) -> Mapping[str, T_co] | None:
        """Every entry that is right."""
        if not isinstance(node, TableNode):
            wanted = sentence("a table of names and what they are")
            at.wrong(node.place, wanted, sentence("one `name:` per line, indented"))
            return None
        values: dict[str, T_co] = {}
        for key, entry in node.entries.items():
            self.name.read(ScalarNode(entry.place, key), at.key(key))
            if not is_null(entry.value) and (value := self.of.read(entry.value, at.key(key))) is not None:
                values[key] = value
        return values

    def schema(self) -> JsonSchema:
        """Any property that is a name."""
        return {
            "type": ["object", "null"],
            "propertyNames": self.name.schema(),
            "additionalProperties": {"anyOf": [self.of.schema(), {"type": "null"}]},
        }

    def tables(self) -> Iterator[ValueKind[Any]]:
        """Those of the values."""
        return self.of.tables()


class Anything(ValueKind[TreeNode]):
    """Whatever it is; it is read where it is put (`change:`)."""

    def read(self, node: TreeNode, at: ProblemPath) -> TreeNode:  # noqa: ARG002 - nothing is wrong here yet
        """The tree itself."""
        return node

    def schema(self) -> JsonSchema:
        """No restriction."""
        return {}
