"""A study's rows in the forms of other tools: CSV, Parquet, and the JSON of marl-eval."""

from __future__ import annotations

import json
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..design.data import BadData
from .files import clear_errors, write_whole
from .loading import COLUMNS
from .store import ResultStore

if TYPE_CHECKING:
    import pandas as pd

PLACE = (*COLUMNS, "address", "number", "value", "trained_low", "trained_high")
"""Columns that say which test a row is of; the others are what was measured."""


def export(store: ResultStore, form: str, folder: str | PathLike[str]) -> Path:
    """Write all rows of the study in one of the `FORMS` into `folder`; returns the file.

    Raises BadData for a form that there is not, or whose package is not installed, NotResults where
    the store cannot be read, and Unwritable.
    """
    if form not in FORMS:
        raise BadData(f"no form {form!r} to export; there are {', '.join(FORMS)}.")
    folder = Path(folder)
    name, written = FORMS[form]
    with clear_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    written(store, folder / name)
    return folder / name


def _csv(store: ResultStore, path: Path) -> None:
    text = store.load().to_csv(index=False, lineterminator="\n")
    write_whole(path, text.encode("utf-8", "backslashreplace"))


def _parquet(store: ResultStore, path: Path) -> None:
    frame = store.load()
    try:
        data = _columnar(frame).to_parquet(engine="pyarrow", index=False)
    except ImportError as error:
        raise BadData("Parquet needs pyarrow: `pip install pyarrow`; or export csv.") from error
    write_whole(path, data)


def _columnar(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with JSON in columns of several types, which Parquet does not have."""
    mixed = {}
    for name in (name for name, dtype in frame.dtypes.items() if str(dtype) == "object"):
        values = [None if value is None else json.dumps(value) for value in frame[name]]
        if len({type(value) for value in frame[name] if value is not None}) > 1:
            mixed[name] = values
    return frame.assign(**mixed)


def _marl_eval(store: ResultStore, path: Path) -> None:
    found = marl_eval(store.study["name"], store.load())
    write_whole(path, f"{json.dumps(found, indent=2, allow_nan=False)}\n".encode())


def marl_eval(study: str, rows: pd.DataFrame) -> dict[str, Any]:
    """The tests of the own address as marl-eval reads them.

    The levels are the study (its environment), task, model (its algorithm), seed (its run) and
    evaluation, numbered from 1, with its updates as `step_count`. Each metric is a list of one
    number, its mean over the tests at trained lengths, or over all where there are none; one that
    is missing somewhere in the study is left out. The absolute metrics are those of the last
    evaluation, of the network that a trial ends with.
    """
    tests = _own_tests(rows)
    numbers = tests.select_dtypes("number").columns
    metrics = [
        name
        for name in numbers
        if name not in PLACE and not name.startswith(("min_", "max_")) and tests[name].notna().all()
    ]
    tasks: dict[str, Any] = {}
    for (task, model, seed), run in tests.groupby(["task", "model", "seed"], sort=False):
        evaluations: dict[str, Any] = {}
        for place, (step, mean) in enumerate(run.groupby("step")[metrics].mean().iterrows(), 1):
            values = {name: [float(mean[name])] for name in metrics}
            evaluations[f"step_{place}"] = {"step_count": int(step), **values}
            evaluations["absolute_metrics"] = values
        tasks.setdefault(str(task), {}).setdefault(str(model), {})[f"seed_{seed}"] = evaluations
    return {study: tasks}


def _own_tests(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of tests with the model's own address, at trained lengths where there are such."""
    tests = rows[rows["kind"] == "test"] if "kind" in rows else rows
    if "address" in tests:
        tests = tests[tests["address"].isna() | (tests["address"] == "own")]
    if "number" in tests:
        tests = tests[tests["number"].isna()]
    if not {"length", "min_length", "max_length"} <= set(tests):
        return tests
    trained = tests["length"].between(tests["min_length"], tests["max_length"])
    return tests[trained] if trained.any() else tests


FORMS: dict[str, tuple[str, Callable[[ResultStore, Path], None]]] = {
    "csv": ("rows.csv", _csv),
    "parquet": ("rows.parquet", _parquet),
    "marl-eval": ("marl_eval.json", _marl_eval),
}
"""The file that a form is written to, and what writes it."""
