"""The `memnets` command: list, show, train, study, report, bench.

The composition root: the one module that may import everything, and that nothing imports. What is
slow to import is imported by the command that needs it.
"""

from __future__ import annotations

import difflib
import inspect
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import tyro
from tyro.conf import Positional

from envs.tasks import tasks
from studies.design.study import studies

from ..registry import (
    BrokenPlugin,
    Registry,
    UnknownName,
    cells,
    controllers,
    estimators,
    regularisers,
)
from .bench import BENCHES, Measurements
from .describe import backends, columns, describe, results
from .errors import errors_in_one_line
from .study import STUDY_COMMANDS, Run, named
from .train import Train

KINDS: dict[str, Registry[Any]] = {
    "cells": cells,
    "estimators": estimators,
    "controllers": controllers,
    "regularisers": regularisers,
    "tasks": tasks,
    "studies": studies,
}
Kind = Literal["all", "cells", "estimators", "controllers", "regularisers", "tasks", "studies"]


def list_(kind: Positional[Kind] = "all") -> int:
    """List what is registered, plug-ins included, with one line each; imports none of it."""
    for name, registry in KINDS.items():
        if kind in ("all", name):
            _table([(entry, registry.summary(entry)) for entry in registry], title=name)
    return 0


def show(name: Positional[str], backend: bool = False) -> int:
    """Show what a name stands for: its documentation and its options with their defaults.

    With --backend: what backend auto comes to for every model of a cell or of a study, and why.
    """
    found = [(kind, registry) for kind, registry in KINDS.items() if name in registry]
    if not found:
        known = sorted({entry for registry in KINDS.values() for entry in registry})
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else "See memnets list."
        raise UnknownName(f"nothing is registered as {name!r}. {hint}")
    for kind, registry in found:
        thing = registry.get(name)
        if backend:
            print(f"{name} ({kind})", *backends(kind, name), "", sep="\n")
            continue
        print(f"{name} ({kind})\n\n{inspect.getdoc(thing) or ''}\n")
        if kind == "studies":
            print(*describe(thing()), sep="\n")
            continue
        options = [
            (f"{p.name}: {p.annotation}", f"default {p.default!r}")
            for p in inspect.signature(thing).parameters.values()
            if p.kind is inspect.Parameter.KEYWORD_ONLY
        ]
        _table(options, title="options")
    return 0


def report(study: Positional[str], folder: Path = Path("runs"), open: bool = False) -> int:
    """Build a study's report, FOLDER/STUDY/report/index.html, from its results so far.

    Beside the page lie its figures (svg, png), tables (csv, tex, md) and rows (results.csv). With
    --open the page is shown in the browser.
    """
    from reports import build

    page = build(results(folder / study), folder / study / "report")
    print(page)
    if open:
        import webbrowser

        webbrowser.open(page.resolve().as_uri())
    return 0


def study(*_: str) -> int:
    """Run studies, and see how far they are: `memnets study run|status|list|… --help`."""
    raise AssertionError("a group is taken apart before it is called")


def bench(*_: str) -> int:
    """Measure what things cost here: `memnets bench train|memory|envs|peers --help`."""
    raise AssertionError("a group is taken apart before it is called")


COMMANDS: dict[str, Callable[..., Any]] = {
    "list": list_,
    "show": show,
    "train": Train,
    "study": study,
    "report": report,
    "bench": bench,
}
GROUPS: dict[str, dict[str, Callable[..., Any]]] = {
    "study": STUDY_COMMANDS,
    "bench": BENCHES,
}
SUMMARY = "Compare discrete and differentiable external memory in neural networks."


def main(argv: list[str] | None = None) -> int:
    """Run one command; 2 and one line on standard error where what was asked cannot be done."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(arguments)
    except BrokenPipeError:
        # whoever read the output has seen enough; nothing is left to flush to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (LookupError, ValueError, BrokenPlugin, OSError) as error:
        text = str(error.args[0] if isinstance(error, LookupError) and error.args else error)
        print(f"memnets: {' '.join(text.split())}", file=sys.stderr)
        return 2


def _dispatch(arguments: list[str]) -> int:
    if arguments[:2] == ["study", "run"] and arguments[2:] and not arguments[2].startswith("-"):
        # the study's own settings are the defaults, so that --help shows them
        chosen = named(arguments[2])
        default = Run(chosen.name, chosen.seeds, chosen.training)
        with errors_in_one_line("memnets study run"):
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
    with errors_in_one_line(f"{prog} {first}" if first in commands else prog):
        result = tyro.extras.subcommand_cli_from_dict(
            commands, prog=prog, description=summary, args=arguments
        )
    outcome = result() if callable(result) else result
    if not isinstance(outcome, Measurements):
        return outcome
    from reports.bench import present

    return present(outcome)


def _table(rows: Iterable[tuple[str, str]], title: str) -> None:
    print(title, *columns(rows), "", sep="\n")
