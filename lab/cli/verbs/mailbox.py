"""`mflab mailbox`: what has arrived in mailboxes, and a message as its reader sees it; above all the NDRs."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence

from lab.cli.arguments import add_driver, add_json, add_variant, count, run_in, variant_of
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.labs import compose_labs, lab_state
from lab.cli.output import draw, put, put_json, put_octets, talk
from lab.cli.verb_declaration import Verb, declare
from lab.model.message import Message
from lab.model.names import Address
from lab.model.topology import Topology
from lab.model.transport import Mailboxed
from lab.model.value import dataclass
from lab.reports.text.mail_text import arrived, as_read, field
from lab.reports.text.tables import table
from lab.scenario.syntax.problem_report import unknown

_ABOUT = """\
With SCENARIO, runs the variant first; without, looks into the mailboxes of a lab that `mflab up` keeps running, or has
kept. Names an ADDRESS for one mailbox only. Numbers are those of the list that is printed without --message."""

_EXAMPLES = """\
  mflab mailbox wildcard-misrouting
  mflab mailbox wildcard-misrouting useronprem@msxfaq.example --message 1
  mflab mailbox --state .mflab useronprem@msxfaq.example --message 1 --raw"""


_SIGNED = ("dkim-signature", "arc-seal", "arc-message-signature")
"""Fields with a signature, in lower case."""


@dataclass(frozen=True, slots=True)
class MailboxQuery:
    """What the positional arguments mean: an address has an @, a scenario has none."""

    scenario: str | None
    address: Address | None


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    parser.add_argument(
        "what", nargs="*", metavar="SCENARIO|ADDRESS", help="what to run; whose mailbox, all if not given"
    )
    add_variant(parser)
    parser.add_argument("--message", type=count, metavar="N", help="print the Nth message of the list")
    parser.add_argument("--raw", action="store_true", help="with --message: as it came in, every octet")
    parser.add_argument("--state", metavar="DIR", help="state folder of a lab (default: .mflab)")
    add_driver(parser)
    add_json(parser)


def run(args: Namespace) -> int:
    """List, or print one."""
    if args.raw and (args.message is None or args.json):
        raise BadInput("--raw prints one message, and nothing else: it goes with --message N")
    asked = _asked(args.what)
    mail, topology = _arrived(args, asked.scenario)
    if asked.address is not None:
        mail = _of(asked.address, mail, topology)
    if args.message is not None:
        return _one(args, mail, simulated=asked.scenario is not None and args.driver == "simulator")
    if args.json:
        put_json({"messages": [_data(number, item) for number, item in enumerate(mail, 1)]})
    else:
        rows = [_row(number, item) for number, item in enumerate(mail, 1)]
        whose = f"Mailbox of {asked.address}" if asked.address else "Mailboxes"
        draw(table(whose, ("N", "arrived", "mailbox", "from", "subject"), rows))
    return Exit.OK


def _one(args: Namespace, mail: Sequence[Mailboxed], *, simulated: bool) -> int:
    if args.message > len(mail):
        raise BadInput(f"--message {args.message}: the list has {len(mail)}")
    item = mail[args.message - 1]
    if args.raw:
        put_octets(bytes(item.message))
        if simulated and any(name in _SIGNED for name in (h.name.lower() for h in item.message.headers)):
            talk(
                "note: the simulator has no keys: b= in DKIM and ARC fields is a stand-in; --driver embedded signs"
            )
    elif args.json:
        headers = [[header.name, header.value] for header in item.message.headers]
        put_json({**_data(args.message, item), "headers": headers, "text": as_read(item.message)})
    else:
        put(as_read(item.message), end="")
    return Exit.OK


def _asked(words: Sequence[str]) -> MailboxQuery:
    addresses, scenarios = [w for w in words if "@" in w], [w for w in words if "@" not in w]
    if len(addresses) > 1 or len(scenarios) > 1:
        raise BadInput("one SCENARIO and one ADDRESS at most")
    try:
        address = Address.parse(addresses[0]) if addresses else None
    except ValueError as error:
        raise BadInput(str(error)) from None
    return MailboxQuery(scenarios[0] if scenarios else None, address)


def _arrived(args: Namespace, scenario: str | None) -> tuple[tuple[Mailboxed, ...], Topology]:
    if scenario is None:
        if args.variant is not None:
            raise BadInput("--variant is for a scenario; a running lab has the variant it was started with")
        state = compose_labs.lab_to_look_at(args.state)
        topology = lab_state.variant_of(state).topology
        return lab_state.contents(state).mailboxes, topology
    if args.state is not None:
        raise BadInput("either a scenario or the --state of a lab, not both")
    variant = variant_of(scenario, args.variant)
    return run_in(args.driver, variant, seed=args.seed).delivered, variant.topology


def _of(address: Address, mail: Sequence[Mailboxed], topology: Topology) -> tuple[Mailboxed, ...]:
    """What is for an address or in its mailbox. Raises BadInput when nobody has it."""
    items = tuple(item for item in mail if address in (item.mailbox, item.recipient))
    if not items and topology.mailbox_node(address) is None:
        names = [str(item.mailbox) for item in mail]
        raise BadInput(f"nobody has the mailbox {address}: {unknown(str(address), names)}")
    return items


def _row(number: int, item: Mailboxed) -> tuple[str, ...]:
    message = item.message
    return (str(number), _when(message), str(item.mailbox), field(message, "From"), field(message, "Subject"))


def _when(message: Message) -> str:
    moment = arrived(message)
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "-"


def _data(number: int, item: Mailboxed) -> Mapping[str, object]:
    message = item.message
    return {
        "number": number,
        "mailbox": item.mailbox,
        "recipient": item.recipient,
        "arrived": arrived(message),
        "from": field(message, "From"),
        "subject": field(message, "Subject"),
        "message_id": message.message_id,
        "size": message.size,
    }
