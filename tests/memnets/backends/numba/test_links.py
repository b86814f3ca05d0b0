"""The DNC's temporal links in kernels against the pure functions in float64."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from torch import Tensor

pytest.importorskip("numba")

from memnets import equations
from memnets.backends.numba import links, links_vjp, undo
from memnets.backends.numba.memory import DENSE, NOTHING

from .against import close, double, unset

SIZES = [(1, 1, 1, 1), (3, 7, 2, 3), (2, 128, 1, 4), (1, 6, 1, 2)]
"""Samples, slots, write heads, read heads."""
sizes = pytest.mark.parametrize(("B", "N", "P", "R"), SIZES)


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


def weighting(*shape: int, seed: int = 0) -> np.ndarray:
    raw = draw(*shape, seed=seed) ** 4
    return raw / raw.sum(-1, keepdims=True) * draw(*shape[:-1], 1, seed=seed + 1)


def linked(B: int, P: int, N: int) -> np.ndarray:
    some = weighting(B, P, N, N, seed=8)
    some[..., np.arange(N), np.arange(N)] = 0
    return some


def chosen(B: int, H: int, N: int) -> tuple[np.ndarray, np.ndarray]:
    """One-hot weights, every other head a no-op, and their slots."""
    slot = np.random.default_rng(3).integers(0, N, (B, H))
    slot.ravel()[1::2] = NOTHING
    weights = (np.arange(N) == slot[..., None]).astype(np.float32)
    return weights, slot


def pull(values: list[Tensor], grads: list[np.ndarray], inputs: list[Tensor]) -> tuple[Tensor, ...]:
    return torch.autograd.grad(values, inputs, double(*grads))


@sizes
def test_links(B, N, P, R):
    before, last, writes, grad = linked(B, P, N), weighting(B, P, N), weighting(B, P, N, seed=2), 0
    out, into, grad = unset(B, P, N, N), double(before, last, writes), draw(B, P, N, N, seed=4)
    links.link(before, last, writes, out, unset(N))
    value = equations.links.link(*into)
    close(out, value)
    to_link, to_last, to_writes = grad.copy(), np.ones_like(last), np.ones_like(writes)
    dense = np.full((B, P), DENSE)
    links_vjp.link_vjp(before, last, writes, dense, False, to_link, to_last, to_writes)
    expected = pull([value], [grad], into)
    close(to_link, expected[0], 1e-4)
    close(to_last - 1, expected[1], 1e-4)
    close(to_writes - 1, expected[2], 1e-4)
    links.link(before, last, writes, before, unset(N))
    assert_array_equal(before, out)


@sizes
@pytest.mark.parametrize("dense_gradient", [False, True])
def test_links_of_chosen_slots_touch_a_row_and_a_column_and_are_undone(B, N, P, R, dense_gradient):
    before, last, grad = linked(B, P, N), weighting(B, P, N), draw(B, P, N, N, seed=4)
    writes, slot = chosen(B, P, N)
    after, row, column = before.copy(), unset(B, P, N), unset(B, P, N)
    undo.replace_links(after, last, writes, slot, row, column)
    into = double(before, last, writes)
    value = equations.links.link(*into)
    close(after, value)
    undo.restore_links(after, slot, row, column)
    assert_array_equal(after, before)
    to_link, to_last, to_writes = grad.copy(), np.ones_like(last), np.ones_like(writes)
    links_vjp.link_vjp(before, last, writes, slot, dense_gradient, to_link, to_last, to_writes)
    expected = pull([value], [grad], into)
    close(to_link, expected[0], 1e-4)
    close(to_last - 1, expected[1], 1e-4)
    if dense_gradient:
        close(to_writes - 1, expected[2], 1e-4)


@sizes
def test_precedence(B, N, P, R):
    last, writes, grad = weighting(B, P, N), weighting(B, P, N, seed=2), draw(B, P, N, seed=4)
    out, into = unset(B, P, N), double(last, writes)
    links.precedence(last, writes, out)
    value = equations.links.precedence(*into)
    close(out, value)
    to_last, to_writes = grad.copy(), np.ones_like(writes)
    links_vjp.precedence_vjp(last, writes, to_last, to_writes)
    expected = pull([value], [grad], into)
    close(to_last, expected[0], 1e-4)
    close(to_writes - 1, expected[1], 1e-4)


@sizes
@pytest.mark.parametrize("kind", ["dense", "chosen", "dense gradient", "both"])
def test_forward_and_backward_weightings(B, N, P, R, kind):
    link, reads, slot = linked(B, P, N), weighting(B, R, N), np.full((B, R), DENSE)
    if kind != "dense":
        reads, slot = chosen(B, R, N)
    if kind == "both":
        reads[:, 0], slot[:, 0] = weighting(B, N), DENSE
    ahead, back = unset(B, R, P, N), unset(B, R, P, N)
    links.forward_backward(link, reads, slot, ahead, back)
    into = double(link, reads)
    values = list(equations.links.forward_backward(*into))
    close(ahead, values[0])
    close(back, values[1])
    grads = [draw(B, R, P, N, seed=seed) for seed in (5, 6)]
    to_link, to_reads = np.ones_like(link), np.ones_like(reads)
    scratch = unset(N, 2 * R), unset(2 * R, N)
    links_vjp.forward_backward_vjp(
        link, reads, slot, kind == "dense gradient", *grads, to_link, to_reads, *scratch
    )
    expected = pull(values, grads, into)
    close(to_link - 1, expected[0], 1e-4)
    if kind in ("dense", "dense gradient"):
        close(to_reads - 1, expected[1], 1e-4)
    if kind == "both":
        close(to_reads[:, 0] - 1, expected[1][:, 0], 1e-4)


@sizes
def test_read_modes(B, N, P, R):
    modes, content = weighting(B, R, 2 * P + 1), weighting(B, R, N, seed=1)
    back, ahead, grad = (draw(B, R, P, N, seed=s) for s in (2, 3, 4))
    grad = np.ascontiguousarray(grad[:, :, 0])
    out, into = unset(B, R, N), double(modes, back, content, ahead)
    links.mix_read_modes(modes, back, content, ahead, out)
    value = equations.links.mix_read_modes(*into)
    close(out, value)
    to = [np.ones_like(a) for a in (modes, back, content, ahead)]
    links_vjp.mix_read_modes_vjp(modes, back, content, ahead, grad, *to)
    for actual, expected in zip(to, pull([value], [grad], into), strict=True):
        close(actual - 1, expected, 1e-4)
