"""A recurrence by a cell's two persistent kernels as one differentiable function of torch.

The inputs' products, the readout and, after the backward kernel, the weights' gradients are matrix
products over all steps at once and stay with torch; the kernels do what must be done in order.

The arguments of a forward kernel: the inputs' products, four parameters, what every step keeps
(`Trace`), the cell's own tensors, the first, the saved and the last memory, then the numbers of
steps, of samples, and of steps between two saved memories. Of a backward kernel: three parameters,
the trace but for the reads, the cell's own tensors, the saved and the last memory, the gradients of
what the forward kernel gave, those that it is to store, its workspace, and the three numbers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..derivatives import once_differentiable
from .cells.base import CellRun
from .tensors import Parameters, Start, Steps, launch, parameter_gradients, rows

SAVE_EVERY = 8
"""Steps between two saved memories; the ones between are replayed in the backward pass."""


class Trace(NamedTuple):
    """What every step keeps for the backward pass; those without suffix have T + 1 rows."""

    hidden: Tensor
    cells: Tensor
    gates_TBQ: Tensor
    raw_TBI: Tensor
    content_TBHN: Tensor
    weights: Tensor
    reads: Tensor


def recurrence(
    run: CellRun,
    drive_TBG: Tensor,
    parameters: Parameters,
    start: Start,
    state: tuple[Tensor, ...],
) -> tuple[Steps, Tensor, tuple[Tensor, ...]]:
    """Every step's outputs; the last memory and the cell's own last tensors.

    `drive` is the inputs' part of the pre-activations, biases included: (T, B, 4 C) for the LSTM,
    (T, B, C) for the feed-forward controller. `state` is what the run's `tensors` gives.
    Differentiable once, in everything.
    """
    found = _Recurrence.apply(run, drive_TBG, *parameters, *start, *state)
    return Steps(*found[:4]), found[4], found[5:]


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, run: CellRun, drive_TBG: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
        parameters, start = Parameters(*tensors[:4]), Start(*tensors[4:7])
        memory_BNW, weights_BHN, *own = tensors[7:]
        T, B, _ = drive_TBG.shape
        # where no gradient is asked for, the memory is saved once
        every = SAVE_EVERY if any(ctx.needs_input_grad) else T
        saves = -(-T // every)
        new = drive_TBG.new_empty
        trace = Trace(
            hidden=rows(start.hidden_BC, T),
            cells=rows(start.cells_BC, T),
            gates_TBQ=torch.empty_like(drive_TBG, memory_format=torch.contiguous_format),
            raw_TBI=new(T, B, len(parameters.face_bias_I)),
            content_TBHN=new(T, *weights_BHN.shape),
            weights=rows(weights_BHN, T),
            reads=rows(start.read_BO, T),
        )
        kept, passing = run.trace(tuple(own), T, saves)
        saved, end_BNW = new(saves, *memory_BNW.shape), new(*memory_BNW.shape)
        launch(
            run.forward_kernel,
            run.constants,
            *(drive_TBG.contiguous(), parameters.read_GO.t().contiguous()),
            *(parameters.hidden_GC.t().contiguous(), parameters.face_IC.t().contiguous()),
            *(parameters.face_bias_I.contiguous(), *trace, *kept, *passing),
            *(memory_BNW.contiguous(), saved, end_BNW, T, B, every),
        )
        ctx.run, ctx.every = run, every
        ctx.save_for_backward(*parameters, *trace, saved, end_BNW, *kept)
        # clones: an output that is a view of what is saved would keep it alive through itself
        steps = trace.hidden[1:].clone(), trace.weights[1:].clone(), trace.reads[1:].clone()
        return *steps, trace.cells[-1].clone(), end_BNW.clone(), *run.last(kept, passing)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        run, every = ctx.run, ctx.every
        parameters, trace = Parameters(*ctx.saved_tensors[:4]), Trace(*ctx.saved_tensors[4:11])
        saved, end_BNW, *kept = ctx.saved_tensors[11:]
        grad_steps = (grad.contiguous() for grad in grads[:3])
        # the kernel leaves the first state's gradients where it found the last state's
        grad_cells_BC, *grad_state = (grad.contiguous().clone() for grad in grads[3:])
        T, B, _ = trace.gates_TBQ.shape
        grad_drive_TBG = torch.empty_like(trace.gates_TBQ)
        grad_raw_TBI = torch.empty_like(trace.raw_TBI)
        replay = end_BNW.new_empty(B, every, *end_BNW.shape[1:])
        carry, carry_read_BO = torch.zeros_like(trace.weights), torch.zeros_like(trace.reads[0])
        carry_hidden_BC = torch.zeros_like(trace.hidden[0])
        launch(
            run.backward_kernel,
            run.constants,
            *(tensor.contiguous() for tensor in parameters[:3]),
            *(*trace[:6], *kept, saved, end_BNW, *grad_steps, grad_cells_BC, *grad_state),
            *(grad_drive_TBG, grad_raw_TBI, replay, *run.workspace(tuple(kept), B, every)),
            *(carry, carry_read_BO, carry_hidden_BC, T, B, every),
        )
        grad_memory_BNW, *grad_own = grad_state
        return (
            None,
            grad_drive_TBG,
            *parameter_gradients(
                parameters, grad_drive_TBG, grad_raw_TBI, trace.reads, trace.hidden
            ),
            *(carry_hidden_BC, grad_cells_BC, carry_read_BO),
            *(grad_memory_BNW, carry[0], *grad_own),
        )
