"""Tests of a trained network, on its own task or on another one that it fits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tyro.conf import Positional

from studies.design.data import BadData
from studies.design.trial import TaskSpec

from .describe import table
from .train import values

if TYPE_CHECKING:
    from envs.tasks.base import Task
    from memnets.network import MemoryNetwork

SHOWN = ("address", "length", "number", "value", "accuracy", "sequence_accuracy", "errors")


def evaluate(
    trained: Positional[Path],
    task: str | None = None,
    task_options: dict[str, str] | None = None,
    lengths: tuple[int, ...] = (),
    sequences: int = 128,
    seed: int = 0,
    which: Literal["best", "last"] = "best",
    device: str = "cpu",
) -> int:
    """Test a trained network, also on sequences that it was not trained on.

    Args:
        trained: The folder of a trial that `memnets train` or `memnets study run` made, its
            checkpoint.pt, or a file that `memnets.save` wrote, which needs a --task.
        task: What to test it on: a name of `memnets list tasks`, or a .npz file of your own
            sequences; its own task by default.
        task_options: Names and values that differ from those of its own task, such as
            `from_file edges.csv max_nodes 40`; of another task, all that are not its defaults, such
            as `vocabulary 5` for a .npz that lacks the last of five symbols.
        lengths: Lengths to test at; the task's own test lengths by default.
        sequences: Sequences of each test.
        seed: Which sequences; that of the trial gives those of its own tests.
        which: Of a training that was to keep its best network, that one or the last.
        device: Where torch computes: cpu, cuda, cuda:1, …
    """
    from studies.procedures import evaluation

    network, own = found(trained, device, which)
    asked = _asked(task, values(task_options or {}), own, trained)
    _require_fitting(network, own.build() if own else None, asked)
    tested = asked, lengths or asked.test_lengths, sequences, seed
    rows = evaluation.evaluate(network, *tested) + evaluation.controls(network, *tested)
    further = [name for name in rows[0] if name not in SHOWN and name.endswith("_error")]
    shown = [name for name in (*SHOWN, *further) if any(name in row for row in rows)]
    lines = [shown, *([_text(row.get(name)) for name in shown] for row in rows)]
    print(*table(lines), sep="\n")
    return 0


def found(
    path: Path, device: str = "cpu", which: Literal["best", "last"] = "best"
) -> tuple[MemoryNetwork, TaskSpec | None]:
    """The network of a trial's folder, a checkpoint or a saved model, and its task if it is known.

    In evaluation mode. Raises ValueError for anything else.
    """
    from studies.procedures.trained import trained

    from ..saved import is_saved, load

    file = path / "checkpoint.pt" if path.is_dir() else path
    if is_saved(file):
        if which != "best":
            raise BadData(f"{file} holds one network: ask a trial's folder for the {which}.")
        network, _ = load(file)
        return network.to(device), None
    trial, network = trained(file, device, which)
    return network, trial.task


def _asked(task: str | None, given: Mapping[str, Any], own: TaskSpec | None, trained: Path) -> Task:
    """The task to test on."""
    if task and task.endswith(".npz"):
        return TaskSpec.of_file(task, **given).build()
    if own is None and task is None:
        raise BadData(f"{trained} is a model without its task: say --task, as in --task copy.")
    same = own is not None and task in (None, own.name)
    options = {**own.options, **given} if own and same else given
    name = own.name if own and task is None else str(task)
    return TaskSpec(name, options).build()


def _require_fitting(network: MemoryNetwork, own: Task | None, asked: Task) -> None:
    """Raise BadData where a network cannot be tested on a task; `own` is what it was trained on."""
    from ..saved import sizes_of

    sizes, needed = sizes_of(network), asked.network_sizes
    if sizes != needed:
        raise BadData(
            f"the network was trained with {_said(sizes)}; on this task it needs {_said(needed)}."
        )
    if own is None:
        return
    if own.answer != asked.answer:
        raise BadData(f"the network answers with {own.answer}; this task asks for {asked.answer}.")
    words, others = (task.facts().get("vocabulary") for task in (own, asked))
    if words != others:
        raise BadData("the network was trained with other words than those of this task.")


def _said(sizes: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in sizes.items())


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
