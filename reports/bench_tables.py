"""What the tables of the benches show: their columns, figures and titles."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from . import figures, formats


class Column(NamedTuple):
    """A column of a table: where it comes from, what it is called, how its numbers are written."""

    name: str
    heading: str
    write: Callable[[Any], str] = str


class Bench(NamedTuple):
    """A bench's table: its columns, figure, measured column and title."""

    columns: tuple[Column, ...]
    draw: Callable[[pd.DataFrame], Figure]
    measured: str
    title: str


def _times(value: float) -> str:
    return formats.NONE if math.isnan(value) else f"{formats.number(value)}×"


def _by_length(frame: pd.DataFrame) -> Figure:
    lengths = frame.assign(batch=frame["length"])
    return figures.step_time(lengths, "steps of a sequence", "ms forward and backward")


_SPREAD = (
    Column("ms", "ms per step", formats.number),
    Column("ms_p10", "p10", formats.number),
    Column("ms_p90", "p90", formats.number),
)

BENCHES = {
    "train": Bench(
        (
            Column("cell", "Cell"),
            Column("estimator", "Estimator"),
            Column("controller", "Controller"),
            Column("threads", "Threads"),
            Column("batch", "Batch"),
            Column("backend", "Backend"),
            *_SPREAD,
            Column("sequences_per_second", "Sequences/s", formats.number),
            Column("ratio", "× reference", _times),
            Column("passes_ms", "Forward + backward (ms)", formats.number),
            Column("step_ratio", "Step / (f. + b.)", formats.number),
            Column("limit_ms", "Limit (ms)", formats.number),
            Column("multiple", "× limit", _times),
            Column("data_ms", "Of it data (ms)", formats.number),
            Column("note", "Note"),
        ),
        figures.step_time,
        "ms",
        "One training step",
    ),
    "gpu": Bench(
        (
            Column("cell", "Cell"),
            Column("batch", "Batch"),
            Column("backend", "Way"),
            *_SPREAD,
            Column("sequences_per_second", "Sequences/s", formats.number),
            Column("ratio", "× reference", _times),
            Column("note", "Note"),
        ),
        figures.step_time,
        "ms",
        "Forward and backward on a GPU",
    ),
    "peers": Bench(
        (
            Column("implementation", "Implementation"),
            Column("model", "Model"),
            Column("threads", "Threads"),
            Column("batch", "Batch"),
            *_SPREAD,
            Column("sequences_per_second", "Sequences/s", formats.number),
            Column("ratio", "Ours is faster by", _times),
            Column("note", "Note"),
        ),
        figures.implementations,
        "ms",
        "One training step, beside other implementations",
    ),
    "agents": Bench(
        (
            Column("cell", "Cell"),
            Column("batch", "Environments"),
            Column("backend", "Backend"),
            *_SPREAD,
            Column("steps_per_second", "Agent's steps/s", formats.number),
            Column("ratio", "× reference", _times),
            Column("note", "Note"),
        ),
        partial(figures.step_time, across="environments", up="ms per rollout and update"),
        "ms",
        "A rollout and an update of RecurrentPPO",
    ),
    "chunked": Bench(
        (
            Column("cell", "Cell"),
            Column("length", "Steps", formats.whole),
            Column("batch", "Batch"),
            Column("backend", "Form"),
            Column("ms", "ms", formats.number),
            Column("ms_p10", "p10", formats.number),
            Column("ms_p90", "p90", formats.number),
            Column("ratio", "× reference", _times),
            Column("peak_mb", "Peak (MB)", formats.number),
            Column("note", "Note"),
        ),
        _by_length,
        "ms",
        "Whole sequences at once",
    ),
    "store": Bench(
        (
            Column("way", "Loading"),
            Column("trials", "Trials", formats.whole),
            Column("rows", "Rows", formats.whole),
            Column("seconds", "Seconds", formats.number),
            Column("seconds_least", "least", formats.number),
            Column("seconds_most", "most", formats.number),
            Column("cpu_seconds", "Of the processor", formats.number),
            Column("peak_mb", "Peak (MB)", formats.number),
            Column("before_mb", "Of it before (MB)", formats.number),
        ),
        figures.store_loading,
        "seconds",
        "Loading the results of a study",
    ),
    "report": Bench(
        (
            Column("way", "Report"),
            Column("models", "Models", formats.whole),
            Column("tasks", "Tasks", formats.whole),
            Column("trials", "Trials", formats.whole),
            Column("seconds", "Seconds", formats.number),
            Column("seconds_least", "least", formats.number),
            Column("seconds_most", "most", formats.number),
            Column("cpu_seconds", "Of the processor", formats.number),
            Column("peak_mb", "Peak (MB)", formats.number),
            Column("page_mb", "Page (MB)", formats.number),
            Column("files_mb", "All files (MB)", formats.number),
            Column("files", "Files", formats.whole),
        ),
        figures.store_loading,
        "seconds",
        "The report of a large study",
    ),
    "memory": Bench(
        (
            Column("model", "Model"),
            Column("slots", "Slots", formats.whole),
            Column("batch", "Batch"),
            Column("steps", "Steps"),
            Column("ms", "ms per sequence", formats.number),
            Column("address_ms", "Address (ms)", formats.number),
            Column("access_ms", "Access (ms)", formats.number),
            Column("peak_mb", "Peak (MB)", formats.number),
            Column("buffer_mb", "Buffer (MB)", formats.number),
            Column("note", "Note"),
        ),
        figures.memory_cost,
        "ms",
        "What a sequence costs as memory grows",
    ),
}
