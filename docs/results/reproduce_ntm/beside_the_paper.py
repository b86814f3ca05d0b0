"""Our learning curves of the NTM paper's five tasks beside what can be read off its figures.

Writes beside_the_paper.svg and .md next to this file. readings.csv holds the readings (Graves et
al., 2014, figures 3, 7, 10, 13, 18): read by eye from curves, so approximate.

    python docs/results/reproduce_ntm/beside_the_paper.py [--folder runs]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports import style
from reports.figures import panels
from reports.results import read
from reports.views.supervised.outcomes import finished
from studies import ResultStore

HERE = Path(__file__).parent
TASKS = {
    "copy": "copy",
    "repeat_copy": "repeat copy",
    "associative_recall": "associative recall",
    "dynamic_ngrams": "dynamic N-grams",
    "priority_sort": "priority sort",
}
COLOURS = {
    "lstm, three layers": "#8a939b",
    "ntm/feedforward": "#2b7bba",
    "ntm/lstm": "#d1495b",
    "dnc/lstm": "#1f9e77",
}
OPTIMUM = 133.0
"""Bits of a 200-bit N-gram sequence under the estimator of the paper's eq. 10, in expectation."""


def main() -> None:
    """Draw the figure and write the table from a results folder."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("runs"))
    results = read(ResultStore(parser.parse_args().folder / "reproduce_ntm"))
    rows = results.everything[results.everything["kind"] == "train"]
    readings = pd.read_csv(HERE / "readings.csv")
    style.save(drawn(rows, readings), HERE, "beside_the_paper")
    (HERE / "beside_the_paper.png").unlink()
    trials = finished(results)
    solved = frozenset(trials.loc[trials["solved"], "trial"])
    (HERE / "beside_the_paper.md").write_text(table(rows, readings, solved), "utf-8")


@style.themed
def drawn(rows: pd.DataFrame, readings: pd.DataFrame) -> Figure:
    """One panel per task: every seed a line, which ends where it is solved; the paper as rings."""
    figure = style.canvas(5.6, style.WIDTH)
    grid = figure.subplots(2, 3).ravel()
    for axes, (task, title) in zip(grid, TASKS.items(), strict=False):
        _panel(axes, rows[rows["task"] == task], readings[readings["task"] == task])
        axes.set_title(title)
    panels.chance_line(grid[3], OPTIMUM, "optimum")
    for axes in grid[::3]:
        axes.set_ylabel("training cost (bits per sequence)")
    grid[-1].set_axis_off()
    entries = [Line2D([], [], color=colour, label=name) for name, colour in COLOURS.items()]
    paper = {"marker": "o", "markerfacecolor": "none", "color": style.INK, "linestyle": "none"}
    entries.append(Line2D([], [], label="read off the paper's figures", **paper))
    grid[-1].legend(handles=entries, loc="center left", frameon=False)
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, readings: pd.DataFrame) -> None:
    sns.lineplot(
        rows, x="sequences", y="bits", hue="model", hue_order=list(COLOURS), palette=COLOURS,
        units="seed", estimator=None, linewidth=1.1, ax=axes, legend=False,
    )  # fmt: skip
    for model, points in readings.groupby("model"):
        marks = {"linestyle": "none", "marker": "o", "markerfacecolor": "none"}
        axes.plot(points["sequences"], points["bits"], color=COLOURS[model], **marks)
    axes.set(xscale="log", xlim=(1.8e3, 1.3e6), xlabel="training sequences", ylabel="")
    panels.thousands(axes.xaxis)


def table(rows: pd.DataFrame, readings: pd.DataFrame, solved: frozenset[str]) -> str:
    """Bits of the last training window, seed by seed, and the paper's; a star means solved.

    A window is the training between two tests; it may begin long before the task is solved.
    """
    lines = ["| Task | Model | Bits and sequences, seed by seed | The paper |", "|---|---|---|---|"]
    for task, title in TASKS.items():
        for model, theirs in readings_of(readings, task):
            mine = rows[(rows["task"] == task) & (rows["model"] == model)]
            last = mine.sort_values("step").groupby("seed").last()
            ours = ", ".join(
                f"{row.bits:.3g} at {row.sequences / 1000:.0f}k{'*' * (row.trial in solved)}"
                for row in last.itertuples()
            )
            lines.append(f"| {title} | {model} | {ours or 'not run'} | {theirs} |")
    return "\n".join(lines) + "\n"


def readings_of(readings: pd.DataFrame, task: str) -> Iterator[tuple[str, str]]:
    """Every model, and the readings of the paper's curve of it as text."""
    for model in COLOURS:
        theirs = readings[(readings["task"] == task) & (readings["model"] == model)]
        points = [f"{r.bits:g} at {r.sequences // 1000}k" for r in theirs.itertuples()]
        yield model, ", ".join(points) or "–"


if __name__ == "__main__":
    main()
