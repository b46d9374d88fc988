"""Whatever groups, contacts, forwards and rules lead to each other: everything ends once, and where it is said to be."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping

from hypothesis import example, given
from hypothesis import strategies as st

from lab.core.transport_rules import Branch
from lab.drivers.simulator import Simulator
from lab.evidence.hop_facts import about
from lab.evidence.hop_links import parents
from lab.evidence.trace_assembly import aliases, traces
from lab.evidence.trace_assembly import way as hops_of
from lab.model.message import Message
from lab.model.names import Address
from lab.model.steps import (
    Bounced,
    Delivered,
    Dropped,
    DropReason,
    Ending,
    Expanded,
    Merged,
    Resolution,
    Resolved,
    Ruled,
    Step,
)
from lab.model.tenant import RecipientKind
from lab.model.trace import Disposition, MessageTrace
from lab.model.transport import QueueItem, Settlement, Submission
from lab.scenario.load import load_text
from tests.nodes.worlds import BASE, a_message, stranger
from tests.normalised_traces import normalise

GROUPS = ("g1@a.example", "g2@a.example", "g3@a.example")
PEOPLE = (
    "cloud@a.example",
    "user@a.example",
    "box@a.example",
    "also@a.example",
    "nobody@a.example",
    "friend@out.example",
    "gone@out.example",
)
TEAM, CONTACT, BACK = "team@a.example", "contact@a.example", "back@a.example"
EVERYBODY = (*GROUPS, *PEOPLE, CONTACT, BACK, TEAM, "alab@alab.onmicrosoft.com")
MAILBOXES = {
    "cloud@a.example": "cloud@a.example",
    "user@a.example": "user@a.example",
    "box@a.example": "box@a.example",
    "also@a.example": "box@a.example",
    "friend@out.example": "friend@out.example",
}
"""By address, the mailbox that has it."""
Directory = dict[str, list[dict[str, object]]]
anybody = st.sampled_from(EVERYBODY)
members = st.lists(anybody, max_size=5, unique=True)
flags = st.fixed_dictionaries({"RequireSenderAuthenticationEnabled": st.booleans()})
several = st.lists(anybody, min_size=1, max_size=4, unique=True)
LAST: Mapping[Disposition, type[Step]] = {
    Disposition.DELIVERED: Delivered,
    Disposition.BOUNCED: Bounced,
    Disposition.DROPPED: Dropped,
}
"""By what a trace calls an end, the step that it is."""


@st.composite
def directories(draw: st.DrawFn) -> Directory:
    """Tenant a with groups of groups, contacts that may lead back, an alias, and a Microsoft 365 group."""
    return {
        "mailboxes": [{"address": "box@a.example", "proxies": ["also@a.example"]}],
        "distribution_groups": [
            {"address": name, "members": draw(members), **draw(flags)} for name in GROUPS
        ],
        "groups": [{"address": TEAM, "members": draw(members), **draw(flags)}],
        "mail_contacts": [
            {"address": name, "external": draw(st.sampled_from([each for each in EVERYBODY if each != name]))}
            for name in (CONTACT, BACK)
        ],
    }


def groups(**given: list[str]) -> Directory:
    """Distribution groups by the name before the @; the others have no members."""
    named = {f"{name}@a.example": members for name, members in given.items()}
    open_to_all = {"RequireSenderAuthenticationEnabled": False}
    return {
        "mailboxes": [{"address": "box@a.example", "proxies": ["also@a.example"]}],
        "distribution_groups": [
            {"address": name, "members": named.get(name, []), **open_to_all} for name in GROUPS
        ],
        "groups": [{"address": TEAM, "members": [], **open_to_all}],
        "mail_contacts": [
            {"address": name, "external": named.get(name, ["nobody@a.example"])[0]}
            for name in (CONTACT, BACK)
        ],
    }


@st.composite
def rules(draw: st.DrawFn) -> list[dict[str, object]]:
    """A few mail flow rules of any kind."""
    conditions: st.SearchStrategy[dict[str, object]] = st.sampled_from(
        [
            {},
            {"SentToScope": "NotInOrganization"},
            {"SentTo": "box@a.example"},
            {"FromScope": "InOrganization"},
        ]
    )
    actions: st.SearchStrategy[dict[str, object]] = st.sampled_from(
        [
            {"SetSCL": 3},
            {"DeleteMessage": True},
            {"RejectMessageReasonText": "Never"},
            {"BlindCopyTo": "g1@a.example"},
            {"BlindCopyTo": TEAM},
            {"RedirectMessageTo": ["g2@a.example", "cloud@a.example"]},
            {"RouteMessageOutboundConnector": "Filter"},
        ]
    )
    made = draw(st.lists(st.tuples(conditions, actions), max_size=3))
    return [{"Name": f"R{number}", **condition, **action} for number, (condition, action) in enumerate(made)]


class Watched(Simulator):
    """A lab in which each settlement is checked: every recipient of the item is in one place afterwards."""

    internal = False
    """Whether a recipient that wants authenticated senders would take the message."""

    def _apply(self, item: QueueItem, settlement: Settlement) -> None:
        self.internal = self.internal or (item.internal and not item.report)
        if any(isinstance(step, Ruled) for step in settlement.steps):
            rules_conserve(item, settlement)
        else:
            recipients_conserve(item, settlement)
        shown = [box.mailbox.key for box in settlement.mailboxes]
        told = [step.mailbox.lower() for step in settlement.steps if isinstance(step, Delivered)]
        assert (set(shown), len(shown)) == (set(told), len(set(told))), "a mailbox and the steps differ"
        super()._apply(item, settlement)


def keys(addresses: Iterable[Address]) -> frozenset[str]:
    return frozenset(address.key for address in addresses)


def endings(steps: Iterable[Step]) -> Counter[str]:
    """How often each recipient, in lower case, ends."""
    return Counter(name.lower() for step in steps if isinstance(step, Ending) for name in step.about)


def held(item: QueueItem, settlement: Settlement) -> Counter[frozenset[str]]:
    """The recipients of each item of the same hop that is queued now; of the item itself, while it is relayed."""
    places = [keys(each.recipients) for each in settlement.queue if each.hop == item.hop]
    assert all(places), "an item for nobody"
    assert all(len(each.recipients) == len(keys(each.recipients)) for each in settlement.queue)
    relayed = [keys(settlement.relay.recipients)] if settlement.relay else []
    return Counter([*places, *relayed])


def recipients_conserve(item: QueueItem, settlement: Settlement) -> None:
    """Steps say who takes whose place; who is left then is in one item, or has one ending."""
    left, forwards, leads = set(keys(item.recipients)), Counter[frozenset[str]](), dict[str, set[str]]()
    boxes: set[str] = set()  # groups that are among those who take their place
    for step in settlement.steps:
        if isinstance(step, Resolved) and step.rewritten:
            old, new = step.recipient.lower(), step.rewritten.lower()
            leads.setdefault(old, set()).add(new)
            if step.resolution is Resolution.FORWARDING:
                forwards[frozenset({new})] += 1
            else:
                left.add(new)
            left.discard(old)  # a mailbox that keeps a copy comes back as delivered
        elif isinstance(step, Expanded):
            group = step.recipient.lower()
            made = {member.lower() for member in step.members}
            boxes |= {group} if step.group is RecipientKind.GROUP else set()
            made |= boxes & {group}
            leads.setdefault(group, set()).update(made)
            left.discard(group)
            left |= made
        elif isinstance(step, Merged):
            left -= {step.recipient.lower()} - boxes
        elif isinstance(step, Delivered):
            left.add(step.recipient.lower())
    ended, queued = endings(settlement.steps), held(item, settlement) - forwards
    assert forwards <= held(item, settlement), "a forwarded message that is in no item"
    assert set(ended.values()) <= {1}, f"ended twice: {ended}"
    waiting = Counter(name for place in queued.elements() for name in place)
    assert set(waiting.values()) <= {1}, f"queued twice: {waiting}"
    assert not ended.keys() & waiting.keys(), "ended, and queued"
    assert left - ended.keys() == waiting.keys(), "somebody is lost, or came from nowhere"
    somewhere = ended.keys() | waiting.keys() | {name for place in forwards for name in place}
    for recipient in keys(item.recipients):
        assert reached(recipient, leads) & somewhere, f"{recipient} is nowhere"


def reached(recipient: str, leads: Mapping[str, set[str]]) -> set[str]:
    """Everybody whom a recipient leads to, itself included."""
    known, waiting = {recipient}, [recipient]
    while waiting:
        fresh = leads.get(waiting.pop(), set()) - known
        known |= fresh
        waiting += fresh
    return known


def rules_conserve(item: QueueItem, settlement: Settlement) -> None:
    """Each part that the rules made of an item is in one item of its own, or each of its recipients has one ending."""
    left, wanted, gone = set(keys(item.recipients)), Counter[frozenset[str]](), set[str]()
    for step in settlement.steps:
        if isinstance(step, Ruled):
            assert isinstance(step.cause, Branch)
            mine = keys(step.cause.recipients)
            assert mine <= left, "in two parts"
            left -= mine
            if step.cause.refused is not None or step.cause.deleted:
                gone |= mine
            else:
                wanted[keys((*(step.cause.redirected or step.cause.recipients), *step.cause.copies))] += 1
    wanted += Counter([frozenset(left)] if left else [])
    assert held(item, settlement) == wanted
    assert endings(settlement.steps) == Counter(gone)


def kept_forwards(steps: Iterable[Step]) -> set[str]:
    """To whom mailboxes forward, in lower case, that have a copy themselves."""
    steps = tuple(steps)
    kept = {name.lower() for step in steps if isinstance(step, Delivered) for name in step.about}
    return {
        step.rewritten.lower()
        for step in steps
        if isinstance(step, Resolved)
        and step.resolution is Resolution.FORWARDING
        and step.recipient.lower() in kept
    }


def lab_with(tenant: Mapping[str, object]) -> Watched:
    over = json.dumps({"tenants": {"a": tenant}})
    variant = load_text(f"{BASE}\nvariants: {{it: {over}}}\n").variants["it"]
    return Watched(variant.topology, variant.starts)


def hand_in(lab: Simulator, way: str, to: list[str]) -> tuple[str, ...]:
    """By a mailbox in the cloud, by the own filter, or by a stranger; the recipients that were accepted."""
    if way == "cloud":
        sender, message = Address.parse("cloud@a.example"), Message.parse(a_message("cloud@a.example", to[0]))
        submission = Submission(sender=sender, recipients=tuple(map(Address.parse, to)), message=message)
        lab.keep(lab.nodes["eop:EUR"].submit(submission, lab.context()))
        return tuple(to)
    client = stranger(lab, certificate="wild" if way == "filter" else None)
    handed = client.hand("user@a.example" if way == "filter" else "friend@out.example", *to)
    return tuple(name for name in to if handed.recipients[name].positive)


def refused(to: list[str], accepted: tuple[str, ...]) -> set[str]:
    return set(to) - set(accepted)


ways = st.sampled_from(["cloud", "filter", "stranger"])


def only_trace(lab: Simulator) -> MessageTrace | None:
    """The trace of the message; None where nobody was accepted."""
    return traces(lab.journal.hops()).get("<1@client.example>")


def fates(recipient: str, tenant: Directory, *, internal: bool) -> tuple[dict[str, Disposition], set[str]]:
    """What the directory alone says of a recipient: by mailbox or address, the ends it leads to; and all on the way."""
    listed = {str(one["address"]): one for one in (*tenant["distribution_groups"], *tenant["groups"])}
    contacts = {str(one["address"]): str(one["external"]) for one in tenant["mail_contacts"]}
    found: dict[str, Disposition] = {}
    known, waiting = {recipient}, [recipient]
    while waiting:
        name = waiting.pop()
        fresh: list[str] = []
        if name in contacts:
            if leads_round(name, contacts):
                found[name] = Disposition.BOUNCED
            else:
                fresh = [contacts[name]]
        elif name in listed and listed[name]["RequireSenderAuthenticationEnabled"] and not internal:
            found[name] = Disposition.BOUNCED
        elif name in listed:
            within = listed[name]["members"]
            assert isinstance(within, list)
            fresh = within
            if name == TEAM:
                found[TEAM] = Disposition.DELIVERED
        elif name in MAILBOXES:
            found[MAILBOXES[name]] = Disposition.DELIVERED
        else:
            found[name] = Disposition.BOUNCED
        waiting += [each for each in fresh if each not in known]
        known.update(fresh)
    return found, known


def leads_round(name: str, contacts: Mapping[str, str]) -> bool:
    """Whether a contact leads to contacts only, and so back to one of them."""
    known: list[str] = []
    while name in contacts and name not in known:
        known.append(name)
        name = contacts[name]
    return name in contacts


@given(directories(), ways, several)
@example(groups(g1=["g2@a.example"], g2=["g2@a.example"]), "filter", ["g1@a.example"])
@example(groups(g1=["g2@a.example"], g2=["g1@a.example"]), "filter", ["g1@a.example", "g2@a.example"])
@example(groups(g1=["contact@a.example"], contact=["g1@a.example"]), "filter", ["contact@a.example"])
@example(groups(contact=["g1@a.example"]), "cloud", ["contact@a.example", "g1@a.example"])
@example(groups(g3=[BACK], back=[TEAM]), "cloud", ["g3@a.example", BACK])
@example(groups(g2=["g1@a.example"]), "cloud", ["g1@a.example", "g2@a.example"])
@example(
    groups(contact=["g1@a.example"], g1=["g1@a.example"]), "cloud", ["contact@a.example", "g1@a.example"]
)
def test_mailboxes_and_endings_are_those_that_the_directory_leads_to(tenant, way, to):
    lab = lab_with(tenant)
    accepted = hand_in(lab, way, to)
    lab.run()
    assert lab.pending() == ()
    trace = only_trace(lab)
    if trace is None or not accepted:
        return
    by_root = {name: fates(name, tenant, internal=lab.internal) for name in accepted}
    wanted = {who: end for found, _ in by_root.values() for who, end in found.items()}
    copies = Counter(box.mailbox.key for box in lab.mailboxes if box.message.message_id == trace.message_id)
    assert copies == Counter(who for who, end in wanted.items() if end is Disposition.DELIVERED)
    assert {end for name, end in trace.dispositions.items() if name not in refused(to, accepted)} <= set(LAST)
    assert (Disposition.BOUNCED in trace.dispositions.values()) == (Disposition.BOUNCED in wanted.values())
    for name, (found, on_the_way) in by_root.items():
        if not found:
            told = {trace.dispositions[each] for each in on_the_way if each in trace.dispositions}
            assert told == {Disposition.DROPPED}
        elif name in trace.dispositions and name not in (TEAM, CONTACT, BACK):
            assert trace.dispositions[name] in found.values()


@given(directories(), ways, several, st.floats(0, 40))
def test_what_a_trace_calls_queued_is_in_the_queue_and_nothing_else_is(tenant, way, to, hours):
    lab = lab_with({**tenant, "mail_users": [{"address": "late@a.example", "external": "x@dead.example"}]})
    hand_in(lab, way, [*to, "late@a.example"])
    lab.run(lab.now.fromtimestamp(lab.now.timestamp() + hours * 3600, lab.now.tzinfo))
    trace = only_trace(lab)
    if trace is None:
        return
    items = [item for item in lab.pending() if item.message.message_id == trace.message_id]
    waiting = {address.key for item in items for address in item.recipients}
    for name, end in trace.dispositions.items():
        assert bool(aliases(trace.hops, name) & waiting) == (end is Disposition.QUEUED), (name, end, waiting)
    assert bool(waiting) == (Disposition.QUEUED in trace.dispositions.values())


@given(directories(), rules(), ways, several, anybody, st.booleans())
def test_with_rules_and_forwards_every_accepted_recipient_ends_once(tenant, rules, way, to, forward, keeps):
    box = {"ForwardingSmtpAddress": forward, "DeliverToMailboxAndForward": keeps}
    tenant = {
        **tenant,
        "mailboxes": [{**tenant["mailboxes"][0], **box}],
        "OutboundConnectors": [
            {"Name": "Filter", "IsTransportRuleScoped": True, "UseMXRecord": False, "SmartHosts": ["gw"]}
        ],
        "TransportRules": rules,
    }
    lab = lab_with(tenant)
    accepted = hand_in(lab, way, to)
    lab.run()
    assert lab.pending() == ()
    known = traces(lab.journal.hops())
    assert normalise(known)
    assert not [t for t in known.values() if Disposition.LOST in t.dispositions.values()]
    trace = only_trace(lab)
    if trace is None or not accepted:
        return
    dispositions = {
        name: end for name, end in trace.dispositions.items() if name not in refused(to, accepted)
    }
    assert set(dispositions.values()) <= set(LAST)
    boxes = {box.mailbox.key for box in lab.mailboxes if box.message.message_id == trace.message_id}
    told = {step.mailbox.lower() for hop in trace.hops for step in hop.all(Delivered)}
    assert boxes == told
    steps = [step for hop in trace.hops for step in hop.steps]
    above = parents(trace.hops)
    known_as = {name: aliases(trace.hops, name) for name in trace.dispositions}
    for name, end in dispositions.items():
        first = hops_of(trace, name)[0]
        assert above[trace.hops.index(first)] is None, f"the way of {name} begins somewhere else"
        assert LAST[end] in {type(step) for step in steps if about(step, known_as[name])}
    for step in steps:
        if isinstance(step, Delivered | Bounced) or (
            isinstance(step, Dropped) and step.reason is not DropReason.EXPANDED_BEFORE
        ):
            ends = {trace.dispositions[name] for name, names in known_as.items() if about(step, names)}
            better = list(LAST)[
                : list(LAST).index(Disposition(step.kind)) + 1
            ]  # another copy's end may count
            assert ends & set(better), f"nobody's end: {step}"
    groups_met = {
        name.lower() for step in steps if isinstance(step, Expanded | Merged) for name in step.about
    }
    listed = {name.lower() for name in trace.dispositions} | groups_met
    copies = {name.lower() for step in steps if isinstance(step, Ruled) for name in step.copies}
    for name in copies | kept_forwards(steps):
        assert aliases(trace.hops, name) & listed, f"{name} has no end"


def test_a_ring_below_a_group_ends_that_group_and_leaves_nothing_in_the_queue():
    """g1 has g2, and g2 has only itself: nobody gets it, and nothing waits for anybody."""
    lab = lab_with(groups(g1=["g2@a.example"], g2=["g2@a.example"]))
    hand_in(lab, "filter", ["g1@a.example"])
    lab.run()
    assert lab.pending() == ()
    assert lab.mailboxes == []
    trace = only_trace(lab)
    assert trace is not None
    assert trace.dispositions == {"g1@a.example": Disposition.DROPPED}
    (hop,) = trace.hops
    assert [(step.recipient, step.reason) for step in hop.all(Dropped)] == [
        ("g1@a.example", DropReason.GROUP_RING)
    ]
    assert [step.recipient for step in hop.all(Merged)] == ["g2@a.example"]
