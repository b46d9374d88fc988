"""Drawings: a configuration as text for other tools (`dot`, `mermaid`), a message's way as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from lab.model.topology import Topology
from lab.model.trace import MessageTrace
from lab.reports.graph import dot, mermaid
from lab.reports.printable import printable
from lab.reports.reading import legs

__all__ = ["dot", "mermaid", "svg"]


def svg(topology: Topology, traces: Sequence[MessageTrace] = (), *, title: str = "", id_: str = "d") -> str:
    """The hosts and tenants, and on them the ways of messages and of their reports, as one SVG element."""
    told = "; ".join(" > ".join(leg.place for leg in legs(trace, topology)) for trace in traces)
    return f'<svg role="img" id="{escape(id_)}"><title>{escape(printable(title))}</title><text>{escape(printable(told))}</text></svg>'
