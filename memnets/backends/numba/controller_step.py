"""One step of a controller and its gradient, the products with weights among them."""

from __future__ import annotations

from typing import Any, NamedTuple

from .compiler.jit import ZERO, kernel
from .controllers import feedforward, feedforward_vjp, gru, gru_vjp, lstm, lstm_vjp
from .linear import matmul

LSTM, GRU, FEEDFORWARD = 0, 1, 2
GATES = (4, 3, 1)
"""Columns of `fed_BG` per unit, by controller."""
KEPT = (4, 4, 0)
"""Columns of `gates_BQ` per unit: LSTM input, forget, candidate, output; GRU reset, update,
candidate and the candidate's recurrent share."""


class ControllerWeights(NamedTuple):
    """The recurrent weights; `back_GZ` has those of the hidden state and the read side by side."""

    read_OG: Any
    hidden_CG: Any
    hidden_bias_G: Any
    back_GZ: Any


class Weights(NamedTuple):
    """Weights of controller and interface, each as its products need them."""

    controller: Any
    interface_CI: Any
    interface_bias_I: Any
    interface_IC: Any


@kernel
def controller_step(
    controller: int,
    weights: Any,
    input_BG: Any,
    read_BO: Any,
    before_BC: Any,
    cell_before_BC: Any,
    fed_BG: Any,
    recurrent_BG: Any,
    gates_BQ: Any,
    cell_BC: Any,
    hidden_BC: Any,
) -> None:
    """A step from the input's share of its linear part; `fed_BG` and `recurrent_BG` are scratch."""
    batch, columns = input_BG.shape
    for b in range(batch):
        for g in range(columns):
            fed_BG[b, g] = input_BG[b, g]
    matmul(read_BO, weights.read_OG, fed_BG)
    if controller == LSTM:
        matmul(before_BC, weights.hidden_CG, fed_BG)
    elif controller == GRU:
        for b in range(batch):
            for g in range(columns):
                recurrent_BG[b, g] = weights.hidden_bias_G[g]
        matmul(before_BC, weights.hidden_CG, recurrent_BG)
    for b in range(batch):
        if controller == LSTM:
            lstm(fed_BG[b], cell_before_BC[b], gates_BQ[b], cell_BC[b], hidden_BC[b])
        elif controller == GRU:
            gru(fed_BG[b], recurrent_BG[b], before_BC[b], gates_BQ[b], hidden_BC[b])
        else:
            feedforward(fed_BG[b], hidden_BC[b])


@kernel
def controller_step_vjp(
    controller: int,
    weights: Any,
    before_BC: Any,
    cell_before_BC: Any,
    gates_BQ: Any,
    cell_BC: Any,
    hidden_BC: Any,
    grad_hidden_BC: Any,
    grad_cell_BC: Any,
    grad_fed_BG: Any,
    grad_recurrent_BG: Any,
    grad_before_BC: Any,
    grad_read_BO: Any,
    back_BZ: Any,
) -> None:
    """Sets the gradients of the linear parts, adds to those of the last hidden state and read.

    `grad_cell_BC` goes in as the gradient of the LSTM's cell after the step and comes out as that
    before it. `back_BZ` is scratch of the width of `weights.back_GZ`.
    """
    batch, reads = grad_read_BO.shape
    for b in range(batch):
        fed, grads = grad_fed_BG[b], grad_hidden_BC[b]
        if controller == LSTM:
            lstm_vjp(gates_BQ[b], cell_before_BC[b], cell_BC[b], grads, grad_cell_BC[b], fed)
        elif controller == GRU:
            recurrent = grad_recurrent_BG[b]
            gru_vjp(before_BC[b], gates_BQ[b], grads, fed, recurrent, grad_before_BC[b])
        else:
            feedforward_vjp(hidden_BC[b], grads, fed)
    # one product of many columns is worth more than two of few
    back_BZ.fill(ZERO)
    matmul(grad_fed_BG, weights.back_GZ, back_BZ)
    units = back_BZ.shape[1] - reads
    for b in range(batch):
        grad_read, to_read = grad_read_BO[b], back_BZ[b, units:]
        for r in range(reads):
            grad_read[r] += to_read[r]
    if controller == GRU:
        back_BZ.fill(ZERO)
        matmul(grad_recurrent_BG, weights.back_GZ, back_BZ)
    for b in range(batch):
        for c in range(units):
            grad_before_BC[b, c] += back_BZ[b, c]
