"""A rollout through the kernels as one differentiable operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ....network import MemoryNetwork
from ....types import NetworkState, Rollout
from ...controllers.base import fast_controllers
from ...derivatives import once_differentiable
from .draws import Draws, choice_of, draw
from .run import Run

if TYPE_CHECKING:
    from .base import CellRun


class Fused(torch.autograd.Function):
    """A rollout as one operation of the graph."""

    @staticmethod
    def forward(ctx: Any, run: Run, draws: Draws, *tensors: Tensor) -> tuple[Tensor, ...]:
        outputs = run.forward(tensors, draws)
        if run.cell.keep:
            ctx.run = run
            ctx.set_materialize_grads(False)
            # saved, so that autograd refuses if anyone changes them before the backward pass
            ctx.save_for_backward(*tensors, *outputs[:3])
        ctx.mark_non_differentiable(outputs[4])
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        inputs_TBX, weight_GZ, *_ = ctx.saved_tensors
        weight_GX = weight_GZ[:, : inputs_TBX.shape[2]] if ctx.needs_input_grad[2] else None
        return (None, None, *ctx.run.backward(inputs_TBX, weight_GX, grads))


def unroll(
    network: MemoryNetwork, make: type[CellRun], inputs_TBX: Tensor, state: NetworkState
) -> Rollout:
    """A network over a sequence with the kernels of its cell."""
    steps, batch, _ = inputs_TBX.shape
    controller, estimator = network.controller, network.estimator.in_force()
    driver = fast_controllers.of(controller)
    choice = choice_of(estimator)
    assert choice is not None, "an estimator without a kernel is refused"
    before_BC, cell_BC = driver.unpack(controller, state.controller, batch)
    needed = torch.is_grad_enabled()
    cell = make(network.cell, choice, steps, batch, keep=needed)
    common = (inputs_TBX, *driver.weights(controller), *cell.interface())
    own = cell.tensors(state.cell, inputs_TBX)
    heads = make.choosing(network.cell)
    draws = draw(choice, estimator, heads, make.among(network.cell), steps, batch)
    run = Run(network, cell)
    hidden_TBC, read_TBO, cell_BC, weights, slots, log_prob, entropy, *final = Fused.apply(
        run, draws, *common, before_BC, cell_BC, state.read_BO, *own
    )
    address = cell.rolled(weights, slots, log_prob, entropy)
    after = NetworkState(
        driver.pack(hidden_TBC[-1], cell_BC),
        cell.state(tuple(final), weights[-1]),
        read_TBO[-1],
    )
    return Rollout(network.read_out(hidden_TBC, read_TBO), address, after, hidden_TBC)
