"""Families of samples in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from lab.evidence.metrics import Histogram, MetricFamily, MetricKind

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_KINDS = {
    MetricKind.COUNTER: CounterMetricFamily,
    MetricKind.GAUGE: GaugeMetricFamily,
    MetricKind.HISTOGRAM: HistogramMetricFamily,
}


def exposition(runs: Iterable[tuple[Mapping[str, str], Iterable[MetricFamily]]]) -> str:
    """Families, each group with labels of its own in front of theirs; families of one name are told together."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_FamilyCollector(tuple((common, tuple(families)) for common, families in runs)))
    return generate_latest(registry).decode()


class _FamilyCollector(Collector):
    """What the library's writer asks."""

    def __init__(self, groups: Sequence[tuple[Mapping[str, str], Sequence[MetricFamily]]]) -> None:
        self._groups = groups

    def collect(self) -> Iterable[Metric]:
        """The families, merged by name."""
        metrics: dict[str, Metric] = {}
        for common, families in self._groups:
            for family in families:
                declared = family.declared
                names = (*common, *declared.labels)
                metric = metrics.setdefault(
                    declared.name, _KINDS[declared.kind](declared.name, declared.about, labels=names)
                )
                _fill(metric, family, tuple(common.values()))
        return metrics.values()


def _fill(metric: Metric, family: MetricFamily, common: tuple[str, ...]) -> None:
    for labels, value in sorted(family.samples.items(), key=lambda sample: sample[0]):
        names = (*common, *labels)
        if isinstance(metric, HistogramMetricFamily):
            assert isinstance(value, Histogram)
            below = [
                ("+Inf" if bound == float("inf") else f"{bound:g}", count) for bound, count in value.below
            ]
            metric.add_metric(names, below, value.total)
        elif isinstance(metric, CounterMetricFamily | GaugeMetricFamily):
            assert not isinstance(value, Histogram)
            metric.add_metric(names, value)
