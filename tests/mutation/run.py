"""Changes the lab in small ways and sees whether a test notices: `make mutants`.

mutmut does the work, in a copy of the tree. It leaves decorated functions alone, so the copy spells each property as
`name = property(_of_name)`; what stands outside of functions is not changed. Each module is held to the test file of
its own name. Mutants that behave like the original are listed with their reason in equivalent.toml.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
TARGETS = tuple(
    f"core/{name}"
    for name in (
        "attribution",
        "certificate_matching",
        "incoming",
        "routing",
        "client_credentials",
        "directory",
    )
)
COPIED = ("lab", "tests/core", "tests/nodes", "tests/conftest.py", "pyproject.toml")
PROPERTY = re.compile(r"^(?P<margin> +)@property\n +def (?P<name>\w+)\(self\)", re.MULTILINE)
MUTANT = re.compile(r"(?P<function>x\S+)__mutmut_(?P<which>orig|\d+)")
KILLED = {1, 3, 24, -24, 36, 152, 255}
"""Exit codes of mutmut's workers: a test failed, or the mutant ran into the time limit."""
SURVIVED = {0, 5, 33}
"""All tests passed, or none ran the line."""


@dataclass(frozen=True, order=True)
class Change:
    """What a mutant changed, in a form that outlives a new line above it."""

    where: str
    old: str
    new: str


@dataclass(frozen=True)
class Tally:
    """What became of a file's mutants."""

    name: str
    mutants: int
    killed: int
    survivors: tuple[Change, ...]
    equivalents: tuple[Change, ...]
    stale: tuple[Change, ...]
    """Listed as equivalent, and not among the mutants that are alive."""

    @property
    def score(self) -> float:
        """Per cent of the mutants that behave differently."""
        return 100 * self.killed / ((self.mutants - len(self.equivalents)) or 1)


def main() -> int:
    """Mutate, write the report, and fail when a file falls below the target."""
    parser = argparse.ArgumentParser(description="Mutation tests.")
    parser.add_argument(
        "targets", nargs="*", default=TARGETS, help="modules: core/certificate_matching, nodes/judging"
    )
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--at-least", type=float, default=85, help="per cent of each file")
    parser.add_argument("--work", type=Path, default=ROOT / ".mutants", help="where the copy goes")
    parser.add_argument("--report", type=Path, default=ROOT / "reports" / "mutants.md")
    arguments = parser.parse_args()
    prepare(arguments.work, arguments.targets)
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(arguments.jobs)]
    environment = {**os.environ, "HYPOTHESIS_PROFILE": "ci"}
    with (arguments.work / "mutmut.log").open("w") as log:  # its progress is of use only to who watches
        out = None if sys.stdout.isatty() else log
        subprocess.run(command, cwd=arguments.work, check=True, env=environment, stdout=out, stderr=out)
    tallies = [tallied(arguments.work, target) for target in arguments.targets]
    arguments.report.parent.mkdir(exist_ok=True)
    arguments.report.write_text("\n".join(reported(tallies)) + "\n")
    print("\n".join(table(tallies)), f"\nsurvivors: {arguments.report}")
    return int(any(tally.score < arguments.at_least for tally in tallies))


def prepare(work: Path, targets: Sequence[str]) -> None:
    """A fresh copy with mutmut's settings."""
    shutil.rmtree(work, ignore_errors=True)
    for name in COPIED:
        source, target = ROOT / name, work / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    modules = [f"lab/{target}.py" for target in targets]
    for module in modules:
        (work / module).write_text(without_properties((work / module).read_text()))
    settings = {
        "source_paths": ["lab"],
        "only_mutate": modules,
        "pytest_add_cli_args": ["-p", "no:cacheprovider"],
        "pytest_add_cli_args_test_selection": [own_tests(target) for target in targets],
    }
    lines = [f"{key} = {json.dumps(setting)}" for key, setting in settings.items()]
    with (work / "pyproject.toml").open("a") as file:
        file.write("\n".join(("\n[tool.mutmut]", *lines, "use_git_change_detection = false", "")))


def own_tests(target: str) -> str:
    """`tests/core/test_certificate_matching.py` of `core/certificate_matching`."""
    package, _, name = target.rpartition("/")
    return f"tests/{package}/test_{name}.py"


