"""What was not exported is asked for, and is not what is not there."""

from dataclasses import replace

import pytest

from lab.importers.assembly.assemble import assembled
from lab.importers.assembly.exported_object import ExportedProperties
from lab.importers.assembly.object_owners import known, sides
from lab.importers.assembly.scenario_text import mended
from lab.importers.assembly.types import ImportNotes, ImportOptions
from lab.importers.folder_reader import parsed
from lab.importers.types import ExportedObject, ExportLocation, Exports
from lab.scenario.load import load_text
from tests.importers.contoso import CLOUD, HYBRID, ON_PREMISES, ROUTING, TENANT, ZONE
from tests.importers.importing import NOW, made

REMOTE = ("onprem/remote.json", "RemoteMailbox", {"RemoteRoutingAddress": f"SMTP:x@{ROUTING}"})


def without(side, kind, objects=HYBRID):
    return [each for each in objects if not (each[0].startswith(side) and each[1] == kind)]


def asked(imported):
    return {".".join(todo.path) for todo in imported.todos}


@pytest.mark.parametrize(
    ("side", "kind", "path"),
    [
        ("online", "InboundConnector", "tenants.contoso.InboundConnectors"),
        ("online", "OutboundConnector", "tenants.contoso.OutboundConnectors"),
        ("online", "AcceptedDomain", "tenants.contoso.AcceptedDomains"),
        ("onprem", "SendConnector", "organizations.contoso.SendConnectors"),
        ("onprem", "AcceptedDomain", "organizations.contoso.AcceptedDomains"),
        ("onprem", "ExchangeCertificate", "organizations.contoso.hosts.exchange.certificate"),
    ],
)
def test_a_kind_without_a_file_is_a_todo_and_the_scenario_says_so(side, kind, path):
    assert path not in asked(made(*HYBRID, records=ZONE))
    imported = made(*without(side, kind), records=ZONE)
    assert path in asked(imported)
    (variant, *_) = load_text(imported.text).variants.values()
    assert path in [about for todo in variant.todos for about in todo.about]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("online/Get-InboundConnector.json", b"[]"),
        ("online/Get-InboundConnector.json", b'{"value": []}'),
        ("online/Get-InboundConnector.xml", b'<Objs Version="1.1.0.1" xmlns="x" />'),
    ],
)
def test_an_export_without_objects_says_that_there_is_none(file, text):
    found = parsed(file, text)
    assert found.without == (ExportLocation(file),)
    base = _exports(without("online", "InboundConnector"))
    told = assembled(replace(base, without=found.without), ImportOptions(source="x", now=NOW, partners=False))
    assert "tenants.contoso.InboundConnectors" not in asked(told)


def test_an_empty_file_says_nothing():
    assert not parsed("online/Get-InboundConnector.json", b"").without
    assert not parsed("online/Get-InboundConnector.json", b"[").without


def test_nothing_of_another_tenant_is_nothing_of_this_one():
    other = [
        (file.replace("online", "fabrikam-online"), kind, _fabrikam(values)) for file, kind, values in TENANT
    ]
    exports = _exports([*without("online", "InboundConnector"), *other])
    exports = replace(exports, without=(ExportLocation("fabrikam-online/Get-InboundConnector.json"),))
    told = asked(assembled(exports, ImportOptions(source="x", now=NOW, partners=False)))
    assert "tenants.contoso.InboundConnectors" in told
    assert "tenants.fabrikam.InboundConnectors" not in told


def test_an_answer_closes_the_todo_in_the_scenario_too():
    imported = made(
        *without("online", "OutboundConnector"),
        records=ZONE,
        answers="tenants: {contoso: {OutboundConnectors: []}}",
    )
    assert "tenants.contoso.OutboundConnectors" not in asked(imported)
    (variant, *_) = load_text(imported.text).variants.values()
    assert len(variant.todos) == len(imported.todos)


def test_a_tenant_that_expects_an_exchange_asks_for_it():
    imported = made(*CLOUD, records=ZONE)
    assert "organizations.contoso" in asked(imported)
    assert "organizations.contoso" not in asked(
        made(*without("online", "InboundConnector", CLOUD), records=ZONE)
    )


def test_of_a_tenant_that_was_not_exported_everything_is_unknown():
    (todo,) = [each for each in made(*ON_PREMISES, records=ZONE).todos if each.path[0] == "tenants"]
    assert todo.paths == ("tenants.contoso",)


@pytest.mark.parametrize("side", ["onprem", "online"])
def test_sides_are_joined_without_the_accepted_domains_of_one(side):
    imported = made(*without(side, "AcceptedDomain"), records=ZONE)
    assert list(imported.tree["organizations"]) == list(imported.tree["tenants"]) == ["contoso"]
    assert not [each for each in imported.notices if each.serious]


def test_the_routing_domain_tells_which_of_two_tenants_it_is():
    other = [
        (file.replace("online", "fabrikam-online"), kind, _fabrikam(values)) for file, kind, values in TENANT
    ]
    imported = made(*without("onprem", "AcceptedDomain", [*other, *HYBRID]), records=ZONE)
    names = [each["DomainName"] for each in imported.tree["organizations"]["contoso"]["AcceptedDomains"]]
    assert names == ["contoso.com", ROUTING]


def test_a_remote_mailbox_knows_the_routing_domain():
    (side,) = sides([_given(REMOTE)], ImportNotes())
    assert known(side) == {ROUTING}


def test_what_goes_with_its_parent_is_one_notice():
    notes = ImportNotes()
    tenants = {
        name: {"initial_domain": "contoso.onmicrosoft.com", "region": "EUR", "dbeb": False}
        for name in ("a", "b")
    }
    mended({"scenario": "x", "why": "x", "tenants": tenants}, notes)
    (notice,) = notes.notices
    assert str(notice.text).startswith(
        "tenants.b is left out: contoso.onmicrosoft.com is accepted in tenant 'a' already"
    )


def _fabrikam(values):
    return {
        name: value.replace("contoso", "fabrikam") if isinstance(value, str) else value
        for name, value in values.items()
    }


def _exports(objects):
    return Exports(objects=tuple(_given(each).exported for each in objects), records=tuple(ZONE))


def _given(written):
    file, kind, values = written
    said = {name: tuple(each) if isinstance(each, list) else each for name, each in values.items()}
    return ExportedProperties(ExportedObject(kind=kind, place=ExportLocation(file), values=said))
