"""Every mistake of a file is told at once, with its place, what was wanted and a hint: the text is the golden file."""

from pathlib import Path

import pytest

from lab.errors import ScenarioError
from lab.scenario.load import load

FOLDER = Path(__file__).parent / "broken"
FILES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("name", FILES)
def test_all_mistakes_are_told(name, monkeypatch):
    monkeypatch.chdir(FOLDER)
    with pytest.raises(ScenarioError) as raised:
        load(f"{name}.yaml")
    got = f"{raised.value}\n"
    golden = FOLDER / f"{name}.txt"
    wanted = golden.read_text(encoding="utf-8") if golden.exists() else ""
    if got != wanted:
        (FOLDER / f"{name}.got").write_text(got, encoding="utf-8")
    assert got == wanted, f"compare {name}.got with {name}.txt"


def test_there_are_enough_of_them():
    assert len(FILES) >= 25
