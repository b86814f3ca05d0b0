"""Tables of trained models: text for reading, numbers for computing."""

from __future__ import annotations

import pandas as pd

from ... import formats
from ...blocks import Table
from ...memory_kinds import NO_MEMORY
from ...results import KIND, Results
from . import frames, gap, new_seeds
from .outcomes import solved_runs

SIZES = {"Parameters": "parameters", "State": "state_size", "FLOP": "step_flops"}
"""Columns of the table, and the facts that they show."""

AXES = "Two columns say how a model made its addresses in training, and how at test."


def models(results: Results) -> Table:
    """Every model of every task: accuracy, seeds solved, time, size."""
    numbers = frames.summary(results)
    gaps = gap.by_model(results)[["task", "model", "gap"]]
    for more in (gaps, new_seeds.by_model(results)):
        numbers = numbers.merge(more, on=["task", "model"], how="left")
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            **axes(numbers),
            "Accuracy (IQM)": [formats.per_cent(value) for value in numbers["value"]],
            "95 % interval": formats.spans(numbers["low"], numbers["high"]),
            "n": numbers["n"].astype(str),
            **new_seeds.columns(numbers),
            "Gap": [formats.signed(value) for value in numbers["gap"].astype(float)],
            "Solved / run": _solved(numbers),
            "Sequences to solve": [formats.number(v) for v in numbers["sequences_to_solve"]],
            "Time to solve": [formats.duration(value) for value in numbers["seconds_to_solve"]],
            "ms per sequence": [formats.number(value) for value in numbers["milliseconds"]],
            **{name: [formats.whole(v) for v in numbers[size]] for name, size in SIZES.items()},
        }
    )
    # results of earlier versions say nothing of some sizes
    text = text.drop(columns=[name for name, size in SIZES.items() if numbers[size].isna().all()])
    if not solved_runs(results):
        text = text.drop(columns=["Solved / run", "Sequences to solve", "Time to solve"])
    if gaps.empty:
        text = text.drop(columns="Gap")
    text = without_one_task(text)
    says = (
        "The gap is wrong bits or symbols per sequence with one slot less those with the whole "
        "weighting, the median over seeds. "
    )
    caption = (
        f"{AXES} Final accuracy at the trained lengths, as the model addresses at test: "
        "interquartile mean (IQM; with fewer than four seeds the mean) over n finished seeds, with "
        f"its 95 % bootstrap interval over seeds. {new_seeds.caption(numbers)}"
        f"{says * (not gaps.empty)}Times are medians over seeds, and those to solve over the "
        "solved seeds only. State counts the numbers that a sequence carries from step to step, "
        "FLOP are those of one step forward. A failed trial counts as run and not solved."
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
    stored = ["solved", "good", "run", "sequences_to_solve", "seconds_to_solve"]
    numbers = numbers[["task", "model", *KIND, *stored]].merge(
        wide.add_prefix("wrong_at_").reset_index(), on=["task", "model"], how="left"
    )
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            **axes(numbers),
            "Solved / run": _solved(numbers),
            "Good / run": _solved(numbers, "good"),
            "Sequences": [formats.number(value) for value in numbers["sequences_to_solve"]],
            "Time": [formats.duration(value) for value in numbers["seconds_to_solve"]],
        }
        | {
            f"Wrong at {length}": [formats.number(v) for v in numbers[f"wrong_at_{length}"]]
            for length in wide.columns
        }
    )
    text = without_one_task(text)
    caption = (
        "Seeds that solved the task out of those run, and what it took them (medians, evaluation "
        "excluded). Good are those whose network, as it was kept, passes at the end; solved asks "
        "for two tests in a row. Then the wrong bits or symbols per sequence after training, by "
        f"test length (medians); {formats.seeds(frames.summary(results)['n'])} per model."
    )
    return Table("solving", "From scratch to solved", caption, text, numbers)


def axes(numbers: pd.DataFrame) -> dict[str, list[str]]:
    """The two columns that say how addresses were made, of the models of a frame."""
    titles = {"in_training": "In training", "at_test": "At test"}
    return {
        title: [formats.NONE if made in NO_MEMORY else made for made in numbers[name]]
        for name, title in titles.items()
    }


def without_one_task(text: pd.DataFrame) -> pd.DataFrame:
    """Without the column of the task where it is always the same."""
    return text.drop(columns="Task") if text["Task"].nunique() == 1 else text


