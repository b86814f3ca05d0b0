"""Tables of trained models: text for reading, numbers for computing."""

from __future__ import annotations

import pandas as pd

from ... import formats
from ...blocks import Table
from ...results import Results
from . import frames
from .comparison import paired
from .outcomes import solved_runs


def models(results: Results) -> Table:
    """Every model of every task: accuracy, seeds solved, time, size."""
    numbers = frames.summary(results)
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            "Memory": numbers["memory"],
            "Accuracy (IQM)": [formats.per_cent(value) for value in numbers["value"]],
            "95 % interval": [
                formats.span(low, high)
                for low, high in zip(numbers["low"], numbers["high"], strict=True)
            ],
            "n": numbers["n"].astype(str),
            "Solved / run": _solved(numbers),
            "Sequences to solve": [formats.number(v) for v in numbers["sequences_to_solve"]],
            "Time to solve": [formats.duration(value) for value in numbers["seconds_to_solve"]],
            "ms per sequence": [formats.number(value) for value in numbers["milliseconds"]],
            "Parameters": [formats.whole(v) for v in numbers["parameters"]],
        }
    )
    if not solved_runs(results):
        text = text.drop(columns=["Solved / run", "Sequences to solve", "Time to solve"])
    text = _without_one_task(text)
    caption = (
        "Final accuracy at the trained lengths: interquartile mean (IQM; with fewer than four "
        "seeds the mean) over n finished seeds, with its 95 % percentile bootstrap interval over "
        "seeds. Times are medians over seeds, and those to solve over the solved seeds only. "
        "A failed trial counts as run and not solved."
    )
    return Table("models", "All models", caption, text, numbers)


def solving(results: Results) -> Table | None:
    """Seeds solved, sequences and time it took, and what is wrong at the end, length by length.

    None where no training says what solved is.
    """
    if not solved_runs(results):
        return None
    wrong = frames.wrong(results)
    wide = wrong.pivot(index=["task", "model"], columns="length", values="errors")
    wide.columns = [f"{length:g}" for length in wide.columns]
    numbers = frames.summary(results)
    numbers = numbers[
        ["task", "model", "solved", "run", "sequences_to_solve", "seconds_to_solve"]
    ].merge(wide.add_prefix("wrong_at_").reset_index(), on=["task", "model"], how="left")
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            "Solved / run": _solved(numbers),
            "Sequences": [formats.number(value) for value in numbers["sequences_to_solve"]],
            "Time": [formats.duration(value) for value in numbers["seconds_to_solve"]],
        }
        | {
            f"Wrong at {length}": [formats.number(v) for v in numbers[f"wrong_at_{length}"]]
            for length in wide.columns
        }
    )
    text = _without_one_task(text)
    caption = (
        "Seeds that solved the task out of those run, what it took them (medians over the solved "
        "seeds, evaluation excluded), and the wrong bits or symbols per sequence after training, "
        f"by test length (medians); {formats.seeds(frames.summary(results)['n'])} per model."
    )
    return Table("solving", "From scratch to solved", caption, text, numbers)


def _without_one_task(text: pd.DataFrame) -> pd.DataFrame:
    """Without the column of the task where it is always the same."""
    return text.drop(columns="Task") if text["Task"].nunique() == 1 else text


def _solved(numbers: pd.DataFrame) -> list[str]:
    counts = zip(numbers["solved"], numbers["run"], strict=True)
    return [f"{solved} / {run}" if run else "–" for solved, run in counts]


def pairs(results: Results) -> Table | None:
    """Every discrete model against the soft one of its cell; None where there is no pair."""
    numbers = paired(results)
    if numbers.empty:
        return None
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Discrete": numbers["model"],
            "Soft": numbers["against"],
            "Difference (points)": [formats.points(value) for value in numbers["value"]],
            "95 % interval": [
                formats.span(low, high, formats.points)
                for low, high in zip(numbers["low"], numbers["high"], strict=True)
            ],
            "n": numbers["n"].astype(str),
            "P(discrete > soft)": [f"{v:.2f}" for v in numbers["probability_of_improvement"]],
        }
    )
    text = _without_one_task(text)
    caption = (
        "Discrete minus soft: mean difference in final accuracy at the trained lengths, in "
        "percentage points, paired by seed, with its 95 % percentile bootstrap interval over n "
        "seeds. P is the probability of improvement: the chance that a run of the discrete model "
        "beats one of the soft model, ties counting a half."
    )
    return Table("pairs", "Discrete against soft, cell by cell", caption, text, numbers)


def lengths(results: Results) -> Table | None:
    """Final accuracy per model and test length; None where only one length was tested."""
    numbers = frames.by_length(results)
    if numbers["length"].nunique() < 2:
        return None
    written = numbers.assign(text=[formats.per_cent(value) for value in numbers["value"]])
    order = written[["task", "model"]].drop_duplicates()
    wide = written.pivot(index=["task", "model"], columns="length", values="text")
    wide = wide.fillna(formats.NONE).loc[list(order.itertuples(index=False, name=None))]
    text = wide.reset_index()
    text.columns = ["Task", "Model", *(f"{length:g}" for length in wide.columns)]
    n = formats.seeds(numbers["n"])
    text = _without_one_task(text)
    caption = f"Final accuracy (IQM) by test length; {n} per model. Intervals are in the csv file."
    return Table("lengths", "Accuracy by test length", caption, text, numbers)


def seeds(results: Results) -> Table:
    """Every finished trial."""
    numbers = frames.trials(results)
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            "Seed": numbers["seed"].astype(str),
            "Backend": [n if isinstance(n, str) else formats.NONE for n in numbers["backend"]],
            "Sequences": [formats.whole(value) for value in numbers["sequences"]],
            "Time": [formats.duration(value) for value in numbers["seconds"]],
            "Sequences to solve": [formats.whole(v) for v in numbers["sequences_to_solve"]],
            "Time to solve": [formats.duration(value) for value in numbers["seconds_to_solve"]],
            "Accuracy": [formats.per_cent(value) for value in numbers["accuracy"]],
            "Wrong": [formats.number(value) for value in numbers["errors"]],
        }
    )
    caption = (
        "Every finished trial: training sequences and time in all (evaluation excluded) and until "
        "it was solved; accuracy and wrong bits or symbols per sequence at the trained lengths, "
        "at the end. Each row is one trial."
    )
    if "restarts" in numbers:
        text["Restarts"] = [formats.whole(value) for value in numbers["restarts"]]
        caption += " Restarts are attempts that were given up; their sequences and time count."
    if not solved_runs(results):
        text = text.drop(columns=["Sequences to solve", "Time to solve"])
    text = _without_one_task(text)
    return Table("seeds", "Seed by seed", caption, text, numbers)
