"""The backend `chunked`: stretches of a sequence at once, where the controller sees no reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...registry import estimators
from ..base import backends
from ..guards import FastBackend

if TYPE_CHECKING:
    from torch import Tensor

    from ...network import MemoryNetwork
    from ...types import NetworkState, Rollout


@backends.register("chunked")
class Chunked(FastBackend):
    """The controller over all steps, then the memory stretch by stretch: plain torch, any device.

    That is possible where the controller is not fed what was read (`feed_read`), and where the
    estimator draws no random numbers in the present mode, or draws them ahead of the weightings.
    """

    rank = 1.5
    takes_apart = True

    def lacks(self, network: MemoryNetwork) -> str | None:
        from ..controllers.base import fast_controllers
        from .cells.base import chunked_cells

        cell: Any = network.cell
        if refused := chunked_cells.refuses(cell):
            return refused
        if network.feed_read:
            return "its controller is fed what was read, so that steps wait for one another"
        estimator = network.estimator.in_force()
        if estimators.name_of(type(estimator)) is None:
            return f"the estimator {type(estimator).__name__} is not registered"
        if estimator.draws and not estimator.draws_ahead:
            return f"the estimator {type(estimator).__name__} cannot draw its numbers ahead"
        controller: Any = network.controller
        return (
            fast_controllers.refuses(controller)
            or fast_controllers.of(controller).replaced(controller)
            or _foreign(cell)
        )

    def unroll(self, network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
        if len(inputs_TBX) == 1:
            # on the CPU a stretch of one step costs 1.3 to 1.8 times as much as the step
            return network.unroll(inputs_TBX, state)
        import torch

        from ...types import NetworkState, Rollout, join_steps
        from ..controllers.base import fast_controllers
        from .cells.base import chunked_cells
        from .estimator import StretchEstimator

        run = fast_controllers.of(network.controller)
        hidden_TBC, controller = run.over_time(network.controller, inputs_TBX, state.controller)
        cell: Any = network.cell
        form, memory = chunked_cells.of(cell), state.cell
        weightings, in_force = form.weightings(cell), cell.estimator.in_force()
        reads, addresses = [], []
        for stretch_CBZ in hidden_TBC.split(form.steps):
            estimator = StretchEstimator.ahead(in_force, weightings, cell.slots, stretch_CBZ)
            read_CBO, memory, address = form.over_stretch(cell, stretch_CBZ, memory, estimator)
            reads.append(read_CBO)
            addresses.append(address)
        read_TBO = torch.cat(reads)
        after = NetworkState(controller, memory, read_TBO[-1])
        logits_TBY = network.read_out(hidden_TBC, read_TBO)
        return Rollout(logits_TBY, join_steps(*addresses), after, hidden_TBC)


def _foreign(cell: Any) -> str | None:
    """A module of the cell that may do something else at every step, such as drawing numbers."""
    from torch import nn

    from ...interface import Interface

    for place, module in cell.named_modules():
        if not place or place.partition(".")[0] == "estimator":
            continue
        if type(module) not in (Interface, nn.Linear, nn.RMSNorm, nn.Identity):
            return f"its cell.{place} is a {type(module).__name__}"
    return None
