"""What the D-NTM's rollouts in kernels have of their own: its options, size, bound and refusals."""

import copy

import pytest
import torch

pytest.importorskip("numba")

from memnets.backends.numba.backend import Numba
from memnets.cells.dntm import GRADIENT_BOUND
from memnets.spec import ModelSpec

from ..unrolled import INPUTS, OUTPUTS, WAYS, build, fused, same

kernels = Numba()

OPTIONS = [
    {"read_first": True},
    {"recency": False},
    {"recency_of": "similarity", "recency_decay": 0.04},
    {"no_op": False},
    {"candidate": "tanh"},
    {"gated_input": False},
    {"strength": "softplus"},
    {"write_heads": 2, "read_heads": 3, "slots": 4},
    {"write_heads": 3, "read_first": True, "candidate": "tanh", "slots": 2},
    {"slots": 1, "width": 1, "address_width": 1, "no_op": False},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("estimator", WAYS)
def test_every_option(options, estimator):
    same(build("dntm", estimator, **options), 8, 2)


@pytest.mark.parametrize("estimator", WAYS)
def test_at_the_papers_size_from_the_start(estimator):
    network = ModelSpec("dntm", estimator).build(INPUTS, OUTPUTS)
    same(network, 42, 16, first=True)


@pytest.mark.parametrize("estimator", WAYS)
def test_the_gradient_of_the_contents_is_bounded(estimator):
    network, inputs_TBX = build("dntm", estimator), torch.randn(6, 2, INPUTS)
    exact, grads = copy.deepcopy(network).double(), []
    for net, unroll in ((exact, exact), (network, fused(network))):
        torch.manual_seed(1)
        x = inputs_TBX.to(net.cell.address.dtype)
        state = net.initial_state(2)
        first = state.cell.content_BNW.detach().requires_grad_()
        state = state._replace(cell=state.cell._replace(content_BNW=first))
        content = unroll(x, state).state.cell.content_BNW
        grads.append(torch.autograd.grad(content.sum(), first, torch.tensor(1e20).to(x))[0])
    torch.testing.assert_close(grads[1].double(), grads[0], rtol=1e-4, atol=1e-4 * GRADIENT_BOUND)
    # bounded once more a step later, the last addition apart
    assert grads[0].abs().max() < 2 * GRADIENT_BOUND


@pytest.mark.parametrize("options", [{"separate_erase": True}, {"read_steps": 2}], ids=str)
def test_what_is_not_covered_is_named(options):
    reason = kernels.refuses(build("dntm", "reinforce", **options))
    assert reason is not None and (next(iter(options)) in reason or "2 times" in reason)
