"""Batches of sequences that differ in length, and batches of one's own arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs import Batch, Task, TaskVectorEnv, make_task
from envs.answers import Symbols
from envs.tasks.batch import BadArrays


def arrays(steps=5, sequences=3):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(steps, sequences, 2))
    return inputs, rng.integers(4, size=(steps, sequences, 1))


@given(st.lists(st.integers(1, 6), min_size=1, max_size=5))
def test_joining_and_taking_apart_are_inverse(lengths):
    task = make_task("copy", width=2)
    parts = [task.sample(np.random.default_rng(n), 2, n) for n in lengths]
    whole = Batch.joined(parts)
    assert whole.steps_B.tolist() == [2 * n + 2 for n in lengths for _ in range(2)]
    assert (whole.lengths_B is None) == (len(set(lengths)) == 1)
    seen = []
    for rows, part in whole.by_length():
        assert part.lengths_B is None
        for column, row in enumerate(rows):
            own = parts[row // 2]
            for array, before in zip(part, own, strict=True):
                np.testing.assert_array_equal(array[:, column], before[:, row % 2])
        seen.extend(rows.tolist())
    assert sorted(seen) == list(range(2 * len(lengths)))


def test_sequences_are_selected_and_repeated_with_their_lengths():
    inputs, targets = arrays()
    batch = Batch.from_arrays(inputs, targets, lengths=[5, 2, 3])
    assert batch.repeated(2).steps_B.tolist() == [5, 5, 2, 2, 3, 3]
    assert batch.select(np.array([2, 0])).steps_B.tolist() == [3, 5]
    np.testing.assert_array_equal(batch.repeated(2).inputs_TBX[:, 3], batch.inputs_TBX[:, 1])


def test_what_lies_after_the_end_of_a_sequence_is_made_zero():
    inputs, targets = arrays()
    batch = Batch.from_arrays(inputs, targets + 1, lengths=[4, 2, 4])
    assert batch.inputs_TBX.shape == (4, 3, 2) and batch.inputs_TBX.dtype == np.float32
    assert batch.targets_TBY.dtype == np.int64
    assert batch.mask_TB.sum(0).tolist() == [4, 2, 4]
    assert not batch.inputs_TBX[2:, 1].any() and not batch.targets_TBY[2:, 1].any()


def test_sequences_that_all_end_early_are_as_long_as_the_batch():
    inputs, targets = arrays()
    batch = Batch.from_arrays(inputs, targets, lengths=[3, 3, 3])
    assert batch.inputs_TBX.shape == (3, 3, 2) and batch.lengths_B is None


def test_what_lies_after_the_end_of_a_sequence_is_not_read():
    inputs, targets = arrays()
    inputs[2:, 1] = np.nan
    targets[2:, 1] = -1
    batch = Batch.from_arrays(inputs, targets, lengths=[5, 2, 5])
    assert not batch.inputs_TBX[2:, 1].any() and not batch.targets_TBY[2:, 1].any()
    with pytest.raises(BadArrays, match="^inputs: step 2 of sequence 1, channel 0, is nan"):
        Batch.from_arrays(inputs, targets, lengths=[5, 3, 5])


def test_floats_and_booleans_are_bits_and_one_column_needs_no_axis():
    inputs, _ = arrays()
    bits = np.random.default_rng(1).integers(2, size=(5, 3))
    for targets in (bits.astype(float), bits.astype(bool)):
        batch = Batch.from_arrays(inputs, targets)
        assert batch.targets_TBY.dtype == np.float32
        np.testing.assert_array_equal(batch.targets_TBY[..., 0], bits)
        assert batch.lengths_B is None and batch.mask_TB.all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": np.zeros((5, 3))}, "inputs have shape (5, 3); time × sequences × channels"),
        ({"inputs": np.full((5, 3, 2), np.nan)}, "inputs: step 0 of sequence 0, channel 0, is nan"),
        ({"inputs": [["a"]]}, "inputs have type <U1; numbers are needed."),
        ({"inputs": [[1.0], [2.0, 3.0]]}, "inputs: setting an array element with a sequence."),
        ({"targets": np.zeros((4, 3), int)}, "targets have shape (4, 3, 1); (5, 3), as inputs"),
        ({"targets": np.full((5, 3), -1)}, "targets: step 0 of sequence 0, column 0, is -1;"),
        ({"targets": np.full((5, 3), 0.5)}, "targets: step 0 of sequence 0, column 0, is 0.5;"),
        ({"mask": np.ones((5, 2))}, "mask has shape (5, 2); (5, 3), as inputs, is needed."),
        ({"mask": np.full((5, 3), 2)}, "mask has values beside 0 and 1;"),
        ({"mask": np.zeros((5, 3))}, "mask: sequence 0 has no step that is scored."),
        ({"mask": np.ones((5, 3)), "lengths": [5, 5, 2]}, "mask: step 2 of sequence 2 is scored"),
        ({"lengths": [5, 5]}, "lengths have shape (2,); (3,), as inputs, is needed."),
        ({"lengths": [5, 6, 5]}, "lengths: sequence 1 has 6; a whole number from 1 to 5"),
        ({"lengths": [5, 2.5, 5]}, "lengths: sequence 1 has 2.5; a whole number"),
    ],
)
def test_arrays_that_make_no_batch_get_one_clear_line(change, message):
    inputs, targets = arrays()
    with pytest.raises(BadArrays) as error:
        Batch.from_arrays(**({"inputs": inputs, "targets": targets} | change))
    assert str(error.value).startswith(message) and "\n" not in str(error.value)


class Walks(Task):
    """Say at the last step how many steps there were: sequences of one batch differ in length."""

    input_size = 1
    answer = Symbols(8)
    lengths = (1, 7)

    def sample(self, rng, batch_size, length=None):
        steps_B = rng.integers(1, 8, size=batch_size)
        last_TB = np.arange(7)[:, None] == steps_B - 1
        targets_TB = np.where(last_TB, steps_B, 0)
        return Batch.from_arrays(np.ones((7, batch_size, 1)), targets_TB, last_TB, steps_B)

    def chance_bits(self, length=None):
        return 3.0


def test_environments_whose_sequences_differ_in_length_end_one_by_one():
    env = TaskVectorEnv(Walks(), 16, autoreset_mode="Disabled")
    _, infos = env.reset(seed=3)
    batch = Walks().sample(np.random.default_rng(3), 16)
    assert infos["steps"].tolist() == batch.steps_B.tolist()
    assert len(set(batch.steps_B)) > 3
    returns, ended_B = np.zeros(16), np.zeros(16, int)
    for t in range(7):
        seen, rewards, terminated, _, _ = env.step(batch.targets_TBY[t, :, 0])
        now = t < batch.steps_B
        np.testing.assert_array_equal(seen[now, 0], t + 1 < batch.steps_B[now])
        np.testing.assert_array_equal(terminated[now], t + 1 == batch.steps_B[now])
        returns += np.where(now, rewards, 0)
        ended_B += now & terminated
        over_B = terminated & (ended_B > 0)
        if over_B.any() and t < 6:
            env.reset(options={"reset_mask": over_B})
    assert (returns == 1).all() and (ended_B == 1).all()
