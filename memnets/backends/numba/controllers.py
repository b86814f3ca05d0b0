"""One step of a controller and its gradient; the products with weights are the caller's.

`fed_BG` holds everything linear: the input's share, that of the last read, the biases and, but for
the GRU, that of the last hidden state. The GRU's candidate sees its hidden share through the reset
gate, so that share comes apart, in `recurrent_BG`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .jit import ONE, ZERO, kernel, sigmoid, tanh
from .linear import matmul

LSTM, GRU, FEEDFORWARD = 0, 1, 2
GATES = (4, 3, 1)
"""Columns of `fed_BG` per unit, by controller."""
KEPT = (4, 4, 0)
"""Columns of `gates_BQ` per unit: LSTM input, forget, candidate, output; GRU reset, update,
candidate and the candidate's recurrent share."""


class ControllerWeights(NamedTuple):
    """The recurrent weights; for the way back, those of the hidden state and the read together."""

    read_RG: Any
    hidden_CG: Any
    hidden_bias_G: Any
    back_GZ: Any


class Weights(NamedTuple):
    """What is trained of a network, but for the shares of the input, readout and cell."""

    controller: Any
    interface_CI: Any
    interface_bias_I: Any
    interface_IC: Any


@kernel
def controller(
    kind: int,
    fed_BG: Any,
    recurrent_BG: Any,
    before_BC: Any,
    cell_before_BC: Any,
    gates_BQ: Any,
    cell_BC: Any,
    hidden_BC: Any,
) -> None:
    """The hidden state of a step; the LSTM's cell as well. Gates in torch's order."""
    batch, units = hidden_BC.shape
    for b in range(batch):
        # rows cut out first: only a plain loop variable as index lets the loop be vectorised
        fed, hidden = fed_BG[b], hidden_BC[b]
        if kind == FEEDFORWARD:
            for c in range(units):
                hidden[c] = tanh(fed[c])
        elif kind == LSTM:
            gates, candidates = gates_BQ[b], gates_BQ[b, 2 * units : 3 * units]
            raw, leave, raw_leave = fed[2 * units :], gates[3 * units :], fed[3 * units :]
            forget, cell, cell_before = gates[units:], cell_BC[b], cell_before_BC[b]
            for c in range(2 * units):
                gates[c] = sigmoid(fed[c])
            for c in range(units):
                candidates[c] = tanh(raw[c])
            for c in range(units):
                leave[c] = sigmoid(raw_leave[c])
            for c in range(units):
                cell[c] = forget[c] * cell_before[c] + gates[c] * candidates[c]
            for c in range(units):
                hidden[c] = leave[c] * tanh(cell[c])
        else:
            gates, recurrent, before = gates_BQ[b], recurrent_BG[b], before_BC[b]
            update, candidates, shares = gates[units:], gates[2 * units :], gates[3 * units :]
            raw, raw_share = fed[2 * units :], recurrent[2 * units :]
            for c in range(2 * units):
                gates[c] = sigmoid(fed[c] + recurrent[c])
            for c in range(units):
                shares[c] = raw_share[c]
                candidates[c] = tanh(raw[c] + gates[c] * raw_share[c])
            for c in range(units):
                hidden[c] = candidates[c] + update[c] * (before[c] - candidates[c])


@kernel
def controller_vjp(
    kind: int,
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
) -> None:
    """Sets the gradients of the two linear parts; adds to that of the hidden state before.

    `grad_cell_BC` goes in as the gradient of the LSTM's cell and comes out as that before the step.
    `grad_before_BC` gets only what does not pass through the linear parts.
    """
    batch, units = hidden_BC.shape
    for b in range(batch):
        fed, grads = grad_fed_BG[b], grad_hidden_BC[b]
        if kind == FEEDFORWARD:
            hidden = hidden_BC[b]
            for c in range(units):
                fed[c] = grads[c] * (ONE - hidden[c] * hidden[c])
        elif kind == LSTM:
            _lstm_vjp(gates_BQ[b], cell_before_BC[b], cell_BC[b], grads, grad_cell_BC[b], fed)
        else:
            recurrent = grad_recurrent_BG[b]
            _gru_vjp(before_BC[b], gates_BQ[b], grads, fed, recurrent, grad_before_BC[b])


# short loops over few arrays: LLVM's test for overlap lets these run vectorised


