"""Every option of every registered task and tape task, and of the environments on them."""

import dataclasses
from collections.abc import Iterator, Mapping
from inspect import signature
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from envs.env import TaskEnv
from envs.tapes import make_tape, tapes
from envs.tapes.env import TapeEnv
from envs.tapes.vector_env import TapeVectorEnv
from envs.tasks import make_task, tasks
from envs.tasks.arrays import Arrays
from envs.tasks.base import OWN_SEQUENCES
from envs.vector_env import TaskVectorEnv

from .law import Option

SHORT = {"min_length": 1, "max_length": 4, "kept": 1, "symbols": 8}
"""What keeps a task small while another of its options is tried."""
KINDS = (TaskEnv, TaskVectorEnv, TapeEnv, TapeVectorEnv)


def of_tasks() -> Iterator[Option]:
    for name in tasks:
        yield from _options(f"task {name}", tasks.get(name), lambda name=name: (name, _small(name)))


def of_own_sequences(folder: Path) -> Iterator[Option]:
    """Options of the task of one's own sequences, with a file in this folder."""
    path = folder / "own.npz"
    inputs, targets = np.zeros((4, 3, 2), np.float32), np.ones((4, 3, 1), np.float32)
    np.savez(path, inputs=inputs, targets=targets)
    yield from _options("task arrays", Arrays, lambda: (OWN_SEQUENCES, {"path": str(path)}))


def of_lengths() -> Iterator[Option]:
    """What a task's `sample` is called with."""
    for name in tasks:
        task = _task(name)

        def use(value: Any, task: Any = task) -> Any:
            return _batch(task.sample(np.random.default_rng(0), 2, value))

        if hasattr(type(task), "min_length"):
            yield Option(f"sample of {name}", "length", int | None, use)


def of_tapes() -> Iterator[Option]:
    for name in tapes:
        for field, hint in _fields(tapes.get(name)):

            def use(value: Any, name: str = name, field: str = field) -> Any:
                task = make_tape(name, **{field: value})
                env = TapeVectorEnv(task, 2, memory=True, memory_cells=4)
                env.reset(seed=0)
                env.action_space.seed(0)
                return env.step(env.action_space.sample())[:2]

            yield Option(f"tape {name}", field, hint, use)


def of_environments() -> Iterator[Option]:
    """What environments are made with, and reset with."""
    for kind in KINDS:
        types = get_type_hints(kind.__init__)
        for name in signature(kind).parameters:
            if name in ("task", "tape", "options"):
                continue

            def use(value: Any, kind: Any = kind, name: str = name) -> Any:
                env = kind("copy", **{name: value})
                env.reset(seed=0)
                env.action_space.seed(0)
                env.step(env.action_space.sample())
                env.close()

            yield Option(kind.__name__, name, types[name], use)

        def seeded(value: Any, kind: Any = kind) -> Any:
            kind("copy").reset(seed=value)

        yield Option(f"{kind.__name__}.reset", "seed", int | list[int] | None, seeded, seed=True)

        def long(value: Any, kind: Any = kind) -> Any:
            kind("copy").reset(seed=0, options={"length": value})

        if kind in (TaskEnv, TaskVectorEnv):
            yield Option(f"{kind.__name__}.reset", "length", int | None, long)


def _options(owner: str, make: Any, named: Any) -> Iterator[Option]:
    for field, hint in _fields(make):

        def use(value: Any, field: str = field) -> Any:
            name, base = named()
            task = make_task(name, **{**base, field: value})
            return _used(task)

        yield Option(owner, field, hint, use)


def _fields(make: Any) -> Iterator[tuple[str, Any]]:
    if dataclasses.is_dataclass(make):
        types = get_type_hints(make)
        yield from ((field.name, types[field.name]) for field in dataclasses.fields(make))
        return
    types = get_type_hints(make)
    yield from ((name, types[name]) for name in signature(make).parameters)


def _task(name: str) -> Any:
    return make_task(name, **_small(name))


def _small(name: str) -> Mapping[str, Any]:
    """Options that keep a task small, as far as it has and takes them."""
    known = {field for field, _ in _fields(tasks.get(name))}
    small: dict[str, Any] = {}
    for option, value in SHORT.items():
        if option in known:
            try:
                make_task(name, **small, **{option: value})
                small[option] = value
            except ValueError:
                continue
    return small


def _used(task: Any) -> Any:
    """A batch and what is known of the task, as numbers."""
    rng = np.random.default_rng(0)
    sizes = dict(task.network_sizes)
    assert all(type(size) is int for size in sizes.values()), sizes
    low, high = task.lengths
    assert type(low) is int and type(high) is int
    batch = task.sample(rng, 2, low)
    return {"chance": task.chance_bits(low), "batch": _batch(batch), "tests": task.test_lengths}


def _batch(batch: Any) -> Any:
    return {"inputs": batch.inputs_TBX, "targets": batch.targets_TBY}
