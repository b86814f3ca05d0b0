"""Tables of published pages, from the report's csv files beside them.

    python docs/results/tables.py solving discrete_vs_soft reverse
    python docs/results/tables.py accuracy memories reverse
    python docs/results/tables.py overview memories
    python docs/results/tables.py states multi_query 64-steps

print a table in Markdown. The files are those that `memnets report` writes for a study of one
task, each named for the task: reverse-solving.csv is its solving.csv, and so on; reverse-search.csv
is its tried.csv, and reverse-sizes.csv its figure sizes.csv.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
NONE = "–"
TABLES = {"solving": "solving", "accuracy": "models", "overview": "models", "states": "sizes"}
"""Each with the file that its rows come from."""
ADDRESSES = {
    "errors_one_slot": "one slot",
    "errors_soft": "soft",
    "errors_cut_off": "cut off",
    "errors_frozen": "frozen",
    "errors_shuffled": "shuffled",
}
"""Columns of gap.csv, and the last ones of a table."""


def main() -> None:
    """Print the table that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("table", choices=TABLES)
    parser.add_argument("page", help="the folder of the files, such as memories")
    parser.add_argument("task", nargs="?", help="the first words of the files, such as reverse")
    given = parser.parse_args()
    folder = HERE / given.page
    known = tasks(folder, TABLES[given.table])
    if not known:
        parser.error(f"{given.page} has no files of that table")
    if given.table == "overview":
        print(overview(folder), end="")
    elif given.task not in known:
        parser.error(f"name the task: one of {', '.join(known)}")
    else:
        make = {"solving": solving, "accuracy": accuracy, "states": states}[given.table]
        print(make(folder, given.task), end="")


def tasks(folder: Path, name: str) -> list[str]:
    """The tasks of which there is a file of this name, in the order of the alphabet."""
    return sorted(path.name.removesuffix(f"-{name}.csv") for path in folder.glob(f"*-{name}.csv"))


def solving(folder: Path, task: str) -> str:
    """One row per model, in the order of the study: how soon it solves the task, and its errors."""
    numbers = read(folder, task, "solving").merge(_at_longest(folder, task), on="model", how="left")
    numbers = numbers.merge(_chosen(folder, task), on="model", how="left")
    lengths = [name.removeprefix("wrong_at_") for name in numbers if name.startswith("wrong_at_")]
    wrong = {f"wrong_at_{n}": n if at else f"Wrong at {n}" for at, n in enumerate(lengths)}
    solves = bool(numbers["solved"].any())
    return markdown(
        {
            "Model": numbers["model"],
            "Rate": [f"{rate:g}" for rate in numbers["learning_rate"]],
            "Updates": [f"{updates:.0f}" for updates in numbers["updates"]],
            "Solved / run": [f"{row.solved} / {row.run}" for row in numbers.itertuples()],
            **({"Seconds to solve": numbers["seconds_to_solve"].map(_number)} if solves else {}),
            "Good": numbers["good"].astype(str),
            **{title: numbers[name].map(_number) for name, title in wrong.items()},
            **_controls(numbers),
        }
    )


def accuracy(folder: Path, task: str) -> str:
    """One row per model, in the order of the study: what it costs, and how much it has right.

    Accuracies are interquartile means over seeds, in per cent, at each length.
    """
    numbers = read(folder, task, "models").merge(_at_longest(folder, task), on="model", how="left")
    numbers = numbers.merge(_chosen(folder, task), on="model", how="left")
    by_length = read(folder, task, "lengths").pivot(index="model", columns="length", values="value")
    right = {f"{n:g}" if at else f"% right at {n:g}": n for at, n in enumerate(by_length)}
    return markdown(
        {
            "Model": numbers["model"],
            "State": [f"{size:,.0f}" for size in numbers["state_size"]],
            "ms a sequence": numbers["milliseconds"].map(_number),
            "Rate": [f"{rate:g}" for rate in numbers["learning_rate"]],
            "Updates": [f"{updates:.0f}" for updates in numbers["updates"]],
            "Solved / run": [f"{row.solved} / {row.run}" for row in numbers.itertuples()],
            "Good": [f"{good:.0f}" for good in numbers["good"]],
            **{
                title: numbers["model"].map(100 * by_length[length]).map(_number)
                for title, length in right.items()
            },
            **_controls(numbers),
        }
    )


