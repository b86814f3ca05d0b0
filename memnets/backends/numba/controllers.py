"""One step of each controller and its gradient, of one sample, without the products with weights.

`fed_G` holds everything linear: the input's share, that of the last read, the biases and, but for
the GRU, that of the last hidden state. The GRU's candidate sees its hidden share through the reset
gate, so that share stands apart, in `recurrent_G`. Gates are in torch's order.
"""

from __future__ import annotations

from typing import Any

from .compiler.jit import ONE, kernel, sigmoid, tanh

# short loops over few arrays: LLVM's test for overlap lets these run vectorised


@kernel
def feedforward(fed_G: Any, hidden_C: Any) -> None:
    """The hidden state of a step."""
    for c in range(len(hidden_C)):
        hidden_C[c] = tanh(fed_G[c])


@kernel
def feedforward_vjp(hidden_C: Any, grad_hidden_C: Any, fed_G: Any) -> None:
    """Sets the gradient of `fed`."""
    for c in range(len(hidden_C)):
        fed_G[c] = grad_hidden_C[c] * (ONE - hidden_C[c] * hidden_C[c])


@kernel
def lstm(fed_G: Any, cell_before_C: Any, gates_Q: Any, cell_C: Any, hidden_C: Any) -> None:
    """Hidden state and cell of a step; the gates are kept."""
    units = len(hidden_C)
    candidates, leave = gates_Q[2 * units : 3 * units], gates_Q[3 * units :]
    raw, raw_leave, forget = fed_G[2 * units :], fed_G[3 * units :], gates_Q[units:]
    for c in range(2 * units):
        gates_Q[c] = sigmoid(fed_G[c])
    for c in range(units):
        candidates[c] = tanh(raw[c])
    for c in range(units):
        leave[c] = sigmoid(raw_leave[c])
    for c in range(units):
        cell_C[c] = forget[c] * cell_before_C[c] + gates_Q[c] * candidates[c]
    for c in range(units):
        hidden_C[c] = leave[c] * tanh(cell_C[c])


@kernel
def lstm_vjp(
    gates_Q: Any, cell_before_C: Any, cell_C: Any, grad_hidden_C: Any, grad_cell_C: Any, fed_G: Any
) -> None:
    """Sets the gradient of `fed`; `grad_cell_C` goes in as after the step, comes out as before."""
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
def gru(fed_G: Any, recurrent_G: Any, before_C: Any, gates_Q: Any, hidden_C: Any) -> None:
    """The hidden state of a step; the gates are kept."""
    units = len(hidden_C)
    update, candidates, shares = gates_Q[units:], gates_Q[2 * units :], gates_Q[3 * units :]
    raw, raw_share = fed_G[2 * units :], recurrent_G[2 * units :]
    for c in range(2 * units):
        gates_Q[c] = sigmoid(fed_G[c] + recurrent_G[c])
    for c in range(units):
        shares[c] = raw_share[c]
        candidates[c] = tanh(raw[c] + gates_Q[c] * raw_share[c])
    for c in range(units):
        hidden_C[c] = candidates[c] + update[c] * (before_C[c] - candidates[c])


@kernel
def gru_vjp(
    before_C: Any, gates_Q: Any, grad_C: Any, fed_G: Any, recurrent_G: Any, grad_before_C: Any
) -> None:
    """Sets the gradients of `fed` and `recurrent`; adds to that of the hidden state before.

    That state gets here only what does not pass through the linear parts.
    """
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
