"""The way from exports to a scenario: whose is what, who is where, what nobody tells, and the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from lab.core.cloudnames import front_door
from lab.importers.assembly import absent, parties, standins
from lab.importers.assembly.answering import Answers
from lab.importers.assembly.given import Given
from lab.importers.assembly.kinship import lend
from lab.importers.assembly.mending import mended, problems
from lab.importers.assembly.names import Records, is_address, is_service
from lab.importers.assembly.nouns import Imported, Notes, Options, Todo
from lab.importers.assembly.numbers import Addresses
from lab.importers.assembly.parties import Party
from lab.importers.assembly.properties import unknown, unusual
from lab.importers.assembly.samples import limited, membered, restrict, sampled, synchronised
from lab.importers.assembly.sides import sides
from lab.importers.assembly.sites import Ground, build
from lab.importers.assembly.store import Store, stray
from lab.importers.assembly.translating import translated
from lab.importers.assembly.writing import written
from lab.importers.nouns import Exports
from lab.model.names import Domain
from lab.model.value import dataclass
from lab.scenario.dumping import Plain, dumped
from lab.sentence import say

_ONLY: Plain = {
    "only": "simulator",
    "only_why": "names and addresses are real; import with --lab-addresses to play it over SMTP",
}
_ORDER = (
    "scenario",
    "title",
    "why",
    "only",
    "only_why",
    "todo",
    "organizations",
    "tenants",
    "hosts",
    "certificates",
    "dns",
    "matrix",
    "variants",
)
_NAMING = ("SentTo", "From", "RedirectMessageTo", "BlindCopyTo", "EFUsers", "ExceptIfFrom", "ExceptIfSentTo")


@dataclass(frozen=True, slots=True)
class _Cast:
    """Everybody whose exports there are."""

    organizations: Sequence[Party]
    tenants: Sequence[Party]

    @property
    def all(self) -> tuple[Party, ...]:
        return (*self.organizations, *self.tenants)

    def own(self) -> list[Party]:
        """The tenants of the company that a matrix is made for: the first organisation's, else the first one."""
        if self.organizations:
            return [tenant for tenant in self.tenants if tenant.shares(self.organizations[0])]
        return list(self.tenants[:1])


def assembled(exports: Exports, options: Options, answers: Answers | None = None) -> Imported:
    """The scenario. It loads, whatever the exports are.

    Raises ScenarioError for mistakes in the answers.
    """
    notes, answered = Notes(list(exports.notices)), answers or Answers()
    objects = [Given(each) for each in exports.objects if each.kind]
    unusual(objects, notes)
    cast = _cast(objects, options, notes)
    _people(cast, options, notes)
    tree, added = _tree(cast, exports, options, answered, notes)
    absent.ask(cast.all, exports.without, notes)
    if options.lab_addresses:
        tree = translated(tree)
    todos = tuple(todo for todo in notes.todos if not answered.tells(todo.path))
    tree = _finished({**tree, "todo": [_open(each) for each in todos]}, answered, notes)
    return Imported(
        text=written(tree, options, todos, _files(exports)),
        tree=tree,
        todos=todos,
        notices=tuple(notes.notices),
        unknown=unknown(objects),
        counts=dict(sorted(Counter(each.kind for each in objects).items())),
        partners=added,
    )


def _open(todo: Todo) -> Plain:
    """A to-do as the scenario says it, for whoever checks it."""
    text = " ".join(say(todo.text).split())
    return {"text": text, "about": list(todo.paths), "rules": list(todo.rules)}


def domains(exports: Exports) -> list[str]:
    """The accepted domains of all sides, whose DNS says where their mail goes."""
    found = (Given(each) for each in exports.objects if each.kind == "AcceptedDomain")
    names = (each.text("DomainName", "Name").lower().removeprefix("*.") for each in found)
    return [name for name in dict.fromkeys(names) if "." in name and not is_service(name)]


def _files(exports: Exports) -> int:
    """How many files said something."""
    places = [each.place for each in exports.objects]
    places += [certificate.place for certificate in exports.certificates]
    places += [record.place for record in exports.records]
    places += [gateway.place for gateway in exports.gateways]
    return len({place.file for place in places})


def _cast(objects: Iterable[Given], options: Options, notes: Notes) -> _Cast:
    found = sides(objects, notes)
    lend(found)
    names, others = set[str](), set[str]()
    organizations = [
        parties.organization(each, names, options.now, notes) for each in found if not each.cloud
    ]
    tenants = [parties.tenant(each, others, options.now, notes) for each in found if each.cloud]
    tenants += parties.missing_tenants(organizations, tenants, others, notes)
    joined = [tenant for tenant in tenants if any(tenant.shares(o) for o in organizations)]
    organizations.sort(key=lambda each: not any(each.shares(other) for other in tenants))
    return _Cast(organizations, [*joined, *(each for each in tenants if each not in joined)])


def _people(cast: _Cast, options: Options, notes: Notes) -> None:
    """A handful of everybody, known on both sides where they are, and what refers to people."""
    restrict((each.people for each in cast.all), notes)
    named = {f"organization {each.key}": each.people for each in cast.organizations}
    named |= {f"tenant {each.key}": each.people for each in cast.tenants}
    if options.all_recipients:
        limited(named, notes)
    else:
        sampled(named, set(_wanted(cast)), notes)
    for organization in cast.organizations:
        company = [each for each in cast.tenants if each.shares(organization)]
        for tenant in company[:1]:
            synchronised(organization.people, tenant.people, notes)
        membered((organization.people, *(each.people for each in company)), notes)
    alone = [each for each in cast.tenants if not any(each.shares(o) for o in cast.organizations)]
    for tenant in alone:
        membered((tenant.people,), notes)


