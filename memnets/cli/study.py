"""The commands of `memnets study`; nothing here imports torch before it is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from studies.design.study import Study, studies
from studies.procedures.base import Procedure
from studies.procedures.supervised import Supervised

from ..registry import UnknownName
from . import trials
from .assignments import amounts, assigned
from .describe import columns, plan_lines, progress, results
from .study_file import of_file
from .watch import watch


def named(study: str) -> Study:
    """The study registered under a name, or that of a file: "./mine.py:study".

    Raises UnknownName where there is none, and BrokenPlugin for a file that does not import.
    """
    path, _, name = study.rpartition(":")
    if study.endswith(".py"):
        path, name = study, ""
    found = of_file(Path(path), name) if path.endswith(".py") else studies.get(study)
    if isinstance(found, Study):
        return found
    try:
        inspect.signature(found).bind()
    except (TypeError, ValueError) as error:
        raise UnknownName(
            f"{study!r} does not make a study: it must be a function without arguments ({error})."
        ) from error
    made = found()
    if not isinstance(made, Study):
        raise UnknownName(f"{study!r} makes a {type(made).__name__}, not a Study.")
    return made


@dataclass(frozen=True)
class Chosen:
    """Which trials of which study; a setting that differs from the study's makes other trials."""

    study: Positional[str]
    """A name of `memnets study list`, or what a Python file of yours calls a Study, or a function
    that makes one: ./mine.py:study."""
    seeds: tuple[int, ...] = ()
    """Seeds to run."""
    tasks: tuple[str, ...] = ()
    """Tasks to run, by their names in the study or patterns such as 'copy*'; all by default."""
    models: tuple[str, ...] = ()
    """Models to run, likewise, such as 'ntm*' 'no memory*'."""
    assignments: Annotated[tuple[str, ...], arg(name="set", metavar="NAME=VALUE")] = ()
    """Values for every trial: a field of the procedure, or after 'model.' or 'task.' of every model
    or task, such as learning_rate=0.003 model.cell_options.slots=64 task.max_length=10."""
    procedure: Procedure = field(default_factory=Supervised)
    """How trials are made: the settings of the study's own procedure."""
    workers: int = 2
    """Local worker processes of one thread each; 0 runs in this process, for debugging."""
    folder: Path = Path("runs")
    """Where results go: FOLDER/STUDY/TRIAL."""
    device: str = "cpu"
    """Where torch computes, on every worker: cpu, cuda, cuda:1, … With cuda, local workers take
    turns with the GPUs that there are."""
    threads: int = 1
    """Threads of torch and of the kernels, in every worker."""

    def chosen(self) -> Study:
        """The study, with what was asked for."""
        whole = named(self.study).with_procedure(self.procedure)
        part = replace(whole.part(self.tasks, self.models), seeds=self.seeds)
        return assigned(part, self.assignments) if self.assignments else part


@dataclass(frozen=True)
class Run(Chosen):
    """Run what a study still lacks; the same command again, after any stop, finishes it.

    The same command in two shells, or on two machines that share FOLDER, shares the trials.

    `memnets study run NAME --help` shows the study's own settings. A setting changed here makes
    other trials; those already run are kept, but status and reports show the trials of the last
    call. A setting left as it is leaves what the study has for one task or model in force.
    """

    retries: int = 1
    """How often a trial whose worker dies goes on with another worker before it counts as failed.
    What fails with an error would fail again, and is left to the next run."""
    tensorboard: bool = False
    """Write TensorBoard event files into FOLDER/STUDY/tensorboard while it runs; needs the extra
    `tensorboard`."""
    scheduler: str | None = None
    """Scheduler of a dask cluster to use in place of local workers, as in tcp://host:8786, or the
    file that `dask scheduler --scheduler-file` wrote; its workers need not see FOLDER."""
    resources: Annotated[tuple[str, ...], arg(metavar="[MODELS:]NAME=AMOUNT")] = ()
    """What a trial takes of a worker that was started with `dask worker --resources`: with GPU=0.5
    two trials share a worker's GPU. Models that take something else are named before a colon,
    "dnc*:GPU=1"."""

    def __call__(self) -> int:
        from studies.running.executor import run
        from studies.running.store import ResultStore
        from studies.running.tensorboard import TensorBoard

        study = self.chosen()
        store = ResultStore(self.folder / study.name)
        live = [TensorBoard(store.folder / "tensorboard")] if self.tensorboard else []
        summary = run(
            study,
            store,
            workers=self.workers,
            scheduler=self.scheduler,
            device=self.device,
            threads=self.threads,
            resources=amounts(self.resources),
            retries=self.retries,
            callbacks=live,
        )
        return 130 if summary.interrupted else int(summary.failed > 0)


@dataclass(frozen=True)
class Plan(Chosen):
    """Say what `memnets study run` would do: trials, parameters and time, before anything runs.

    It makes and times a few updates and one test of each model on each task, on one core, and
    writes nothing. The time is that of trials to their end: those that stop once they are solved
    take less, and kernels that are compiled at first take a minute or two more.
    """

    def __call__(self) -> int:
        from studies.running.plan import planned
        from studies.running.store import ResultStore

        study = self.chosen()
        plan = planned(study, ResultStore(self.folder / study.name), self.device, self.threads)
        print(*plan_lines(plan, max(self.workers, 1)), sep="\n")
        return 0


def status(study: Positional[str], folder: Path = Path("runs")) -> int:
    """Say how far a study is: per model, its trials that are done, failed or missing."""
    print(*progress(results(folder / study)), sep="\n")
    return 0


def tensorboard(study: Positional[str], folder: Path = Path("runs")) -> int:
    """Write a study's rows as TensorBoard event files; needs the extra `tensorboard`."""
    from studies.running.tensorboard import export

    written = export(results(folder / study), folder / study / "tensorboard")
    print(f"tensorboard --logdir {written}")
    return 0


def export(
    study: Positional[str], form: Positional[str] = "csv", folder: Path = Path("runs")
) -> int:
    """Write a study's rows for other tools into FOLDER/STUDY/export: csv, parquet or marl-eval.

    csv and parquet have all rows with their factors; Parquet needs pyarrow. marl-eval is the JSON
    of that package: the tests of the own address at trained lengths, by task, model and seed.
    """
    from studies.running.export import export as written

    print(written(results(folder / study), form, folder / study / "export"))
    return 0


def list_(study: Positional[str] = "", folder: Path = Path("runs")) -> int:
    """List the studies, with the number of trials that are done in FOLDER; or the trials of one.

    `memnets study list STUDY` shows every trial's id, whether it is done, failed, begun or not
    begun, and its rows; `memnets study remove` and `retry` take trials by these ids.
    """
    if study:
        print(*trials.list_trials(results(folder / study)), sep="\n")
        return 0
    rows = []
    for name in studies:
        done = len(list((folder / name).glob("*/done.json")))
        rows.append((name, f"{studies.summary(name)}{f'  [{done} trials done]' if done else ''}"))
    print("studies", *columns(rows), "", sep="\n")
    return 0


STUDY_COMMANDS: dict[str, Callable[..., Any]] = {
    "run": Run,
    "plan": Plan,
    "status": status,
    "watch": watch,
    "list": list_,
    "verify": trials.verify,
    "remove": trials.remove,
    "retry": trials.retry,
    "migrate": trials.migrate,
    "export": export,
    "tensorboard": tensorboard,
}
