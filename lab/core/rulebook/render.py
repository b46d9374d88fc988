"""The rulebook as a page: everything the lab knows, how sure it is, and what it leaves out."""

from collections.abc import Iterable, Sequence

from lab.core.rulebook import RULES, SWITCHES, TOPICS, Confidence, Rule, Switch, switches_of
from lab.core.rulebook.dates_in_force import HISTORY, Until
from lab.core.rulebook.sources import SOURCES
from lab.core.rulebook.types import RuleSource

_PREFACE = """\
# The rulebook

<!-- Generated from lab/core/rulebook, and a test holds the two together: edit the rules, not this page. -->

Every fact about Exchange Online mail flow that the lab knows, each said once. P1 is the MAIL FROM address,
P2 the From header; EOP is Exchange Online Protection. How sure a rule is:

- **documented**: Microsoft says so in an article, a Message Center post, a team blog or a reply of its staff;
- **observed**: administrators, vendors, or real headers and logs show it;
- **assumed**: inferred by this lab or undocumented. Never take it for Microsoft's word; most have a switch.

"Since" is the day a rule came into force or, where nothing else is known, was published."""


def as_markdown() -> str:
    """The whole rulebook as Markdown, ending in a line break."""
    parts = [_PREFACE, _summary(RULES.values())]
    parts += [f"## {topic.title}\n\n{topic.text}\n\n{_rules(topic.rules)}" for topic in TOPICS]
    parts += [_switches(SWITCHES.values()), _history(HISTORY), _sources(SOURCES.values())]
    return "\n\n".join(parts) + "\n"


def _summary(rules: Iterable[Rule]) -> str:
    known = tuple(rules)
    rows = [
        (
            confidence.value,
            str(sum(rule.confidence is confidence for rule in known)),
            str(sum(rule.confidence is confidence and _emulated(rule) == "yes" for rule in known)),
        )
        for confidence in Confidence
    ]
    return _table(("Confidence", "Rules", "Fully emulated"), rows)


def _rules(rules: Iterable[Rule]) -> str:
    return _table(
        ("Rule", "What it says", "Confidence", "Source", "Since", "Switch", "Emulated?"),
        [
            (
                f'<a id="{rule.id.lower()}"></a>{rule.id}',
                f"**{rule.title}.** {rule.text}",
                rule.confidence.value,
                rule.source,
                "" if rule.since is None else rule.since.isoformat(),
                ", ".join(f"`{switch.name}`" for switch in switches_of(rule.id)),
                _emulated(rule),
            )
            for rule in rules
        ],
    )


def _emulated(rule: Rule) -> str:
    reason = rule.not_emulated
    if reason is None:
        return "yes"
    if reason.startswith(("partly:", "not yet:", "no ")):
        return reason
    return f"no: {reason}"


def _switches(switches: Iterable[Switch]) -> str:
    table = _table(
        ("Switch", "Values, default first", "Set for", "What it chooses", "Rules"),
        [
            (f"`{switch.name}`", _values(switch), switch.scope, _told(switch), _links(switch.rules))
            for switch in switches
        ],
    )
    told = "What a scenario may choose where the truth is unknown, is a setting, or has changed over time."
    return f"## Switches\n\n{told}\n\n{table}"


def _told(switch: Switch) -> str:
    return f"{switch.text} Not emulated: {switch.not_emulated}." if switch.not_emulated else switch.text


def _values(switch: Switch) -> str:
    match switch.kind:
        case "choice":
            return ", ".join(f"`{value}`" for value in switch.values)
        case "seconds":
            return f"`{switch.default}`, or any number of seconds"
        case "loop_limit":
            return f"`{switch.default}`, or any `eop_entries:N` or `received:N`"


def _history(history: Iterable[Until]) -> str:
    table = _table(
        ("Before", "Switch", "Stood at", "Rule"),
        [
            (
                until.day.isoformat(),
                f"`{until.switch}`",
                f"`{until.value}`",
                _links((until.rule,)),
            )
            for until in history
        ],
    )
    return f"## What `as_of` changes\n\nDefaults of switches under the rules of an earlier date.\n\n{table}"


def _sources(sources: Iterable[RuleSource]) -> str:
    rows = [(source.tag, source.title, source.place) for source in sources]
    table = _table(("Tag", "Title", "Place"), rows)
    told = 'GitHub repositories are named without a host; an "id" is a capture in a public archive.'
    return f"## Sources\n\n{told}\n\n{table}"


def _links(ids: Iterable[str]) -> str:
    return ", ".join(f"[{id_}](#{id_.lower()})" for id_ in ids)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_row(head), _row(["---"] * len(head))]
    lines += [_row([cell.replace("|", "\\|") for cell in row]) for row in rows]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
