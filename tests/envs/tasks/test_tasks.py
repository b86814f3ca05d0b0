"""What holds for every task of the registry."""

import dataclasses

import numpy as np
import pytest

from envs import Bits, make_task, tasks
from memnets.registry import UnknownName

from ..cases import as_answers, every_task
from .built_in import BUILT_IN


def guesses(task, rng, shape):
    return task.answer.decide(rng.normal(size=(*shape, task.answer.output_size)))


def test_the_built_in_tasks_are_found():
    assert set(BUILT_IN) <= set(tasks)
    assert all(tasks.summary(name) for name in BUILT_IN)


@every_task
def test_a_task_is_a_function_of_its_generator(name, options):
    task = make_task(name, **options)
    first, again, other = (task.sample(np.random.default_rng(seed), 3) for seed in (5, 5, 6))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@every_task
def test_shapes_and_types(name, options):
    task = make_task(name, **options)
    rng = np.random.default_rng(0)
    for length in (None, task.lengths[0], task.test_lengths[0]):
        batch = task.sample(rng, 3, length)
        steps = len(batch.inputs_TBX)
        assert batch.inputs_TBX.shape == (steps, 3, task.input_size)
        assert batch.inputs_TBX.dtype == (np.int64 if task.input_symbols else np.float32)
        assert batch.targets_TBY.shape == (steps, 3, task.answer.target_size)
        assert batch.targets_TBY.dtype == (
            np.float32 if isinstance(task.answer, Bits) else np.int64
        )
        assert batch.mask_TB.shape == (steps, 3)
        assert batch.mask_TB.dtype == bool
        assert (batch.mask_TB.sum(0) > 0).all()
        assert (batch.targets_TBY[~batch.mask_TB] == 0).all()
        assert batch.steps_B.max() == steps
        after_TB = np.arange(steps)[:, None] >= batch.steps_B
        assert not batch.inputs_TBX[after_TB].any() and not batch.mask_TB[after_TB].any()
        low, high = np.float32(task.input_range)
        assert low <= batch.inputs_TBX.min() <= batch.inputs_TBX.max() <= high


@every_task
def test_targets_as_answers_are_right(name, options):
    task = make_task(name, **options)
    batch = task.sample(np.random.default_rng(1), 4)
    score = task.answer.score(as_answers(task, batch.targets_TBY), batch.targets_TBY)
    assert (score[batch.mask_TB] == 1).all()


@every_task
def test_guessing_is_right_at_chance_level(name, options):
    task = make_task(name, **options)
    rng = np.random.default_rng(2)
    batch = task.sample(rng, 400, task.lengths[1])
    right = task.answer.score(guesses(task, rng, batch.mask_TB.shape), batch.targets_TBY)
    chance = task.answer.chance
    asked = batch.mask_TB.sum() * task.answer.target_size
    tolerance = 5 * np.sqrt(chance * (1 - chance) / asked)
    assert abs(right[batch.mask_TB].mean() - chance) < tolerance


@every_task
def test_chance_over_trained_lengths_is_the_mean(name, options):
    task = make_task(name, **options)
    low, high = task.lengths
    mean = np.mean([task.chance_bits(length) for length in range(low, high + 1)])
    assert task.chance_bits() == pytest.approx(mean)


@every_task
def test_lengths_are_drawn_evenly_from_the_trained_ones(name, options):
    task = make_task(name, **options)
    rng = np.random.default_rng(3)
    low, high = task.lengths
    drawn = np.bincount([task.draw_length(rng, None) for _ in range(2000)], minlength=high + 1)
    expected = 2000 / (high - low + 1)
    assert drawn[:low].sum() == 0
    assert (np.abs(drawn[low:] - expected) <= 5 * np.sqrt(expected)).all()


@every_task
def test_test_lengths_reach_within_and_beyond_training(name, options):
    task = make_task(name, **options)
    assert list(task.test_lengths) == sorted(set(task.test_lengths))
    assert task.lengths[1] in task.test_lengths
    assert task.test_lengths[-1] > task.lengths[1]
    assert task.test_lengths[0] >= task.shortest


