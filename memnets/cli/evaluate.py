"""Tests of a trained network or agent, on its own task or on another one that it fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tyro.conf import Positional

from studies.design.data import BadData
from studies.design.settings import seed_of
from studies.design.trial import TaskSpec

from .describe import table
from .train import values

if TYPE_CHECKING:
    from envs.tasks.base import Task
    from memnets.network import MemoryNetwork
    from studies.procedures.agent_training import Agent
    from studies.procedures.base import Row

SHOWN = ("address", "length", "number", "value", "accuracy", "sequence_accuracy", "errors")
AGENT_SHOWN = ("address", "episodes", "reward", "success")


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
    """Test a trained network or agent, also on sequences that it was not trained on.

    Args:
        trained: The folder of a trial that `memnets train` or `memnets study run` made, its
            checkpoint.pt, or a file that `memnets.save` wrote, which needs a --task.
        task: What to test it on: a name of `memnets list tasks`, or a .npz file of your own
            sequences; its own task by default.
        task_options: Names and values that differ from those of its own task, such as
            `from_file edges.csv max_nodes 40`; of another task, all that are not its defaults, such
            as `vocabulary 5` for a .npz that lacks the last of five symbols.
        lengths: Lengths to test at; the task's own test lengths by default. An agent's are options
            of its environment.
        sequences: Sequences of each test; of an agent, episodes.
        seed: Which sequences; that of the trial gives those of its own tests.
        which: Of a training that was to keep its best network, that one or the last; an agent has
            one.
        device: Where torch computes: cpu, cuda, cuda:1, …
    """
    own, changed = (lengths, sequences, seed), values(task_options or {})
    if (agent := _agent(trained, device)) is not None:
        if which != "best":
            raise BadData(f"{trained} is of an agent, which has its last weights only.")
        _print(_of_agent(agent, task, changed, *own), AGENT_SHOWN)
        return 0
    network, made = found(trained, device, which)
    asked = _asked(task, changed, made, trained)
    _require_fitting(network, made.build() if made else None, asked)
    _print(_of_network(network, asked, *own), SHOWN)
    return 0


def _of_network(
    network: MemoryNetwork, task: Task, lengths: tuple[int, ...], sequences: int, seed: int
) -> list[Row]:
    from studies.procedures import evaluation

    tested = task, lengths or task.test_lengths, sequences, seed
    return evaluation.evaluate(network, *tested) + evaluation.controls(network, *tested)


def _of_agent(
    agent: Agent,
    task: str | None,
    given: Mapping[str, Any],
    lengths: tuple[int, ...],
    episodes: int,
    seed: int,
) -> list[Row]:
    from studies.procedures.agent_evaluation import evaluate, under_other_addresses
    from studies.procedures.trained_agent import on

    if lengths:
        options = "--task-options min_length 20 max_length 20"
        raise BadData(f"an agent's lengths are options of its environment, such as {options}.")
    if episodes < 1:
        raise BadData(f"tests: sequences is {episodes}; it must be at least 1.")
    own = agent.trial.task
    changed = {**own.options, **given} if task in (None, own.name) else given
    agent = on(agent, TaskSpec(task or own.name, changed), episodes, seed_of(seed))
    return [evaluate(agent), *under_other_addresses(agent)]


def _agent(trained: Path, device: str) -> Agent | None:
    """The agent of a trial's folder or checkpoint; None where it is of no agent."""
    from studies.procedures.trained_agent import trained_agent

    from ..saved import is_saved

    file = _file(trained)
    return None if is_saved(file) else trained_agent(file, device)


def _print(rows: Sequence[Row], names: Sequence[str]) -> None:
    """A line per row, of the columns that any row has, and of errors that a task counts apart."""
    further = [name for name in rows[0] if name not in names and name.endswith("_error")]
    shown = [name for name in (*names, *further) if any(name in row for row in rows)]
    lines = [shown, *([_text(row.get(name)) for name in shown] for row in rows)]
    print(*table(lines), sep="\n")


def _file(path: Path) -> Path:
    return path / "checkpoint.pt" if path.is_dir() else path


def found(
    path: Path, device: str = "cpu", which: Literal["best", "last"] = "best"
) -> tuple[MemoryNetwork, TaskSpec | None]:
    """The network of a trial's folder, a checkpoint or a saved model, and its task if it is known.

    In evaluation mode. Raises ValueError for anything else.
    """
    from studies.procedures.trained import trained

    from ..saved import is_saved, load

    file = _file(path)
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
