"""Plays the article's fault with a Postfix that logs every line of its conversations, and prints that log.

A program of its own: `test_transcripts` starts it in a network apart. Arguments: a folder, and a variant.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from lab.drivers import shared_folder
from lab.drivers.embedded_postfix import run_with_postfix
from lab.drivers.postfix_node import LOG
from lab.gateways import postfix_settings
from lab.scenario.load import load

ARTICLE = Path(__file__).parents[2] / "scenarios" / "wildcard-misrouting.yaml"


def main(folder: Path, variant: str) -> None:
    postfix_settings._SERVICES = postfix_settings._SERVICES.replace("  smtp\n", "  smtp -v\n")
    outcome = asyncio.run(run_with_postfix(load(ARTICLE).variants[variant], folder))
    assert all(finding.ok for finding in outcome.findings())
    print((shared_folder.folder_of(folder / "lab", "gateway") / LOG).read_text())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
