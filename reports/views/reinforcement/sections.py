"""Sections about agents: how they learned, and what each model came to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd

from ... import figures, formats
from ...blocks import Block, Picture, Section, Table
from ...file_names import file_name
from ...results import Results
from .. import sentences
from . import frames, survival

TITLES = {"success": "Success", "reward": "Return"}
_WRITTEN: dict[str, Callable[[float], str]] = {
    "success": formats.per_cent,
    "reward": formats.number,
}
_WORDS = {"step": "steps", "seconds": "seconds"}
AXES = {"step": "environment steps", "seconds": "training time"}


def learning(results: Results) -> Section:
    """Success and return against steps and seconds."""
    blocks: list[Block] = []
    for task in results.tasks:
        for x, y in (("step", "success"), ("seconds", "success"), ("step", "reward")):
            frame = frames.curves(results, x=x, y=y)
            frame = frame[frame["task"] == task]
            if frame.empty:
                continue
            tag = (task,) if len(results.tasks) > 1 else ()
            title = f"{TITLES[y]} against {AXES[x]}{f' on {task}' if tag else ''}"
            caption = (
                f"{TITLES[y]} of test episodes, each action the most likely one, against {AXES[x]} "
                f"(tests are in neither): interquartile means over seeds with 95 % bands, "
                f"{formats.seeds(frame['n'])} per model. A trial that was solved keeps its value."
            )
            figure = partial(figures.learning_curves, frame, x=x, y=y)
            name, write = file_name("agents", y, x, *tag), _WRITTEN[y]
            says = sentences.curves(frame, x=_WORDS[x], y=TITLES[y].lower(), write=write)
            blocks.append(Picture(name, title, caption, figure, says, frame))
    return Section("learning", "Learning", tuple(blocks))


def models(results: Results) -> Section:
    """The table of models."""
    numbers = frames.summary(results)
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            "Algorithm": [str(name).replace("_", " ") for name in numbers["algorithm"]],
            "In training": numbers["in_training"],
            "At test": numbers["at_test"],
            "Solved / run": [f"{row.solved} / {row.run}" for row in numbers.itertuples()],
            "Success": [formats.per_cent(value) for value in numbers["success"]],
            "95 % interval": formats.spans(numbers["low"], numbers["high"]),
            "Return": [formats.number(value) for value in numbers["reward"]],
            "Steps to solve": [formats.whole(value) for value in numbers["solved_step"]],
            "Time to solve": [formats.duration(value) for value in numbers["solved_seconds"]],
            "Steps/s": [formats.whole(value) for value in numbers["speed"]],
            "Parameters": [formats.whole(value) for value in numbers["parameters"]],
        }
    )
    if text["Task"].nunique() == 1:
        text = text.drop(columns="Task")
    caption = (
        "What each model came to. Success and return are interquartile means of the last tests of "
        "all seeds, with the 95 % bootstrap interval of success over seeds; steps and time to "
        "solve are medians over the seeds that were solved; steps per second are of training, "
        "tests left out. Parameters are those of the memory network."
    )
    table = Table("agents", "Agents", caption, text, numbers)
    return Section("models", "Models", (table, *survival.blocks(results)))
