"""Real labs in trouble and out of it, and what Prometheus makes of their metrics."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import yaml
from prometheus_client.parser import text_string_to_metric_families

from lab.cli.labs.health_pages import pages
from tests.embedded.labs import Lab, played, running

ALERTS = Path(__file__).parents[2] / "monitoring" / "alerts.yaml"
CURE = "dedicated-certificate"
NOTHING = ""
"""What a page says when nobody answers."""


def sent(lab: Lab) -> None:
    """The scenario's messages, as far as they go at once."""
    lab.do(lab.embedded.send(lab.embedded.variant.messages))
    lab.do(lab.embedded.settled())


def waited(lab: Lab) -> None:
    """A message is sent, and is still there 20 minutes later."""
    sent(lab)
    lab.embedded.clock.skip_to(lab.embedded.clock.now() + timedelta(minutes=20))


def sent_twice(lab: Lab) -> None:
    """A client that has not heard the 250 sends the same message again."""
    sent(lab)
    sent(lab)


def broke(lab: Lab) -> None:
    """A node raises what it must not raise."""
    lab.embedded.nodes = {**lab.embedded.nodes, "gateway": None}  # type: ignore[dict-item]
    sent(lab)


@dataclass(frozen=True)
class Situation:
    """What a lab is, and what is done with it."""

    variant: str = CURE
    over: str = ""
    happens: Callable[[Lab], None] = sent


SITUATIONS = {
    "shared wildcard": Situation("shared-wildcard"),
    "certificate of its own": Situation(),
    "sent twice": Situation(happens=sent_twice),
    "nobody listens": Situation(
        over="dns: {records: {uclabor.example: {MX: 0 gone.example}, gone.example: {A: 203.0.113.222}}}\n",
        happens=waited,
    ),
    "name server fails": Situation(over="dns: {servfail: [uclabor.example]}\n"),
    "a bug": Situation(happens=broke),
}


def metrics(name: str, state: Path) -> tuple[str, str]:
    """`/metrics` of a lab before something happens, and after it."""
    situation = SITUATIONS[name]
    with running(played(situation.over, variant=situation.variant), state) as lab:
        page = pages(lab.embedded, "played")["/metrics"]
        before = lab.do(page()).body
        situation.happens(lab)
        after = lab.do(page()).body
        lab.embedded.bugs.clear()
    return before, after


def samples(text: str) -> dict[str, float]:
    """Values by series, as PromQL writes it."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def firing(before: str, after: str, folder: Path) -> set[str]:
    """The alerts that fire ten minutes after things turned from `before` to `after`, which had lasted as long.

    promtool says only whether its own list is right: of each alert it is asked by itself.
    """
    first, then = samples(before), samples(after)
    series = [
        {"series": name, "values": f"{first.get(name, '_')}x9 {then.get(name, '_')}x20"}
        for name in {**first, **then}
    ]
    series.append({"series": 'up{job="mailflow-lab"}', "values": f"1x9 {1 if then else 0}x20"})
    return {alert for alert in alerts() if _fires(alert, series, folder)}


def alerts() -> dict[str, str]:
    """The expressions by alert."""
    (group,) = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
    return {rule["alert"]: rule["expr"] for rule in group["rules"]}


def _fires(alert: str, series: list[dict[str, str]], folder: Path) -> bool:
    query = {
        "expr": f'count(ALERTS{{alertname="{alert}", alertstate="firing"}}) > bool 0',
        "eval_time": "20m",
    }
    asked = {
        "rule_files": [str(ALERTS)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": series,
                "promql_expr_test": [{**query, "exp_samples": [{"labels": "{}", "value": 1}]}],
            }
        ],
    }
    file = folder / f"{alert}.yaml"
    file.write_text(yaml.safe_dump(asked), "utf-8")
    done = subprocess.run(
        ["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 or "got:" in done.stdout + done.stderr, done.stdout + done.stderr
    return done.returncode == 0
