"""The controllers' steps in kernels against torch's own cells in float64."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

pytest.importorskip("numba")

from memnets.backends.numba.controller_step import (
    FEEDFORWARD,
    GATES,
    GRU,
    KEPT,
    LSTM,
    ControllerWeights,
    controller_step,
    controller_step_vjp,
)

from ..rollouts import GRADIENTS
from .against import close, normal, unset

X, READ = 3, 6
"""Width of the input and of the read."""
SIZES = [(1, 1), (3, 5), (5, 16), (16, 7)]
"""Samples, units."""
KINDS = {"lstm": LSTM, "gru": GRU, "feedforward": FEEDFORWARD}


def cell_of(kind: int, units: int) -> nn.Module:
    torch.manual_seed(units)
    make = {LSTM: nn.LSTMCell, GRU: nn.GRUCell, FEEDFORWARD: nn.Linear}[kind]
    cell = make(X + READ, units)
    for parameter in cell.parameters():
        nn.init.normal_(parameter, std=0.7)
    return cell


def weights_of(kind: int, cell: nn.Module) -> tuple[np.ndarray, np.ndarray, ControllerWeights]:
    """Weight and bias of the input's share, and what the kernels use."""
    values = {name: value.detach().numpy() for name, value in cell.named_parameters()}
    if kind == FEEDFORWARD:
        weight, none = values["weight"], np.zeros((0, 0), np.float32)
        read, hidden, bias, both = weight[:, X:], none, values["bias"], weight[:, X:]
        hidden_bias = none[0:0].reshape(0)
    else:
        weight, hidden = values["weight_ih"], values["weight_hh"]
        read, both = weight[:, X:], np.concatenate([hidden, weight[:, X:]], 1)
        bias, hidden_bias = values["bias_ih"], values["bias_hh"]
        if kind == LSTM:
            bias, hidden_bias = bias + hidden_bias, np.zeros(0, np.float32)
    parts = (read.T, hidden.T, hidden_bias, both)
    return weight[:, :X], bias, ControllerWeights(*map(np.ascontiguousarray, parts))


def step(kind: int, cell: nn.Module, x, read, before, memory):
    """Torch's own: the hidden state, and the LSTM's cell."""
    fed = torch.cat([x, read], -1)
    if kind == LSTM:
        return cell(fed, (before, memory))
    hidden = cell(fed, before) if kind == GRU else torch.tanh(cell(fed))
    return hidden, torch.zeros(len(x), 0, dtype=torch.float64)


@pytest.mark.parametrize(("B", "C"), SIZES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_step_and_its_gradient(kind, B, C):
    cell = cell_of(kind, C)
    weight, bias, weights = weights_of(kind, cell)
    x, read, before = normal(B, X), normal(B, READ), normal(B, C)
    memory = normal(B, C if kind == LSTM else 0, seed=1)
    G, Q = GATES[kind] * C, KEPT[kind] * C
    gates, after, hidden = unset(B, Q), unset(*memory.shape), unset(B, C)
    fed = (x @ weight.T + bias).astype(np.float32)
    controller_step(
        kind, weights, fed, read, before, memory,
        unset(B, G), unset(B, G), gates, after, hidden,
    )  # fmt: skip
    exact = copy.deepcopy(cell).double()
    into = [torch.from_numpy(a).double().requires_grad_() for a in (x, read, before, memory)]
    hidden_64, after_64 = step(kind, exact, *into)
    close(hidden, hidden_64)
    close(after, after_64)

    grad, grad_after = normal(B, C, seed=2), normal(*memory.shape, seed=3)
    loss = (hidden_64 * torch.from_numpy(grad)).sum() + (
        after_64 * torch.from_numpy(grad_after)
    ).sum()
    inputs = [*into, *exact.parameters()]
    expected = torch.autograd.grad(loss, inputs, allow_unused=True, materialize_grads=True)
    to_fed, to_recurrent = unset(B, G), unset(B, G if kind == GRU else 0)
    to_before, to_read, to_cell = np.ones((B, C), np.float32), np.ones((B, READ), np.float32), None
    to_cell = grad_after.copy()
    controller_step_vjp(
        kind, weights, before, memory, gates, after, hidden, grad, to_cell, to_fed,
        to_recurrent, to_before, to_read, unset(B, weights.back_GZ.shape[1]),
    )  # fmt: skip
    found = [to_fed @ weight, to_read - 1, to_before - 1, to_cell]
    share = to_recurrent if kind == GRU else to_fed
    found.append(to_fed.T @ np.concatenate([x, read], 1))
    if kind == FEEDFORWARD:
        found.append(to_fed.sum(0))
    else:
        found += [share.T @ before, to_fed.sum(0), share.sum(0)]
    for actual, wanted in zip(found, expected, strict=True):
        close(actual, wanted, GRADIENTS, smallest=1e-3)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_nothing_overflows_however_large_the_sums(kind):
    _, _, weights = weights_of(kind, cell_of(kind, 4))
    before, memory = normal(2, 4), normal(2, 4 if kind == LSTM else 0)
    G, Q = GATES[kind] * 4, KEPT[kind] * 4
    fed = np.where(normal(2, G) > 0, 1e30, -1e30).astype(np.float32)
    gates, after, hidden = unset(2, Q), unset(*memory.shape), unset(2, 4)
    controller_step(
        kind, weights, fed, normal(2, READ), before, memory,
        unset(2, G), unset(2, G), gates, after, hidden,
    )  # fmt: skip
    assert np.isfinite(hidden).all() and np.isfinite(after).all()
    to_fed, to_recurrent = unset(2, G), unset(2, G if kind == GRU else 0)
    controller_step_vjp(
        kind, weights, before, memory, gates, after, hidden, normal(2, 4), memory * 0, to_fed,
        to_recurrent, before * 0, normal(2, READ), unset(2, weights.back_GZ.shape[1]),
    )  # fmt: skip
    assert np.isfinite(to_fed).all() and np.isfinite(to_recurrent).all()
