"""The sources of answers: the steps that showed what is asked for."""

import numpy as np
import pytest

from envs import Batch, Bits, make_task

from ..cases import every_task
from .built_in import BUILT_IN, COMPUTED


@every_task
def test_the_sources_of_answers_are_earlier_steps_that_showed_them(name, options):
    task = make_task(name, **options)
    for length in (*task.lengths, task.test_lengths[-1]):
        batch = task.sample(np.random.default_rng(length), 5, length)
        sources_TB = task.sources(batch)
        if sources_TB is None:
            assert name in COMPUTED
            continue
        assert sources_TB.shape == batch.mask_TB.shape and sources_TB.dtype == np.int64
        assert (sources_TB[~batch.mask_TB] == -1).all()
        step, row = np.nonzero(sources_TB >= 0)
        source = sources_TB[step, row]
        assert (source < step).all() and len(step) > 0
        # a repeat copy's end marker alone has no source
        unknown = batch.mask_TB & (sources_TB < 0)
        assert unknown.sum() == (5 if name == "repeat_copy" else 0)
        shown, asked = batch.inputs_TBX[source, row], batch.targets_TBY[step, row]
        if isinstance(task.answer, Bits):
            assert (shown[:, : task.width] == asked[:, : task.width]).all()
        elif task.input_symbols:
            assert (shown == asked).all()
        else:
            assert (shown[np.arange(len(step)), asked[:, 0]] == 1).all()


@pytest.mark.parametrize("name", sorted(set(BUILT_IN) - COMPUTED))
def test_sources_are_found_in_a_batch_of_several_lengths_padded_at_the_end(name):
    task = make_task(name)
    lengths = (16, 20) if name == "multi_query_recall" else (3, 5)
    parts = [task.sample(np.random.default_rng(0), 2, length) for length in lengths]
    steps = len(parts[1].mask_TB)

    def padded(array):
        return np.pad(array, [(0, steps - len(array))] + [(0, 0)] * (array.ndim - 1))

    batch = Batch(*(np.concatenate([padded(a), b], 1) for a, b in zip(*parts, strict=True)))
    found, short = task.sources(batch), task.sources(parts[0])
    np.testing.assert_array_equal(found[: len(short), :2], short)
    assert (found[len(short) :, :2] == -1).all()
    np.testing.assert_array_equal(found[:, 2:], task.sources(parts[1]))
