"""Ranges of the batch on several threads, and arrays that are refused before a kernel runs."""

import os
import threading
import time
import warnings
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba")

from memnets.backends.numba.rollouts import threads as module
from memnets.backends.numba.rollouts.threads import over_samples, split


class Pair(NamedTuple):
    one: object
    two: object


def entry(function):
    """Stands for a kernel: its first call compiles it, and the compiled version is called on."""

    class Dispatcher:
        __name__ = "entry"
        overloads: dict[str, SimpleNamespace] = {}

        def __call__(self, *arguments):
            assert arguments[-2:] == (0, 0), "compiled on no samples"
            self.overloads["one"] = SimpleNamespace(entry_point=function)
            function(*arguments)

    return Dispatcher()


@given(st.integers(1, 700), st.integers(1, 40))
def test_the_batch_is_split_into_ranges_that_cover_it_once_and_are_never_empty(batch, threads):
    parts = split(batch, threads)
    assert len(parts) <= threads
    assert parts[0][0] == 0 and parts[-1][1] == batch
    assert all(begin < end for begin, end in parts)
    assert all(one[1] == two[0] for one, two in zip(parts[:-1], parts[1:], strict=True))


@given(st.integers(1, 500), st.integers(1, 8))
def test_no_thread_has_much_more_than_its_share(batch, threads):
    longest = max(end - begin for begin, end in split(batch, threads))
    assert longest < -(-batch // threads) + module.ROWS


@pytest.mark.parametrize(("threads", "batch"), [(1, 9), (2, 9), (2, 1), (3, 64)])
def test_every_sample_is_seen_once_with_torchs_number_of_threads(threads, batch):
    seen, names = np.zeros(batch, np.int64), set()
    # a range ends only when all have begun, each on a thread of its own
    together = threading.Barrier(len(split(batch, threads)))

    def work(array, number, begin, end):
        assert number == 5
        seen[begin:end] += 1
        if end:
            names.add(threading.get_ident())
            together.wait(timeout=60)

    torch.set_num_threads(threads)
    over_samples(entry(work), np.zeros(3, np.float32), 5, batch=batch)
    assert (seen == 1).all()
    assert len(names) == len(split(batch, threads))


def test_what_fails_on_another_thread_is_raised():
    def work(begin, end):
        if begin:
            raise MemoryError("no room")

    torch.set_num_threads(2)
    with pytest.raises(MemoryError, match="no room"):
        over_samples(entry(work), batch=16)


FLOATS = np.zeros((4, 6), np.float32)
BAD = {
    "doubles": FLOATS.astype(np.float64),
    "int32": FLOATS.astype(np.int32),
    "transposed": FLOATS.T,
    "strided": FLOATS[:, ::2],
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("wrap", [lambda a: a, lambda a: (FLOATS, Pair(FLOATS, (1, a)))])
def test_an_array_of_another_kind_or_layout_is_refused(bad, wrap):
    def work(*arguments):
        raise AssertionError("it was called")

    kernel = entry(work)
    for _ in range(2):
        with pytest.raises(TypeError, match="a kernel was given"):
            over_samples(kernel, FLOATS, wrap(BAD[bad]), batch=4)
    assert not kernel.overloads, "it was compiled for that"


def test_the_first_call_compiles_on_no_samples():
    calls = []
    kernel = entry(lambda number, begin, end: calls.append((begin, end)))
    for _ in range(2):
        over_samples(kernel, 1, batch=2)
    assert calls == [(0, 0), (0, 2), (0, 2)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_starts_threads_of_its_own():
    def work(begin, end):
        time.sleep(0.01)

    torch.set_num_threads(2)
    kernel = entry(work)
    over_samples(kernel, batch=16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        code = 1
        try:
            threading.Timer(10, os._exit, (2,)).start()
            over_samples(kernel, batch=16)
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
