"""Sizes, chance levels and lengths of all tasks against those that were published."""

import numpy as np
import pytest

from envs import make_task

from .samples import sample


def test_chance_levels_are_the_published_ones():
    assert make_task("copy").chance_bits() == 84
    assert make_task("copy", symbols=32).chance_bits(4) == 20
    assert make_task("reverse").chance_bits() == 84
    assert make_task("reverse", symbols=32).chance_bits(4) == 20
    assert make_task("duplicated_input", symbols=32).chance_bits() == 27.5
    assert make_task("symbol_repeat_copy", symbols=32).chance_bits() == 62.5
    assert make_task("repeat_copy").chance_bits() == 181.5
    assert make_task("repeat_copy", width=8).chance_bits() == 242
    assert make_task("associative_recall").chance_bits() == 18
    assert make_task("dynamic_ngrams").chance_bits() == 200
    assert make_task("priority_sort").chance_bits() == 128


def test_sizes_are_those_that_the_published_parameter_counts_fit():
    sizes = {
        "copy": (10, 8),
        "repeat_copy": (8, 7),
        "associative_recall": (8, 6),
        "dynamic_ngrams": (1, 1),
        "priority_sort": (9, 8),
    }
    for name, expected in sizes.items():
        task = make_task(name)
        assert (task.input_size, task.answer.output_size) == expected


def test_copy_generalises_over_the_published_lengths():
    assert make_task("copy").test_lengths == (5, 10, 20, 40, 80, 120)
    assert make_task("associative_recall").test_lengths == (3, 6, 10, 15, 20)
    assert make_task("copy", max_length=2).test_lengths[0] == 1


@pytest.mark.parametrize("name", ["copy", "repeat_copy", "associative_recall", "priority_sort"])
def test_patterns_are_independent_fair_bits(name):
    task = make_task(name)
    batch = sample(task, 7, batch_size=4000, length=task.lengths[1])
    bits = batch.inputs_TBX[1:4, :, : task.input_size - 2].reshape(3, 4000, -1)
    flat = bits.transpose(0, 2, 1).reshape(-1, 4000)
    agreement = (flat @ flat.T + (1 - flat) @ (1 - flat).T) / 4000
    agreement -= np.eye(len(flat)) / 2
    assert max(np.abs(flat.mean(1) - 0.5).max(), np.abs(agreement - 0.5).max()) < 0.04