@every_task
def test_every_number_of_the_difficulty_is_an_option_of_a_sample(name, options):
    task = make_task(name, **options)
    ranges = dict(task.difficulty)
    assert next(iter(ranges)) == "length" and ranges["length"] == task.lengths
    assert all(low <= high for low, high in ranges.values())
    assert {number for number, _ in task.test_points} <= set(ranges) - {"length"}
    for number, value in task.test_points:
        batch = task.test_at(np.random.default_rng(0), 2, number, value)
        assert batch.mask_TB.shape[1] == 2 and batch.mask_TB.any(0).all()


@every_task
def test_a_length_below_the_shortest_is_refused(name, options):
    task = make_task(name, **options)
    refusal = r"length is 0; a whole number of at least \d is needed\.$"
    with pytest.raises(ValueError, match=refusal):
        task.sample(np.random.default_rng(0), 2, 0)


@every_task
def test_the_optimum_is_below_chance(name, options):
    task = make_task(name, **options)
    batch = task.sample(np.random.default_rng(4), 200)
    optimum = task.optimum_bits(batch)
    if optimum is not None:
        assert optimum.shape == (200,)
        assert 0 < optimum.mean() < task.chance_bits()


@pytest.mark.parametrize("name", BUILT_IN)
def test_options_are_frozen_keywords_that_compare_by_value(name):
    task = make_task(name)
    assert task == make_task(name)
    assert hash(task) == hash(make_task(name))
    with pytest.raises(dataclasses.FrozenInstanceError):
        task.min_length = 3
    with pytest.raises(TypeError):
        type(task)(3)
    assert make_task(name, max_length=300).lengths[1] == 300


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("copy", {"widht": 3}, "copy: no option 'widht'. Did you mean 'width'?"),
        (
            "copy",
            {"seed": 3},
            "copy: no option 'seed'. Known: width, min_length, max_length, symbols.",
        ),
        ("copy", {"width": 0}, "Copy: width is 0; a whole number of at least 1 is needed."),
        ("copy", {"width": 2.0}, "Copy: width is 2.0; a whole"),
        ("copy", {"width": True}, "Copy: width is True; a whole"),
        ("copy", {"width": "8"}, "Copy: width is '8'; a whole"),
        ("copy", {"symbols": 1}, "Copy: symbols is 1; 0 "),
        ("copy", {"symbols": -1}, "Copy: symbols is -1; a whole"),
        ("reverse", {"symbols": 1}, "Reverse: symbols is 1; 0 (bit vectors) or at least 2"),
        ("duplicated_input", {"symbols": 1}, "DuplicatedInput: symbols is 1; a whole"),
        ("duplicated_input", {"copies": 0}, "DuplicatedInput: copies is 0; a whole"),
        ("symbol_repeat_copy", {"symbols": 1}, "SymbolRepeatCopy: symbols is 1; a whole"),
        ("symbol_repeat_copy", {"max_repeats": 1}, "SymbolRepeatCopy: max_repeats is 1; at least"),
        ("copy", {"min_length": 9, "max_length": 3}, "Copy: max_length is 3; at least min_length"),
        ("repeat_copy", {"min_repeats": 0}, "RepeatCopy: min_repeats is 0; a whole"),
        ("repeat_copy", {"max_repeats": 0}, "RepeatCopy: max_repeats is 0; a whole"),
        ("associative_recall", {"min_length": 1}, "AssociativeRecall: min_length is 1; a whole"),
        ("associative_recall", {"item_length": 0}, "AssociativeRecall: item_length is 0; a whole"),
        ("dynamic_ngrams", {"context": 0}, "DynamicNgrams: context is 0; a whole"),
        ("dynamic_ngrams", {"context": 40}, "DynamicNgrams: context is 40; at most 20"),
        ("priority_sort", {"max_length": 10}, "PrioritySort: max_length is 10; at least min"),
    ],
)
def test_a_wrong_option_gets_one_clear_line(name, options, message):
    with pytest.raises(ValueError) as error:
        make_task(name, **options)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_task_gets_a_hint():
    with pytest.raises(UnknownName, match="Did you mean 'copy'"):
        make_task("cpoy")
