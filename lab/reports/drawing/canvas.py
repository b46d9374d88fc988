"""Where things stand in a drawing: hosts and tenants as boxes in lanes, and curves between them.

On-premises servers, gateways and Exchange Online are lanes from left to right. Gateways begin one row lower, so that the
straight way between Exchange and its tenant stays free. The internet is a lane below all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from lab.model.topology import Host, Topology
from lab.model.value import dataclass

BOX = (250, 98)
"""Width and height of a box."""
_PAD, _GAP, _ROW, _TOP = 14, 92, 164, 34
_LANE = BOX[0] + 2 * _PAD
_TENANTS = _PAD + 2 * (_LANE + _GAP)

BoxSide = Literal["left", "right", "top", "bottom"]
Point = tuple[float, float]
_OUTWARD: Mapping[BoxSide, Point] = {"left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1)}


@dataclass(frozen=True, slots=True)
class Lane:
    """A titled area with boxes."""

    title: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Box:
    """A place (as traces name it) and its upper left corner."""

    place: str
    x: float
    y: float

    def port(self, side: BoxSide, share: float) -> Point:
        """A point on a side; `share` runs from 0 to 1 along it."""
        width, height = BOX
        match side:
            case "left" | "right":
                return self.x + (width if side == "right" else 0), self.y + height * share
            case "top" | "bottom":
                return self.x + width * share, self.y + (height if side == "bottom" else 0)


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything in place."""

    lanes: tuple[Lane, ...]
    boxes: Mapping[str, Box]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A cubic curve that leaves and enters boxes at right angles."""

    start: Point
    first: Point
    second: Point
    end: Point
    into: Point
    """Direction in which it arrives."""

    @property
    def path(self) -> str:
        """For the `d` of an SVG path."""
        return f"M{_xy(self.start)} C{_xy(self.first)} {_xy(self.second)} {_xy(self.end)}"

    def at(self, share: float) -> Point:
        """The point that lies `share` of the way along (de Casteljau's weights)."""
        rest = 1 - share
        weights = (rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3)
        four = (self.start, self.first, self.second, self.end)
        x, y = (sum(p[axis] * w for p, w in zip(four, weights, strict=True)) for axis in (0, 1))
        return x, y

    @property
    def upright(self) -> bool:
        """Whether it runs more down than across."""
        return abs(self.end[1] - self.start[1]) > abs(self.end[0] - self.start[0])


def lay_out(topology: Topology) -> Layout:
    """Place all hosts and tenants of a lab."""
    hosts = topology.hosts.values()
    servers = [host.name for host in hosts if host.holds_mailboxes]
    gateways = [host.name for host in hosts if host.is_filter and host.organization]
    outside = [host.name for host in hosts if host.name not in (*servers, *gateways)]
    regions = {
        f"Exchange Online {name}": [f"tenant:{t.name}" for t in topology.tenants.values() if t.region == name]
        for name in dict.fromkeys(tenant.region for tenant in topology.tenants.values())
    }
    rows = max(len(servers), len(gateways) + 1 if gateways else 0, 1)
    deep = max(_deep(rows), sum(_deep(len(places)) + _PAD for places in regions.values()) - _PAD)
    lanes, boxes = _columns({"On-premises": servers, "Gateway": gateways}, regions, deep)
    bottom = _PAD + deep
    if outside:
        lanes.append(Lane("Internet", _PAD, bottom + _PAD, 3 * _LANE + 2 * _GAP, _TOP + BOX[1] + _PAD))
        boxes += _row(outside, bottom + _PAD + _TOP)
        bottom = lanes[-1].y + lanes[-1].height
    width = max([lane.x + lane.width for lane in lanes] + [box.x + BOX[0] for box in boxes]) + _PAD
    return Layout(tuple(lanes), {box.place: box for box in boxes}, width, bottom + _PAD)


def _columns(
    own: Mapping[str, Sequence[str]], regions: Mapping[str, Sequence[str]], deep: float
) -> tuple[list[Lane], list[Box]]:
    lanes: list[Lane] = []
    boxes: list[Box] = []
    for number, (title, places) in enumerate(own.items()):
        if places:
            x = _PAD + number * (_LANE + _GAP)
            lanes.append(Lane(title, x, _PAD, _LANE, deep))
            boxes += _stack(places, x, _PAD + _TOP + number * _ROW)
    y: float = _PAD
    for number, (title, places) in enumerate(regions.items()):
        last = number == len(regions) - 1
        height = deep - (y - _PAD) if last else _deep(len(places))
        lanes.append(Lane(title, _TENANTS, y, _LANE, height))
        boxes += _stack(places, _TENANTS, y + _TOP)
        y += height + _PAD
    return lanes, boxes


def _deep(rows: int) -> float:
    """The height of a lane with that many rows."""
    return _TOP + (rows - 1) * _ROW + BOX[1] + 1.5 * _PAD


def _stack(places: Iterable[str], x: float, y: float) -> Iterator[Box]:
    return (Box(place, x + _PAD, y + number * _ROW) for number, place in enumerate(places))


def _row(places: Sequence[str], y: float) -> Iterator[Box]:
    """Side by side; the first one stands between the lanes, where the ways upwards are free."""
    first = _LANE + _GAP / 2 if len(places) < 3 else 2 * _PAD
    return (Box(place, first + (BOX[0] + 40) * number, y) for number, place in enumerate(places))


def curves(pairs: Sequence[tuple[str, str]], layout: Layout) -> tuple[Curve, ...]:
    """A curve for each pair of places; those that share a side are spread along it."""
    ends = [_sides(layout.boxes[a], layout.boxes[b]) for a, b in pairs]
    users: dict[tuple[str, BoxSide], list[tuple[float, int, int]]] = defaultdict(list)
    for number, ((a, b), (out, into)) in enumerate(zip(pairs, ends, strict=True)):
        for end, place, other, side in ((0, a, b, out), (1, b, a, into)):
            axis = layout.boxes[other].y if side in ("left", "right") else layout.boxes[other].x
            users[place, side].append((axis, number, end))
    ports: dict[tuple[int, int], Point] = {}
    for (place, side), wanted in users.items():
        for order, (_, number, end) in enumerate(sorted(wanted)):
            ports[number, end] = layout.boxes[place].port(side, (order + 1) / (len(wanted) + 1))
    return tuple(
        _curve(ports[number, 0], ports[number, 1], *ends[number], shift)
        for number, shift in enumerate(_shifts(pairs))
    )


def _shifts(pairs: Sequence[tuple[str, str]]) -> Iterator[float]:
    """How far each curve bends aside, so that those between the same two places stay apart."""
    between = [frozenset(pair) for pair in pairs]
    for number, pair in enumerate(between):
        yield (between[:number].count(pair) - (between.count(pair) - 1) / 2) * 34


def _sides(a: Box, b: Box) -> tuple[BoxSide, BoxSide]:
    if a.place == b.place:
        return "right", "top"
    if a.x == b.x and abs(a.y - b.y) > 1.5 * _ROW:
        return "right", "right"  # around what stands between them
    if abs(a.x - b.x) < BOX[0] or abs(a.y - b.y) > 1.5 * _ROW:
        return ("bottom", "top") if b.y > a.y else ("top", "bottom")
    return ("right", "left") if b.x > a.x else ("left", "right")


def _curve(start: Point, end: Point, out: BoxSide, into: BoxSide, shift: float) -> Curve:
    across = out in ("left", "right")
    span = abs(end[0] - start[0]) if across else abs(end[1] - start[1])
    pull = max(36.0, span * 0.5)
    aside = (shift, 0.0) if across else (0.0, shift)
    first, second = _moved(start, _OUTWARD[out], pull), _moved(end, _OUTWARD[into], pull)
    dx, dy = _OUTWARD[into]
    return Curve(start, _moved(first, aside, 1), _moved(second, aside, 1), end, (-dx, -dy))


def _moved(point: Point, direction: Point, by: float) -> Point:
    return point[0] + direction[0] * by, point[1] + direction[1] * by


def _xy(point: Point) -> str:
    return f"{point[0]:g} {point[1]:g}"


def title_of(host: Host) -> str:
    """What a host's box is called."""
    return f"{host.name} ({host.role.value})" if host.name != host.role.value else host.name
