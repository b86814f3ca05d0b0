"""The page on tasks has a row for each, and what the rows say is so."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

from envs import Bits, Fields, make_task, tasks

PAGE = Path(__file__).parents[3] / "docs" / "tasks.md"
BUILT_IN = [name for name in tasks if tasks.is_built_in(name)]


def rows():
    """Cells of the tables by the titles of their columns, one dictionary for each task."""
    found, titles = {}, []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            titles = []
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        titles = titles or cells
        name = re.fullmatch(r"`([a-z_0-9]+)`", cells[0])
        if name and titles[0] == "task":
            found[name[1]] = dict(zip(titles, cells, strict=True))
    return found


def lengths(task):
    return "{} to {}".format(*task.lengths)


def answer(task):
    if isinstance(task.answer, Fields):
        return f"{task.answer.count} of {task.answer.vocabulary} symbols"
    size, kind = task.answer.output_size, "bit" if isinstance(task.answer, Bits) else "symbol"
    return f"{size:,} {kind}{'s' * (size > 1)}"


def chance(task):
    return str(Fraction(task.answer.chance).limit_denominator(100_000))


CHECKED = {"trained lengths": lengths, "answer": answer, "chance": chance}


def test_every_task_has_a_row_and_every_row_a_task():
    assert set(rows()) == set(BUILT_IN)


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_a_row_says_is_so(name):
    row, task = rows()[name], make_task(name)
    # a table of tasks of another kind has other columns
    for title in set(CHECKED) & set(row):
        assert row[title] == CHECKED[title](task)
