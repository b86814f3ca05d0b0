"""Sections about trained models; a section that does not apply is None."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from ... import figures, formats
from ...blocks import Block, Picture, Section
from ...file_names import file_name
from ...memory_kinds import Kind
from ...results import Results
from . import aggregates, frames, pairs, profile, survival, tables
from .outcomes import finished, solved_runs

_MEAN = "the interquartile mean over seeds (with fewer than four seeds the mean)"
_ENDS = (
    "A trial that stopped because it had solved the task keeps its last value, and a dot ends the "
    "curve of a model whose seeds all did; other curves end with their shortest trial."
)
MARKS = (
    "Colour is the estimator, shape the cell; a marker is filled where a model is tested as it was "
    "trained, half where only its last training was so, and hollow where it is tested otherwise"
)
_GREY = "The model without memory is drawn in grey in every panel."


def learning(results: Results) -> Section | None:
    """Accuracy and cost against sequences, then against seconds."""
    blocks: list[Block] = []
    for task in results.tasks:
        cost = "excess_bits" if _any(results, task, "excess_bits") else "bits"
        for x, y in (("sequences", "accuracy"), ("seconds", "accuracy"), ("sequences", cost)):
            frame = frames.curves(results, x=x, y=y)
            frame = frame[frame["task"] == task]
            if frame.empty:
                continue
            chance = frames.chance(results, task) if y == "accuracy" else float("nan")
            blocks.append(
                Picture(
                    file_name("learning", y, x, *_tag(results, task)),
                    f"{_MEASURES[y]} against {_AXES[x]}{_on(results, task)}",
                    _learning_caption(frame, y),
                    figures.learning_curves(frame, x=x, y=y, chance=chance),
                )
            )
    return _section("learning", "Learning", blocks)


def accuracy(results: Results) -> Section | None:
    """Every seed's final accuracy, and the cell × estimator grid where there is one."""
    blocks: list[Block] = []
    scores = frames.at_trained_lengths(frames.final(results))
    for task, summary in _finished(results):
        seeds = scores[scores["task"] == task]
        if seeds.empty:
            continue
        caption = (
            f"Accuracy at the trained lengths after training{_on(results, task)}. Each marker is "
            f"one seed; the black bar and the number are {_MEAN}, the pale bar, where there are "
            "several seeds, its 95 % bootstrap interval over seeds; "
            f"{formats.seeds(summary['n'])} per model. {MARKS}."
        )
        figure = figures.final_accuracy(seeds, summary, chance=frames.chance(results, task))
        name = file_name("final-accuracy", *_tag(results, task))
        title = f"Final accuracy of every seed{_on(results, task)}"
        blocks.append(Picture(name, title, caption, figure))
        memory = summary[summary["cell"] != "none"]
        if memory["cell"].nunique() < 2 or memory["estimator"].nunique() < 2:
            continue
        solved = bool(solved_runs(results))
        marks = ", and the seeds that solved the task out of those run" if solved else ""
        caption = (
            f"Interquartile mean of the final accuracy{_on(results, task)}{marks}; "
            f"{formats.seeds(memory['n'])} per square. "
            "An empty square was not run or did not finish. Below an estimator stands how it "
            "addressed in training and, where that differs, at test."
        )
        name = file_name("accuracy-grid", *_tag(results, task))
        title = f"Final accuracy by cell and estimator{_on(results, task)}"
        grid = figures.accuracy_grid(summary, solved=solved)
        blocks.append(Picture(name, title, caption, grid))
    return _section("accuracy", "Final accuracy", [*blocks, *profile.pictures(results)])


def lengths(results: Results) -> Section | None:
    """Accuracy against test length, where more than one was tested."""
    blocks: list[Block] = []
    table = tables.lengths(results)
    seeds, frame = frames.final(results), frames.by_length(results)
    for task in results.tasks if table else ():
        points, lines = seeds[seeds["task"] == task], frame[frame["task"] == task]
        if lines["length"].nunique() < 2:
            continue
        low, high = points["min_length"].min(), points["max_length"].max()
        caption = (
            f"Accuracy of the trained models at each test length{_on(results, task)}; the trained "
            f"lengths ({low:g} to {high:g}) are shaded. Dots are seeds, "
            f"{_band(lines['n'])}. {_GREY}"
        )
        trained = (float(low), float(high))
        chance = frames.chance(results, task)
        figure = figures.length_curve(lines, points, trained=trained, chance=chance)
        name = file_name("length", *_tag(results, task))
        title = f"Accuracy against test length{_on(results, task)}"
        blocks.append(Picture(name, title, caption, figure))
    found = [made for made in (table, tables.beyond(results)) if table and made]
    return _section("lengths", "Length generalisation", [*blocks, *found])


