"""Scenario files, with their includes, as git has them in some commit."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from lab.cli.exit_codes import BadInput
from lab.errors import DriverError
from lab.model.value import dataclass
from lab.scenario.load import UnreadableFile

_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What git sets for hooks, relative to where it has started them."""


@dataclass(frozen=True, slots=True)
class GitFiles:
    """The files of a commit."""

    reference: str
    """A branch, a tag, or whatever else git takes for a commit."""
    folder: Path
    """Some folder of the repository."""

    def __post_init__(self) -> None:
        if self.reference.startswith("-") or ":" in self.reference:
            raise BadInput(f"--git-base {self.reference}: a branch, a tag or a commit")

    def read(self, path: Path) -> bytes:
        """A file's content. Raises Unreadable with what git says, DriverError where there is no git."""
        name = os.path.relpath(path, self.folder)
        environment = {key: value for key, value in os.environ.items() if key not in _OF_A_HOOK}
        command = ["git", "-C", str(self.folder), "cat-file", "blob", f"{self.reference}:./{name}"]
        try:
            done = subprocess.run(  # noqa: S603 - the reference cannot be taken for an option
                command, capture_output=True, check=False, env={**environment, "LC_ALL": "C"}
            )
        except FileNotFoundError:
            raise DriverError("git is not there; --git-base needs it") from None
        if done.returncode != 0:
            raise UnreadableFile(f"git has no {path} in {self.reference}: {_said(done.stderr)}")
        return done.stdout


def _said(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else "it does not say why"
