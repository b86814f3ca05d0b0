"""Attention's equations against loops, and their derivatives against central differences."""

import cmath
import math

import pytest
import torch
from torch.autograd import gradcheck

from memnets.equations import attention
from memnets.types import Address

B, R, N, W = 2, 3, 5, 4
EXACT = {"rtol": 0, "atol": 1e-10}


def uniform(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, dtype=torch.float64, generator=generator).sub(0.5).requires_grad_()


def filled(shape, value):
    """A tensor of the numbers that a function gives of every place."""
    found = torch.zeros(shape, dtype=torch.float64)
    for place in torch.cartesian_prod(*map(torch.arange, shape)).tolist():
        found[tuple(place)] = value(*place)
    return found


def test_a_score_is_a_dot_product_over_the_root_of_the_width():
    query, keys = uniform(B, R, W), uniform(B, R, N, W, seed=1)
    q, k = query.tolist(), keys.tolist()
    expected = filled(
        (B, R, N),
        lambda b, h, n: sum(q[b][h][i] * k[b][h][n][i] for i in range(W)) / math.sqrt(W),
    )
    torch.testing.assert_close(attention.scores(query, keys), expected, **EXACT)
    assert gradcheck(attention.scores, (query, keys))


@pytest.mark.parametrize("no_op", [False, True])
def test_a_weighting_is_a_softmax_over_what_is_written(no_op):
    scores = uniform(B, R, N)
    written = torch.tensor([[True] * 2 + [False] * 3, [True] * 5])
    x, is_written = scores.tolist(), written.tolist()

    def weight(b, h, n):
        total = sum(math.exp(x[b][h][m]) for m in range(N) if is_written[b][m]) + no_op
        return math.exp(x[b][h][n]) / total if is_written[b][n] else 0.0

    found = attention.weighting(scores, written, no_op=no_op)
    torch.testing.assert_close(found, filled((B, R, N), weight), **EXACT)
    assert gradcheck(lambda x: attention.weighting(x, written, no_op=no_op), (scores,))


def test_the_age_of_a_slot_is_the_steps_since_its_last_write():
    last = [-1] * N
    for time in range(13):
        last[time % N] = time
        found = attention.ages(torch.tensor([time, time]), N).tolist()
        for ages in found:
            for n in range(N):
                assert ages[n] == time - last[n] if last[n] >= 0 else ages[n] > time


def test_appending_overwrites_one_slot_of_every_head():
    rows, row = uniform(B, R, N, W), uniform(B, R, W, seed=1)
    old, new, slot = rows.tolist(), row.tolist(), [3, 0]
    expected = filled(
        (B, R, N, W), lambda b, h, n, i: new[b][h][i] if n == slot[b] else old[b][h][n][i]
    )
    at = torch.tensor(slot)
    assert torch.equal(attention.append(rows, at, row), expected)
    assert gradcheck(lambda rows, row: attention.append(rows, at, row), (rows, row))


@pytest.mark.parametrize("sparse", [False, True])
def test_a_read_weighs_the_values_of_its_own_head(sparse):
    values = uniform(B, R, N, W)
    slots = torch.tensor([[[0, 4], [1, 1], [2, 3]]] * B) if sparse else None
    weights = uniform(B, R, 2 if sparse else N, seed=1)
    dense = Address.of(weights, slots).dense(N).tolist()
    v = values.tolist()
    expected = filled(
        (B, R, W), lambda b, h, i: sum(dense[b][h][n] * v[b][h][n][i] for n in range(N))
    )
    torch.testing.assert_close(
        attention.read(values, Address.of(weights, slots)), expected, **EXACT
    )
    assert gradcheck(lambda v, w: attention.read(v, Address.of(w, slots)), (values, weights))


def test_alibi_of_eight_heads_has_the_slopes_of_the_paper():
    """Press et al. (2022), section 3: for 8 heads 1/2, 1/4, …, 1/256."""
    scores, ages = uniform(2, 8, 3), torch.tensor([[0, 1, 7], [4, 2, 900]])
    x = scores.tolist()
    expected = filled((2, 8, 3), lambda b, h, n: x[b][h][n] - ages[b, n].item() / 2 ** (h + 1))
    torch.testing.assert_close(attention.alibi(scores, ages), expected, **EXACT)
    assert gradcheck(lambda x: attention.alibi(x, ages), (scores,))


def test_rotary_turns_pairs_as_complex_numbers():
    x, times = uniform(B, R, W), [0, 70_001]
    rows = x.tolist()

    def turned(b, h, i):
        pair = complex(rows[b][h][i - i % 2], rows[b][h][i - i % 2 + 1])
        angle = times[b] * 10_000 ** (-2 * (i // 2) / W)
        pair *= cmath.exp(1j * angle)
        return pair.imag if i % 2 else pair.real

    time = torch.tensor(times)
    found = attention.rotate(x, time)
    torch.testing.assert_close(found, filled((B, R, W), turned), **EXACT)
    assert gradcheck(lambda x: attention.rotate(x, time), (x,))


def test_turned_products_depend_on_the_time_between_alone():
    query, key = uniform(1, R, W), uniform(1, R, W, seed=1)

    def product(at):
        one, other = (torch.tensor([time]) for time in at)
        return (attention.rotate(query, one) * attention.rotate(key, other)).sum(-1)

    torch.testing.assert_close(product((9, 2)), product((1_007, 1_000)), **EXACT)
    assert not torch.allclose(product((9, 2)), product((9, 3)))
