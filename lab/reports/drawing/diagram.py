"""The ways of messages on their hosts and tenants, as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.evidence.hop_facts import place
from lab.model.steps import Delivered
from lab.model.tenant import Tenant
from lab.model.topology import Host, Topology
from lab.model.trace import MessageTrace
from lab.reports.drawing.canvas import BOX, Box, Curve, Lane, Layout, curves, lay_out, title_of
from lab.reports.explanation.configuration_changes import addresses
from lab.reports.explanation.numbered_arrows import Arrow, ArrowKind, arrows
from lab.reports.text.html import DIAGRAM_STYLE, Html, el, join
from lab.reports.text.printable import cut, without_guids
from lab.sentence import Sentence, listed, sentence
from lab.words.reasons import faults

_CHARACTERS = 35
"""What fits in a line of a box."""


def svg(
    topology: Topology,
    traces: Sequence[MessageTrace] = (),
    *,
    title: Sentence | str = "",
    id_: str = "lab",
    alone: bool = False,
) -> Html:
    """The hosts and tenants, and on them the ways of messages and of their reports, as one SVG element.

    `alone` puts DIAGRAM_STYLE inside; a page with several drawings has it once. `id_` must be unique in the page.
    """
    layout = lay_out(topology)
    drawn = [a for a in arrows(topology, traces) if {a.source, a.target} <= layout.boxes.keys()]
    lines = curves([(arrow.source, arrow.target) for arrow in drawn], layout)
    astray = {arrow.target for arrow in drawn if arrow.kind is ArrowKind.ASTRAY}
    return el(
        "svg",
        el("title", title or sentence("Hosts and tenants"), id=f"{id_}-t"),
        el("desc", _described(drawn), id=f"{id_}-d"),
        el("style", Html(DIAGRAM_STYLE)) if alone else "",
        *map(_lane, layout.lanes),
        *(_box(box, topology, astray=box.place in astray) for box in layout.boxes.values()),
        *(_arrow(arrow, line) for arrow, line in zip(drawn, lines, strict=True)),
        *(_mark(arrow, line) for arrow, line in zip(drawn, lines, strict=True)),
        *_deliveries(traces, layout),
        xmlns="http://www.w3.org/2000/svg" if alone else None,
        class_="lab",
        role="img",
        aria_labelledby=f"{id_}-t {id_}-d",
        viewBox=f"0 0 {layout.width:g} {layout.height:g}",
    )


def _described(drawn: Sequence[Arrow]) -> Sentence:
    if not drawn:
        return sentence("No message was sent.")
    step = "{number}. {source} to {target}: {told}."
    steps = (sentence(step, number=a.number, source=a.source, target=a.target, told=a.told) for a in drawn)
    return listed(steps, " ")


def _lane(lane: Lane) -> Html:
    return el(
        "g",
        el("rect", class_="lane", x=lane.x, y=lane.y, width=lane.width, height=lane.height, rx=10),
        el("text", lane.title, class_="lane-title", x=lane.x + 14, y=lane.y + 22),
    )


def _box(box: Box, topology: Topology, *, astray: bool) -> Html:
    name = box.place.removeprefix("tenant:")
    if box.place in topology.hosts:
        host = topology.hosts[box.place]
        title, lines = sentence("{host}", host=title_of(host)), tuple(_host_lines(topology, host))
    else:
        title, lines = sentence("tenant {tenant}", tenant=name), tuple(_tenant_lines(topology.tenants[name]))
    shown = [
        el("text", cut(line, _CHARACTERS), class_=style or None, x=box.x + 12, y=box.y + 41 + 16 * number)
        for number, (line, style) in enumerate(lines)
    ]
    return el(
        "g",
        el("title", listed((title, *(line for line, _ in lines)), "\n")),
        el(
            "rect",
            class_=f"box{' astray' if astray else ''}",
            x=box.x,
            y=box.y,
            width=BOX[0],
            height=BOX[1],
            rx=7,
        ),
        el("text", cut(title, 27), class_="name", x=box.x + 12, y=box.y + 22),
        *shown,
    )


def _host_lines(topology: Topology, host: Host) -> Iterator[tuple[Sentence | str, str]]:
    yield str(host.fqdn), ""
    seen = sentence("{address} seen as {nat}", address=host.address, nat=host.nat)
    yield (seen if host.nat else host.address), ""
    certificate = topology.certificates.get(host.certificate or "")
    if certificate is None:
        return
    style = "faulty" if certificate.faults else ""
    yield sentence("certificate {names}", names=listed(certificate.names)), style
    if certificate.faults:
        yield faults(sorted(certificate.faults)), style
    elif not host.client_certificate:
        yield sentence("not shown as a client"), ""


def _tenant_lines(tenant: Tenant) -> Iterator[tuple[str, str]]:
    own = [d.domain_name for d in tenant.accepted_domains if not d.domain_name.endswith("onmicrosoft.com")]
    yield ", ".join(map(str, own)) or str(tenant.initial_domain), ""
    for connector in [c for c in tenant.inbound_connectors if c.enabled][:3]:
        value = connector.tls_sender_certificate_name
        wants = value or addresses(connector) or sentence("any client")
        text = sentence("{type}: {clients}", type=connector.connector_type.value, clients=wants)
        yield without_guids(text), ""


def _arrow(arrow: Arrow, line: Curve) -> Html:
    """The line and its head; a refused one ends in a cross before the box."""
    (x, y), (dx, dy) = line.end, line.into
    head = f"{x:g},{y:g} {x - 11 * dx - 5 * dy:g},{y - 11 * dy - 5 * dx:g} {x - 11 * dx + 5 * dy:g},{y - 11 * dy + 5 * dx:g}"
    parts = [el("path", class_="arrow", d=line.path), el("polygon", class_="head", points=head)]
    if arrow.refused:
        cx, cy = x - 22 * dx, y - 22 * dy
        parts.append(el("path", class_="cross", d=f"M{cx - 7:g} {cy - 7:g}l14 14m0 -14l-14 14"))
    return el("g", *parts, class_=str(arrow.kind))


def _mark(arrow: Arrow, line: Curve) -> Html:
    """The number on the line, and what it says beside it."""
    x, y = line.at(0.36 if arrow.refused else 0.5)  # clear of the cross
    dx, dy, anchor = (17, 4, "start") if line.upright else (0, 26, "middle")
    return el(
        "g",
        el("circle", class_="disc", cx=x, cy=y, r=11),
        el("text", str(arrow.number), class_="number", x=x, y=y + 4, text_anchor="middle"),
        el("text", arrow.label, class_="label", x=x + dx, y=y + dy, text_anchor=anchor)
        if arrow.label
        else "",
        class_=f"{arrow.kind}{' refused' if arrow.refused else ''}",
    )


def _deliveries(traces: Sequence[MessageTrace], layout: Layout) -> Iterator[Html]:
    """A mark on each box where a message or a report ended in a mailbox."""
    ends: dict[str, str] = {}
    for trace in traces:
        for verb, message in (("delivered", trace), *(("NDR delivered", report) for report in trace.reports)):
            for hop in message.hops:
                if hop.first(Delivered) and place(hop) in layout.boxes:
                    ends.setdefault(place(hop), verb)
    for where, verb in ends.items():
        box, width = layout.boxes[where], 26 + 6.4 * len(verb)
        x, y = box.x + BOX[0] - width - 8, box.y + BOX[1] - 10
        yield join(
            el("rect", class_="pill", x=x, y=y, width=width, height=20, rx=10),
            el("text", f"✓ {verb}", class_="pill-text", x=x + width / 2, y=y + 14, text_anchor="middle"),
        )
