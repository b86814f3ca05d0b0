"""The section that says how to get the same numbers again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from . import formats
from .blocks import Block, Definitions, Section, Table
from .results import Results

if TYPE_CHECKING:
    from memnets.spec import ModelSpec
    from studies.procedures.base import Procedure
    from studies.running.store import ResultStore


def reproduce(results: Results) -> Section:
    """Commands, versions, machine, settings."""
    facts, trials = results.facts, results.trials
    settings = _distinct(_settings(trial.procedure) for trial in trials)
    labels = {f"{t.task_label} = {t.task.name}({_options(t.task.options)})": 0 for t in trials}
    entries = [
        ("Seeds", ", ".join(map(str, sorted({trial.seed for trial in trials})))),
        ("Tasks", "; ".join(labels)),
        ("Procedure", _distinct(trial.procedure.name for trial in trials)),
        ("Settings", settings),
        ("Versions", _distinct(_pairs(entry) for entry in _column(facts, "versions"))),
        ("Commit", _distinct(_commits(facts))),
        ("Made with different code", "; ".join(_code_that_differs(results))),
        ("Machine", _distinct(_machine(entry) for entry in _column(facts, "machine"))),
        ("Device", _distinct(_column(facts, "device"))),
        ("Threads per trial", _distinct(_column(facts, "threads"))),
        ("Run", _period(facts)),
        ("Time of finished trials", _time(facts)),
    ]
    shown = tuple((name, text) for name, text in entries if text)
    commands = (*_runs(results), f"memnets report {results.name}")
    blocks: list[Block] = [Definitions(shown, commands)]
    if trials:
        blocks.append(_models(results))
    return Section("reproduce", "How to reproduce this", tuple(blocks))


def _runs(results: Results) -> list[str]:
    """The command that makes these trials: none for a study that is not registered just so."""
    from studies.design.study import studies
    from studies.running.choices import with_choices

    if results.name not in studies:
        return []
    try:
        # several studies together have no name that is registered
        store = cast("ResultStore", results.store)
        study = with_choices(studies.get(results.name)(), store)
        planned = {trial.id for trial in study.trials()}
    # the study, or what it is made of, may need a package that is not installed here
    except (LookupError, ValueError, ImportError):
        return []
    same = planned >= {trial.id for trial in results.trials}
    return [f"memnets study run {results.name}"] if same else []


def _models(results: Results) -> Table:
    specs: dict[str, dict[str, ModelSpec]] = {}
    for trial in results.trials:
        specs.setdefault(trial.model_label, {})[trial.task_label] = trial.model
    options = ("cell_options", "estimator_options", "controller_options")
    numbers = pd.DataFrame(
        [
            {
                "model": label,
                "task": task,
                "cell": spec.cell,
                "estimator": spec.estimator,
                "controller": spec.controller,
                "size": spec.controller_size,
                **{name: _options(getattr(spec, name)) for name in options},
                "bypass_dropout": spec.bypass_dropout,
                "embedding": spec.embedding,
            }
            for label, own in specs.items()
            for task, spec in _by_task(own)
        ]
    )
    if not numbers["task"].any():
        numbers = numbers.drop(columns="task")
    unused = [name for name in ("bypass_dropout", "embedding") if not numbers[name].any()]
    numbers = numbers.drop(columns=unused)
    renamed = {name: name.replace("_", " ").capitalize() for name in numbers}
    shown = numbers.astype(str).replace("", "defaults").rename(columns=renamed)
    caption = "The models as data: building them again from these lines gives the same networks."
    return Table("settings", "Models", caption, shown, numbers)


def _by_task(specs: Mapping[str, ModelSpec]) -> list[tuple[str, ModelSpec]]:
    """A model's spec without a task where all tasks share it, else task by task."""
    different = list(specs.items())
    same = all(spec == different[0][1] for spec in specs.values())
    return [("", different[0][1])] if same else different


def _column(facts: pd.DataFrame, name: str) -> list[Any]:
    return [] if name not in facts else [entry for entry in facts[name] if entry is not None]


def _commits(facts: pd.DataFrame) -> Iterable[str]:
    changed = facts["dirty"] if "dirty" in facts else [None] * len(facts)
    for commit, dirty in zip(facts.get("commit", ()), changed, strict=False):
        if isinstance(commit, str):
            yield commit + (" with uncommitted changes" if dirty is True else "")


def _code_that_differs(results: Results) -> Iterator[str]:
    """The parts that trials were made with in several forms, each with its forms."""
    forms: dict[str, list[str]] = {}
    for _, parts in results.store.made_with():
        for part, source in parts.items():
            forms.setdefault(part, []).append(source)
    for part, found in forms.items():
        if len(set(found)) > 1:
            yield f"{part}: {_distinct(found)}"


def _period(facts: pd.DataFrame) -> str:
    starts = [text for text in _column(facts, "started") if isinstance(text, str)]
    ends = [text for text in _column(facts, "finished") if isinstance(text, str)]
    return f"{min(starts)} to {max(ends)}" if starts and ends else ""


def _time(facts: pd.DataFrame) -> str:
    seconds = facts["seconds"].astype(float).dropna()
    return f"{formats.duration(float(seconds.sum()))}, tests left out" if len(seconds) else ""


def _machine(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return str(entry)
    cores = f"{entry['cores']} cores" if entry.get("cores") else None
    return ", ".join(str(part) for part in (entry.get("cpu"), cores, entry.get("system")) if part)


def _pairs(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return str(entry)
    return ", ".join(f"{name} {value}" for name, value in entry.items() if value is not None)


def _settings(procedure: Procedure) -> str:
    settings = procedure.to_json()
    return _options({name: value for name, value in settings.items() if name != "name"})


def _options(options: Mapping[str, Any]) -> str:
    given = {name: value for name, value in options.items() if value is not None}
    return ", ".join(f"{name} = {json.dumps(value)}" for name, value in given.items())


def _distinct(texts: Iterable[Any]) -> str:
    """The text if all trials agree, otherwise each with the number of trials that have it."""
    counts = Counter(map(str, texts))
    if len(counts) < 2:
        return next(iter(counts), "")
    return "; ".join(f"{text} ({formats.plural(count, 'trial')})" for text, count in counts.items())
