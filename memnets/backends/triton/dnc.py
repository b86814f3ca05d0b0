"""The persistent kernels of the DNC (Graves et al., 2016) as one differentiable function."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import triton
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...cells.dnc import DNC, DNCState
from .dnc_backward import backward
from .dnc_forward import forward
from .recurrence import (
    TILE,
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
    writes: int
    reads: int
    controller_size: int
    lstm: bool
    links: bool
    deallocation: bool
    stop_gradient: bool
    least_used: float
    least_strength: float


class Trace(NamedTuple):
    """What every step leaves for the backward pass; states have T + 1 rows, the start first.

    The P write heads' allocation is told by the usages that each found (`used`), the same in
    ascending order, and each slot's place in it. M read modes weigh 2 P paths and the content.
    """

    hidden: Tensor
    cells: Tensor
    gates_TBJ: Tensor
    raw_TBI: Tensor
    content_TBHN: Tensor
    weights: Tensor
    reads: Tensor
    usage: Tensor
    used_TBPN: Tensor
    sorted_TBPN: Tensor
    place_TBPN: Tensor
    precedence: Tensor
    paths_TBPRN: Tensor
    modes_TBRM: Tensor


def run(
    cell: DNC, drive_TBJ: Tensor, parameters: Parameters, start: Start, state: DNCState
) -> tuple[Steps, DNCState]:
    """The recurrence, given the inputs' part of the pre-activations (biases included).

    `drive` is (T, B, 4 C) for the LSTM, (T, B, C) without. Every tensor of the state is (B, ...);
    the weightings of all steps are (T, B, P + R, N), write heads first. Differentiable once, in
    everything.
    """
    sizes = Sizes(
        slots=cell.slots,
        width=cell.width,
        writes=cell.writes,
        reads=cell.reads,
        controller_size=start.hidden_BC.shape[1],
        lstm=len(parameters.hidden_JC) > 0,
        links=cell.links,
        deallocation=cell.deallocation,
        stop_gradient=cell.usage_stop_gradient,
        least_used=float(cell.usage_floor),
        least_strength=float(cell.strength == "oneplus"),
    )
    weights_BHN = torch.cat([state.writes_BPN, state.reads_BRN], 1)
    found = _Recurrence.apply(sizes, drive_TBJ, *parameters, *start, *state[:4], weights_BHN)
    steps = Steps(*found[:4])
    return steps, DNCState(*found[4:], *steps.weights_TBHN[-1].split([cell.writes, cell.reads], 1))


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, sizes: Sizes, drive_TBJ: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
        parameters, start = Parameters(*tensors[:4]), Start(*tensors[4:7])
        memory_BNW, usage_BN, link_BPNN, precedence_BPN, weights_BHN = tensors[7:]
        T, B, J = drive_TBJ.shape
        every = save_every(T, backward=any(ctx.needs_input_grad))
        new, face = drive_TBJ.new_empty, len(parameters.face_bias_I)
        N, P, R, saves = sizes.slots, sizes.writes, sizes.reads, -(-T // every)
        followed = N if sizes.links else 0
        trace = Trace(
            *(rows(start.hidden_BC, T), rows(start.cells_BC, T)),
            *(new(T, B, J), new(T, B, face), new(T, B, P + R, N)),
            *(rows(weights_BHN, T), rows(start.read_BR, T), rows(usage_BN, T)),
            *(new(T, B, P, N), new(T, B, P, N), new(T, B, P, N, dtype=torch.int32)),
            rows(precedence_BPN, T),
            *(new(T, B, 2 * P, R, followed), new(T, B, R, 2 * P + 1 if sizes.links else 0)),
        )
        saved, end_BNW = new(saves, *memory_BNW.shape), new(*memory_BNW.shape)
        # the kernel leaves the last links where it found the first
        end_BPNN, saved_link = link_BPNN.contiguous().clone(), new(saves, *link_BPNN.shape)
        launch(
            forward,
            meta(sizes),
            *(drive_TBJ.contiguous(), parameters.read_JR.t().contiguous()),
            *(parameters.hidden_JC.t().contiguous(), parameters.face_IC.t().contiguous()),
            *(parameters.face_bias_I.contiguous(), *trace, memory_BNW.contiguous(), saved),
            *(end_BNW, end_BPNN, saved_link, T, B, every),
        )
        ctx.sizes, ctx.every = sizes, every
        ctx.save_for_backward(*parameters, *trace, saved, end_BNW, saved_link)
        # clones: an output that is a view of what is saved would keep it alive through itself
        steps = (trace.hidden[1:].clone(), trace.weights[1:].clone(), trace.reads[1:].clone())
        last = (trace.cells[-1].clone(), end_BNW.clone(), trace.usage[-1].clone())
        return *steps, *last, end_BPNN, trace.precedence[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        parameters, trace = Parameters(*ctx.saved_tensors[:4]), Trace(*ctx.saved_tensors[4:-3])
        saved, end_BNW, saved_link = ctx.saved_tensors[-3:]
        grad_hidden, grad_weights, grad_reads = (grad.contiguous() for grad in grads[:3])
        # the kernel leaves the starting state's gradients where it found the last state's
        last = [grad.contiguous().clone() for grad in grads[3:]]
        grad_cells, *grad_state = last
        B, N = trace.gates_TBJ.shape[1], ctx.sizes.slots
        grad_drive_TBJ = torch.empty_like(trace.gates_TBJ)
        grad_raw_TBI = torch.empty_like(trace.raw_TBI)
        replay = end_BNW.new_empty(B, ctx.every, *end_BNW.shape[1:])
        replay_link = saved_link.new_empty(B, ctx.every, *saved_link.shape[2:])
        scratch = end_BNW.new_empty(B, ctx.sizes.reads + 1, N)
        carry, carry_read = torch.zeros_like(trace.weights), torch.zeros_like(trace.reads[0])
        carry_hidden = torch.zeros_like(trace.hidden[0])
        launch(
            backward,
            meta(ctx.sizes),
            *(tensor.contiguous() for tensor in parameters[:3]),
            *(*trace[:6], *trace[7:], saved, end_BNW, saved_link),
            *(grad_hidden, grad_weights, grad_reads, *last),
            *(grad_drive_TBJ, grad_raw_TBI, replay, replay_link, scratch),
            *(carry, carry_read, carry_hidden, len(trace.raw_TBI), B, ctx.every),
        )
        return (
            None,
            grad_drive_TBJ,
            *parameter_gradients(
                parameters, grad_drive_TBJ, grad_raw_TBI, trace.reads, trace.hidden
            ),
            *(carry_hidden, grad_cells, carry_read, *grad_state, carry[0]),
        )


def meta(sizes: Sizes) -> dict[str, Any]:
    """What a kernel is compiled with: the sizes, places in the interface, blocks and warps."""
    N, W, P, R, C, lstm, *_ = sizes
    pad = triton.next_power_of_2
    # the raw interface vector: read heads' keys and strengths, write heads', erase and add vectors,
    # free gates, allocation and write gates, read modes
    write = R * (W + 1)
    erase = write + P * (W + 1)
    free = erase + 2 * P * W
    gates = free + R
    modes = gates + 2 * P
    face = modes + (R * (2 * P + 1) if sizes.links else 0)
    found = compiled_with(N, W, C, lstm, R * W, face)
    return found | {
        **{"P": P, "R": R, "HP": pad(R), "MP": pad(2 * P + 1), "LINKS": sizes.links},
        **{"DEALLOCATION": sizes.deallocation, "STOP": sizes.stop_gradient},
        **{"LEAST_USED": sizes.least_used, "LEAST": sizes.least_strength},
        **{"WRITE": write, "ERASE": erase, "FREE": free, "GATES": gates, "MODES": modes},
        "FACE": face,
        # of a block are held the links, their products, and those with every read head's weights
        "BLOCK_LINK": min(pad(N), max(1, TILE // (pad(N) * max(2, pad(R))))),
        "BLOCK_USED": min(pad(N), max(1, TILE // pad(N))),
    }
