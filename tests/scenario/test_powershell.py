"""One cmdlet line: what it says, and where it is not one."""

import pytest

from lab.scenario.cmdlets.powershell import Argument, Array, CmdletWord, Hash, NotRead, parse


def values(line):
    return {each.name: each.value for each in parse(line).arguments}


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("plain", "plain"),
        ("'in quotes'", "in quotes"),
        ("'it''s'", "it's"),
        ('"it\'s"', "it's"),
        ('"say ""so"""', 'say "so"'),
        ('"a `"quoted`" word"', 'a "quoted" word'),
        ("smtp:*.contoso.example", "smtp:*.contoso.example"),
        ("198.51.100.0/24", "198.51.100.0/24"),
        ("''", ""),
        ("boss@msxfaq.example", "boss@msxfaq.example"),
        ("\u201cin quotes\u201d", "in quotes"),
        ('\u201ein quotes"', "in quotes"),
        ("\u2018it\u2019\u2019s\u2019", "it\u2019s"),
        ("'5 \u2013 6'", "5 \u2013 6"),
        ("'$true'", "$true"),
    ],
)
def test_a_value_is_what_is_in_its_quotes(typed, text):
    word = values(f"Set-X -Name {typed}")["Name"]
    assert (word.text, word.special) == (text, False)


@pytest.mark.parametrize("special", ["$true", "$FALSE", "$null"])
def test_three_variables_are_known(special):
    assert values(f"Set-X -Enabled {special}")["Enabled"] == CmdletWord(15, special.lower(), special=True)


@pytest.mark.parametrize("typed", ["a,b", "a, b", "'a' , \"b\"", "@('a','b')", "@( a, b )"])
def test_lists_have_two_forms(typed):
    array = values(f"Set-X -Domains {typed}")["Domains"]
    assert isinstance(array, Array)
    assert [item.text for item in array.items] == ["a", "b"]


def test_an_empty_list():
    assert values("Set-X -Domains @()") == {"Domains": Array(15, ())}


def test_a_hash_says_what_comes_and_goes():
    found = values("Set-X -Domains @{Add='a','b'; Remove = 'c'}")["Domains"]
    assert isinstance(found, Hash)
    told = {key.text: [item.text for item in array.items] for key, array in found.entries}
    assert told == {"Add": ["a", "b"], "Remove": ["c"]}


def test_switches_colons_and_a_value_that_stands_first():
    call = parse("Remove-InboundConnector 'From there' -Confirm:$false -Force")
    assert (call.verb, call.noun) == ("Remove", "InboundConnector")
    assert call.arguments == (
        Argument(24, "", CmdletWord(24, "From there")),
        Argument(37, "Confirm", CmdletWord(46, "$false", special=True)),
        Argument(53, "Force", None),
    )


@pytest.mark.parametrize("dash", ["\u2013", "\u2014", "\u2015"])
def test_a_dash_of_a_word_processor_is_a_dash(dash):
    call = parse(f"Set{dash}X {dash}Name a{dash}b")
    assert (call.verb, call.noun) == ("Set", "X")
    assert call.arguments == (Argument(6, "Name", CmdletWord(12, f"a{dash}b")),)


def test_a_switch_takes_its_value_behind_a_colon_only():
    call = parse("Remove-X -Force Partner -Confirm: $false")
    assert call.arguments == (
        Argument(9, "Force", None),
        Argument(16, "", CmdletWord(16, "Partner")),
        Argument(24, "Confirm", CmdletWord(34, "$false", special=True)),
    )


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("", 0),
        ("hello", 0),
        ("Get-X | Set-X", 6),
        ("Set-X -Name $name", 12),
        ('Set-X -Name "$name"', 13),
        ("Set-X -Name 'open", 12),
        ("Set-X -Domains a,", 17),
        ("Set-X -Domains @(a b)", 19),
        ("Set-X -Domains @{Add}", 20),
        ("Set-X -Domains @{Add=@{Add='a'}}", 21),
        ("Set-X -Name 'a''b'c", 18),
        ("Set-X -Name a; Set-Y", 13),
        ("Set-X -Name `", 12),
        ("Set-X -Name @splat", 12),
        ("Set-X -Name #1", 12),
    ],
)
def test_what_is_no_line_is_told_where_it_ends_to_be_one(line, at):
    with pytest.raises(NotRead) as raised:
        parse(line)
    assert raised.value.at == at
