"""Networks whose controller is not fed, in stretches beside the reference in steps."""

import torch

from memnets.backends import choose

from ..building import small

MEMORIES = {
    "attention": ("attention", {}),
    "attention, longer than a stretch": ("attention", {"slots": 90}),
    "attention, alibi": ("attention", {"positions": "alibi", "no_op": True}),
    "attention, rotary": ("attention", {"positions": "rotary", "slots": 30}),
    "slots": ("slots", {}),
    "slots, routed": ("slots", {"routed": True}),
    "slots, as Raven": (
        "slots",
        {"routed": True, "decay": "head", "soft_reads": True, "key_norm": True},
    ),
    "delta": ("delta", {"heads": 3}),
    "delta, elu": ("delta", {"keys": "elu"}),
    "delta, dpfp, gated": ("delta", {"slots": 8, "keys": "dpfp", "nu": 2, "gated": True}),
    "delta, unit keys, gated": ("delta", {"keys": "l2", "gated": True}),
    "mlstm": ("mlstm", {}),
    "mlstm, exponential": ("mlstm", {"heads": 2, "forget": "exponential"}),
    "mlstm, softmax": ("mlstm", {"keys": "softmax"}),
}
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
