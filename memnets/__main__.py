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
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import tyro
from tyro.conf import Positional

from envs.tasks import tasks
from memnets.complaint import errors_in_one_line
from memnets.registry import (
    BrokenPlugin,
    Registry,
    UnknownName,
    cells,
    controllers,
    estimators,
    regularisers,
)
from studies.bench.commands import BENCHES, Measurements
from studies.overview import backends, columns, describe, failed, progress, results
from studies.single import Train
from studies.study import Study, studies
from studies.trial import Training

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


@dataclass(frozen=True)
class Run:
    """Run what a study still lacks; the same command again, after any stop, finishes it.

    `memnets study run NAME --help` shows the study's own settings. A setting changed here makes
    other trials; those already run are kept, but status and reports show the trials of the last
    call. A setting left as it is leaves what the study has for one task or model in force.
    """

    study: Positional[str]
    seeds: tuple[int, ...] = ()
    """Seeds to run."""
    training: Training = field(default_factory=Training)
    workers: int = 2
    """Local worker processes of one thread each; 0 runs in this process, for debugging."""
    address: str | None = None
    """Scheduler of a dask cluster to use in place of local workers, as in tcp://host:8786."""
    folder: Path = Path("runs")
    """Where results go: FOLDER/STUDY/TRIAL."""
    device: str = "cpu"
    threads: int = 1

    def __call__(self) -> int:
        from studies import ResultStore
        from studies.executor import run

        study = replace(_study(self.study).with_training(self.training), seeds=self.seeds)
        store = ResultStore(self.folder / study.name)
        summary = run(
            study,
            store,
            workers=self.workers,
            address=self.address,
            device=self.device,
            threads=self.threads,
        )
        for line in failed(store):
            print(line)
        return 130 if summary.interrupted else int(summary.failed > 0)


def status(study: Positional[str], folder: Path = Path("runs")) -> int:
    """Say how far a study is: per model, its trials that are done, failed or missing."""
    print(*progress(results(folder / study)), sep="\n")
    return 0


def tensorboard(study: Positional[str], folder: Path = Path("runs")) -> int:
    """Write a study's rows as TensorBoard event files; needs the extra `tensorboard`."""
    from studies.tensorboard import export

    written = export(results(folder / study), folder / study / "tensorboard")
    print(f"tensorboard --logdir {written}")
    return 0


def list_studies(folder: Path = Path("runs")) -> int:
    """List the studies, with the number of finished trials of those that were run in FOLDER."""
    rows = []
    for name in studies:
        done = len(list((folder / name).glob("*/done.json")))
        rows.append((name, f"{studies.summary(name)}{f'  [{done} trials done]' if done else ''}"))
    _table(rows, title="studies")
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
    "study": {"run": Run, "status": status, "list": list_studies, "tensorboard": tensorboard},
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
        chosen = _study(arguments[2])
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


def _study(name: str) -> Study:
    found = studies.get(name)()
    if not isinstance(found, Study):
        raise UnknownName(f"{name!r} is a {type(found).__name__}, not a Study.")
    return found


def _table(rows: Iterable[tuple[str, str]], title: str) -> None:
    print(title, *columns(rows), "", sep="\n")


if __name__ == "__main__":
    sys.exit(main())