def _solved(numbers: pd.DataFrame, column: str = "solved") -> list[str]:
    counts = zip(numbers[column], numbers["run"], strict=True)
    return [f"{n} / {run}" if run and pd.notna(n) else formats.NONE for n, run in counts]


def lengths(results: Results) -> Table | None:
    """Final accuracy per model and test length; None where only one length was tested."""
    numbers = frames.by_length(results)
    if numbers["length"].nunique() < 2:
        return None
    written = numbers.assign(text=[formats.per_cent(value) for value in numbers["value"]])
    places = ["task", "model", *KIND]
    order = written[places].drop_duplicates()
    wide = written.pivot(index=places, columns="length", values="text")
    wide = wide.fillna(formats.NONE).loc[list(order.itertuples(index=False, name=None))]
    text = pd.DataFrame(
        {"Task": list(order["task"]), "Model": list(order["model"]), **axes(order)}
        | {f"{length:g}": list(wide[length]) for length in wide.columns}
    )
    n = formats.seeds(numbers["n"])
    text = without_one_task(text)
    caption = f"Final accuracy (IQM) by test length; {n} per model. Intervals are in the csv file."
    return Table("lengths", "Accuracy by test length", caption, text, numbers)


def beyond(results: Results) -> Table | None:
    """The score above the trained lengths, per model; None where none of them was tested."""
    numbers = frames.beyond(results)
    if numbers.empty:
        return None
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            **axes(numbers),
            "Score (IQM)": [formats.per_cent(value) for value in numbers["value"]],
            "95 % interval": formats.spans(numbers["low"], numbers["high"]),
            "n": numbers["n"].astype(str),
            "Best seed": [formats.per_cent(value) for value in numbers["best"]],
            "Chance": [formats.per_cent(value) for value in numbers["chance"]],
            "Lengths": [
                f"{count} from {nearest:g} to {longest:g}"
                for count, nearest, longest in zip(
                    numbers["lengths"], numbers["nearest"], numbers["longest"], strict=True
                )
            ],
        }
    )
    text = without_one_task(text)
    caption = (
        "Accuracy after training, averaged over the tested lengths that are longer than all "
        "trained ones, each length counting the same: interquartile mean (IQM; with fewer than "
        "four seeds the mean) over n finished seeds, with its 95 % bootstrap interval "
        "over seeds, and the seed with the highest score."
    )
    return Table("beyond", "Score beyond the trained lengths", caption, text, numbers)


def seeds(results: Results) -> Table:
    """Every finished trial."""
    other = ["errors_one_slot", "gap", *gap.CONTROLS.values()]
    gaps = gap.at_trained_lengths(results)[["trial", *other]]
    numbers = frames.trials(results).merge(gaps, on="trial", how="left")
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            **axes(numbers),
            "Seed": numbers["seed"].astype(str),
            "Backend": [n if isinstance(n, str) else formats.NONE for n in numbers["backend"]],
            "Sequences": [formats.whole(value) for value in numbers["sequences"]],
            "Time": [formats.duration(value) for value in numbers["seconds"]],
            "Sequences to solve": [formats.whole(v) for v in numbers["sequences_to_solve"]],
            "Time to solve": [formats.duration(value) for value in numbers["seconds_to_solve"]],
            "Accuracy": [formats.per_cent(value) for value in numbers["accuracy"]],
            "Wrong": [formats.number(value) for value in numbers["errors"]],
            "Wrong, one slot": [formats.number(v) for v in numbers["errors_one_slot"]],
            "Gap": [formats.signed(value) for value in numbers["gap"]],
            **gap.controls(numbers),
        }
    )
    if not numbers["gap"].notna().any():
        text = text.drop(columns=["Wrong, one slot", "Gap"])
    caption = (
        "Every finished trial: training sequences and time in all (evaluation excluded) and until "
        "it was solved; accuracy and wrong bits or symbols per sequence at the trained lengths, "
        "at the end, as the model addresses at test, and, where it was tested so, with one slot, "
        "the gap of this to the whole weighting, and under the controls. Each row is one trial."
    )
    if "restarts" in numbers:
        text["Restarts"] = [formats.whole(value) for value in numbers["restarts"]]
        caption += " Restarts are attempts that were given up; their sequences and time count."
    if not solved_runs(results):
        text = text.drop(columns=["Sequences to solve", "Time to solve"])
    text = without_one_task(text)
    return Table("seeds", "Seed by seed", caption, text, numbers)
