"""The page about tapes: its examples run, and its table is that of the tapes."""

import re
from pathlib import Path

import numpy as np

from envs.tapes import make_tape

from .cases import NAMES

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "tapes.md").read_text(encoding="utf-8")


def test_the_examples_run_one_after_the_other(capsys):
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(block, names)
    assert "Copy, step" in capsys.readouterr().out


def test_the_readme_names_every_tape():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"`{name}`" not in text] == []


def test_the_table_has_the_symbols_moves_and_limits_of_every_tape():
    rows = re.findall(r"^\| `(\w+)` \|.*\| (\d+) \| ([\w, ]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
    assert sorted(row[0] for row in rows) == NAMES
    for name, symbols, moves, limit in rows:
        task = make_tape(name)
        assert (int(symbols), tuple(moves.split(", "))) == (task.base, task.moves)
        formula = limit.replace("×", "*").replace("columns", "input")
        limits = task.time_limits(np.array([7]), np.array([9]))
        assert eval(formula, {"input": 7, "target": 9}) == limits