def without_properties(text: str) -> str:
    """Properties as plain methods, with the property beside them."""
    while found := PROPERTY.search(text):
        margin, name = found["margin"], found["name"]
        behind = re.compile(rf"^(?! {{{len(margin) + 1}}})(?=.*\S)", re.MULTILINE)
        body = behind.search(text, found.end() + text[found.end() :].index("\n") + 1)
        end = body.start() if body else len(text)
        plain = f"{margin}def _of_{name}(self){text[found.end() : end].rstrip()}\n\n"
        text = f"{text[: found.start()]}{plain}{margin}{name} = property(_of_{name})\n\n{text[end:]}"
    return text


def tallied(work: Path, target: str) -> Tally:
    """Read what mutmut left behind."""
    mutated = work / "mutants" / "lab" / f"{target}.py"
    codes: dict[str, int | None] = json.loads(Path(f"{mutated}.meta").read_text())["exit_code_by_key"]
    changes = dict(changed(mutated.read_text(), target))
    alive = []
    for key, code in codes.items():
        if code not in KILLED | SURVIVED:
            raise SystemExit(f"mutmut did not finish {key} (exit code {code})")
        if code in SURVIVED:
            alive.append(changes[key.rpartition(".")[2]])
    known = {change for change in equivalents() if change.where.startswith(f"{target}: ")}
    return Tally(
        name=target,
        mutants=len(codes),
        killed=len(codes) - len(alive),
        survivors=tuple(sorted(change for change in alive if change not in known)),
        equivalents=tuple(sorted(change for change in alive if change in known)),
        stale=tuple(sorted(known - set(alive))),
    )


def equivalents() -> dict[Change, str]:
    """The mutants that no test can tell from the original, and why."""
    listed: list[dict[str, str]] = tomllib.loads(EQUIVALENT.read_text())["equivalent"]
    return {Change(each["where"], each["old"], each["new"]): each["because"] for each in listed}


def changed(text: str, target: str) -> Iterator[tuple[str, Change]]:
    """Each mutant with the statement that it changed."""
    originals: dict[str, list[str]] = {}
    for node in ast.walk(ast.parse(text)):
        found = MUTANT.fullmatch(node.name) if isinstance(node, ast.FunctionDef) else None
        if found is None:
            continue
        assert isinstance(node, ast.FunctionDef)
        node.name = "it"
        lines = ast.unparse(node).splitlines()
        if found["which"] == "orig":
            originals[found["function"]] = lines
            continue
        old, new = differing(originals[found["function"]], lines)
        where = (
            found["function"].removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".").replace("._of_", ".")
        )
        yield found[0], Change(f"{target}: {where}", old, new)


def differing(old: list[str], new: list[str]) -> tuple[str, str]:
    """The lines between what two functions have in common."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return tuple(  # type: ignore[return-value]  # two of them
        " ".join(line.strip() for line in lines[start : len(lines) - end]) for lines in (old, new)
    )


def table(tallies: list[Tally]) -> Iterator[str]:
    """The numbers."""
    yield "| File | Mutants | Killed | Survived | Equivalent | Killed of the others |"
    yield "|---|---:|---:|---:|---:|---:|"
    for each in tallies:
        yield (
            f"| {each.name} | {each.mutants} | {each.killed} | {len(each.survivors)} |"
            f" {len(each.equivalents)} | {each.score:.1f} % |"
        )


def reported(tallies: list[Tally]) -> Iterator[str]:
    """The numbers, and every mutant that is alive."""
    yield "# Mutants\n"
    yield from table(tallies)
    reasons = equivalents()
    for each in tallies:
        yield f"\n## {each.name}\n"
        for change in each.survivors:
            yield told("survived", change)
        for change in each.equivalents:
            yield told(f"equivalent, for {reasons[change]}", change)
        for change in each.stale:
            yield told("listed as equivalent, but no such mutant is alive", change)


def told(what: str, change: Change) -> str:
    """A mutant as an item of a list."""
    return f"- `{change.where}`: {what}\n\n      - {change.old}\n      + {change.new}"


if __name__ == "__main__":
    sys.exit(main())
