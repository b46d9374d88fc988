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

from lab.evidence.metric_families import Histogram, MetricFamily, MetricKind

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_KINDS = {
    MetricKind.COUNTER: CounterMetricFamily,
    MetricKind.GAUGE: GaugeMetricFamily,
    MetricKind.HISTOGRAM: HistogramMetricFamily,
}


def exposition(told: Iterable[tuple[Mapping[str, str], Iterable[MetricFamily]]]) -> str:
    """Families, each group with labels of its own in front of theirs; families of one name are told together."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(tuple((common, tuple(families)) for common, families in told)))
    return generate_latest(registry).decode()


class _Told(Collector):
    """What the library's writer asks."""

    def __init__(self, groups: Sequence[tuple[Mapping[str, str], Sequence[MetricFamily]]]) -> None:
        self._groups = groups

    def collect(self) -> Iterable[Metric]:
        """The families, merged by name."""
        found: dict[str, Metric] = {}
        for common, families in self._groups:
            for family in families:
                declared = family.declared
                names = (*common, *declared.labels)
                known = found.setdefault(
                    declared.name, _KINDS[declared.kind](declared.name, declared.about, labels=names)
                )
                _fill(known, family, tuple(common.values()))
        return found.values()


def _fill(known: Metric, family: MetricFamily, common: tuple[str, ...]) -> None:
    for labels, value in sorted(family.samples.items(), key=lambda sample: sample[0]):
        told = (*common, *labels)
        if isinstance(known, HistogramMetricFamily):
            assert isinstance(value, Histogram)
            below = [
                ("+Inf" if bound == float("inf") else f"{bound:g}", count) for bound, count in value.below
            ]
            known.add_metric(told, below, value.total)
        elif isinstance(known, CounterMetricFamily | GaugeMetricFamily):
            assert not isinstance(value, Histogram)
            known.add_metric(told, value)