@kernel
def _lstm_vjp(
    gates_Q: Any, cell_before_C: Any, cell_C: Any, grad_hidden_C: Any, grad_cell_C: Any, fed_G: Any
) -> None:
    units = len(cell_C)
    enter, forget = gates_Q[:units], gates_Q[units : 2 * units]
    candidate, leave = gates_Q[2 * units : 3 * units], gates_Q[3 * units :]
    to_enter, to_forget = fed_G[:units], fed_G[units : 2 * units]
    to_candidate, to_leave = fed_G[2 * units : 3 * units], fed_G[3 * units :]
    for c in range(units):
        to_leave[c] = tanh(cell_C[c])
    for c in range(units):
        squashed = to_leave[c]
        grad_cell_C[c] += grad_hidden_C[c] * leave[c] * (ONE - squashed * squashed)
    for c in range(units):
        to_leave[c] *= grad_hidden_C[c] * leave[c] * (ONE - leave[c])
    for c in range(units):
        to_enter[c] = grad_cell_C[c] * candidate[c] * enter[c] * (ONE - enter[c])
    for c in range(units):
        to_candidate[c] = grad_cell_C[c] * enter[c] * (ONE - candidate[c] * candidate[c])
    for c in range(units):
        to_forget[c] = grad_cell_C[c] * cell_before_C[c] * forget[c] * (ONE - forget[c])
    for c in range(units):
        grad_cell_C[c] *= forget[c]


@kernel
def _gru_vjp(
    before_C: Any, gates_Q: Any, grad_C: Any, fed_G: Any, recurrent_G: Any, grad_before_C: Any
) -> None:
    units = len(before_C)
    reset, update = gates_Q[:units], gates_Q[units : 2 * units]
    candidate, share = gates_Q[2 * units : 3 * units], gates_Q[3 * units :]
    to_reset, to_update = fed_G[:units], fed_G[units : 2 * units]
    to_candidate, to_share = fed_G[2 * units :], recurrent_G[2 * units :]
    for c in range(units):
        to_candidate[c] = grad_C[c] * (ONE - update[c]) * (ONE - candidate[c] * candidate[c])
    for c in range(units):
        to_update[c] = grad_C[c] * (before_C[c] - candidate[c]) * update[c] * (ONE - update[c])
    for c in range(units):
        to_reset[c] = to_candidate[c] * share[c] * reset[c] * (ONE - reset[c])
    for c in range(units):
        to_share[c] = to_candidate[c] * reset[c]
    for c in range(2 * units):
        recurrent_G[c] = fed_G[c]
    for c in range(units):
        grad_before_C[c] += grad_C[c] * update[c]


@kernel
def drive(
    kind: int,
    weights: Any,
    input_BG: Any,
    read_BR: Any,
    before_BC: Any,
    cell_before_BC: Any,
    fed_BG: Any,
    recurrent_BG: Any,
    gates_BQ: Any,
    cell_BC: Any,
    hidden_BC: Any,
) -> None:
    """A whole step from the input's share: `fed_BG` and `recurrent_BG` are scratch."""
    batch, columns = input_BG.shape
    for b in range(batch):
        for g in range(columns):
            fed_BG[b, g] = input_BG[b, g]
    matmul(read_BR, weights.read_RG, fed_BG)
    if kind == LSTM:
        matmul(before_BC, weights.hidden_CG, fed_BG)
    elif kind == GRU:
        for b in range(batch):
            for g in range(columns):
                recurrent_BG[b, g] = weights.hidden_bias_G[g]
        matmul(before_BC, weights.hidden_CG, recurrent_BG)
    controller(kind, fed_BG, recurrent_BG, before_BC, cell_before_BC, gates_BQ, cell_BC, hidden_BC)


@kernel
def drive_vjp(
    kind: int,
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
    grad_read_BR: Any,
    back_BZ: Any,
) -> None:
    """Sets the gradients of the linear parts, adds to those of the last hidden state and read.

    `back_BZ` is scratch of the width of `weights.back_GZ`.
    """
    controller_vjp(
        kind, before_BC, cell_before_BC, gates_BQ, cell_BC, hidden_BC,
        grad_hidden_BC, grad_cell_BC, grad_fed_BG, grad_recurrent_BG, grad_before_BC,
    )  # fmt: skip
    # one product of many columns is worth more than two of few
    back_BZ.fill(ZERO)
    matmul(grad_fed_BG, weights.back_GZ, back_BZ)
    batch, reads = grad_read_BR.shape
    units = back_BZ.shape[1] - reads
    for b in range(batch):
        grad_read, to_read = grad_read_BR[b], back_BZ[b, units:]
        for r in range(reads):
            grad_read[r] += to_read[r]
    if kind == GRU:
        back_BZ.fill(ZERO)
        matmul(grad_recurrent_BG, weights.back_GZ, back_BZ)
    for b in range(batch):
        for c in range(units):
            grad_before_BC[b, c] += back_BZ[b, c]
