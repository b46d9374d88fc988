"""The reference in the docs is made from the loader's tables."""

from pathlib import Path

from lab.scenario.language.scenario_keys import SCENARIO
from lab.scenario.language.schema_and_reference import reference
from lab.scenario.syntax.records import all_records

PAGE = Path(__file__).parents[2] / "docs" / "scenario-language.md"


def test_the_page_is_the_one_that_is_made():
    assert PAGE.read_text(encoding="utf-8") == reference()


def test_every_key_is_in_it():
    text = reference()
    for record in all_records(SCENARIO):
        assert f"\n## {record.name}\n" in text
        assert all(f"| `{key.name}` |" in text for key in record.keys)
