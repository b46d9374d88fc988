"""The generated pages say what the code says, and the README's commands do what it shows."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.cli.documentation.pages import pages
from lab.cli.exit_codes import MEANINGS, Exit
from tests.cli.commands import ROOT, Shell

README = (ROOT / "README.md").read_text("utf-8")


@dataclass(frozen=True)
class Command:
    """A command of a console block, and the lines that the block shows below it."""

    line: str
    shown: tuple[str, ...]


def commands() -> Iterator[Command]:
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for told in re.split(r"^\$ ", block.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
            line, *shown = told.splitlines()
            yield Command(line, tuple(each.rstrip() for each in shown if each not in ("", "...")))


def argv(command: Command) -> list[str]:
    """What to run for it: without sockets, and without setting anything up."""
    words = shlex.split(command.line)
    if words == ["make", "demo"]:
        return ["demo", "--driver", "simulator"]
    assert words[0] == "mflab", f"the README shows a command that no test knows: {command.line}"
    return ["simulator" if word == "embedded" else word for word in words[1:]]


IMPORTED = "import examples/exports/msxfaq -o config.yaml"
FIXED = "fix config.yaml --finding MFL-ATTR-001:gateway -o fixed.yaml"
ALARMING = ("matrix config.yaml", "check config.yaml")
"""What the README shows as going wrong."""


def before(line: str) -> list[str]:
    """The commands that the README has run before this one, and that it needs."""
    needed = [each for each, file in ((IMPORTED, "config.yaml"), (FIXED, "fixed.yaml")) if file in line]
    return [each for each in needed if f"mflab {each}" != line]


@pytest.mark.parametrize("path", pages(ROOT), ids=lambda path: str(path.relative_to(ROOT)))
def test_generated_pages_are_current(path: Path) -> None:
    assert path.read_text("utf-8") == pages(ROOT)[path], "python -m lab.cli.documentation.pages"


@pytest.mark.parametrize("command", [c for c in commands() if c.line != "make test"], ids=lambda c: c.line)
def test_the_readmes_commands_do_what_it_shows(
    mflab: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: Command
) -> None:
    for folder in ("scenarios", "certs", "examples"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (own,) = re.findall(r"```yaml\n(# my\.yaml\n.*?)```", README, re.DOTALL)
    (tmp_path / "my.yaml").write_text(own)
    monkeypatch.chdir(tmp_path)
    for earlier in before(command.line):
        mflab(*shlex.split(earlier))
    said = mflab(*argv(command))
    alarming = command.line.removeprefix("mflab ") in ALARMING
    assert said.code == (Exit.FAILED if alarming else Exit.OK), said.err
    printed = [line.rstrip() for line in said.out.splitlines()]
    assert [line for line in command.shown if line not in printed] == []


def test_the_readme_tells_the_exit_codes() -> None:
    for code, meaning in MEANINGS.items():
        assert f"| {code.value} | {meaning} |" in README


def test_the_readme_names_its_source_and_what_is_not_emulated() -> None:
    assert "[Exchange Online mit Wildcard-Zertifikat][article]" in README
    assert "\n[article]: https://www.msxfaq.de/" in README
    missing = README.partition("## What this lab does not emulate")[2].partition("\n## ")[0]
    for word in ("DAG", "Edge Transport", "abridged", "`lab:`"):
        assert word in missing
