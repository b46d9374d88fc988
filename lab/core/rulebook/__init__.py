"""The rulebook: every fact about Exchange Online mail flow that the lab knows, said once.

Decisions cite rules by id, so that each verdict can show its reasons, how sure they are and where they come
from. `types` says what a rule is, `sources` where rules come from, `switches` what may be chosen, `dates_in_force` what
held on a date, `render` makes the page; the other modules are the rules by topic. All of it is pure.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from lab.core.rulebook import (
    attribution,
    authentication,
    certificates,
    hybrid,
    inbound,
    names,
    ndr,
    outbound,
    rejections,
    routing,
    senders,
    timeline,
    tracking,
    wire,
)
from lab.core.rulebook.sources import SOURCES
from lab.core.rulebook.switches import SWITCHES
from lab.core.rulebook.types import Confidence, Rule, RuleSource, Switch
from lab.errors import LabBug
from lab.model.switches import Switches
from lab.model.value import dataclass

__all__ = [
    "RULES",
    "SOURCES",
    "SWITCHES",
    "TOPICS",
    "Confidence",
    "Rule",
    "RuleSource",
    "Switch",
    "Topic",
    "rule",
    "settings_behind",
    "switches_of",
]


@dataclass(frozen=True, slots=True)
class Topic:
    """A chapter of the rulebook."""

    title: str
    text: str
    rules: tuple[Rule, ...]


TOPICS: tuple[Topic, ...] = (
    Topic("Attribution", "How the tenant is found that a message travels through.", attribution.RULES),
    Topic("Refusals of attribution", "What the front end answers when attribution fails.", rejections.RULES),
    Topic("Time line", "Restrictions that came into force on a date.", timeline.RULES),
    Topic("Inbound connectors", "Their parameters and what they decide.", inbound.RULES),
    Topic(
        "Certificate names", "How a connector's value is compared with a certificate's names.", names.RULES
    ),
    Topic("Outbound connectors", "Their parameters and the choice between them.", outbound.RULES),
    Topic(
        "Hybrid configuration", "What the wizard creates, and the headers of the trusted path.", hybrid.RULES
    ),
    Topic("Certificates", "Which certificates count, on both sides.", certificates.RULES),
    Topic("Routing", "Where the attributed tenant sends the message.", routing.RULES),
    Topic("Authentication", "SPF, DKIM, DMARC and ARC at each entry.", authentication.RULES),
    Topic("On the wire", "What EOP and Exchange say on a connection.", wire.RULES),
    Topic("Non-delivery reports", "Who makes them, where they go, what they look like.", ndr.RULES),
    Topic("Trace and tracking", "What the logs show, and to whom.", tracking.RULES),
    Topic("Special senders", "Senders and recipients that only Microsoft's cloud has.", senders.RULES),
)


def _number(id_: str) -> int:
    return int(id_.removeprefix("R"))


RULES: dict[str, Rule] = {
    known.id: known
    for known in sorted((each for topic in TOPICS for each in topic.rules), key=lambda each: _number(each.id))
}
"""By id, in the order of their numbers; a number that is absent was never given."""


class UnknownRule(LabBug, KeyError):  # noqa: N818 - a kind of LabBug
    """Somebody cites a rule that is not in the book."""

    __str__ = Exception.__str__  # KeyError would print the message in quotes


def rule(id_: str) -> Rule:
    """The rule with this id; citing one that does not exist is a bug of the lab."""
    try:
        return RULES[id_]
    except KeyError:
        raise UnknownRule(f"no rule {id_!r} in the rulebook{_hint(id_)}") from None


def switches_of(id_: str) -> tuple[Switch, ...]:
    """All switches that bend this rule, the one it names itself first."""
    own = rule(id_).switch
    bending = [switch for switch in SWITCHES.values() if id_ in switch.rules]
    return tuple(sorted(bending, key=lambda switch: switch.name != own))


def settings_behind(rules: Iterable[str], switches: Switches) -> Mapping[str, str]:
    """The switches that bend these rules, by name, set as they are and spelled as scenarios spell them.

    What a connector or a tenant sets for itself (`cmt`) is no switch of the configuration, and is not among them.
    """
    bending = (switch for switch in _bending(tuple(dict.fromkeys(rules))) if hasattr(switches, switch.name))
    return {switch.name: _setting(switch, switches) for switch in bending}


@lru_cache(maxsize=1024)
def _bending(rules: tuple[str, ...]) -> tuple[Switch, ...]:
    return tuple({switch.name: switch for id_ in rules for switch in switches_of(id_)}.values())


def _setting(switch: Switch, switches: Switches) -> str:
    value = getattr(switches, switch.name)
    if isinstance(value, bool):
        return next(spelling for spelling in switch.values if (spelling in ("on", "true")) is value)
    return str(value)


def _hint(id_: str) -> str:
    digits = "".join(character for character in id_ if character in "0123456789")
    if not digits:
        return "; ids look like R5"
    wanted = int(digits)
    near = sorted(RULES, key=lambda known: (abs(_number(known) - wanted), _number(known)))[:2]
    return f"; near it are {' and '.join(near)}"
