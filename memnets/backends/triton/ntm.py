"""The NTM's persistent kernels as one differentiable function of a whole sequence."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import triton
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...cells.ntm import NTM, NTMState
from .backward import backward
from .forward import forward
from .recurrence import (
    Parameters,
    Start,
    Steps,
    compiled_with,
    launch,
    parameter_gradients,
    rows,
    save_every,
)


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


def run(
    cell: NTM, drive_TBJ: Tensor, parameters: Parameters, start: Start, state: NTMState
) -> tuple[Steps, NTMState]:
    """The recurrence, given the inputs' part of the pre-activations (biases included).

    Differentiable once, in everything.
    """
    sizes = Sizes(
        slots=cell.slots,
        width=cell.width,
        heads=len(cell.heads),
        writes=cell.writes,
        shifts=cell.interface.shapes["shift"][1],
        controller_size=start.hidden_BC.shape[1],
        lstm=len(parameters.hidden_JC) > 0,
        read_first=cell.read_first,
    )
    *found, memory_BNW = _Recurrence.apply(sizes, drive_TBJ, *parameters, *start, *state)
    steps = Steps(*found)
    return steps, NTMState(memory_BNW, steps.weights_TBHN[-1])


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, sizes: Sizes, drive_TBJ: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
        parameters, start = Parameters(*tensors[:4]), Start(*tensors[4:7])
        state = NTMState(*tensors[7:])
        T, B, J = drive_TBJ.shape
        every = save_every(T, backward=any(ctx.needs_input_grad))
        new, face = drive_TBJ.new_empty, len(parameters.face_bias_I)
        N, W, H = sizes.slots, sizes.width, sizes.heads
        hidden, cells = rows(start.hidden_BC, T), rows(start.cells_BC, T)
        weights, reads = rows(state.weights_BHN, T), rows(start.read_BR, T)
        gates_TBJ, raw_TBI, content_TBHN = new(T, B, J), new(T, B, face), new(T, B, H, N)
        saved, end_BNW = new(-(-T // every), B, N, W), new(B, N, W)
        launch(
            forward,
            meta(sizes),
            *(drive_TBJ.contiguous(), parameters.read_JR.t().contiguous()),
            *(parameters.hidden_JC.t().contiguous(), parameters.face_IC.t().contiguous()),
            *(parameters.face_bias_I.contiguous(), hidden, cells, gates_TBJ, raw_TBI),
            *(content_TBHN, weights, reads, state.memory_BNW.contiguous(), saved, end_BNW),
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
        parameters, kept = Parameters(*ctx.saved_tensors[:4]), ctx.saved_tensors[4:]
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
        launch(
            backward,
            meta(ctx.sizes),
            *(tensor.contiguous() for tensor in parameters[:3]),
            *(hidden, cells, gates_TBJ, raw_TBI, content_TBHN, weights, saved, end_BNW),
            *(grad_hidden, grad_cells, grad_weights, grad_reads, grad_memory),
            *(grad_drive_TBJ, grad_raw_TBI, replay, carry, carry_read, carry_hidden),
            *(T, B, ctx.every),
        )
        return (
            None,
            grad_drive_TBJ,
            *parameter_gradients(parameters, grad_drive_TBJ, grad_raw_TBI, reads, hidden),
            *(carry_hidden, grad_cells, carry_read, grad_memory, carry[0]),
        )


def meta(sizes: Sizes) -> dict[str, Any]:
    """What a kernel is compiled with: the sizes, padded and not, its blocks and its warps."""
    N, W, H, P, S, C, lstm, read_first = sizes
    return {
        **compiled_with(N, W, C, lstm, (H - P) * W, H * (W + 3 + S) + 2 * P * W),
        **{"H": H, "P": P, "S": S, "SP": triton.next_power_of_2(S), "READ_FIRST": read_first},
    }
