"""Numbers to watch, as values: families of samples with names and labels in Prometheus' manner.

No label takes what mail brings with it (addresses, Message-IDs, names of connectors and certificates): the number of
series depends on the configuration alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from lab.model.value import dataclass

Labels = tuple[str, ...]
"""Values, in the order of the family's label names."""


class MetricKind(StrEnum):
    """What a number may do."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class MetricDeclaration:
    """What a family is called and means. A counter's name is without `_total`, which the text adds."""

    name: str
    about: str
    labels: Labels = ()
    kind: MetricKind = MetricKind.COUNTER


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many values were at most each bound, the last one infinite, and their sum."""

    below: tuple[tuple[float, int], ...]
    """Cumulative."""
    total: float


@dataclass(frozen=True, slots=True)
class MetricFamily:
    """A family with its samples."""

    declared: MetricDeclaration
    samples: Mapping[Labels, float | Histogram] = field(default_factory=dict)
