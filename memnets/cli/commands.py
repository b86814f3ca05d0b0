"""Which commands there are, and how one is called with what was typed.

What is slow to import is imported by the command that needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tyro

from ..registry import UnknownName
from .bench import BENCHES, finish
from .errors import errors_in_one_line
from .listing import list_, show
from .report import report
from .study import STUDY_COMMANDS, Run, named
from .test import test
from .train import Train
from .version import version


def study(*_: str) -> int:
    """Run studies, and see how far they are: `memnets study run|status|list|… --help`."""
    raise AssertionError("a group is taken apart before it is called")


def bench(*_: str) -> int:
    """Measure what things cost here: `memnets bench train|memory|envs|peers|gpu|device --help`."""
    raise AssertionError("a group is taken apart before it is called")


COMMANDS: dict[str, Callable[..., Any]] = {
    "list": list_,
    "show": show,
    "train": Train,
    "test": test,
    "study": study,
    "report": report,
    "bench": bench,
    "version": version,
}
GROUPS: dict[str, dict[str, Callable[..., Any]]] = {
    "study": STUDY_COMMANDS,
    "bench": BENCHES,
}
SUMMARY = "Compare discrete and differentiable external memory in neural networks."


def dispatch(arguments: list[str]) -> int:
    """Run the command that the arguments name; its exit status."""
    if arguments[:1] == ["--version"]:
        return version()
    if arguments[:2] == ["study", "run"] and arguments[2:] and not arguments[2].startswith("-"):
        # the study's own settings are the defaults, so that --help shows them
        chosen = named(arguments[2])
        default = Run(chosen.name, chosen.seeds, procedure=chosen.procedure)
        with errors_in_one_line("memnets study run", arguments):
            command = tyro.cli(Run, prog="memnets study run", args=arguments[2:], default=default)
        return command()
    if arguments and arguments[0] in GROUPS:
        group, *rest = arguments
        return _one_of(GROUPS[group], f"memnets {group}", COMMANDS[group].__doc__ or "", rest)
    return _one_of(COMMANDS, "memnets", SUMMARY, arguments)


def _one_of(
    commands: dict[str, Callable[..., Any]], prog: str, summary: str, arguments: list[str]
) -> int:
    first = arguments[0] if arguments else "--help"
    if first not in commands and not first.startswith("-"):
        raise UnknownName(f"{prog} has no command {first!r}; it has {', '.join(commands)}.")
    with errors_in_one_line(f"{prog} {first}" if first in commands else prog, arguments):
        result = tyro.extras.subcommand_cli_from_dict(
            commands, prog=prog, description=summary, args=arguments
        )
    return finish(result() if callable(result) else result)
