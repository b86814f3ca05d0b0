"""Tests of a trained network, on its own task or on another one that it fits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tyro.conf import Positional

from studies.design.data import BadData
from studies.design.trial import TaskSpec

from .describe import table
from .train import values

if TYPE_CHECKING:
    from envs.tasks.base import Task

SHOWN = ("address", "length", "number", "value", "accuracy", "sequence_accuracy", "errors")


def test(
    checkpoint: Positional[Path],
    task: str | None = None,
    task_options: dict[str, str] | None = None,
    lengths: tuple[int, ...] = (),
    sequences: int = 128,
    seed: int = 0,
    device: str = "cpu",
) -> int:
    """Test a trained network, also on sequences that it was not trained on.

    Args:
        checkpoint: A checkpoint.pt that `memnets train` or `memnets study run` wrote.
        task: What to test it on: a name of `memnets list tasks`, or a .npz file of your own
            sequences; its own task by default.
        task_options: Names and values that differ from those of its own task, such as
            `from_file edges.csv max_nodes 40`; of another task, all that are not its defaults, such
            as `vocabulary 5` for a .npz that lacks the last of five symbols.
        lengths: Lengths to test at; the task's own test lengths by default.
        sequences: Sequences of each test.
        seed: Which sequences; that of the trial gives those of its own tests.
        device: Where torch computes: cpu, cuda, cuda:1, …
    """
    from studies.procedures.evaluation import controls, evaluate
    from studies.procedures.trained import trained

    trial, network = trained(checkpoint, device)
    given = values(task_options or {})
    own = trial.task.build()
    if task and task.endswith(".npz"):
        asked = TaskSpec.of_file(task, **given).build()
    else:
        same = task in (None, trial.task.name)
        options = {**trial.task.options, **given} if same else given
        asked = TaskSpec(task or trial.task.name, options).build()
    _require_fitting(own, asked)
    tested = asked, lengths or asked.test_lengths, sequences, seed
    rows = evaluate(network, *tested) + controls(network, *tested)
    further = [name for name in rows[0] if name not in SHOWN and name.endswith("_error")]
    shown = [name for name in (*SHOWN, *further) if any(name in row for row in rows)]
    lines = [shown, *([_text(row.get(name)) for name in shown] for row in rows)]
    print(*table(lines), sep="\n")
    return 0


def _require_fitting(own: Task, asked: Task) -> None:
    """Raise BadData where a network for one task cannot be tested on the other."""
    sizes, needed = own.network_sizes, asked.network_sizes
    if sizes != needed:
        raise BadData(
            f"the network was trained with {_said(sizes)}; on this task it needs {_said(needed)}."
        )
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
