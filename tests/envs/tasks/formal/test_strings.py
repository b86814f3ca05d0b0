"""What holds for all formal tasks: the paper's sizes and protocol, steps to think, chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs import Symbols, make_task, tasks

from ..algorithmic.samples import seeds
from .strings import drawn

# symbols of strings and of answers, and the steps of an answer to a string of 9 symbols
PUBLISHED = {
    "regular": {
        "even_pairs": (2, 2, 1),
        "parity_check": (2, 2, 1),
        "cycle_navigation": (3, 5, 1),
        "modular_arithmetic": (8, 5, 1),
    },
    "context_free": {
        "reverse_string": (2, 2, 9),
        "stack_manipulation": (5, 3, 10),
        "modular_arithmetic_brackets": (10, 5, 1),
        "solve_equation": (12, 5, 1),
    },
    "context_sensitive": {
        "duplicate_string": (2, 2, 18),
        "missing_duplicate": (4, 2, 1),
        "odds_first": (2, 2, 9),
        "binary_addition": (3, 3, 10),
        "binary_multiplication": (3, 3, 9),
        "square_root": (2, 2, 5),
        "bucket_sort": (5, 5, 9),
    },
}
SIZES = {name: sizes for group in PUBLISHED.values() for name, sizes in group.items()}
every_name = pytest.mark.parametrize("name", SIZES)


def test_the_groups_are_folders_with_the_papers_tasks():
    found = {}
    for name in tasks:
        folders = type(make_task(name)).__module__.split(".")
        if "formal" in folders:
            found.setdefault(folders[-2], set()).add(name)
    assert found == {group: set(sizes) for group, sizes in PUBLISHED.items()}


@every_name
def test_sizes_and_lengths_are_the_papers(name):
    task, (shown, answered, steps) = make_task(name), SIZES[name]
    batch = task.sample(np.random.default_rng(0), 2, 9)
    assert batch.inputs_TBX.shape == (9 + steps, 2, shown + 1)
    assert task.answer == Symbols(answered)
    assert task.lengths == (task.shortest, 40)
    assert task.test_lengths[-1] == 500


@every_name
@given(seeds, st.integers(3, 12), st.integers(1, 3))
def test_steps_to_think_come_between_string_and_answer(name, seed, length, thinking):
    assert drawn(name, seed, length, thinking=thinking) == drawn(name, seed, length)


@every_name
def test_chance_counts_the_symbols_that_are_asked_for(name):
    task = make_task(name)
    for length in (task.shortest, 4, 9, 30):
        asked_B = task.sample(np.random.default_rng(1), 4_000, length).mask_TB.sum(0)
        error = asked_B.std() / np.sqrt(4_000)
        assert abs(asked_B.mean() - task.answered(length)) <= 4 * error + 0.01


@every_name
def test_answers_have_every_symbol(name):
    task = make_task(name)
    batch = task.sample(np.random.default_rng(2), 500, 12)
    seen = set(batch.targets_TBY[batch.mask_TB, 0].tolist())
    assert seen == set(range(task.answer_symbols))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("parity_check", {"thinking": -1}, "ParityCheck: thinking is -1; a whole number of at"),
        ("cycle_navigation", {"cycle": 1}, "CycleNavigation: cycle is 1; a whole number of at"),
        ("modular_arithmetic", {"modulus": 1}, "ModularArithmetic: modulus is 1; a whole"),
        ("solve_equation", {"modulus": 1}, "SolveEquation: modulus is 1; a whole"),
        ("solve_equation", {"min_length": 2}, "SolveEquation: min_length is 2; a whole number of"),
        ("binary_addition", {"max_length": 2}, "BinaryAddition: max_length is 2; a whole"),
        ("missing_duplicate", {"min_length": 1}, "MissingDuplicate: min_length is 1; a whole"),
        ("bucket_sort", {"symbols": 1}, "BucketSort: symbols is 1; a whole number of at least 2"),
        ("odds_first", {"counted_from": 2}, "OddsFirst: counted_from is 2; 1 (the paper's text)"),
        (
            "modular_arithmetic_brackets",
            {"products": 1},
            "ModularArithmeticBrackets: products is 1; true or false is needed.",
        ),
    ],
)
def test_a_wrong_option_gets_one_clear_line(name, options, message):
    with pytest.raises(ValueError) as error:
        make_task(name, **options)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
