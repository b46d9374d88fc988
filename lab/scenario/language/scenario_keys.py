"""The scenario language: every key, with its kind, its default and what it means.

The loader, the JSON Schema and the reference in the docs are made from these tables (and those of `party_keys` and
`exchange_objects`); nothing else knows a key.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

from lab.core.rulebook import SWITCHES
from lab.model.decision import Basis, Direction
from lab.model.outage import How
from lab.model.switches import Switches
from lab.model.trace import Disposition
from lab.scenario.language.party_keys import CERTIFICATE, DNS, HOST, ORGANIZATION, REGION, TENANT
from lab.scenario.syntax.problem_report import did_you_mean, one_of
from lab.scenario.syntax.records import (
    RecordKey,
    RecordSchema,
    declared,
    flag,
    key,
    keys_of,
    named,
    optional,
    required,
    several,
)
from lab.scenario.syntax.scalar_values import (
    CHANGE_PATH,
    DATE,
    FAULT,
    FILLED,
    FINDING,
    LINE,
    MAILBOX,
    MESSAGE_KEY,
    MOMENT,
    NAME,
    PARTY,
    PLACE,
    REGION_NAME,
    REVERSE_PATH,
    SIDE,
    SPAN,
    STATUS,
    TEXT,
    WHOLE,
    WHOLE_NUMBER,
    from_enum,
    word,
)
from lab.scenario.syntax.value_kinds import Anything, Many, Single, misread
from lab.sentence import sentence

ENDS = word(*(disposition.value for disposition in Disposition if disposition is not Disposition.LOST))
DRIVER = word("simulator", "embedded", "containers")


class AttributedKeys:
    """What the first front end should decide."""

    tenant = optional(NAME, "The tenant the message travels through.")
    basis = optional(from_enum(Basis), "What tied the connection to the tenant.")
    connector = optional(FILLED, "The inbound connector; may end in *.")
    direction = optional(from_enum(Direction), "Originating or Incoming (R24).")


class NdrKeys:
    """The non-delivery report."""

    status = optional(LINE, "Its enhanced status code, such as 5.7.51.")
    generated_by = optional(PLACE, "Who makes it: a host or tenant:NAME (R196).", name="from")
    to = optional(MAILBOX, "Who gets it (R197).")
    via = optional(FILLED, "The connector it leaves by; may end in *.")
    ends = optional(ENDS, "How the report itself ends.")
    path = several(PLACE, "The report's way, in order.")


ATTRIBUTED = declared("attributed", "What the first front end should decide.", AttributedKeys)
NDR = declared("ndr", "The non-delivery report.", NdrKeys)


class ExpectationKeys:
    """What a variant claims about one message."""

    path = several(PLACE, "Hosts and tenants (tenant:NAME) in order, up to where it was taken or refused.")
    attributed = optional(ATTRIBUTED, "Which tenant and connector, and why.")
    ends = optional(ENDS, "How it ends.")
    ndr = optional(NDR, "The report it causes.")
    no_ndr = flag("Whether it is claimed that there is no report.")
    reply = optional(FILLED, "Text in the decisive SMTP reply.")
    seen_by = several(PLACE, "Whose tracking logs have the message.")
    not_seen_by = several(PLACE, "Whose tracking logs must not have it.")
    seen_after = optional(
        SPAN, "How long after it was sent they look (R214); at the end of the run if unset."
    )
    not_twice = several(PLACE, "Who must not take it more than once.")
    not_astray = several(PLACE, "Tenants that must take no copy whose own recipients do not lead there.")
    spf = named(
        PLACE, word("pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"), "SPF by place."
    )
    dmarc = named(
        PLACE, word("pass", "fail", "none", "temperror", "permerror", "bestguesspass"), "DMARC by place."
    )
    headers = named(FILLED, LINE, "Header fields of the delivered message, and text that they contain.")


class RepeatKeys:
    """A message sent again and again."""

    every = required(SPAN, "The time from one to the next.")
    times = required(
        WHOLE, "How many there are, 2 to 100: offer#1, offer#2 and so on; at most if `until: stable`."
    )
    until = optional(word("stable"), "Send no more once the last three have come to the same end.")


REPEAT = declared("repeat", "A message sent again and again.", RepeatKeys)


class MessageKeys:
    """A message to send."""

    sender = required(MAILBOX, "The author (From header, P2).", name="from")
    recipients = required(Many(MAILBOX), "The recipients.", name="to")
    reverse_path = optional(REVERSE_PATH, "MAIL FROM (P1) where it is not the author; <> for none.")
    subject = key(LINE, "The subject.", "")
    body = key(TEXT, "The text.", "")
    headers = named(FILLED, Many(LINE), "Further header fields: one value or several.")
    via = optional(
        PLACE,
        "The host that sends it (the one with the author's mailbox if unset), or tenant:NAME: made in the service (R245).",
    )
    why = key(TEXT, "What this message is for.", "")
    at = key(SPAN, "When it is sent, counted from the start; at once if unset.", timedelta())
    repeat = optional(REPEAT, "Send it again, to see when its end changes (R33).")


class PartyKeys:
    """Somebody in a matrix."""

    who = required(
        PARTY,
        "A mail address; or a class that the scenario has (onprem, cloud, outside); or auto: all of them.",
        name="address",
    )
    name = optional(NAME, "What the class of an address is called; its local part if unset.")
    via = optional(PLACE, "For an address without a mailbox: the host that sends, or tenant:NAME.")


class EventKeys:
    """A change while the lab runs."""

    at = required(SPAN, "When, counted from the start.")
    title = key(LINE, "One line for tables.", "")
    change = named(CHANGE_PATH, Anything(), "Settings by path, as in a variant.")
    where = optional(
        SIDE,
        "Where cmdlets run: an Exchange server, an organisation or a tenant. Where both have the name, and the cmdlet: "
        "organization:NAME or tenant:NAME.",
        name="in",
    )
    run = several(
        FILLED,
        "Cmdlets, one a line, such as `Set-InboundConnector -Identity Partner -Enabled $false`. Unlike in Exchange, `*` may "
        'stand for the wizard\'s GUID where one object fits: `-Identity "Inbound from *"`.',
    )


EVENT = declared(
    "event", "A change while the lab runs, by path or in Exchange's own words.", EventKeys, whole=True
)


class OutageKeys:
    """What breaks while the lab runs."""

    how = required(
        from_enum(How),
        "killed and restarted lose what is in memory, paused and cut off do not; nothing gets through where it is dropped.",
    )
    machine = optional(FILLED, "A host, or a region of Exchange Online such as eop:EUR.")
    between = several(FILLED, "Of `dropped`: the two machines.")
    at = key(SPAN, "When it begins, counted from the start.", timedelta())
    lasts = optional(SPAN, "How long it lasts; `restarted` takes no time.", name="for")


OUTAGE = declared("outage", "A machine or a network that fails for a while.", OutageKeys, whole=True)
EXPECTATION = declared("expectation", "What is claimed about one message.", ExpectationKeys)
MESSAGE = declared("message", "A message to send.", MessageKeys)


def _switch(name: str, default: Any) -> Single[Any]:
    """How a switch's value is read: in the rulebook's words, as a value of the model's type."""
    switch = SWITCHES.get(name)
    values = ("true", "false") if isinstance(default, bool) else switch.values if switch else ()

    def parse(text: str) -> Any:
        spelled = text.lower().removeprefix("$")
        if isinstance(default, bool) and spelled in ("true", "on", "false", "off"):
            return spelled in ("true", "on")
        if isinstance(default, bool) or (switch and not switch.accepts(text)):
            raise misread(text, did_you_mean(text, values))
        if not isinstance(default, str) and not WHOLE_NUMBER.fullmatch(text):
            raise misread(text)
        return type(default)(text)

    if isinstance(default, bool):
        return Single(
            sentence("true or false"),
            parse,
            {"anyOf": [{"type": "boolean"}, {"enum": ["on", "off"]}]},
            refuses=(),
        )
    if switch is None or switch.kind != "choice":
        example = switch.values[-1] if switch else "1"
        return Single(
            sentence("a value such as {example}", example=example), parse, {"type": ["string", "number"]}
        )
    return Single(one_of(values), parse, {"enum": list(values)}, refuses=())


