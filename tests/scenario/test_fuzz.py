"""No input raises anything but ScenarioError: neither noise, nor right keys with wrong values, nor damaged scenarios."""

from pathlib import Path

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.errors import ScenarioError
from lab.scenario.language.scenario_keys import SCENARIO
from lab.scenario.load import load_text
from lab.scenario.rendering.render import render
from lab.scenario.syntax.records import all_records

SHIPPED = Path(__file__).parents[2] / "scenarios"
BASE = (Path(__file__).parent / "broken" / "common" / "base.yaml").read_text(encoding="utf-8")
KEYS = sorted({key.name for record in all_records(SCENARIO) for key in record.keys})
NAMES = ["contoso", "fabrikam", "exchange", "gateway", "hello", "hybrid", "one"]
VALUES = [
    "contoso.example",
    "*.contoso.example",
    "*",
    "anna@contoso.example",
    "198.51.100.77",
    "198.51.100.0/24",
    "smtp:*;1",
    "tenant:contoso",
    "OnPremises",
    "gateway",
    "$true",
    "~",
    "",
    "10 mail.contoso.example",
    "2026-03-03T09:15:00Z",
    "9999-12-31T23:59:59-12:00",
    "Inbound from *",
    "a.b[c].d",
]

_leaf = st.one_of(
    st.sampled_from(VALUES),
    st.sampled_from(NAMES),
    st.booleans(),
    st.none(),
    st.integers(),
    st.text(max_size=8),
)
_key = st.one_of(st.sampled_from(KEYS), st.sampled_from(NAMES))
_tree = st.recursive(
    _leaf,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_key, inner, max_size=5)),
    max_leaves=25,
)
_sections = st.dictionaries(
    st.sampled_from([key.name for key in SCENARIO.keys if key.name != "include"]), _tree
)
quiet = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=150)


def loads_or_tells(text):
    try:
        return load_text(text, "fuzz.yaml")
    except ScenarioError as told:
        problems = told.problems
    assert problems
    assert all(problem.line >= 1 and problem.column >= 1 and problem.wanted for problem in problems)
    return None


@quiet
@given(st.text())
def test_noise(text):
    loads_or_tells(text)


@quiet
@given(st.text(alphabet="&*!{}[]:,-#|>?%@`\"'~ \n\tab1", max_size=80))
def test_yaml_punctuation(text):
    loads_or_tells(text)


@quiet
@given(_sections)
def test_known_keys_with_any_values(sections):
    loads_or_tells(yaml.safe_dump(sections, sort_keys=False))


@quiet
@given(_sections, st.sampled_from(["organizations", "tenants", "hosts", "messages", "expect"]), _tree)
def test_sound_scenario_with_any_variant(sections, section, tree):
    variants = {"variants": {"one": {**sections, section: {"contoso": tree, "hello": tree}}}}
    text = "scenario: fuzz\n" + BASE + yaml.safe_dump(variants, sort_keys=False)
    scenario = loads_or_tells(text)
    if scenario is not None:
        for variant in scenario.variants.values():
            assert load_text(render(variant)).variants["base"].topology == variant.topology


@quiet
@given(st.data())
def test_changes_of_any_path(data):
    steps = data.draw(
        st.lists(st.one_of(_key, st.sampled_from(["[0]", "[Internet]", "[x]"])), min_size=1, max_size=6)
    )
    path = ".".join(steps).replace(".[", "[")
    change = {"variants": {"one": {"change": {path: data.draw(_tree)}}}}
    loads_or_tells("scenario: fuzz\n" + BASE + yaml.safe_dump(change))


@quiet
@given(st.data())
def test_damaged_scenarios(data):
    text = (SHIPPED / "common" / "msxfaq.yaml").read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    loads_or_tells("scenario: fuzz\n" + text[:start] + data.draw(st.text(max_size=6)) + text[end:])
