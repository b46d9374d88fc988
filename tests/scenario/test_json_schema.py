"""The published JSON Schema is made from the loader's own tables, and fits every scenario that ships."""

import json
from pathlib import Path

import jsonschema
import pytest

from lab.scenario.language.schema_and_reference import schema, schema_text
from lab.scenario.syntax.problem_report import ProblemReport
from lab.scenario.syntax.source_tree import ListNode, ScalarNode, TableNode
from lab.scenario.syntax.yaml_text import compose

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("scenarios/**/*.yaml"), ROOT / "certs" / "profiles.yaml"])
VALIDATOR = jsonschema.Draft202012Validator(schema())


def plain(node):
    """The tree as an editor sees it: YAML 1.2 values."""
    if isinstance(node, TableNode):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    assert isinstance(node, ScalarNode)
    if node.tag == "null":
        return None
    if node.tag == "bool" and node.text in ("true", "false"):
        return node.text == "true"
    if node.tag in ("int", "float"):
        return json.loads(node.text)
    return node.text


def told(text):
    return [error.message for error in VALIDATOR.iter_errors(plain(compose(text, "x.yaml", ProblemReport())))]


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_published_file_is_the_one_that_is_made():
    published = (ROOT / "schemas" / "scenario.schema.json").read_text(encoding="utf-8")
    assert published == schema_text(), "write it again: python -c 'from lab.scenario import schema_text; ...'"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_fits_what_ships(path):
    assert told(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_editors_find_it(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix)
    assert (path.parent / first.removeprefix(prefix)).resolve() == ROOT / "schemas" / "scenario.schema.json"


@pytest.mark.parametrize(
    "text",
    [
        "tenant: {}",
        "hosts: {one: {adress: 198.51.100.1}}",
        "hosts: {one: {role: gatway}}",
        "tenants: {a: {InboundConnectors: [{Enabled: true}]}}",
        "switches: {cross_region: sometimes}",
        "variants: {one: {kind: bug}}",
        "as_of: [2023]",
    ],
)
def test_it_tells_simple_mistakes(text):
    assert told(text)


def test_every_key_is_documented():
    for name, definition in {"scenario": schema(), **schema()["$defs"]}.items():
        for key, value in definition["properties"].items():
            assert value["description"], f"{name}.{key}"
