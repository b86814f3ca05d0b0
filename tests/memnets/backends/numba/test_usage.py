"""The DNC's allocation in kernels against the pure functions in float64, values and gradients."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from torch import Tensor

pytest.importorskip("numba")

from memnets.backends.numba import usage as kernels
from memnets.backends.numba.cells import dnc_allocation
from memnets.backends.numba.sorting import ascending
from memnets.equations import usage

from .against import close, double, unset

SIZES = [(1, 1, 1), (3, 7, 3), (2, 128, 4), (3, 5, 2)]
"""Samples, slots, heads."""
FLOORS = [0.0, 1e-6]


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


def weighting(*shape: int, seed: int = 0) -> np.ndarray:
    raw = draw(*shape, seed=seed) ** 4
    return raw / raw.sum(-1, keepdims=True) * draw(*shape[:-1], 1, seed=seed + 1)


def pull(value: Tensor, grad: np.ndarray, inputs: list[Tensor]) -> list[Tensor]:
    found = torch.autograd.grad(value, inputs, torch.from_numpy(grad).double(), allow_unused=True)
    return [torch.zeros_like(i) if g is None else g for i, g in zip(inputs, found, strict=True)]


@pytest.mark.parametrize(("B", "N", "R"), SIZES)
@pytest.mark.parametrize("full", [False, True])
def test_retention_also_where_a_slot_is_freed_altogether(B, N, R, full):
    free, reads, grad = draw(B, R), weighting(B, R, N), draw(B, N, seed=5)
    if full:
        free[:, 0], reads[:, 0], reads[:, 0, 0] = 1, 0, 1
    out, into = unset(B, N), double(free, reads)
    kernels.retention(free, reads, out)
    value = usage.retention(*into)
    close(out, value)
    to_free, to_reads = np.ones_like(free), np.ones_like(reads)
    kernels.retention_vjp(free, reads, grad, to_free, to_reads, unset(N))
    for actual, expected in zip((to_free, to_reads), pull(value, grad, into), strict=True):
        close(actual - 1, expected, 1e-4)


@pytest.mark.parametrize(("B", "N", "P"), SIZES)
@pytest.mark.parametrize("stop", [False, True])
def test_usage(B, N, P, stop):
    before, writes, kept, grad = draw(B, N), weighting(B, P, N), draw(B, N, seed=3), draw(B, N)
    writes[0, 0, 0] = 1
    out, into = unset(B, N), double(before, writes, kept)
    kernels.usage(before, writes, kept, out)
    value = usage.usage(*into, stop_gradient=stop)
    close(out, value)
    to_usage, to_writes, to_kept = grad.copy(), np.ones_like(writes), np.ones_like(kept)
    kernels.usage_vjp(before, writes, kept, stop, to_usage, to_writes, to_kept, unset(N))
    expected = pull(value, grad, into)
    close(to_usage, expected[0], 1e-4)
    close(to_writes - 1, expected[1], 1e-4)
    close(to_kept - 1, expected[2], 1e-4)


@pytest.mark.parametrize(("B", "N", "W"), [(1, 1, 1), (3, 7, 5), (2, 128, 20)])
def test_deallocation_empties_what_was_freed(B, N, W):
    memory, kept, grad = draw(B, W, N), draw(B, N, seed=1), draw(B, W, N, seed=2)
    out, into = unset(B, W, N), double(memory, kept)
    kernels.deallocate(memory, kept, out)
    value = usage.deallocate(into[0].transpose(1, 2), into[1]).transpose(1, 2)
    close(out, value)
    to_memory, to_kept = grad.copy(), np.ones_like(kept)
    kernels.deallocate_vjp(memory, kept, to_memory, to_kept)
    expected = pull(value, grad, into)
    close(to_memory, expected[0], 1e-4)
    close(to_kept - 1, expected[1], 1e-4)


def usages(kind: str, N: int) -> np.ndarray:
    rng = np.random.default_rng(N)
    spread = {
        "spread": rng.random(N),
        "ties": rng.integers(0, 4, N) / 4,
        "ends": rng.integers(0, 2, N).astype(float),
        "empty": np.zeros(N),
        "full": np.ones(N),
    }
    return spread[kind].astype(np.float32)


KINDS = ["spread", "ties", "ends", "empty", "full"]


@pytest.mark.parametrize("N", [1, 2, 7, 64, 130])
@pytest.mark.parametrize("kind", KINDS)
def test_the_free_list_is_that_of_a_stable_sort(N, kind):
    values, order = usages(kind, N), np.full(N, -1)
    ascending(values, order, unset(N))
    assert_array_equal(order, np.argsort(values, kind="stable"))


def test_a_free_list_of_what_is_not_a_number_still_names_slots():
    values, order = usages("spread", 9), np.full(9, 10**6)
    values[[0, 3, 8]] = np.nan
    ascending(values, order, unset(9))
    assert ((order >= 0) & (order < 9)).all()


@pytest.mark.parametrize("N", [1, 2, 7, 128])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("floor", FLOORS)
def test_allocation_also_of_empty_and_full_slots(N, kind, floor):
    used, grad, order, out = usages(kind, N), draw(N), np.full(N, -1), unset(N)
    (into,) = double(used)
    kernels.allocation(used, np.float32(floor), order, out, unset(N))
    # torch's own cumprod differentiates zeros as it should
    value = usage.allocation(into.unsqueeze(0), floor=floor)[0]
    close(out, value)
    to_usage = np.ones(N, np.float32)
    kernels.allocation_vjp(used, np.float32(floor), order, grad, to_usage, unset(N))
    close(to_usage - 1, pull(value, grad, [into])[0], 1e-4)


def reference(before, content, allocation_gate, write_gate, floor):
    weightings = []
    for p in range(content.shape[1]):
        allocation = usage.allocation(before, floor=floor)
        gates = allocation_gate[:, p], write_gate[:, p]
        weightings.append(usage.write_weighting(content[:, p], allocation, *gates))
        before = before + (1 - before) * (gates[0] * gates[1]).unsqueeze(-1) * allocation
    return torch.stack(weightings, 1)


@pytest.mark.parametrize(("B", "N", "P"), SIZES)
@pytest.mark.parametrize("floor", FLOORS)
def test_write_weightings_of_heads_that_allocate_one_after_the_other(B, N, P, floor):
    before, content = draw(B, N), weighting(B, P, N)
    choose, write, grad = draw(B, P, seed=1), draw(B, P, seed=2), draw(B, P, N, seed=3)
    into = double(before, content, choose, write)
    used, allocation, out, order = *(unset(B, P, N) for _ in range(3)), np.full((B, P, N), -1)
    small = np.float32(floor)
    dnc_allocation.write_weightings(
        before, content, choose, write, small, used, order, allocation, out, unset(N)
    )
    value = reference(*into, floor)
    close(out, value)
    to = [np.ones_like(a) for a in (before, content, choose, write)]
    dnc_allocation.write_weightings_vjp(
        content, choose, write, small, used, order, allocation, grad, *to, unset(3, N)
    )
    for actual, expected in zip(to, pull(value, grad, into), strict=True):
        close(actual - 1, expected, 1e-4)
