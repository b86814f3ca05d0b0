"""Networks whose controller is not fed, in stretches beside the reference in steps."""

import torch

from memnets.backends import choose
from memnets.backends.chunked.cells.base import chunked_cells

from ..building import small
from ..variants import VARIANTS

MEMORIES = {
    "attention": ("attention", {}),
    "attention, longer than a stretch": ("attention", {"slots": 90}),
    "slots": ("slots", {}),
    "delta": ("delta", {"heads": 3}),
    "mlstm": ("mlstm", {}),
}
MEMORIES |= {name: (cell, more) for name, (cell, more) in VARIANTS.items() if cell in chunked_cells}
# a codebook keeps keys step by step
del MEMORIES["slots, by codes"]
CELLS = sorted({cell for cell, _ in MEMORIES.values()})


def unfed(cell="attention", *parts, options=None, **more):
    return small(cell, *parts, cell_options=options, feed_read=False, **more)


def everything(network, backend, *call):
    """All that a rollout gives, a number drawn after it, and gradients of a function of it."""
    torch.manual_seed(1)
    network.backend = backend
    rollout = network(*call)
    drawn = torch.rand(())
    slots = network.cell.slots
    found = [rollout.logits_TBY, rollout.hidden_TBC, rollout.address.dense(slots)]
    found += [rollout.address.log_prob_BH, rollout.address.entropy_BH]
    found += [rollout.state.read_BO, *rollout.state.cell]
    loss = sum(part.sin().sum() for part in found if part.requires_grad)
    parameters = [part for part in network.parameters() if part.requires_grad]
    return [*found, drawn, *torch.autograd.grad(loss, parameters, allow_unused=True)]


def same(network, *call, rtol=0.0):
    assert choose(network, "auto").backend == "chunked", choose(network, "chunked").reason
    for found, expected in zip(
        everything(network, "chunked", *call), everything(network, "reference", *call), strict=True
    ):
        torch.testing.assert_close(found, expected, rtol=rtol, atol=1e-10)
