"""The conclusions that all reports share: the legs of a way, whether it was the wrong one, whether a cure cures.

Judged from the traces alone, never from what a variant says of itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from lab.evidence.expectations import decisive_reply, ending
from lab.evidence.hop_facts import enhanced, place, recipients, taken
from lab.evidence.hop_links import parents
from lab.evidence.message_paths import MessagePath, ways
from lab.evidence.trace_assembly import path, way
from lab.model.names import Address
from lab.model.reply import Reply
from lab.model.steps import Attributed, Bounced, NextHop, Refused, Routed
from lab.model.topology import Topology
from lab.model.trace import Disposition, Hop, MessageTrace
from lab.model.value import dataclass
from lab.reports.scenario_runs import Run
from lab.scenario.model import MessageSpec
from lab.sentence import Sentence, say, sentence
from lab.words.english import ENDS

_ACCEPTS = "2"
_NO_SUCH_RECIPIENT = frozenset({"5.1.1", "5.1.10", "5.4.1"})


@dataclass(frozen=True, slots=True)
class Leg:
    """One hand-over on the way of a message: from a place, to a hop."""

    origin: str | None
    """The place it came from; None where it entered the lab."""
    hop: Hop
    meant: str | None
    """The tenant that the recipient belongs to."""
    misrouted: bool
    """Handed over for the tenant `meant`, taken for another one."""

    @property
    def place(self) -> str:
        """The place it led to, or that refused it."""
        return place(self.hop)

    @property
    def taken(self) -> bool:
        """Whether the message was taken there."""
        return taken(self.hop)

    @property
    def refusal(self) -> Reply | None:
        """The reply that refused it, None if it was taken."""
        refused = None if self.taken else self.hop.first(Refused)
        return refused.reply if refused else None


class CureOutcome(StrEnum):
    """What a variant shows, judged by where its messages went."""

    SHOWN = "fault shown"
    NOT_SHOWN = "no fault"
    YES = "yes"
    FOR_NOW = "for now"
    """A half-cure under which mail arrives: something that is bound to change holds it up."""
    PARTLY = "partly"
    NO = "no"


CURES: Mapping[CureOutcome, Sentence] = {cured: Sentence(cured.value) for cured in CureOutcome}


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one message of a variant."""

    spec: MessageSpec
    trace: MessageTrace
    legs: tuple[Leg, ...]

    @property
    def misrouted(self) -> Leg | None:
        """The first leg that led into the wrong tenant."""
        return next((leg for leg in self.legs if leg.misrouted), None)

    @property
    def arrived(self) -> bool:
        """Whether it went the right way: everybody got it, or their own tenant said that it has no such recipient."""
        if self.misrouted is not None:
            return False
        ends = set(self.trace.dispositions.values())
        return ends == {Disposition.DELIVERED} or self._unknown_at_home()

    def _unknown_at_home(self) -> bool:
        """A refusal that no attribution would change: the right tenant was asked, and does not know the recipient."""
        last = self.legs[-1] if self.legs else None
        if last is None or not last.refusal or last.place != f"tenant:{last.meant}":
            return False
        return enhanced(last.refusal) in _NO_SUCH_RECIPIENT

    @property
    def decision(self) -> Attributed | None:
        """The first decision of a front end about whom the message speaks for."""
        return next((step for leg in self.legs for step in leg.hop.all(Attributed)), None)

    @property
    def places(self) -> tuple[str, ...]:
        """The way as places; of a message that split, those of one copy after those of another."""
        return path(self.trace)

    @property
    def ways(self) -> tuple[MessagePath, ...]:
        """The ways of its copies."""
        return ways(self.trace)

    @property
    def bounce(self) -> tuple[Hop, Bounced] | None:
        """The hop that gave up, and its step that says so."""
        bounces = ((hop, step) for hop in self.trace.hops for step in hop.all(Bounced))
        return next(bounces, None)

    @property
    def status(self) -> str:
        """The enhanced status of the failure, '' where there was none."""
        if self.bounce is not None:
            return self.bounce[1].status
        status = "" if self.trace.dispositions and self.arrived else enhanced(decisive_reply(self.trace))
        return "" if status.startswith(_ACCEPTS) else status

    @property
    def end(self) -> Disposition | None:
        """How it ended for everybody; None where that differs."""
        ends = set(self.trace.dispositions.values())
        return ends.pop() if len(ends) == 1 else None

    @property
    def ending(self) -> Sentence:
        """`delivered`, `bounced 5.7.51`, or who got what where they differ."""
        if self.end is Disposition.BOUNCED and self.status:
            return sentence("{end} {status}", end=ENDS[self.end], status=self.status)
        return ending(self.trace) if self.trace.dispositions else sentence("nothing")

    @property
    def outcome(self) -> str:
        """The same for programs."""
        return say(self.ending)


def fates(run: Run) -> tuple[Fate, ...]:
    """What became of each message of a run; a message that left no trace is missing."""
    specs = ((spec, run.traces.get(run.messages.get(spec.key, ""))) for spec in run.variant.messages)
    topology = run.variant.topology
    return tuple(Fate(spec, trace, legs(trace, topology)) for spec, trace in specs if trace is not None)


def cured(run: Run) -> CureOutcome:
    """Whether the variant shows its fault, or is the cure that it claims to be."""
    ends = fates(run)
    astray = any(fate.misrouted for fate in ends)
    arrived = all(fate.arrived for fate in ends) and len(ends) == len(run.variant.messages)
    if run.variant.kind == "fault":
        return CureOutcome.NOT_SHOWN if arrived else CureOutcome.SHOWN
    if arrived:
        return CureOutcome.FOR_NOW if run.variant.kind == "half-cure" else CureOutcome.YES
    return CureOutcome.NO if astray or not any(fate.arrived for fate in ends) else CureOutcome.PARTLY


def legs(trace: MessageTrace, topology: Topology) -> tuple[Leg, ...]:
    """The way of a message as hand-overs; retries and refusals that were made good are left out."""
    hops, legs = way(trace), []
    for hop, parent in zip(hops, parents(hops), strict=True):
        sender = hops[parent] if parent is not None else None
        meant = next(filter(None, (home_tenant(who, topology) for who in recipients(hop))), None)
        legs.append(Leg(place(sender) if sender else None, hop, meant, _astray(sender, hop, meant)))
    return tuple(legs)


def home_tenant(name: str, topology: Topology) -> str | None:
    """The tenant that an address belongs to, by accepted domain."""
    try:
        domain = Address.parse(name).domain
    except ValueError:
        return None
    return next((tenant.name for tenant in topology.tenants.values() if tenant.accepts(domain)), None)


def _astray(sender: Hop | None, hop: Hop, meant: str | None) -> bool:
    """Whether a front end put a message into another tenant than its sender meant.

    A sender who routes by MX means the recipient's tenant; one who uses a smart host (a hybrid connector, say) means
    whatever stands behind that host, and gets it.
    """
    decided = hop.first(Attributed)
    wrong = decided is not None and meant is not None and decided.tenant not in ("", meant)
    return wrong and (sender is None or _by_mx(sender, recipients(hop)))


def _by_mx(sender: Hop, whom: Sequence[str]) -> bool:
    steps = [step for step in sender.all(Routed) if set(step.about) & set(whom)]
    return bool(steps) and steps[-1].how is NextHop.MX