def _switch_key(name: str, default: Any) -> RecordKey[Any]:
    switch = SWITCHES.get(name)
    doc = f"{switch.text} ({', '.join(switch.rules)})" if switch else "The dice of seeded choices."
    return RecordKey(name, _switch(name, default), doc, default)


SWITCHES_RECORD = RecordSchema(
    "switches",
    "Choices between undocumented or former behaviours; the first value is the default.",
    tuple(_switch_key(field.name, field.default) for field in fields(Switches)),
)


PARTY_RECORD = declared("party", "Somebody in a matrix.", PartyKeys, short=PartyKeys.who, whole=True)


class MatrixKeys:
    """Everybody writes to everybody."""

    senders = several(PARTY_RECORD, "Who writes; auto if unset.")
    recipients = several(PARTY_RECORD, "Who is written to; auto if unset.")
    on_request = flag(
        "Whether only `mflab matrix` and `mflab watch --matrix` send its messages, and no run does."
    )
    repeat = optional(REPEAT, "Send every message again and again, to see when a cell changes.")
    expect = named(
        FILLED,
        EXPECTATION,
        "Where the rule (delivered, no report, no tenant that nothing leads to) is not meant: by SENDER > RECIPIENT; * is anybody.",
    )


MATRIX = declared("matrix", "Everybody writes to everybody, and each pair is judged.", MatrixKeys)


