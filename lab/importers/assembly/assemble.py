"""The way from exports to a scenario: whose is what, who is where, what nobody tells, and the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from lab.core.service_host_names import front_door
from lab.importers.assembly import missing_exports, party_sections
from lab.importers.assembly.answers_file import Answers
from lab.importers.assembly.certificate_collection import CertificateCollection, stray
from lab.importers.assembly.company_machines import SharedFacts, build
from lab.importers.assembly.dns_records import FoundRecords, is_address, is_service
from lab.importers.assembly.exported_object import ExportedProperties
from lab.importers.assembly.known_properties import unknown, unusual
from lab.importers.assembly.name_translation import translated
from lab.importers.assembly.object_owners import lend, sides
from lab.importers.assembly.party_sections import PartyDraft
from lab.importers.assembly.recipient_sampling import limited, membered, restrict, sampled, synchronised
from lab.importers.assembly.scenario_text import mended, problems, written
from lab.importers.assembly.stand_ins import Addresses, partners
from lab.importers.assembly.types import ImportedScenario, ImportNotes, ImportOptions
from lab.importers.types import Exports
from lab.model.names import Domain
from lab.model.value import dataclass
from lab.scenario.syntax.yaml_dump import PlainData, dumped
from lab.sentence import in_one_line

_ONLY: PlainData = {
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

    organizations: Sequence[PartyDraft]
    tenants: Sequence[PartyDraft]

    @property
    def all(self) -> tuple[PartyDraft, ...]:
        return (*self.organizations, *self.tenants)

    def own(self) -> list[PartyDraft]:
        """The tenants of the company that a matrix is made for: the first organisation's, else the first one."""
        if self.organizations:
            return [tenant for tenant in self.tenants if tenant.shares(self.organizations[0])]
        return list(self.tenants[:1])


def assembled(exports: Exports, options: ImportOptions, answers: Answers | None = None) -> ImportedScenario:
    """The scenario. It loads, whatever the exports are.

    Raises ScenarioError for mistakes in the answers.
    """
    notes, answered = ImportNotes(list(exports.notices)), answers or Answers()
    objects = [ExportedProperties(exported) for exported in exports.objects if exported.kind]
    unusual(objects, notes)
    cast = _cast(objects, options, notes)
    _people(cast, options, notes)
    tree, added = _tree(cast, exports, options, answered, notes)
    missing_exports.ask(cast.all, exports.without, notes)
    if options.lab_addresses:
        tree = translated(tree)
    todos = tuple(todo for todo in notes.todos if not answered.tells(todo.path))
    told = [
        {"text": in_one_line(todo.text), "about": list(todo.paths), "rules": list(todo.rules)}
        for todo in todos
    ]
    tree = _finished({**tree, "todo": told}, answered, notes)
    return ImportedScenario(
        text=written(tree, options, todos, _files(exports)),
        tree=tree,
        todos=todos,
        notices=tuple(notes.notices),
        unknown=unknown(objects),
        counts=dict(sorted(Counter(exported.kind for exported in objects).items())),
        partners=added,
    )


def domains(exports: Exports) -> list[str]:
    """The accepted domains of all sides, whose DNS says where their mail goes."""
    accepted = (ExportedProperties(item) for item in exports.objects if item.kind == "AcceptedDomain")
    names = (domain.text("DomainName", "Name").lower().removeprefix("*.") for domain in accepted)
    return [name for name in dict.fromkeys(names) if "." in name and not is_service(name)]


def _files(exports: Exports) -> int:
    """How many files said something."""
    places = [exported.place for exported in exports.objects]
    places += [certificate.place for certificate in exports.certificates]
    places += [record.place for record in exports.records]
    places += [gateway.place for gateway in exports.gateways]
    return len({place.file for place in places})


def _cast(objects: Iterable[ExportedProperties], options: ImportOptions, notes: ImportNotes) -> _Cast:
    exporting = sides(objects, notes)
    lend(exporting)
    names, others = set[str](), set[str]()
    organizations = [
        party_sections.organization(side, names, options.now, notes) for side in exporting if not side.cloud
    ]
    tenants = [party_sections.tenant(side, others, options.now, notes) for side in exporting if side.cloud]
    tenants += party_sections.missing_tenants(organizations, tenants, others, notes)
    joined = [tenant for tenant in tenants if any(tenant.shares(o) for o in organizations)]
    organizations.sort(key=lambda party: not any(party.shares(other) for other in tenants))
    return _Cast(organizations, [*joined, *(tenant for tenant in tenants if tenant not in joined)])


def _people(cast: _Cast, options: ImportOptions, notes: ImportNotes) -> None:
    """A handful of everybody, known on both sides where they are, and what refers to people."""
    restrict((party.people for party in cast.all), notes)
    named = {f"organization {party.key}": party.people for party in cast.organizations}
    named |= {f"tenant {party.key}": party.people for party in cast.tenants}
    if options.all_recipients:
        limited(named, notes)
    else:
        sampled(named, set(_wanted(cast)), notes)
    for organization in cast.organizations:
        company = [other for other in cast.tenants if other.shares(organization)]
        for tenant in company[:1]:
            synchronised(organization.people, tenant.people, notes)
        membered((organization.people, *(party.people for party in company)), notes)
    for tenant in [party for party in cast.tenants if not any(party.shares(o) for o in cast.organizations)]:
        membered((tenant.people,), notes)


