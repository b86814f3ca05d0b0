"""The `memnets` command: list, show, train, study, report, bench.

The composition root: the one module that may import everything, and that nothing imports. What is
slow to import is imported by the command that needs it.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro
from tyro.conf import AvoidSubcommands, Positional

from envs.tasks import tasks
from memnets.registry import BrokenPlugin, Registry, UnknownName, cells, controllers, estimators
from memnets.spec import ModelSpec
from studies.study import Study, studies
from studies.trial import TaskSpec, Training

if TYPE_CHECKING:
    from studies.store import ResultStore

KINDS: dict[str, Registry[Any]] = {
    "cells": cells,
    "estimators": estimators,
    "controllers": controllers,
    "tasks": tasks,
    "studies": studies,
}
Kind = Literal["all", "cells", "estimators", "controllers", "tasks", "studies"]
Options = dict[str, str]


def list_(kind: Positional[Kind] = "all") -> int:
    """List what is registered, plug-ins included, with one line each; imports none of it."""
    for name, registry in KINDS.items():
        if kind in ("all", name):
            _table([(entry, registry.summary(entry)) for entry in registry], title=name)
    return 0


def show(name: Positional[str]) -> int:
    """Show what a name stands for: its documentation and its options with their defaults."""
    found = [(kind, registry) for kind, registry in KINDS.items() if name in registry]
    if not found:
        known = ", ".join(sorted({entry for registry in KINDS.values() for entry in registry}))
        raise UnknownName(f"nothing is registered as {name!r}; known names: {known}.")
    for kind, registry in found:
        thing = registry.get(name)
        print(f"{name} ({kind})\n\n{inspect.getdoc(thing) or ''}\n")
        if kind == "studies":
            _show_study(thing())
            continue
        options = [
            (f"{p.name}: {p.annotation}", f"default {p.default!r}")
            for p in inspect.signature(thing).parameters.values()
            if p.kind is inspect.Parameter.KEYWORD_ONLY
        ]
        _table(options, title="options")
    return 0


@dataclass(frozen=True)
class Train:
    """Train one model on one task, with a live line, a checkpoint, and a saved model at the end.

    The same command again goes on where it stopped. Options are pairs of a name and a value, as in
    `--cell-options slots 32 width 8`; `memnets show ntm` says which there are.
    """

    cell: str = "ntm"
    estimator: str = "soft"
    controller: str = "lstm"
    task: str = "copy"
    controller_size: int = 100
    cell_options: Options = field(default_factory=dict)
    estimator_options: Options = field(default_factory=dict)
    controller_options: Options = field(default_factory=dict)
    task_options: Options = field(default_factory=dict)
    training: Training = field(default_factory=Training)
    """How to train; every field is part of the identity of what is trained."""
    seed: int = 0
    folder: Path = Path("runs/train")
    """Where the trial's folder goes; it holds rows, checkpoint and model."""
    checkpoint: Path | None = None
    """Go on from this checkpoint, which must be of the same trial, in place of the folder's."""
    device: str = "cpu"
    threads: int = 1

    def __call__(self) -> int:
        model = ModelSpec(
            self.cell,
            self.estimator,
            self.controller,
            self.controller_size,
            _values(self.cell_options),
            _values(self.estimator_options),
            _values(self.controller_options),
        )
        task = TaskSpec(self.task, _values(self.task_options))
        study = Study(
            name="train",
            question=f"Does {model.label} learn {self.task}?",
            tasks={self.task: task},
            models={model.label: model},
            training=self.training,
            seeds=(self.seed,),
        )
        from studies.single import train_one

        saved = train_one(study, self.folder, self.checkpoint, self.device, self.threads)
        if saved is None:
            return 1
        print(f"model saved to {saved}")
        return 0


@dataclass(frozen=True)
class Run:
    """Run what a study still lacks; the same command again, after any stop, finishes it.

    `memnets study run NAME --help` shows the study's own settings, any of which can be changed
    here; a changed setting makes other trials, and those already run are kept.
    """

    study: Positional[str]
    seeds: tuple[int, ...] = ()
    """Seeds to run; those of the study where none are named."""
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

        study = _study(self.study)
        study = replace(study, training=self.training, seeds=self.seeds or study.seeds)
        summary = run(
            study,
            ResultStore(self.folder / study.name),
            workers=self.workers,
            address=self.address,
            device=self.device,
            threads=self.threads,
        )
        return 130 if summary.interrupted else int(summary.failed > 0)


