"""Sections about trained models; a section that does not apply is None."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import pandas as pd

from ... import figures, formats
from ...blocks import Block, Picture, Section
from ...file_names import file_name
from ...results import Results
from .. import sentences
from . import aggregates, frames, pairs, pareto, profile, sizes, survival, tables
from .foremost import foremost
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
            shown, left_out = foremost(results, frame)
            words, write = _AXES[x][1], _WRITTEN[y]
            rising = y == "accuracy"
            blocks.append(
                Picture(
                    file_name("learning", y, x, *_tag(results, task)),
                    f"{_MEASURES[y]} against {_AXES[x][0]}{_on(results, task)}",
                    f"{_learning_caption(frame, y)}{left_out}",
                    partial(figures.learning_curves, shown, x=x, y=y, chance=chance),
                    sentences.curves(frame, x=words, y=_WORDS[y], write=write, rising=rising),
                    frame,
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
        chance = frames.chance(results, task)
        figure = partial(figures.final_accuracy, seeds, summary, chance=chance)
        name = file_name("final-accuracy", *_tag(results, task))
        title = f"Final accuracy of every seed{_on(results, task)}"
        says = sentences.finals(summary)
        blocks.append(Picture(name, title, caption, figure, says, seeds))
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
        drawing = partial(figures.accuracy_grid, summary, solved=solved)
        blocks.append(Picture(name, title, caption, drawing, sentences.grid(memory), memory))
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
        shown, left_out = foremost(results, lines)
        figure = partial(figures.length_curve, shown, points, trained=trained, chance=chance)
        name = file_name("length", *_tag(results, task))
        title = f"Accuracy against test length{_on(results, task)}"
        says = sentences.against(lines, number="length", trained=trained)
        blocks.append(Picture(name, title, f"{caption}{left_out}", figure, says, lines))
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
        shown, left_out = foremost(results, lines)
        levels: dict[str, Any] = {"trained": trained, "chance": frames.chance(results, task)}
        figure = partial(figures.length_curve, shown, points, number=number, **levels)
        name = file_name("number", number, *_tag(results, task))
        title = f"Accuracy against {number}{_on(results, task)}"
        says = sentences.against(lines, number=number, trained=trained)
        blocks.append(Picture(name, title, f"{caption}{left_out}", figure, says, lines))
    return _section("numbers", "What makes it hard", blocks)


def _at(frame: pd.DataFrame, task: str, number: str) -> pd.DataFrame:
    return frame[(frame["task"] == task) & (frame["number"] == number)]


def time(results: Results) -> Section | None:
    """What a training sequence and accuracy cost, and how long a task takes to be solved."""
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
        figure = partial(figures.timing, seeds, summary, solving=criterion)
        times = summary.set_index("model")["milliseconds"].astype(float)
        what = "training time per sequence"
        says = sentences.least_and_most(times, _milliseconds, what)
        columns = [*frames.MODEL, "trial", "seed", "milliseconds", "solved_seconds"]
        blocks.append(Picture(name, title, caption, figure, says, seeds[columns]))
    sized = [*pareto.pictures(results), *sizes.pictures(results)]
    return _section("time", "Time and size", [*blocks, *sized, *survival.blocks(results)])


def statistics(results: Results) -> Section | None:
    """All models, what it took to solve, other memories against soft, and seed by seed."""
    made = (tables.models, aggregates.table, tables.solving, pairs.pairs, tables.seeds)
    found = [make(results) for make in made]
    return _section("statistics", "Statistics", [table for table in found if table])


_AXES = {
    "sequences": ("training sequences", "sequences"),
    "seconds": ("training time", "seconds"),
}
_MEASURES = {"accuracy": "Accuracy", "bits": "Cost", "excess_bits": "Excess cost"}
_WORDS = {"accuracy": "accuracy", "bits": "cost", "excess_bits": "excess cost"}


def _bits(value: float) -> str:
    return f"{formats.number(value)} bits"


def _milliseconds(value: float) -> str:
    return f"{formats.number(value)} ms"


_WRITTEN = {"accuracy": formats.per_cent, "bits": _bits, "excess_bits": _bits}
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
