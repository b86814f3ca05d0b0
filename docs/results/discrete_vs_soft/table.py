"""The table of a task on the page discrete_vs_soft, from the report's csv files beside this one.

    python docs/results/discrete_vs_soft/table.py reverse

reads reverse-solving.csv, reverse-gap.csv, reverse-seeds.csv and reverse-search.csv, and prints the
table in Markdown. They are the files solving.csv, gap.csv, seeds.csv and tried.csv that `memnets
report` writes for a study of one task, named for the task.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
NONE = "–"
ADDRESSES = {
    "errors_one_slot": "one slot",
    "errors_soft": "soft",
    "errors_cut_off": "cut off",
    "errors_frozen": "frozen",
    "errors_shuffled": "shuffled",
}
"""Columns of gap.csv, and the last ones of the table."""


def main() -> None:
    """Print the table of a task."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("task", help="the first word of the files, such as reverse")
    parser.add_argument("--folder", type=Path, default=HERE, help="where the files are")
    given = parser.parse_args()
    print(table(given.folder, given.task), end="")


def table(folder: Path, task: str) -> str:
    """The table in Markdown: one row per model, in the order of the study."""
    numbers = joined(folder, task)
    lengths = [name.removeprefix("wrong_at_") for name in numbers if name.startswith("wrong_at_")]
    most = f"{numbers['trained'].iloc[0]:g}"
    solves = bool(numbers["solved"].any())
    wrong = {f"wrong_at_{n}": n if at else f"Wrong at {n}" for at, n in enumerate(lengths)}
    controls = {
        column: word if at else f"At {most}, {word}"
        for at, (column, word) in enumerate(ADDRESSES.items())
    }
    shown = pd.DataFrame(
        {
            "Model": numbers["model"],
            "Rate": [f"{rate:g}" for rate in numbers["learning_rate"]],
            "Updates": [f"{updates:.0f}" for updates in numbers["updates"]],
            "Solved / run": [f"{row.solved} / {row.run}" for row in numbers.itertuples()],
            **({"Seconds to solve": numbers["seconds_to_solve"].map(_number)} if solves else {}),
            "Good": numbers["good"].astype(str),
            **{title: numbers[name].map(_number) for name, title in (wrong | controls).items()},
        }
    )
    lines = [list(shown), ["---", *["---:"] * (shown.shape[1] - 1)], *shown.to_numpy().tolist()]
    rule = "|".join(lines[1])
    rows = (f"| {' | '.join(cells)} |" for cells in (lines[0], *lines[2:]))
    head, *rest = rows
    return "\n".join([head, f"|{rule}|", *rest, ""])


def joined(folder: Path, task: str) -> pd.DataFrame:
    """One row per model: what solving.csv holds, the rate chosen, updates, and the controls.

    Updates are medians over the seeds that finished. Controls are those at the longest of the
    lengths that were trained and tested, and nan where a model has no memory.
    """
    solving, gap, seeds, search = (
        pd.read_csv(folder / f"{task}-{name}.csv") for name in ("solving", "gap", "seeds", "search")
    )
    chosen = search.loc[search["chosen"], ["model", "learning_rate"]]
    updates = seeds.groupby("model", as_index=False)["updates"].median()
    # the slow controls are tested at trained lengths only
    longest = gap.loc[gap["errors_shuffled"].notna(), "length"].max()
    at_longest = gap.loc[gap["length"] == longest, ["model", *ADDRESSES]]
    found = solving.assign(trained=longest)
    for more in (chosen, updates, at_longest):
        found = found.merge(more, on="model", how="left")
    return found


def _number(value: float) -> str:
    return NONE if pd.isna(value) else f"{round(value, 1):g}"


if __name__ == "__main__":
    main()
