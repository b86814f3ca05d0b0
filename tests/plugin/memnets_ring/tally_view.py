"""What a report says of tallies: an answer, a key number, and a section with a figure per task."""

from collections.abc import Iterator

import pandas as pd
from matplotlib.figure import Figure

from reports import style
from reports.blocks import Answer, KeyNumber, Picture, Section
from reports.file_names import file_name
from reports.results import Results
from reports.views import View


class TallyView(View):
    """How many ones a task's batches hold, inputs and targets apart."""

    def answer(self, results: Results) -> Answer:
        most = results.rows.loc[results.rows["ones"].idxmax()]
        return Answer(f"Most ones are in the {most['part']} of {most['task']}.")

    def key_numbers(self, results: Results) -> list[KeyNumber]:
        return [KeyNumber(f"{results.rows['ones'].max():.1f}", "ones per batch at most")]

    def sections(self, results: Results) -> Iterator[Section]:
        for task, rows in results.rows.groupby("task", sort=False):
            name = file_name("tally", str(task))
            caption = "Mean number of ones in a batch, over the batches drawn so far."
            picture = Picture(name, f"Ones in batches of {task}", caption, tally(rows))
            yield Section(name, f"Ones of {task}", (picture,))


@style.themed
def tally(rows: pd.DataFrame) -> Figure:
    """Ones per batch against steps, a line per part and seed."""
    figure = style.canvas(2.6)
    axes = figure.subplots()
    for (part, seed), line in rows.groupby(["part", "seed"], sort=False):
        axes.plot(line["step"], line["ones"], label=f"{part}, seed {seed}")
    axes.set(xlabel="step", ylabel="ones per batch")
    axes.legend()
    return figure