def status(study: Positional[str], folder: Path = Path("runs")) -> int:
    """Say how far a study is: per model, its trials that are done, failed or missing."""
    store = _results(folder / study)
    facts, failures = store.facts(), store.failures()
    wanted = len(store.study["trials"])
    for model in sorted({trial.model_label for trial in store.trials()}):
        done, failed = (int((frame["model"] == model).sum()) for frame in (facts, failures))
        print(f"{model:28} {done} done, {failed} failed")
    print(f"{study}: {len(facts)} of {wanted} trials done, {len(failures)} failed")
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

    page = build(_results(folder / study), folder / study / "report")
    print(page)
    if open:
        import webbrowser

        webbrowser.open(page.resolve().as_uri())
    return 0


def bench_envs(task: Positional[str] = "copy", num_envs: int = 256, seconds: float = 2.0) -> int:
    """Steps per second of the vectorised environment of a task, on one core."""
    from envs.benchmark import benchmark

    result = benchmark(task, num_envs, seconds)
    print(f"{task}: {result['steps_per_second'] / 1e6:.2f} M steps/s with {num_envs} environments")
    return 0


def study(*_: str) -> int:
    """Run studies, and see how far they are: `memnets study run|status|list --help`."""
    raise AssertionError("a group is taken apart before it is called")


def bench(*_: str) -> int:
    """Measure: `memnets bench envs --help`."""
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
    "study": {"run": Run, "status": status, "list": list_studies},
    "bench": {"envs": bench_envs},
}
SUMMARY = "Compare discrete and differentiable external memory in neural networks."


def main(argv: list[str] | None = None) -> int:
    """Run one command; 2 and one line on standard error where what was asked cannot be done."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(arguments)
    except (LookupError, ValueError, BrokenPlugin, OSError) as error:
        text = str(error.args[0] if isinstance(error, LookupError) and error.args else error)
        print(f"memnets: {' '.join(text.split())}", file=sys.stderr)
        return 2


def _dispatch(arguments: list[str]) -> int:
    group = arguments[0] if arguments and arguments[0] in GROUPS else ""
    commands, rest = (GROUPS[group], arguments[1:]) if group else (COMMANDS, arguments)
    if group == "study" and rest[:1] == ["run"] and rest[1:2] and not rest[1].startswith("-"):
        chosen = _study(rest[1])
        default = Run(chosen.name, chosen.seeds, chosen.training)
        return tyro.cli(
            AvoidSubcommands[Run], prog="memnets study run", args=rest[1:], default=default
        )()
    prog, summary = (
        (f"memnets {group}", inspect.getdoc(COMMANDS[group]))
        if group
        else (
            "memnets",
            SUMMARY,
        )
    )
    result = tyro.extras.subcommand_cli_from_dict(
        commands, prog=prog, description=summary, args=rest, config=(AvoidSubcommands,)
    )
    return result() if callable(result) else result


def _study(name: str) -> Study:
    found = studies.get(name)()
    if not isinstance(found, Study):
        raise UnknownName(f"{name!r} is a {type(found).__name__}, not a Study.")
    return found


def _results(folder: Path) -> ResultStore:
    from studies.store import NotResults, ResultStore

    if not folder.is_dir():
        run_there = [path.parent.name for path in sorted(folder.parent.glob("*/study.json"))]
        known = f"; {folder.parent} holds {', '.join(run_there)}" if run_there else ""
        raise NotResults(f"no results in {folder}: run the study first{known}.")
    return ResultStore(folder)


def _show_study(study: Study) -> None:
    print(f"{study.question}\n")
    _table(
        [(name, f"{spec.name} {dict(spec.options)}") for name, spec in study.tasks.items()], "tasks"
    )
    _table(
        [
            (name, f"controller {m.controller} {m.controller_size}, {dict(m.cell_options)}")
            for name, m in study.models.items()
        ],
        "models",
    )
    print(f"{study.training}\n\nseeds {study.seeds}: {len(list(study.trials()))} trials")


def _values(options: Options) -> dict[str, Any]:
    return {name: _value(text) for name, text in options.items()}


def _value(text: str) -> Any:
    lowered = {"True": "true", "False": "false", "None": "null"}.get(text, text)
    try:
        return json.loads(lowered)
    except ValueError:
        return text


def _table(rows: Iterable[tuple[str, str]], title: str) -> None:
    rows = list(rows)
    width = max((len(left) for left, _ in rows), default=0)
    print(title)
    for left, right in rows:
        print(f"  {left:{width}}  {right}")
    print()


if __name__ == "__main__":
    sys.exit(main())
