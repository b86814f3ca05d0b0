"""The part of an RL-NTM's step that is the same however its heads stand on the tape."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..choices.dispatch import choose, choose_vjp
from ..columns import take_softmax, take_softmax_vjp
from ..compiler.jit import ZERO, kernel
from ..controller_step import controller_step, controller_step_vjp
from ..linear import matmul
from ..slices import at, copy
from .rlntm_heads import gather_vjp, vectors, vectors_vjp

CHUNK = 8
"""Samples that go through a step together."""


class Steps(NamedTuple):
    """A rollout but for the tape: states lead with T + 1, the rest with T.

    Gates, raw interface, weightings and written vectors lead with 1 where no gradient is asked for.
    """

    input_TBG: Any
    gates_TBQ: Any
    cell_TBC: Any
    hidden_TBC: Any
    read_TBO: Any
    external_TBX: Any
    raw_TBI: Any
    weighting_TBHD: Any
    moves: Any
    draws_TBHU: Any


class Gradients(NamedTuple):
    """Those that come in and those that go out, but for the tape's.

    Those of the state come in for the last state and go out for the first.
    """

    hidden_TBC: Any
    read_TBO: Any
    fed_TBG: Any
    recurrent_TBG: Any
    interface_TBI: Any
    cell_BC: Any
    hidden_BC: Any
    hidden_now_BC: Any
    read_BO: Any
    external_TBX: Any
    log_prob_TBH: Any
    entropy_TBH: Any


class Scratch(NamedTuple):
    """Gradients within a step."""

    found_BKW: Any
    moves_BHD: Any
    weighting_BHD: Any
    erase_BPW: Any
    add_BPW: Any
    back_BZ: Any


@kernel
def decide(
    controller: int, choice: Any, columns: Any, options: Any, weights: Any, steps: Any,
    fed_BG: Any, recurrent_BG: Any, erase_BPW: Any, add_BPW: Any, t: int, first: int, last: int,
) -> None:  # fmt: skip
    """The controller's step, the moves of its heads, and the vectors that they write."""
    kept = t % len(steps.gates_TBQ)
    hidden, raw = steps.hidden_TBC[t + 1, first:last], steps.raw_TBI[kept, first:last]
    controller_step(
        controller, weights.controller, steps.input_TBG[t, first:last],
        steps.read_TBO[t, first:last], steps.hidden_TBC[t, first:last],
        steps.cell_TBC[t, first:last], fed_BG, recurrent_BG, steps.gates_TBQ[kept, first:last],
        steps.cell_TBC[t + 1, first:last], hidden,
    )  # fmt: skip
    for b in range(last - first):
        for i in range(raw.shape[1]):
            raw[b, i] = weights.interface_bias_I[i]
    matmul(hidden, weights.interface_CI, raw)
    weighting = steps.weighting_TBHD[kept, first:last]
    take_softmax(raw, columns.move, weighting)
    choose(choice, weighting, steps.draws_TBHU[t, first:last], at(steps.moves, t, first, last))
    vectors(raw, columns, options, steps.external_TBX[t, first:last], erase_BPW, add_BPW)


@kernel
def empty_scratch(options: Any, weights: Any, steps: Any, count: int, width: int) -> Any:
    """Room for the gradients within a step of so many samples."""
    positions, choices = steps.weighting_TBHD.shape[2:]
    read, written = options.pairs * options.window, options.pairs * options.write_window
    return Scratch(
        np.empty((count, read, width), np.float32),
        np.empty((count, positions, choices), np.float32),
        np.empty((count, positions, choices), np.float32),
        np.empty((count, written, width), np.float32),
        np.empty((count, written, width), np.float32),
        np.empty((count, weights.controller.back_GZ.shape[1]), np.float32),
    )


@kernel
def arrive(
    columns: Any, options: Any, steps: Any, grads: Any, scratch: Any, t: int, first: int, last: int
) -> None:
    """A step's gradient as far as what was found in the windows."""
    found, hidden = grads.read_BO[first:last], grads.hidden_BC[first:last]
    found += grads.read_TBO[t, first:last]
    hidden += grads.hidden_TBC[t, first:last]
    scratch.moves_BHD.fill(ZERO)
    gather_vjp(
        steps.raw_TBI[t, first:last], columns, options, steps.external_TBX[t, first:last],
        steps.read_TBO[t + 1, first:last], found, scratch.found_BKW, scratch.moves_BHD,
        grads.interface_TBI[t, first:last], grads.external_TBX[t, first:last],
    )  # fmt: skip


@kernel
def leave(
    controller: int, choice: Any, columns: Any, options: Any, weights: Any, steps: Any,
    grads: Any, scratch: Any, t: int, first: int, last: int,
) -> None:  # fmt: skip
    """From the gradients of moves and written vectors to those of the step before."""
    raw, to_raw = steps.raw_TBI[t, first:last], grads.interface_TBI[t, first:last]
    weighting, to_weighting = steps.weighting_TBHD[t, first:last], scratch.weighting_BHD
    to_weighting.fill(ZERO)
    choose_vjp(
        choice, weighting, steps.draws_TBHU[t, first:last], steps.moves.slot_BH[t, first:last],
        scratch.moves_BHD, grads.log_prob_TBH[t, first:last], grads.entropy_TBH[t, first:last],
        to_weighting,
    )  # fmt: skip
    take_softmax_vjp(columns.move, weighting, to_weighting, to_raw)
    vectors_vjp(
        raw, columns, options, steps.external_TBX[t, first:last], scratch.erase_BPW,
        scratch.add_BPW, to_raw, grads.external_TBX[t, first:last],
    )  # fmt: skip
    hidden, found = grads.hidden_BC[first:last], grads.read_BO[first:last]
    matmul(to_raw, weights.interface_IC, hidden)
    found.fill(ZERO)
    to_hidden = grads.hidden_now_BC[first:last]
    copy(hidden, to_hidden)
    hidden.fill(ZERO)
    controller_step_vjp(
        controller, weights.controller, steps.hidden_TBC[t, first:last],
        steps.cell_TBC[t, first:last], steps.gates_TBQ[t, first:last],
        steps.cell_TBC[t + 1, first:last], steps.hidden_TBC[t + 1, first:last], to_hidden,
        grads.cell_BC[first:last], grads.fed_TBG[t, first:last],
        grads.recurrent_TBG[t, first:last], hidden, found, scratch.back_BZ,
    )  # fmt: skip
