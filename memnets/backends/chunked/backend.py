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
    estimator draws no numbers, which it would draw step by step.
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
        if not estimator.repeatable or estimators.name_of(type(estimator)) is None:
            return f"the estimator {type(estimator).__name__} may draw numbers at every step"
        controller: Any = network.controller
        return (
            fast_controllers.refuses(controller)
            or fast_controllers.of(controller).replaced(controller)
            or _foreign(cell)
        )

    def unroll(self, network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
        import torch

        from ...types import NetworkState, Rollout, join_steps
        from ..controllers.base import fast_controllers
        from .cells.base import chunked_cells

        run = fast_controllers.of(network.controller)
        hidden_TBC, controller = run.over_time(network.controller, inputs_TBX, state.controller)
        form, memory = chunked_cells.of(network.cell), state.cell
        reads, addresses = [], []
        for stretch_CBZ in hidden_TBC.split(form.steps):
            read_CBO, memory, address = form.over_stretch(network.cell, stretch_CBZ, memory)
            reads.append(read_CBO)
            addresses.append(address)
        read_TBO = torch.cat(reads)
        logits_TBY = network.readout(torch.cat([network.bypass(hidden_TBC), read_TBO], -1))
        after = NetworkState(controller, memory, read_TBO[-1])
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
