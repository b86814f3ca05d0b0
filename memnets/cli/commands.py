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
from .evaluate import evaluate
from .export import export
from .listing import list_, show
from .report import report
from .study import STUDY_COMMANDS, Plan, Run, named
from .train import Train
from .version import version


def study(*_: str) -> int:
    """Run studies, and see how far they are: `memnets study plan|run|status|… --help`."""
    raise AssertionError("a group is taken apart before it is called")


def bench(*_: str) -> int:
    """Measure what things cost here: `memnets bench train|memory|store|envs|… --help`."""
    raise AssertionError("a group is taken apart before it is called")


COMMANDS: dict[str, Callable[..., Any]] = {
    "list": list_,
    "show": show,
    "train": Train,
    "evaluate": evaluate,
    "export": export,
    "study": study,
    "report": report,
    "bench": bench,
    "version": version,
}
GROUPS: dict[str, dict[str, Callable[..., Any]]] = {
    "study": STUDY_COMMANDS,
    "bench": BENCHES,
}
CHOOSING: dict[str, type[Run | Plan]] = {"study run": Run, "study plan": Plan}
SUMMARY = "Compare discrete and differentiable external memory in neural networks."


def dispatch(arguments: list[str]) -> int:
    """Run the command that the arguments name; its exit status."""
    if arguments[:1] == ["--version"]:
        return version()
    of_a_study = CHOOSING.get(" ".join(arguments[:2]))
    if of_a_study and arguments[2:] and not arguments[2].startswith("-"):
        # the study's own settings are the defaults, so that --help shows them
        chosen, prog = named(arguments[2]), f"memnets {' '.join(arguments[:2])}"
        default = of_a_study(chosen.name, chosen.seeds, procedure=chosen.procedure)
        with errors_in_one_line(prog, arguments):
            command = tyro.cli(of_a_study, prog=prog, args=arguments[2:], default=default)
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
