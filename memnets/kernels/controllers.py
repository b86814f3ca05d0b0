"""One step of a controller and its gradient; the products with weights are the caller's.

`fed_BG` holds everything linear: the input's share, that of the last read, the biases and, but for
the GRU, that of the last hidden state. The GRU's candidate sees its hidden share through the reset
gate, so that share comes apart, in `recurrent_BG`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .jit import ONE, kernel, sigmoid, tanh
from .linear import matmul

LSTM, GRU, FEEDFORWARD = 0, 1, 2
GATES = (4, 3, 1)
"""Columns of `fed_BG` per unit, by controller."""
KEPT = (4, 4, 0)
"""Columns of `gates_BQ` per unit: LSTM input, forget, candidate, output; GRU reset, update,
candidate and the candidate's recurrent share."""


class ControllerWeights(NamedTuple):
    """The recurrent weights, each with its transpose for the way back."""

    read_RG: Any
    hidden_CG: Any
    hidden_bias_G: Any
    read_GR: Any
    hidden_GC: Any


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
        if kind == FEEDFORWARD:
            for c in range(units):
                hidden_BC[b, c] = tanh(fed_BG[b, c])
        elif kind == LSTM:
            for c in range(2 * units):
                gates_BQ[b, c] = sigmoid(fed_BG[b, c])
            for c in range(2 * units, 3 * units):
                gates_BQ[b, c] = tanh(fed_BG[b, c])
            for c in range(3 * units, 4 * units):
                gates_BQ[b, c] = sigmoid(fed_BG[b, c])
            for c in range(units):
                cell = (
                    gates_BQ[b, units + c] * cell_before_BC[b, c]
                    + gates_BQ[b, c] * gates_BQ[b, 2 * units + c]
                )
                cell_BC[b, c] = cell
                hidden_BC[b, c] = gates_BQ[b, 3 * units + c] * tanh(cell)
        else:
            for c in range(2 * units):
                gates_BQ[b, c] = sigmoid(fed_BG[b, c] + recurrent_BG[b, c])
            for c in range(units):
                share = recurrent_BG[b, 2 * units + c]
                candidate = tanh(fed_BG[b, 2 * units + c] + gates_BQ[b, c] * share)
                gates_BQ[b, 2 * units + c] = candidate
                gates_BQ[b, 3 * units + c] = share
                update = gates_BQ[b, units + c]
                hidden_BC[b, c] = candidate + update * (before_BC[b, c] - candidate)


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
        if kind == FEEDFORWARD:
            for c in range(units):
                hidden = hidden_BC[b, c]
                grad_fed_BG[b, c] = grad_hidden_BC[b, c] * (ONE - hidden * hidden)
        elif kind == LSTM:
            for c in range(units):
                enter, forget = gates_BQ[b, c], gates_BQ[b, units + c]
                candidate, leave = gates_BQ[b, 2 * units + c], gates_BQ[b, 3 * units + c]
                squashed, grad = tanh(cell_BC[b, c]), grad_hidden_BC[b, c]
                to_cell = grad_cell_BC[b, c] + grad * leave * (ONE - squashed * squashed)
                grad_fed_BG[b, c] = to_cell * candidate * enter * (ONE - enter)
                grad_fed_BG[b, units + c] = (
                    to_cell * cell_before_BC[b, c] * forget * (ONE - forget)
                )
                grad_fed_BG[b, 2 * units + c] = to_cell * enter * (ONE - candidate * candidate)
                grad_fed_BG[b, 3 * units + c] = grad * squashed * leave * (ONE - leave)
                grad_cell_BC[b, c] = to_cell * forget
        else:
            for c in range(units):
                reset, update = gates_BQ[b, c], gates_BQ[b, units + c]
                candidate, share = gates_BQ[b, 2 * units + c], gates_BQ[b, 3 * units + c]
                grad = grad_hidden_BC[b, c]
                to_candidate = grad * (ONE - update) * (ONE - candidate * candidate)
                to_update = grad * (before_BC[b, c] - candidate) * update * (ONE - update)
                to_reset = to_candidate * share * reset * (ONE - reset)
                grad_fed_BG[b, c] = to_reset
                grad_fed_BG[b, units + c] = to_update
                grad_fed_BG[b, 2 * units + c] = to_candidate
                grad_recurrent_BG[b, c] = to_reset
                grad_recurrent_BG[b, units + c] = to_update
                grad_recurrent_BG[b, 2 * units + c] = to_candidate * reset
                grad_before_BC[b, c] += grad * update


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
    controller(
        kind, fed_BG, recurrent_BG, before_BC, cell_before_BC, gates_BQ, cell_BC, hidden_BC
    )


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
) -> None:
    """Sets the gradients of the linear parts, adds to those of the last hidden state and read."""
    controller_vjp(
        kind, before_BC, cell_before_BC, gates_BQ, cell_BC, hidden_BC,
        grad_hidden_BC, grad_cell_BC, grad_fed_BG, grad_recurrent_BG, grad_before_BC,
    )  # fmt: skip
    matmul(grad_fed_BG, weights.read_GR, grad_read_BR)
    if kind == LSTM:
        matmul(grad_fed_BG, weights.hidden_GC, grad_before_BC)
    elif kind == GRU:
        matmul(grad_recurrent_BG, weights.hidden_GC, grad_before_BC)
