"""The memory that rollouts use again: never while anyone still has it."""

import gc
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba")

from memnets.backends.numba.rollouts import arena as module
from memnets.backends.numba.rollouts.arena import Arena

SLAB = 256


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(module, "SLAB", SLAB)
    monkeypatch.setattr(module, "_slabs", [])


def address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def test_an_array_is_float32_contiguous_aligned_and_of_its_shape():
    arena = Arena()
    for shape in ((3,), (2, 5, 7), (), (4, 0, 2), (SLAB * 3,), (1, 1)):
        array = arena.empty(*shape)
        assert array.shape == shape and array.dtype == np.float32
        assert array.flags.c_contiguous and array.flags.writeable
        assert (address(array) - address(arena._slab)) % 64 == 0
        assert not arena.zeros(*shape).any()


def test_arrays_of_one_arena_do_not_overlap():
    arena, arrays = Arena(), []
    for place in range(200):
        arrays.append(arena.empty(place % 11 + 1))
        arrays[-1].fill(place)
    assert all((array == place).all() for place, array in enumerate(arrays))


def test_a_slab_is_used_again_once_nobody_has_any_of_it():
    arena = Arena()
    first = arena.empty(10)
    first_address = address(first)
    del arena
    second = Arena().empty(10)
    assert address(second) != first_address, "the first array is still there"
    view = first.reshape(2, 5)[1:]
    del first
    assert address(Arena().empty(10)) != first_address, "a view of it is still there"
    del view
    taken = [Arena().empty(10) for _ in range(3)]
    assert first_address in map(address, taken)


def test_a_tensor_keeps_its_slab():
    torch = pytest.importorskip("torch")
    array = Arena().empty(12)
    array.fill(3)
    tensor = torch.from_numpy(array)[4:]
    del array
    others = [Arena().empty(12) for _ in range(20)]
    for other in others:
        other.fill(0)
    assert (tensor == 3).all()


def test_what_is_larger_than_a_slab_gets_one_of_its_own_and_that_is_used_again():
    large = Arena().empty(5 * SLAB)
    at = address(large)
    del large
    assert address(Arena().empty(4 * SLAB)) == at
    small, other = Arena().empty(3), Arena().empty(3)
    assert len(module._slabs) == 2
    del small, other
    # the smallest that is large enough
    assert address(Arena().empty(3)) != at


def test_no_more_idle_slabs_are_kept_than_a_few():
    for size in range(1, 40):
        Arena().empty(size * SLAB)
    assert len(module._slabs) <= module._KEPT
    kept = [Arena().empty(SLAB) for _ in range(3 * module._KEPT)]
    del kept
    Arena().empty(100 * SLAB)
    assert len(module._slabs) <= module._KEPT


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["new", "take", "view", "drop"]), st.integers(0, 2 * SLAB)),
    max_size=60,
)


@given(ACTIONS)
def test_whatever_is_alive_keeps_its_numbers(actions):
    module._slabs.clear()
    arena, alive = Arena(), {}
    for place, (action, number) in enumerate(actions):
        if action == "new":
            arena = Arena()
        elif action == "take":
            alive[place] = arena.empty(number)
            alive[place].fill(place)
        elif alive:
            key = sorted(alive)[number % len(alive)]
            if action == "drop":
                del alive[key]
            else:
                alive[key] = alive[key][len(alive[key]) // 2 :]
        assert all((array == key).all() for key, array in alive.items())


def test_several_threads_never_share_a_slab():
    wrong = []

    def work(number: int) -> None:
        for _ in range(300):
            array = Arena().empty(50)
            array.fill(number)
            if not (array == number).all():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_rollout_gives_its_memory_back():
    torch = pytest.importorskip("torch")
    from memnets.backends.numba.backend import Numba
    from memnets.spec import ModelSpec

    kernels = Numba()
    network = ModelSpec("ntm", controller_size=5, cell_options={"slots": 5, "width": 3}).build(2, 2)
    counts = []
    for _ in range(6):
        rollout = kernels(network, torch.randn(4, 2, 2))
        rollout.logits_TBY.sum().backward()
        del rollout
        gc.collect()
        counts.append(len(module._slabs))
    assert counts[2:] == counts[2:3] * 4
