"""tools/Export-MailFlow.ps1, as far as it can be judged without PowerShell: its grammar, and that it only reads."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from lab.importers import cmdlet_recognition

SCRIPT = Path(__file__).parents[2] / "tools" / "Export-MailFlow.ps1"
TREE = Parser(Language(tree_sitter_powershell.language())).parse(SCRIPT.read_bytes())

WRITING = {"New-Item", "Out-File"}
HARMLESS = {
    *(
        "ConvertTo-Json",
        "Get-Command",
        "Join-Path",
        "Out-Null",
        "Resolve-DnsName",
        "Test-Path",
        "Write-Host",
        "Write-Warning",
    ),
}
TYPES = {
    *(
        "BitConverter",
        "Convert",
        "System.Collections.IEnumerable",
        "System.Security.Cryptography.SHA256",
        "System.Text.Encoding",
    ),
    *(
        "array",
        "bool",
        "byte[]",
        "datetime",
        "int",
        "long",
        "ordered",
        "regex",
        "string",
        "string[]",
        "switch",
    ),
}
METHODS = {
    *("ComputeHash", "Create", "GetBytes", "Replace", "Split", "StartsWith", "Substring", "ToBase64String"),
    *("ToLowerInvariant", "ToString", "ToUniversalTime", "TrimEnd", "TrimStart"),
}


def below(node: Node, *kinds: str) -> Iterator[Node]:
    for child in node.children:
        if child.type in kinds:
            yield child
        yield from below(child, *kinds)


def text(node: Node) -> str:
    return (node.text or b"").decode()


def names(*kinds: str) -> set[str]:
    return {text(node) for node in below(TREE.root_node, *kinds)}


FUNCTIONS = {
    text(name)
    for each in below(TREE.root_node, "function_statement")
    for name in below(each, "function_name")
}
COMMANDS = list(below(TREE.root_node, "command"))


def command(node: Node) -> str:
    return text(next(below(node, "command_name", "command_name_expr")))


def listed(name: str) -> dict[str, list[str]]:
    """The lists of nouns by side of `$Configuration` and `$People`."""
    start = SCRIPT.read_text().split(f"${name} = @{{", 1)[1].split("\n}", 1)[0]
    return {
        side: [piece.strip(" '\n") for piece in start.split(f"{side} = @(", 1)[1].split(")", 1)[0].split(",")]
        for side in ("online", "onprem")
    }


def values_of(name: str) -> list[str]:
    start = SCRIPT.read_text().split(f"\n${name} = @(", 1)[1].split(")", 1)[0]
    return [piece.strip(" '\n") for piece in start.split(",")]


def test_it_is_powershell():
    assert not TREE.root_node.has_error


def test_the_grammar_notices_what_is_broken():
    broken = SCRIPT.read_bytes().replace(b"}", b"", 1)
    assert Parser(Language(tree_sitter_powershell.language())).parse(broken).root_node.has_error


def test_every_command_only_reads_but_for_the_files_it_writes():
    called = {command(node) for node in COMMANDS}
    asked = {f"Get-{kind}" for kind in cmdlet_recognition.KINDS}
    assert called - FUNCTIONS - HARMLESS - asked == WRITING
    assert called >= WRITING


def test_files_are_written_in_one_place_only():
    writing = [node for node in COMMANDS if command(node) in WRITING]
    assert [command(node) for node in writing] == ["New-Item", "Out-File"]
    assert "-ItemType Directory" in text(writing[0])
    [function] = [
        each
        for each in below(TREE.root_node, "function_statement")
        if text(each).startswith("function Write-Objects")
    ]
    assert all(function.start_byte < node.start_byte < function.end_byte for node in writing)


def test_nothing_is_invoked_by_a_name_that_is_computed():
    assert not list(below(TREE.root_node, "command_invokation_operator", "command_name_expr"))
    assert "Invoke" not in SCRIPT.read_text()


def test_only_harmless_parts_of_dotnet_are_used():
    assert {name[1:-1] for name in names("type_literal")} <= TYPES
    calls = list(below(TREE.root_node, "invokation_expression"))
    methods = {text(child) for call in calls for child in call.children if child.type == "member_name"}
    assert methods <= METHODS


@pytest.mark.parametrize("lists", ["Configuration", "People"])
def test_every_noun_is_asked_for_and_read_by_the_import(lists):
    asked = {command(node) for node in COMMANDS}
    for nouns in listed(lists).values():
        for noun in nouns:
            assert f"Get-{noun}" in asked
            assert f"'{noun}' {{" in SCRIPT.read_text()
            assert cmdlet_recognition.of_file(f"online/Get-{noun}.json") == noun


def test_both_sides_together_ask_for_everything_that_the_import_knows():
    nouns = {
        noun for lists in ("Configuration", "People") for side in listed(lists).values() for noun in side
    }
    assert set(cmdlet_recognition.KINDS) - nouns == {"OrganizationRelationship", "Recipient"}


def test_no_property_is_in_two_classes_of_the_mask():
    classes = [values_of(name) for name in ("Kept", "Naming", "Secret")]
    together = [name.lower() for each in classes for name in each]
    assert sorted(set(together)) == sorted(together)


def test_secrets_are_not_exported():
    assert {"AuthenticationCredential", "PrivateKey"} <= set(values_of("LeftOut"))


def test_what_is_kept_under_the_mask_holds_no_names():
    naming = ("address", "name", "domain", "host", "fqdn", "subject", "issuer", "server", "from")
    kept = {name for name in values_of("Kept") if any(word in name.lower() for word in naming)}
    assert kept == {
        *("AddressBookEnabled", "DomainType", "ExternalIPAddresses", "FromScope", "ReceivingIPAddresses"),
        *(
            "SenderAddressLocation",
            "SenderIPAddresses",
            "ServerRole",
            "SmartHostAuthMechanism",
            "SourceIPAddress",
        ),
    }
