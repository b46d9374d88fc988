"""`mflab completion`: a script that lets a shell complete verbs, options and their choices.

A shell asks for it whenever it starts, so it lies ready in `completions/`; `completion_scripts` writes it.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from lab.cli.exit_codes import Exit
from lab.cli.output import put
from lab.cli.verb_declaration import Verb, declare

FOLDER = Path(__file__).parents[1] / "completions"

_EXAMPLES = """\
  source <(mflab completion bash)                    # in ~/.bashrc
  source <(mflab completion zsh)                     # in ~/.zshrc, behind compinit
  mflab completion fish > ~/.config/fish/completions/mflab.fish"""


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, examples=_EXAMPLES)
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="which shell")


def run(args: Namespace) -> int:
    """Print the script."""
    if args.shell == "zsh":  # it understands bash's
        put("autoload -U +X bashcompinit && bashcompinit")
    script = FOLDER / ("mflab.fish" if args.shell == "fish" else "mflab.bash")
    put(script.read_text("utf-8"), end="")
    return Exit.OK
