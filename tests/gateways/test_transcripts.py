"""What a gateway's send connector hears from Exchange Online: whole conversations, as Postfix and swaks have noted them.

The banner, the list of extensions, every reply (R184-R189): a golden file each, with what differs from run to run
scrubbed. What was got instead is written next to it, as `.got`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lab.drivers import embedded_postfix
from lab.drivers.embedded_postfix import in_network_namespace
from lab.gateways.filter_settings import resolv_conf
from lab.scenario.load import load
from tests.embedded.labs import played, running
from tests.embedded.tools import Mail, needs, swaks
from tests.gateways.talkative import ARTICLE
from tests.gateways.test_play import with_postfix

pytestmark = pytest.mark.wire
GOLDEN = Path(__file__).parent / "golden"
_SAID = re.compile(r"postfix/smtp\[\d+\]: ([<>]) \S+\[203\.0\.113\.\d+\]:25: (.*)")
_SCRUBS = (
    (r"(?m)ready at .{,25}$", "ready at #time"),  # Postfix notes the first hundred characters of a line
    (r"\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d \+0000", "#time"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "#time"),
    (r"\b[0-9A-F]{16}\b", "#session"),
    (r"InternalId=\d+", "InternalId=#"),
    (r"\d+ bytes in [\d.]+, [\d.]+ KB/sec", "# bytes in #, # KB/sec"),
    (r"SIZE=\d+", "SIZE=#"),
    (r"BDAT \d+", "BDAT #"),
    (r"\b[A-Z0-9]{3,}(?:MB|PEPF)[0-9A-F]{4,}(?=\.)", "#host"),
    (r"\.[a-z]{3}prd\d\d\.|\.[A-Z]{3}PRD\d\d\.", ".#forest."),
)


def scrubbed(lines: list[str]) -> str:
    text = "".join(f"{line}\n" for line in lines)
    for pattern, instead in _SCRUBS:
        text = re.sub(pattern, instead, text)
    return text


def assert_golden(name: str, got: str) -> None:
    wanted = GOLDEN / name
    if not wanted.exists() or wanted.read_text() != got:
        wanted.with_name(f"{name}.got").write_text(got)
    assert wanted.exists(), f"{name} is missing; see {name}.got"
    assert got == wanted.read_text()


@with_postfix
@pytest.mark.parametrize("variant", ["shared-wildcard", "other-region"], ids=["taken", "refused"])
def test_postfix_hears_what_exchange_online_says(variant):
    with tempfile.TemporaryDirectory(prefix="mflab-") as folder:  # pytest's own are for root alone
        log = talked(Path(folder), variant)
    said = [f"{found[1]} {found[2]}" for line in log.splitlines() if (found := _SAID.search(line))]
    assert_golden(f"postfix-{variant}.txt", scrubbed(first_conversation(said)))


def first_conversation(said: list[str]) -> list[str]:
    """Up to what was answered after QUIT, if anything was read; another host may be tried next."""
    end = said.index("> QUIT") + 1
    while end < len(said) and said[end].startswith("< ") and not said[end].startswith("< 220 "):
        end += 1
    return said[:end]


def talked(folder: Path, variant: str) -> str:
    """Postfix's log of a run."""
    folder.chmod(0o755)  # Postfix's user has to get to its queue
    names, *others = embedded_postfix.addresses(load(ARTICLE).variants[variant])
    resolver = folder / "resolv.conf"
    resolver.write_text(resolv_conf(names))
    child = (sys.executable, "-m", "tests.gateways.talkative", str(folder), variant)
    command, environment = in_network_namespace(child, (names, *others), resolver)
    done = subprocess.run(
        command, env=environment, cwd=ARTICLE.parents[1], capture_output=True, text=True, timeout=50
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


CONVERSATIONS = {
    "taken": {"sender": "x@foreign.example"},
    "refused-as-not-from-the-filter": {"source": "203.0.113.200"},
    "refused-for-its-greeting": {"helo": "x.mail.protection.outlook.com"},
}


@needs("swaks")
@pytest.mark.parametrize("case", CONVERSATIONS)
def test_swaks_hears_what_exchange_online_says(tmp_path, case):
    with running(played(), tmp_path) as lab:
        printed = swaks(lab, Mail(message_id="<1@tool.example>", **CONVERSATIONS[case]), "--tls")
    marks = ("<-", "<~", " ->", " ~>", "<*", "<~*")
    told = [line for line in printed.splitlines() if line.startswith(marks)]
    assert_golden(f"swaks-{case}.txt", scrubbed(told))