def _wanted(cast: _Cast) -> Iterable[str]:
    """Whoever rules and connectors name."""
    for party in cast.all:
        for record in (*party.table.get("TransportRules", ()), *party.inbound):
            for key in _NAMING:
                yield from (str(address).lower() for address in record.get(key, ()))


def _tree(
    cast: _Cast, exports: Exports, options: ImportOptions, answers: Answers, notes: ImportNotes
) -> tuple[PlainData, tuple[str, ...]]:
    """All sections, and who was added."""
    addresses = Addresses(tenant.table["region"] for tenant in cast.tenants)
    addresses.reserve(_mentioned(cast, exports))
    shared = SharedFacts(
        exports=exports, store=CertificateCollection(options.now), records=FoundRecords(exports.records, notes), addresses=addresses,
        answers=answers, notes=notes, tenants=cast.tenants, taken=set(),
    )  # fmt: skip
    tree = {**_head(cast, options), "organizations": _organizations(cast, shared)}
    for party in cast.all:
        party.table |= party.people.table()
    tree |= {"tenants": {tenant.key: tenant.table for tenant in cast.tenants}, "hosts": shared.hosts}
    added: tuple[str, ...] = ()
    if options.partners and cast.all:
        added = partners(tree, [own.key for own in cast.own()], addresses)
    stray(exports.certificates, shared.store, notes)
    tree |= {"certificates": shared.store.table(), "dns": {"records": _records(cast, shared, tree)}}
    return {**tree, "matrix": {}, "variants": shared.variants}, added


def _organizations(cast: _Cast, shared: SharedFacts) -> PlainData:
    """Those that were exported, with their machines, and one for each filter before a tenant that has no Exchange."""
    made: PlainData = {party.key: party.table for party in cast.organizations}
    for organization in cast.organizations:
        company = [tenant for tenant in cast.tenants if tenant.shares(organization)]
        organization.table["hosts"] = build(shared, organization, company, organization.key)
        shared.taken |= set(organization.table["hosts"])
    for tenant in cast.tenants:
        if not any(tenant.shares(other) for other in cast.organizations):
            made |= _filter(shared, tenant, set(made))
    return made


def _records(cast: _Cast, shared: SharedFacts, tree: PlainData) -> PlainData:
    signing = [name for tenant in cast.tenants for name in tenant.table.get("dkim", ())]
    return {**shared.records.table(shared.own, shared.derived, shared.moved, signing), **_doors(shared, tree)}


def _doors(shared: SharedFacts, tree: PlainData) -> PlainData:
    """The front door of a tenant that was not exported is that of another one: who comes in is decided by recipients (R15)."""
    initial = next((str(table["initial_domain"]) for table in tree["tenants"].values()), None)
    if initial is None:
        return {}
    return {name: {"CNAME": [str(front_door(Domain(initial)))]} for name in sorted(shared.strangers)}


def _filter(shared: SharedFacts, tenant: PartyDraft, taken: set[str]) -> PlainData:
    """What stands before a tenant of which no Exchange server was exported, and belongs to an organisation all the same."""
    key = party_sections.unique(tenant.key, taken)
    missing_exports.ask_for_exchange(tenant, key, shared.notes)
    hosts = build(shared, None, [tenant], key)
    shared.taken |= set(hosts)
    return {key: {"domains": list(tenant.domains), "hosts": hosts}} if hosts else {}


def _mentioned(cast: _Cast, exports: Exports) -> Iterable[str]:
    """Addresses that mean somebody, so that no stand-in gets them."""
    yield from (record.value for record in exports.records if record.type == "A")
    for party in cast.all:
        for connector in (*party.inbound, *party.outbound, *party.send):
            for host in (*connector.get("SenderIPAddresses", ()), *connector.get("SmartHosts", ())):
                bare = str(host).strip("[] ")
                if is_address(bare):
                    yield bare


def _head(cast: _Cast, options: ImportOptions) -> PlainData:
    first = next(iter(cast.all), None)
    name = options.name or (first.key if first else "nothing")
    return {
        "scenario": name,
        "title": f"The mail flow of {name}, as exported",
        "why": "Made by `mflab import` from what Exchange and Exchange Online have printed.",
    }


def _finished(tree: PlainData, answers: Answers, notes: ImportNotes) -> PlainData:
    """In the order that a reader wants, without what the loader refuses; for the simulator alone only if it must be."""
    whole = _filled({**tree, **_ONLY})
    made = _filled(mended({key: whole[key] for key in _ORDER if key in whole}, notes))
    made = answers.over(made, dumped(made))
    open_to_all = {key: value for key, value in made.items() if key not in _ONLY}
    return made if problems(dumped(open_to_all)) else open_to_all


def _filled(table: PlainData) -> PlainData:
    """Without what says nothing; `matrix: {}` says that there is one."""
    return {
        key: _pruned(value)
        for key, value in table.items()
        if key == "matrix" or value not in (None, {}, [], "")
    }


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        for key in [
            key for key, item in value.items() if item is None or (item in ({}, []) and key not in _SAYING)
        ]:
            del value[key]
        for key, entry in value.items():
            value[key] = _pruned(entry)
    elif isinstance(value, list):
        for item in value:
            _pruned(item)
    return value


_SAYING = ("accepts_domains", "forwards_to", "relay_from", "members", "proxies")
