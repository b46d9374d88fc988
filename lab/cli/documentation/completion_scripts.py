"""The completion scripts, made from the verbs that there are."""

from __future__ import annotations

from argparse import Action
from collections.abc import Iterable

from lab.cli.documentation import command_reference

_BASH = """\
_mflab() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words=
    case "${{COMP_WORDS[1]}} $before" in
{choices}
    esac
    if [[ -z $words && $COMP_CWORD -eq 1 ]]; then
        words="{verbs}"
    elif [[ -z $words && $word == -* ]]; then
        case ${{COMP_WORDS[1]}} in
{options}
        esac
    fi
    if [[ -n $words ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}}
complete -o filenames -F _mflab mflab"""


def bash() -> str:
    """For bash 4 and newer, and for zsh."""
    verbs = command_reference.verbs()
    options = [
        f'            {name}) words="{" ".join(_options(parser.options))}" ;;'
        for name, parser in verbs.items()
    ]
    choices = [
        f'        "{name} {option}") words="{" ".join(map(str, action.choices or ()))}" ;;'
        for name, parser in verbs.items()
        for action in parser.parser.arguments
        if action.choices
        for option in action.option_strings or (name,)
    ]
    return _BASH.format(verbs=" ".join(verbs), options="\n".join(options), choices="\n".join(choices))


def fish() -> str:
    """For fish."""
    lines = ["complete -c mflab -f -n __fish_use_subcommand"]
    for name, parser in command_reference.verbs().items():
        lines.append(f"complete -c mflab -n __fish_use_subcommand -f -a {name} -d {_quoted(parser.told)}")
        lines += [_fish_option(name, action) for action in parser.options]
    return "\n".join(lines)


def _fish_option(name: str, action: Action) -> str:
    seen = f"-n '__fish_seen_subcommand_from {name}'"
    spelled = " ".join(
        f"-l {option[2:]}" if option.startswith("--") else f"-s {option[1:]}"
        for option in action.option_strings
    )
    values = (
        f" -x -a '{' '.join(map(str, action.choices))}'"
        if action.choices
        else " -r"
        if action.nargs != 0
        else ""
    )
    return f"complete -c mflab {seen} {spelled}{values} -d {_quoted(command_reference.told(action))}"


def _options(actions: Iterable[Action]) -> list[str]:
    return [option for action in actions for option in action.option_strings]


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
