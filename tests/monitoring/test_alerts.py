"""Each alert fires on the metrics of a real lab in its fault, and none in the cure: asked of Prometheus' own promtool."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.embedded.labs import Lab
from tests.monitoring import situations
from tests.monitoring.situations import ALERTS, CURE, NOTHING, Situation, alerts, firing, metrics, samples

pytestmark = pytest.mark.wire
needs_promtool = pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool is not installed (Debian's package prometheus has it)"
)
FIRES = {
    "shared wildcard": {"MailInForeignTenant", "MailRefusedByAttribution", "MailBounces"},
    "certificate of its own": set(),
    "sent twice": {"MailDeliveredTwice"},
    "nobody listens": {"MailWaits"},
    "name server fails": {"DnsFails"},
    "a bug": {"LabBug"},
}


@needs_promtool
@pytest.mark.parametrize("name", FIRES)
def test_the_alerts_of_a_situation_fire_and_no_others(name: str, tmp_path: Path) -> None:
    before, after = metrics(name, tmp_path / "state")
    assert firing(before, after, tmp_path) == FIRES[name]


@needs_promtool
def test_a_lab_that_answers_nobody_is_down(tmp_path: Path) -> None:
    assert firing("mflab_bugs_total 0\n", NOTHING, tmp_path) == {"LabDown"}


def test_every_alert_has_a_situation() -> None:
    assert FIRES.keys() == situations.SITUATIONS.keys()
    assert set().union(*FIRES.values()) | {"LabDown"} == alerts().keys()


@needs_promtool
def test_promtool_finds_nothing_to_object_to(tmp_path: Path) -> None:
    _, text = metrics("shared wildcard", tmp_path)
    for argv, given in ((("check", "rules", str(ALERTS)), ""), (("check", "metrics"), text)):
        done = subprocess.run(["promtool", *argv], input=given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "error" not in done.stderr.lower()


def test_alerts_ask_for_metrics_that_are_told_from_the_start(tmp_path: Path) -> None:
    """A series that begins with 1 is no increase: without its 0 the first fault would be missed."""
    before, _ = metrics("certificate of its own", tmp_path)
    told = {name.partition("{")[0] for name in samples(before)}
    asked = {name for expr in alerts().values() for name in re.findall(r"mflab_\w+", expr)}
    assert asked
    assert asked <= told


def test_mail_makes_no_new_series(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a client says (addresses, Message-IDs, subjects) is in no label: the next message is only counted."""
    over = "messages: {offer: {from: useronprem@msxfaq.example, to: partner@uclabor.example}, "
    over += "more: {from: useronprem@msxfaq.example, to: other@uclabor.example, subject: another}}\n"
    over += "tenants: {uclabor: {mailboxes: [partner@uclabor.example, other@uclabor.example]}}\n"
    monkeypatch.setitem(situations.SITUATIONS, "one", Situation(CURE, over, lambda lab: _send(lab, 1)))
    monkeypatch.setitem(situations.SITUATIONS, "two", Situation(CURE, over, lambda lab: _send(lab, 2)))
    one, two = (samples(metrics(name, tmp_path / name)[1]) for name in ("one", "two"))
    assert one.keys() == two.keys()
    assert one['mflab_deliveries_total{place="tenant:uclabor"}'] == 1
    assert two['mflab_deliveries_total{place="tenant:uclabor"}'] == 2


def _send(lab: Lab, number: int) -> None:
    lab.do(lab.embedded.send(lab.embedded.variant.messages[:number]))
    lab.do(lab.embedded.settled())