def _wanted(cast: _Cast) -> Iterable[str]:
    """Whoever rules and connectors name."""
    for party in cast.all:
        for each in (*party.table.get("TransportRules", ()), *party.inbound):
            for key in _NAMING:
                yield from (str(address).lower() for address in each.get(key, ()))


def _tree(
    cast: _Cast, exports: Exports, options: Options, answers: Answers, notes: Notes
) -> tuple[Plain, tuple[str, ...]]:
    """All sections, and who was added."""
    addresses = Addresses(tenant.table["region"] for tenant in cast.tenants)
    addresses.reserve(_mentioned(cast, exports))
    ground = Ground(
        exports=exports, papers=Store(options.now), records=Records(exports.records, notes), addresses=addresses,
        answers=answers, notes=notes, tenants=cast.tenants, taken=set(),
    )  # fmt: skip
    tree = {**_head(cast, options), "organizations": _organizations(cast, ground)}
    for party in cast.all:
        party.table |= party.people.table()
    tree |= {"tenants": {each.key: each.table for each in cast.tenants}, "hosts": ground.hosts}
    added: tuple[str, ...] = ()
    if options.partners and cast.all:
        added = standins.partners(tree, [each.key for each in cast.own()], addresses)
    stray(exports.certificates, ground.papers, notes)
    tree |= {"certificates": ground.papers.table(), "dns": {"records": _records(cast, ground, tree)}}
    return {**tree, "matrix": {}, "variants": ground.variants}, added


def _organizations(cast: _Cast, ground: Ground) -> Plain:
    """Those that were exported, with their machines, and one for each filter before a tenant that has no Exchange."""
    made: Plain = {each.key: each.table for each in cast.organizations}
    for organization in cast.organizations:
        company = [tenant for tenant in cast.tenants if tenant.shares(organization)]
        organization.table["hosts"] = build(ground, organization, company, organization.key)
        ground.taken |= set(organization.table["hosts"])
    for tenant in cast.tenants:
        if not any(tenant.shares(each) for each in cast.organizations):
            made |= _filter(ground, tenant, set(made))
    return made


def _records(cast: _Cast, ground: Ground, tree: Plain) -> Plain:
    signing = [name for tenant in cast.tenants for name in tenant.table.get("dkim", ())]
    found = ground.records.table(ground.own, ground.derived, ground.moved, signing)
    return {**found, **_doors(ground, tree)}


def _doors(ground: Ground, tree: Plain) -> Plain:
    """The front door of a tenant that was not exported is that of another one: who comes in is decided by recipients (R15)."""
    initial = next((str(each["initial_domain"]) for each in tree["tenants"].values()), None)
    if initial is None:
        return {}
    return {name: {"CNAME": [str(front_door(Domain(initial)))]} for name in sorted(ground.strangers)}


def _filter(ground: Ground, tenant: Party, taken: set[str]) -> Plain:
    """What stands before a tenant of which no Exchange server was exported, and belongs to an organisation all the same."""
    key = parties.unique(tenant.key, taken)
    absent.ask_for_exchange(tenant, key, ground.notes)
    hosts = build(ground, None, [tenant], key)
    ground.taken |= set(hosts)
    return {key: {"domains": list(tenant.domains), "hosts": hosts}} if hosts else {}


def _mentioned(cast: _Cast, exports: Exports) -> Iterable[str]:
    """Addresses that mean somebody, so that no stand-in gets them."""
    yield from (record.value for record in exports.records if record.type == "A")
    for party in cast.all:
        for connector in (*party.inbound, *party.outbound, *party.send):
            for each in (*connector.get("SenderIPAddresses", ()), *connector.get("SmartHosts", ())):
                bare = str(each).strip("[] ")
                if is_address(bare):
                    yield bare


def _head(cast: _Cast, options: Options) -> Plain:
    first = next(iter(cast.all), None)
    name = options.name or (first.key if first else "nothing")
    return {
        "scenario": name,
        "title": f"The mail flow of {name}, as exported",
        "why": "Made by `mflab import` from what Exchange and Exchange Online have printed.",
    }


def _finished(tree: Plain, answers: Answers, notes: Notes) -> Plain:
    """In the order that a reader wants, without what the loader refuses; for the simulator alone only if it must be."""
    whole = _filled({**tree, **_ONLY})
    ordered = {key: whole[key] for key in _ORDER if key in whole}
    made = _filled(mended(ordered, notes))
    made = answers.over(made, dumped(made))
    open_to_all = {key: value for key, value in made.items() if key not in _ONLY}
    return made if problems(dumped(open_to_all)) else open_to_all


def _filled(table: Plain) -> Plain:
    """Without what says nothing; `matrix: {}` says that there is one."""
    return {key: _pruned(value) for key, value in table.items() if key == "matrix" or not _empty(value)}


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        for key in [
            key for key, each in value.items() if each is None or (each in ({}, []) and key not in _SAYING)
        ]:
            del value[key]
        for key, each in value.items():
            value[key] = _pruned(each)
    elif isinstance(value, list):
        for each in value:
            _pruned(each)
    return value


_SAYING = ("accepts_domains", "forwards_to", "relay_from", "members", "proxies")


def _empty(value: Any) -> bool:
    return value is None or value in ({}, [], "")
