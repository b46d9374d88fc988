"""`mflab completion`: a script that was made beforehand, so that nothing is loaded for it."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from lab.cli.exit_codes import Exit
from lab.cli.output import put
from lab.cli.verb_declaration import Verb, declare

COMPLETIONS = Path(__file__).parents[1] / "completions"

_COMPLETION_EXAMPLES = """\
  source <(mflab completion bash)                    # in ~/.bashrc
  source <(mflab completion zsh)                     # in ~/.zshrc, behind compinit
  mflab completion fish > ~/.config/fish/completions/mflab.fish"""


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, completion, examples=_COMPLETION_EXAMPLES)
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="which shell")


def completion(args: Namespace) -> int:
    """Print the script."""
    if args.shell == "zsh":  # it understands bash's
        put("autoload -U +X bashcompinit && bashcompinit")
    script = COMPLETIONS / ("mflab.fish" if args.shell == "fish" else "mflab.bash")
    put(script.read_text("utf-8"), end="")
    return Exit.OK
