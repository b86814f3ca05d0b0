"""The persistent NTM kernels as one differentiable function of a whole sequence.

The inputs' products, the readout and, after the backward kernel, the weights' gradients are matrix
products over all steps at once and stay with torch; the kernels do what must be done in order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import triton
from torch import Tensor
from torch.autograd.function import once_differentiable

from .triton_backward import backward
from .triton_forward import forward

SAVE_EVERY = 8
"""Steps between two saved memories; the ones between are replayed in the backward pass."""

TILE = 4096
"""Most numbers of a weight matrix that a program holds at a time."""


class Sizes(NamedTuple):
    """What a kernel is compiled for."""

    slots: int
    width: int
    heads: int
    writes: int
    shifts: int
    controller_size: int
    lstm: bool
    read_first: bool


class Start(NamedTuple):
    """The state before the first step; a feed-forward controller has no cells."""

    hidden_BC: Tensor
    cells_BC: Tensor
    memory_BNW: Tensor
    weights_BHN: Tensor
    read_BR: Tensor


class Parameters(NamedTuple):
    """What multiplies inside the loop, as torch holds it: rows are outputs.

    A feed-forward controller has no `hidden_JC`; J is 4 C for the LSTM, C without.
    """

    read_JR: Tensor
    hidden_JC: Tensor
    face_IC: Tensor
    face_bias_I: Tensor


class Run(NamedTuple):
    """Every step's outputs, and what a state needs beside the last of them."""

    hidden_TBC: Tensor
    weights_TBHN: Tensor
    reads_TBR: Tensor
    cells_BC: Tensor
    memory_BNW: Tensor


def run(drive_TBJ: Tensor, parameters: Parameters, start: Start, sizes: Sizes) -> Run:
    """The recurrence, given the inputs' part of the pre-activations (biases included).

    Differentiable once, in everything.
    """
    return Run(*_Recurrence.apply(sizes, drive_TBJ, *parameters, *start))


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, sizes: Sizes, drive_TBJ: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
        parameters, start = Parameters(*tensors[:4]), Start(*tensors[4:])
        T, B, J = drive_TBJ.shape
        every = SAVE_EVERY if any(ctx.needs_input_grad) else T
        new, face = drive_TBJ.new_empty, len(parameters.face_bias_I)
        N, W, H = sizes.slots, sizes.width, sizes.heads
        hidden, cells = _rows(start.hidden_BC, T), _rows(start.cells_BC, T)
        weights, reads = _rows(start.weights_BHN, T), _rows(start.read_BR, T)
        gates_TBJ, raw_TBI, content_TBHN = new(T, B, J), new(T, B, face), new(T, B, H, N)
        saved, end_BNW = new(-(-T // every), B, N, W), new(B, N, W)
        _launch(
            forward,
            sizes,
            *(drive_TBJ.contiguous(), parameters.read_JR.t().contiguous()),
            *(parameters.hidden_JC.t().contiguous(), parameters.face_IC.t().contiguous()),
            *(parameters.face_bias_I.contiguous(), hidden, cells, gates_TBJ, raw_TBI),
            *(content_TBHN, weights, reads, start.memory_BNW.contiguous(), saved, end_BNW),
            *(T, B, every),
        )
        ctx.sizes, ctx.every = sizes, every
        kept = (hidden, cells, gates_TBJ, raw_TBI, content_TBHN, weights, reads, saved, end_BNW)
        ctx.save_for_backward(*parameters, *kept)
        # clones: an output that is a view of what is saved would keep it alive through itself
        last_BC = cells[-1].clone()
        return hidden[1:].clone(), weights[1:].clone(), reads[1:].clone(), last_BC, end_BNW.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        read_JR, hidden_JC, face_IC, _, *kept = ctx.saved_tensors
        hidden, cells, gates_TBJ, raw_TBI, content_TBHN, weights, reads, saved, end_BNW = kept
        grad_hidden, grad_weights, grad_reads = (grad.contiguous() for grad in grads[:3])
        # the kernel leaves the starting state's gradients where it found the last state's
        grad_cells, grad_memory = (grad.contiguous().clone() for grad in grads[3:])
        T, B, _ = gates_TBJ.shape
        grad_drive_TBJ = torch.empty_like(gates_TBJ)
        grad_raw_TBI = torch.empty_like(raw_TBI)
        replay = end_BNW.new_empty(B, ctx.every, *end_BNW.shape[1:])
        carry, carry_read = torch.zeros_like(weights), torch.zeros_like(reads[0])
        carry_hidden = torch.zeros_like(hidden[0])
        _launch(
            backward,
            ctx.sizes,
            *(read_JR.contiguous(), hidden_JC.contiguous(), face_IC.contiguous(), hidden, cells),
            *(gates_TBJ, raw_TBI, content_TBHN, weights, saved, end_BNW, grad_hidden, grad_cells),
            *(grad_weights, grad_reads, grad_memory, grad_drive_TBJ, grad_raw_TBI, replay),
            *(carry, carry_read, carry_hidden, T, B, ctx.every),
        )
        drive, raw = grad_drive_TBJ.flatten(0, 1), grad_raw_TBI.flatten(0, 1)
        grad_hidden_JC = torch.zeros_like(hidden_JC)
        if ctx.sizes.lstm:
            grad_hidden_JC = drive.t() @ hidden[:-1].flatten(0, 1)
        return (
            None,
            grad_drive_TBJ,
            drive.t() @ reads[:-1].flatten(0, 1),
            grad_hidden_JC,
            raw.t() @ hidden[1:].flatten(0, 1),
            raw.sum(0),
            *(carry_hidden, grad_cells, grad_memory, carry[0], carry_read),
        )


def _rows(first: Tensor, steps: int) -> Tensor:
    rows = first.new_empty(steps + 1, *first.shape)
    rows[0] = first
    return rows


def _launch(kernel: Any, sizes: Sizes, *arguments: Any) -> None:
    batch = arguments[-2]
    with torch.cuda.device_of(arguments[0]):
        kernel[(batch,)](*arguments, **meta(sizes))


def meta(sizes: Sizes) -> dict[str, Any]:
    """What a kernel is compiled with: the sizes, padded and not, its blocks and its warps."""
    pad = triton.next_power_of_2
    N, W, H, P, S, C, lstm, read_first = sizes
    R, face = (H - P) * W, H * (W + 3 + S) + 2 * P * W
    whole = {"N": N, "W": W, "H": H, "P": P, "S": S, "C": C, "LSTM": lstm, "READ_FIRST": read_first}
    padded = {"NP": N, "WP": W, "SP": S, "CP": C, "IP": face, "RP": R}
    blocks = {"BLOCK_C": C, "BLOCK_I": face, "BLOCK_R": R}
    return {
        **whole,
        **{name: pad(size) for name, size in padded.items()},
        **{name: min(128, max(1, TILE // pad(size))) for name, size in blocks.items()},
        "num_warps": 8 if pad(N) * pad(W) <= TILE else 16,
        # loads must not be moved over the stores of the step before
        "num_stages": 1,
        "enable_fp_fusion": True,
    }
