"""A memory that learns at test time: the whole cell against a loop over numbers."""

import numpy as np
import pytest
import torch

from memnets.registry import cells, estimators
from memnets.spec import ModelSpec

from ..naive import sigmoid
from .unrolled import assert_same, unrolled

B, N, Z, W, HIDDEN, STEPS = 2, 5, 3, 2, 4, 20


def unit(x):
    features = x * sigmoid(x)
    return features / np.sqrt((features**2).sum() + 1e-6)


def naive_titans(p, inputs, layers, rate):
    size = Z if layers == 2 else N
    M, K = p["memory_NW"].copy(), p["keys_NZ"].copy() if layers == 2 else np.eye(N)
    S, T = np.zeros_like(M), np.zeros_like(K)
    for h in inputs:
        raw = p["interface.linear.weight"] @ h + p["interface.linear.bias"]
        k, q, v, eta, theta, alpha = np.split(raw, np.cumsum([size, size, W, 1, 1]))
        k, q, v = unit(k), unit(q), v * sigmoid(v)
        eta, theta, alpha = sigmoid(eta[0]), rate * sigmoid(theta[0]), sigmoid(alpha[0])
        # the derivative of a step of one unit at a time; a linear memory has units that pass k on
        act = [K[n] @ k for n in range(N)]
        out = [a * sigmoid(a) / np.sqrt(N) if layers == 2 else a for a in act]
        error = sum(out[n] * M[n] for n in range(N)) - v
        for n in range(N):
            slope = sigmoid(act[n]) * (1 + act[n] * (1 - sigmoid(act[n]))) / np.sqrt(N)
            T[n] = eta * T[n] - theta * 2 * (M[n] @ error) * slope * k
        S = eta * S - theta * 2 * np.outer(out, error)
        M = (1 - alpha) * M + S
        if layers == 2:
            K = (1 - alpha) * K + T
        act = K @ q
        yield (act * sigmoid(act) / np.sqrt(N) if layers == 2 else act) @ M


@pytest.mark.parametrize("rate", [1.0, 0.3])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("estimator", ["soft", "reinforce"])
def test_titans_unrolled_is_its_paper_written_twice(estimator, layers, rate):
    torch.manual_seed(2)
    options = {"slots": N, "width": W, "key_width": Z, "layers": layers, "rate": rate}
    cell = cells.get("titans")(HIDDEN, estimators.get(estimator)(), **options)
    p, inputs, rows = unrolled(cell, HIDDEN)
    nowhere = np.zeros((0, N))
    for h, steps in zip(inputs, rows, strict=True):
        assert_same(steps, ((read, nowhere) for read in naive_titans(p, h, layers, rate)))


def test_every_sequence_has_weights_of_its_own_that_begin_as_parameters():
    network = ModelSpec("titans", cell_options={"slots": N, "width": W}).build(3, 2)
    first = network.initial_state(2).cell
    assert torch.equal(first.keys_BNZ[0], network.cell.keys_NZ)
    after = network(torch.randn(4, 2, 3)).state.cell
    assert not torch.equal(after.memory_BNW[0], after.memory_BNW[1])
    assert not torch.equal(after.keys_BNZ[0], network.cell.keys_NZ)
    after.memory_BNW.sum().backward()
    # the gradient passes through every step of the inner learning
    assert network.cell.memory_NW.grad.any() and network.cell.keys_NZ.grad.any()


def test_a_rate_that_is_too_high_stays_bounded():
    options = {"slots": N, "width": W, "rate": 100.0}
    network = ModelSpec("titans", cell_options=options).build(3, 2)
    rollout = network(torch.randn(200, 2, 3))
    rollout.logits_TBY.square().mean().backward()
    assert rollout.state.cell.memory_BNW.abs().max() <= 1e4
    assert all(p.grad.isfinite().all() for p in network.parameters())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": 3}, "layers must be 1 or 2, not 3"),
        ({"layers": 0}, "layers must be a whole number, at least 1, not 0"),
        ({"rate": 0.0}, "rate must be above 0, not 0.0"),
    ],
)
def test_titans_refuses_options_that_make_no_memory(options, message):
    with pytest.raises(ValueError, match=message):
        cells.get("titans")(HIDDEN, estimators.get("soft")(), **options)
