"""One's own sequences from a file: how they are trained on and tested, and what is refused."""

import re
from pathlib import Path

import numpy as np
import pytest

from envs import Bits, Fields, Symbols, TaskEnv
from envs.tasks.arrays import Arrays
from envs.tasks.files import BadFile
from memnets.spec import ModelSpec
from studies import Supervised, TaskSpec, Trial
from studies.design.data import BadData


def sequences(count=20, steps=6, seed=0):
    """Say which of four symbols came first, at the last step: several lengths."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, steps, size=count, endpoint=True)
    lengths[0] = steps
    symbols = rng.integers(4, size=(steps, count))
    at = np.arange(steps)[:, None]
    mask = at == lengths - 1
    targets = np.where(mask, symbols[0], 0)
    return {"inputs": np.eye(4)[symbols], "targets": targets, "mask": mask, "lengths": lengths}


@pytest.fixture
def write(tmp_path):
    def written(**arrays):
        path = tmp_path / "mine.npz"
        np.savez(path, **arrays)
        return str(path)

    return written


def test_training_and_tests_have_different_sequences_of_the_file(write):
    arrays = sequences()
    task = Arrays(path=write(**arrays))
    assert task.answer == Symbols(4) and task.input_size == 4 and len(task.path_sha256) == 64
    assert task.input_range == (0.0, 1.0)
    assert task.lengths == (min(arrays["lengths"][:18]), 6)
    inside = np.arange(6)[:, None] < arrays["lengths"]
    shown = arrays["inputs"] * inside[..., None]

    def found(batch):
        padded = np.zeros((6, *batch.inputs_TBX.shape[1:]))
        padded[: len(batch.inputs_TBX)] = batch.inputs_TBX
        same = (padded[:, :, None] == shown[:, None]).all((0, 3))
        return set(np.nonzero(same)[1])

    trained = task.sample(np.random.default_rng(0), 300)
    assert found(trained) == set(range(18))
    tested = task.test_sample(np.random.default_rng(0), 2, task.test_lengths[-1])
    assert found(tested) == {18, 19}
    short = task.sample(np.random.default_rng(0), 50, 3)
    assert short.steps_B.max() == len(short.mask_TB) == 3
    first = trained.inputs_TBX[0].argmax(1)
    assert (trained.targets_TBY[trained.mask_TB][:, 0] == np.repeat(first, 1)[last(trained)]).all()
    assert task.chance_bits() == pytest.approx(2.0)


def last(batch):
    """The sequences of the scored steps, in the order of the steps."""
    return np.nonzero(batch.mask_TB)[1]


def test_sequences_for_tests_may_stand_in_the_file(write):
    more = {f"test_{name}": array for name, array in sequences(7, steps=9, seed=1).items()}
    task = Arrays(path=write(**sequences(), **more))
    assert task.test_lengths[-1] == 9 and task.lengths[1] == 6
    for asked in (3, 7, 100):
        tests = task.test_sample(np.random.default_rng(0), asked, 9)
        found = {tuple(sequence_TX.ravel()) for sequence_TX in tests.inputs_TBX.swapaxes(0, 1)}
        assert len(found) == tests.mask_TB.shape[1] == min(asked, 7)


def test_bits_symbols_and_several_symbols_are_told_by_the_targets(write):
    inputs = np.random.default_rng(0).normal(size=(5, 4, 2))
    bits = np.random.default_rng(1).integers(2, size=(5, 4, 3))
    assert Arrays(path=write(inputs=inputs, targets=bits.astype(bool))).answer == Bits(3)
    assert Arrays(path=write(inputs=inputs, targets=bits)).answer == Fields(3, 2)
    low, high = Arrays(path=write(inputs=inputs, targets=bits[..., 0])).input_range
    assert low == np.float32(inputs.min()) and high == np.float32(inputs.max())
    task = Arrays(path=write(inputs=inputs, targets=bits[..., 0]), vocabulary=5)
    assert task.answer == Symbols(5)
    assert task.chance_bits() == pytest.approx(5 * np.log2(5))


def test_they_are_an_environment(write):
    env = TaskEnv("envs.tasks.arrays:Arrays", path=write(**sequences()))
    seen, info = env.reset(seed=3)
    total = 0.0
    first = int(seen.argmax())
    for _ in range(info["steps"]):
        _, reward, ended, _, _ = env.step(first)
        total += reward
    assert ended and total == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": None}, "there is no array inputs."),
        ({"targets": None}, "there is no array targets."),
        ({"target": np.zeros(3)}, "arrays: no option 'target'. Did you mean 'targets'?"),
        ({"mask": np.ones((2, 2))}, "mask has shape (2, 2); (6, 20), as inputs, is needed."),
        ({"test_inputs": np.zeros((2, 1, 4))}, "there is no array test_targets."),
        (
            {"test_inputs": np.zeros((2, 1, 3)), "test_targets": np.zeros((2, 1), int)},
            "test_inputs have 3 columns of float32; 4 of float32, as inputs, are needed.",
        ),
        (
            {"test_inputs": np.zeros((2, 1, 4)), "test_targets": np.zeros((3, 1), int)},
            "test_targets have shape (3, 1, 1); (2, 1), as inputs,",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_line(write, change, message):
    arrays = {name: array for name, array in (sequences() | change).items() if array is not None}
    with pytest.raises(BadFile) as error:
        Arrays(path=write(**arrays))
    assert f"mine.npz: {message}" in str(error.value) and "\n" not in str(error.value)


def test_what_is_no_file_of_arrays_is_refused(write, tmp_path):
    for name, content in (("text.npz", b"hello"), ("empty.npz", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadFile, match=f"{name}: it is no .npz file of plain arrays: "):
            Arrays(path=str(tmp_path / name))
    pickled = write(inputs=np.array([None]), targets=np.zeros(1))
    with pytest.raises(BadFile, match="it is no .npz file of plain arrays: Object arrays cannot"):
        Arrays(path=pickled)
    with pytest.raises(BadFile, match=r"gone\.npz: No such file or directory\.$"):
        Arrays(path=str(tmp_path / "gone.npz"))
    one = {"inputs": np.ones((3, 1, 2)), "targets": np.ones((3, 1))}
    with pytest.raises(BadFile, match="one sequence; another one is needed for tests"):
        Arrays(path=write(**one))
    with pytest.raises(ValueError, match="vocabulary is 3; .* has the symbol 3, so at least 4"):
        Arrays(path=write(**sequences()), vocabulary=3)
    with pytest.raises(ValueError, match="length is 1; a whole number of at least 2 is needed"):
        Arrays(path=write(**sequences())).sample(np.random.default_rng(0), 1, 1)


def test_a_trial_is_of_the_content_of_its_file(write, tmp_path):
    first = TaskSpec.of_file(write(**sequences()))
    other = tmp_path / "copy.npz"
    other.write_bytes((tmp_path / "mine.npz").read_bytes())
    moved = TaskSpec.of_file(str(other))
    changed = TaskSpec.of_file(write(**sequences(seed=5)))
    ids = [Trial(spec, ModelSpec("none"), Supervised()).id for spec in (first, moved, changed)]
    assert ids[0] == ids[1] != ids[2]
    with pytest.raises(BadData, match="its content is another"):
        first.build()
    with pytest.raises(BadData, match=r"gone\.npz: No such file"):
        TaskSpec.of_file(str(tmp_path / "gone.npz"))


def test_the_example_of_the_page_is_a_file_that_is_taken(tmp_path, monkeypatch):
    page = (Path(__file__).parents[3] / "docs" / "tasks.md").read_text(encoding="utf-8")
    (code,) = (part for part in re.findall(r"```python\n(.*?)```", page, re.S) if "savez" in part)
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    task = Arrays(path="mine.npz")
    assert task.answer == Symbols(4) and task.lengths == (10, 10)
    assert task.sample(np.random.default_rng(0), 5).mask_TB.sum() == 5
