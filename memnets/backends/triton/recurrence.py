"""What the persistent kernels of every cell have in common on torch's side.

The inputs' products, the readout and, after the backward kernel, the weights' gradients are matrix
products over all steps at once and stay with torch; the kernels do what must be done in order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import triton
from torch import Tensor

SAVE_EVERY = 8
"""Steps between two saved memories; the ones between are replayed in the backward pass."""

TILE = 4096
"""Most numbers of a matrix (of weights, of links) that a program holds at a time."""


class Parameters(NamedTuple):
    """What multiplies inside the loop, as torch holds it: rows are outputs.

    A feed-forward controller has no `hidden_JC`; J is 4 C for the LSTM, C without.
    """

    read_JR: Tensor
    hidden_JC: Tensor
    face_IC: Tensor
    face_bias_I: Tensor


class Start(NamedTuple):
    """Controller and read before the first step; a feed-forward controller has no cells."""

    hidden_BC: Tensor
    cells_BC: Tensor
    read_BR: Tensor


class Steps(NamedTuple):
    """Every step's outputs, and the LSTM's cells after the last of them."""

    hidden_TBC: Tensor
    weights_TBHN: Tensor
    reads_TBR: Tensor
    cells_BC: Tensor


def save_every(steps: int, *, backward: bool) -> int:
    """Steps from one saved memory to the next: all of them where no gradient is asked for."""
    return SAVE_EVERY if backward else steps


def rows(first: Tensor, steps: int) -> Tensor:
    """Room for a state before the first step, which is there already, and after each step."""
    found = first.new_empty(steps + 1, *first.shape)
    found[0] = first
    return found


def launch(kernel: Any, compiled_with: dict[str, Any], *arguments: Any) -> None:
    """Runs a kernel, a program for each sample; its last arguments are steps, batch and every."""
    batch = arguments[-2]
    with torch.cuda.device_of(arguments[0]):
        kernel[(batch,)](*arguments, **compiled_with)


def parameter_gradients(
    parameters: Parameters,
    grad_drive_TBJ: Tensor,
    grad_raw_TBI: Tensor,
    reads: Tensor,
    hidden: Tensor,
) -> Parameters:
    """Of the weights, given those of every step's pre-activations and raw interface vector.

    `reads` and `hidden` are `rows`: (T + 1, B, R) and (T + 1, B, C).
    """
    drive, raw = grad_drive_TBJ.flatten(0, 1), grad_raw_TBI.flatten(0, 1)
    if len(parameters.hidden_JC):
        grad_hidden_JC = drive.t() @ hidden[:-1].flatten(0, 1)
    else:
        grad_hidden_JC = torch.zeros_like(parameters.hidden_JC)
    return Parameters(
        drive.t() @ reads[:-1].flatten(0, 1),
        grad_hidden_JC,
        raw.t() @ hidden[1:].flatten(0, 1),
        raw.sum(0),
    )


def compiled_with(
    slots: int, width: int, controller_size: int, lstm: bool, reads: int, face: int
) -> dict[str, Any]:
    """What every cell's kernels are compiled with: sizes, padded and not, blocks and warps.

    `reads` and `face` are the lengths of what is read and of the interface.
    """
    pad = triton.next_power_of_2
    padded = {"NP": slots, "WP": width, "CP": controller_size, "IP": face, "RP": reads}
    blocks = {"BLOCK_C": controller_size, "BLOCK_I": face, "BLOCK_R": reads}
    return {
        **{"N": slots, "W": width, "C": controller_size, "LSTM": lstm},
        **{name: pad(size) for name, size in padded.items()},
        **{name: min(128, max(1, TILE // pad(size))) for name, size in blocks.items()},
        "num_warps": 8 if pad(slots) * pad(width) <= TILE else 16,
        # loads must not be moved over the stores of the step before
        "num_stages": 1,
        "enable_fp_fusion": True,
    }