def overview(folder: Path) -> str:
    """One row per model, one column per task: accuracy at the trained lengths / beyond them."""
    columns: dict[str, Sequence[str]] = {}
    for task in tasks(folder, "models"):
        rows = read(folder, task, "models").set_index("model")
        within, name = rows["value"], str(rows["task"].iloc[0])
        beyond = read(folder, task, "beyond").set_index("model")["value"]
        columns.setdefault("Model", list(within.index))
        models = pd.Series(columns["Model"])
        both = ((100 * models.map(part)).map(_number) for part in (within, beyond))
        columns[name.capitalize()] = [" / ".join(pair) for pair in zip(*both, strict=True)]
    return markdown(columns)


def states(folder: Path, task: str) -> str:
    """One row per memory and estimator, one column per size of the state: accuracy and interval."""
    numbers = read(folder, task, "sizes")
    numbers["rank"] = numbers.groupby("family")["state_size"].rank(method="first").astype(int)
    sizes = numbers.groupby("rank")["state_size"].median()
    if numbers.groupby("family").size().nunique() > 1:
        raise SystemExit(f"{task}: not every memory has all {len(sizes)} sizes.")
    ends = numbers[["value", "low", "high"]].mul(100).map(_number)
    numbers["shown"] = [f"{row.value} ({row.low} to {row.high})" for row in ends.itertuples()]
    shown = numbers.pivot(index="family", columns="rank", values="shown")
    lines = numbers.drop_duplicates("family")
    return markdown(
        {
            "Memory": lines["memory"],
            "Addressing": lines["estimator"],
            **{
                f"{size:,.0f} numbers": lines["family"].map(shown[at]) for at, size in sizes.items()
            },
        }
    )


def read(folder: Path, task: str, name: str) -> pd.DataFrame:
    """One of the files of a task."""
    return pd.read_csv(folder / f"{task}-{name}.csv")


def markdown(columns: dict[str, Sequence[str]]) -> str:
    """A table, its first column to the left and all others to the right."""
    shown = pd.DataFrame(columns)
    rule = "|".join(["---", *["---:"] * (shown.shape[1] - 1)])
    head, *rest = (f"| {' | '.join(cells)} |" for cells in (list(shown), *shown.to_numpy()))
    return "\n".join([head, f"|{rule}|", *rest, ""])


def _chosen(folder: Path, task: str) -> pd.DataFrame:
    # the rate that was chosen, and the median of updates over the seeds that finished
    search = read(folder, task, "search")
    updates = read(folder, task, "seeds").groupby("model", as_index=False)["updates"].median()
    return search.loc[search["chosen"], ["model", "learning_rate"]].merge(updates, on="model")


def _at_longest(folder: Path, task: str) -> pd.DataFrame:
    # at the longest of the trained lengths: beyond them not all addresses are tested
    gap = read(folder, task, "gap")
    longest = gap.loc[gap["errors_shuffled"].notna(), "length"].max()
    return gap.loc[gap["length"] == longest, ["model", *ADDRESSES]].assign(longest=longest)


def _controls(numbers: pd.DataFrame) -> dict[str, Sequence[str]]:
    longest = f"{numbers['longest'].max():g}"
    return {
        word if at else f"At {longest}, {word}": numbers[column].map(_number)
        for at, (column, word) in enumerate(ADDRESSES.items())
    }


def _number(value: float) -> str:
    return NONE if pd.isna(value) else f"{round(value, 1):g}"


if __name__ == "__main__":
    main()
