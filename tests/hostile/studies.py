"""What studies, trials, runs and tests of trained networks are given beside their procedure."""

import itertools
from collections.abc import Iterator
from dataclasses import fields
from inspect import signature
from pathlib import Path
from typing import Any, get_type_hints

from studies.design.search import Search
from studies.design.study import Study
from studies.design.trial import TaskSpec, Trial
from studies.procedures.evaluation import evaluate
from studies.procedures.supervised import Supervised
from studies.running.executor import run
from studies.running.store import ResultStore

from .law import Option
from .procedures import MODEL, TASK, needed, parts_of, settings_of, small
from .values import HOSTILE

QUICK = Supervised(**small(Supervised, "supervised"))
SEEDS = ("seed", "seeds")


def of_design() -> Iterator[Option]:
    """Fields of TaskSpec, Trial and Study."""
    given: dict[type, dict[str, Any]] = {
        TaskSpec: {"name": "copy"},
        Trial: {"task": TASK, "model": MODEL, "procedure": QUICK},
        Study: {
            "name": "hostile",
            "question": "Is it refused?",
            "tasks": {"copy": TASK},
            "models": {"ntm": MODEL},
            "procedure": QUICK,
            "seeds": (0,),
        },
    }
    for cls, base in given.items():
        hints = get_type_hints(cls)
        for field in fields(cls):
            if not field.init:
                continue

            def use(value: Any, cls: type = cls, base: Any = base, name: str = field.name) -> Any:
                made = cls(**{**base, name: value})
                if isinstance(made, TaskSpec):
                    made.build()
                elif isinstance(made, Trial):
                    assert made.id

            seed = field.name in SEEDS
            yield Option(cls.__name__, field.name, hints[field.name], use, seed=seed)
            for part in parts_of(hints[field.name]):
                if part is Search:

                    def searched(settings: Any, use: Any = use) -> Any:
                        return use(Search(**{**needed(Search, ""), **settings}))

                    yield from settings_of("Search", Search, searched, "")


def of_runs(folder: Path) -> Iterator[Option]:
    """What `run` is called with; trials are made in this process, in folders of their own."""
    study = Study("hostile", "Is it refused?", {"copy": TASK}, {"ntm": MODEL}, QUICK, seeds=(0,))
    hints, number = get_type_hints(run), itertools.count()
    # more than no workers, and a scheduler that is not there, take seconds each
    quick = {
        "workers": tuple(value for value in HOSTILE if not _is_two(value)),
        "scheduler": tuple(value for value in HOSTILE if not isinstance(value, str)),
    }
    for name in signature(run).parameters:
        # objects, and whether a line is shown, are no numbers
        if name in ("study", "store", "quiet"):
            continue

        def use(value: Any, name: str = name) -> Any:
            store = ResultStore(folder / str(next(number)))
            summary = run(study, store, **{"workers": 0, "quiet": True, name: value})
            assert summary.done == 1, summary
            return store.load().select_dtypes("float").drop(columns="seconds").fillna(0).values

        yield Option("run", name, hints[name], use, hostile=quick.get(name, HOSTILE))


def of_tests() -> Iterator[Option]:
    """What a trained network is tested with."""
    task = TASK.build()
    network = MODEL.build(**task.network_sizes, backend="reference")
    given = {"lengths": (1,), "sequences": 2, "seed": 0}
    hints = get_type_hints(evaluate)
    for name in given:

        def use(value: Any, name: str = name) -> Any:
            rows = evaluate(network, task, **{**given, name: value})
            return [{k: v for k, v in row.items() if isinstance(v, float)} for row in rows]

        yield Option("evaluate", name, hints[name], use, seed=name == "seed")


def _is_two(value: Any) -> bool:
    return getattr(value, "shape", ()) == () and value == 2