def numbers(results: Results) -> Section | None:
    """Accuracy against each further number that makes a task hard, where one was tested."""
    blocks: list[Block] = []
    everything, estimates = frames.at_numbers(results), frames.by_number(results)
    places = estimates[["task", "number"]].drop_duplicates()
    for task, number in places.itertuples(index=False, name=None):
        points = _at(everything, task, number).assign(length=lambda rows: rows["value"])
        lines = _at(estimates, task, number).rename(columns={"at": "length"})
        if points["length"].nunique() < 2:
            continue
        trained = float(points["trained_low"].min()), float(points["trained_high"].max())
        caption = (
            f"Accuracy of the trained models at each value of {number!r}{_on(results, task)}, at "
            f"the longest trained length; the trained values ({trained[0]:g} to {trained[1]:g}) "
            f"are shaded. Dots are seeds, {_band(lines['n'])}. {_GREY}"
        )
        chance = frames.chance(results, task)
        figure = figures.length_curve(lines, points, trained=trained, chance=chance, number=number)
        name = file_name("number", number, *_tag(results, task))
        title = f"Accuracy against {number}{_on(results, task)}"
        blocks.append(Picture(name, title, caption, figure))
    return _section("numbers", "What makes it hard", blocks)


def _at(frame: pd.DataFrame, task: str, number: str) -> pd.DataFrame:
    return frame[(frame["task"] == task) & (frame["number"] == number)]


def time(results: Results) -> Section | None:
    """What a training sequence costs, and how long a task takes to be solved."""
    blocks: list[Block] = []
    trials = finished(results)
    for task, summary in _finished(results):
        seeds = trials[trials["task"] == task]
        criterion = bool(solved_runs(results))
        until = ", and until the task was solved (a trial that never solved it has no point)"
        caption = (
            f"Training time{_on(results, task)}, evaluation excluded, on the machine named below: "
            f"per sequence{until * criterion}. Each marker is one seed, the black bar their "
            f"median; {formats.seeds(summary['seeds'])} per model. {MARKS}."
        )
        name = file_name("time", *_tag(results, task))
        title = f"Training time{_on(results, task)}"
        figure = figures.timing(seeds, summary, solving=criterion)
        blocks.append(Picture(name, title, caption, figure))
    return _section("time", "Time", [*blocks, *survival.blocks(results)])


def statistics(results: Results) -> Section | None:
    """All models, what it took to solve, other memories against soft, and seed by seed."""
    made = (tables.models, aggregates.table, tables.solving, pairs.pairs, tables.seeds)
    found = [make(results) for make in made]
    return _section("statistics", "Statistics", [table for table in found if table])


def addressing(results: Results) -> Section | None:
    """One figure per model with memory: the best seed's heads on one evaluated sequence."""
    scores = frames.at_trained_lengths(frames.final(results))
    best = scores.sort_values("accuracy", kind="stable").drop_duplicates(
        ["task", "model"], keep="last"
    )
    blocks: list[Block] = []
    for row in best.sort_index().itertuples(index=False):
        trace = results.trace(row.trial)
        if not len(trace.get("heads", ())):
            continue
        level = formats.per_cent(row.accuracy)
        caption = (
            f"One test sequence through {row.model} ({Kind(row.in_training, row.at_test)}), "
            f"trained on {row.task} with seed {row.seed}, its most accurate ({level} at the "
            "trained lengths; one trial). Left: input, target and output, the last two at scored "
            "steps only. Right: the weight that every head gave each slot (colours on a "
            "square-root scale). Dashed: where the answer begins."
        )
        name = file_name("addressing", *_tag(results, row.task), row.model)
        title = f"Addressing of {row.model}{_on(results, row.task)}"
        blocks.append(Picture(name, title, caption, figures.addressing(trace)))
    return _section("addressing", "Addressing", blocks)


_AXES = {"sequences": "training sequences", "seconds": "training time"}
_MEASURES = {"accuracy": "Accuracy", "bits": "Cost", "excess_bits": "Excess cost"}
_MEANS = {
    "accuracy": "Fraction of right bits or symbols in test sequences of the trained lengths",
    "bits": "Cost of a test sequence of the trained lengths in bits",
    "excess_bits": "Cost of a test sequence of the trained lengths in bits, minus the optimum",
}


def _learning_caption(frame: pd.DataFrame, y: str) -> str:
    grey = f" {_GREY}" if "none" in set(frame["cell"]) else ""
    return f"{_MEANS[y]}; {_band(frame['n'])}. {_ENDS}{grey}"


def _band(counts: Iterable[int]) -> str:
    """What line and band are, and how many seeds stand behind them."""
    counts = list(counts)
    n = formats.seeds(counts)
    if max(counts, default=0) < 2:
        return f"the line is the only seed, which gives no band; {n} per model"
    return f"the line is {_MEAN}, the band its 95 % bootstrap interval over seeds; {n} per model"


def _finished(results: Results) -> Iterator[tuple[str, pd.DataFrame]]:
    summary = frames.summary(results)
    finished = summary[summary["seeds"] > 0]
    for task in results.tasks:
        yield task, finished[finished["task"] == task].reset_index(drop=True)


def _any(results: Results, task: str, metric: str) -> bool:
    tests = frames.tests(results)
    return bool(tests.loc[tests["task"] == task, metric].notna().any())


def _tag(results: Results, task: str) -> tuple[str, ...]:
    return (task,) if len(results.tasks) > 1 else ()


def _on(results: Results, task: str) -> str:
    return f" on {task}" if len(results.tasks) > 1 else ""


def _section(anchor: str, title: str, blocks: list[Block]) -> Section | None:
    return Section(anchor, title, tuple(blocks)) if blocks else None
