"""Gated slots against loops, and their derivatives against central differences."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from memnets.equations import slots

B, R, N, W = 2, 3, 5, 4
EXACT = {"rtol": 0, "atol": 1e-10}


def normal(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator).requires_grad_()


def filled(shape, value):
    """A tensor of the numbers that a function gives of every place."""
    found = torch.zeros(shape, dtype=torch.float64)
    for place in torch.cartesian_prod(*map(torch.arange, shape)).tolist():
        found[tuple(place)] = value(*place)
    return found


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def test_the_gate_of_a_slot_is_a_root_of_a_sigmoid():
    raw = normal(B, R, N)
    x = raw.tolist()
    expected = filled((B, R, N), lambda b, h, n: sigmoid(x[b][h][n]) ** (1 / 8))
    torch.testing.assert_close(slots.slot_decay(raw, 8.0).exp(), expected, **EXACT)
    assert gradcheck(lambda raw: slots.slot_decay(raw, 8.0), (raw,))


def test_routing_is_a_sigmoid_over_the_sum_of_all():
    scores = normal(B, R, N)
    x = scores.tolist()
    expected = filled(
        (B, R, N), lambda b, h, n: sigmoid(x[b][h][n]) / sum(sigmoid(y) for y in x[b][h])
    )
    torch.testing.assert_close(slots.routing(scores), expected, **EXACT)
    assert gradcheck(slots.routing, (scores,))


def test_closed_scores_route_nowhere():
    routed = slots.routing(torch.full((1, 1, N), -40.0))
    assert 0 < routed.sum() < 1e-6


@pytest.mark.parametrize("routed", [False, True])
def test_a_write_replaces_a_share_of_each_slot(routed):
    raw, row, new = normal(B, R, N), normal(B, R, N, W, seed=1), normal(B, R, W, seed=2)
    weights = normal(B, R, N, seed=3).softmax(-1).detach().requires_grad_() if routed else None

    def written(raw, row, new, *weights):
        return slots.write(row, slots.share(slots.slot_decay(raw, 8.0), *weights), new)

    given = (raw, row, new, weights) if routed else (raw, row, new)
    x, old, k = raw.tolist(), row.tolist(), new.tolist()

    def value(b, h, n, i):
        alpha = sigmoid(x[b][h][n]) ** (1 / 8)
        alpha **= weights[b, h, n].item() if routed else 1
        return alpha * old[b][h][n][i] + (1 - alpha) * k[b][h][i]

    torch.testing.assert_close(written(*given), filled((B, R, N, W), value), **EXACT)
    assert gradcheck(written, given)


def test_a_write_to_named_slots_leaves_the_others_to_the_bit():
    rows, new, share = normal(B, R, N, W), normal(B, R, W, seed=1), normal(B, R, 2, seed=2)
    named = torch.tensor([[[0, 4], [1, 2], [3, 0]]] * B)
    found = slots.write(rows, share, new, named)
    whole = torch.zeros(B, R, N, dtype=torch.float64).scatter(-1, named, share)
    torch.testing.assert_close(found, slots.write(rows, whole, new), **EXACT)
    others = torch.ones(B, R, N, dtype=torch.bool).scatter(-1, named, False)
    assert torch.equal(found[others], rows[others])
    assert gradcheck(lambda *given: slots.write(*given, named), (rows, share, new))


def test_a_read_weighs_slots_by_their_keys():
    query, keys = normal(B, R, W), normal(B, R, N, W, seed=1)
    q, k = query.tolist(), keys.tolist()

    def weight(b, h, n):
        scores = [math.exp(sum(map(math.prod, zip(q[b][h], key, strict=True)))) for key in k[b][h]]
        return scores[n] / sum(scores)

    expected = filled((B, R, N), weight)
    torch.testing.assert_close(slots.weighting(query, keys), expected, **EXACT)
    assert gradcheck(slots.weighting, (query, keys))