class SuppressionKeys:
    """A finding of `mflab check` to live with."""

    finding = required(FINDING, "A code such as MFL-ATTR-001, or one with what it is about.")
    reason = required(FILLED, "Why; it is told with the finding.")
    until = optional(DATE, "The last day on which it holds; the finding then comes back.")


SUPPRESSION = declared(
    "suppression", "A finding of `mflab check` that somebody lives with.", SuppressionKeys, whole=True
)


class TodoKeys:
    """Something that nobody has told."""

    text = required(FILLED, "What is unknown, and what is taken for true meanwhile.")
    about = several(
        FILLED,
        "Paths of what is unknown, as under `change:`; a finding that rests on one of them is no error.",
    )
    rules = several(FILLED, "The rules that depend on it.")


TODO = declared(
    "to-do", "Something that nobody has told, and that `mflab import` asks for.", TodoKeys, whole=True
)


class SectionKeys:
    """What a scenario, an include and a variant can all have."""

    title = key(LINE, "One line for tables.", "")
    why = key(TEXT, "What it shows, for an Exchange administrator.", "")
    as_of = optional(DATE, "Follow the rules in force on that date (R45-R55); today's if unset.")
    start = optional(MOMENT, "The lab's clock at the start; 2026-03-03T09:15:00Z.")
    only = optional(
        DRIVER, "The one driver that can run it; with `simulator` names and addresses may be real ones."
    )
    only_why = key(LINE, "Why the others cannot.", "")
    switches = optional(SWITCHES_RECORD, "Undocumented or former behaviours to choose.")
    organizations = named(NAME, ORGANIZATION, "On-premises organisations.")
    tenants = named(NAME, TENANT, "Tenants of Exchange Online; the first is the oldest (R18).")
    hosts = named(NAME, HOST, "Mail systems elsewhere on the internet.")
    regions = named(REGION_NAME, REGION, "Regions of Exchange Online, where they are not as derived.")
    certificates = named(NAME, CERTIFICATE, "Certificates.")
    dns = optional(DNS, "Records that differ from what is derived.")
    messages = named(NAME, MESSAGE, "What is sent.")
    timeline = several(EVENT, "Changes of the configuration while the lab runs.")
    outages = several(OUTAGE, "What breaks while the lab runs, and for how long.")
    expect = named(
        MESSAGE_KEY,
        EXPECTATION,
        "What is claimed, by message. Of a repeated one `offer#2-4` goes before `offer`, which means the others.",
    )
    matrix = optional(MATRIX, "Messages between everybody, besides those written.")
    suppress = several(SUPPRESSION, "Findings of `mflab check` to live with.")
    todo = several(TODO, "What is not known of the configuration; `mflab import` writes it.")


class VariantKeys:
    """What makes a variant of a scenario, besides the sections that it says anew."""

    kind = key(word("fault", "cure", "half-cure"), "What the table at the end calls it.", "")
    extends = optional(NAME, "Another variant that this one starts from.")
    change = named(
        CHANGE_PATH,
        Anything(),
        "Single settings by path: organizations.x.hosts.y.certificate, tenants.x.InboundConnectors[Name].Enabled.",
    )


class ScenarioKeys:
    """What only the file as a whole has."""

    scenario = required(NAME, "The scenario's name.")
    include = several(FILLED, "Files, relative to this one, that this one is laid over.")
    fault = optional(FAULT, "Which known misconfiguration it shows; docs/faults.md lists them.")
    symptoms = named(
        PLACE,
        TEXT,
        "What the fault looks like, to the admin of a host or of tenant:NAME; sender and recipient are people.",
    )
    codes = several(STATUS, "Status codes that the fault shows, in replies, queues or reports.")


_SECTIONS = tuple(keys_of(SectionKeys).values())
VARIANT = RecordSchema(
    "variant",
    "What differs from the scenario; any section may be said anew.",
    (*keys_of(VariantKeys).values(), *_SECTIONS),
)
VARIANTS = named(NAME, VARIANT, "Configurations to compare.", "variants")
EXPANDED = RecordSchema(
    "scenario", "One variant, fully expanded.", (*keys_of(ScenarioKeys).values(), *_SECTIONS)
)
SCENARIO = RecordSchema("scenario", "A mail flow scenario.", (*EXPANDED.keys, VARIANTS))
