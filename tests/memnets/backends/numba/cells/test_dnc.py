"""What the DNC's rollouts in kernels have of their own: its options, size, start and refusals."""

import copy

import pytest
import torch

pytest.importorskip("numba")

from memnets.backends.numba.backend import Numba
from memnets.spec import ModelSpec

from ...rollouts import GRADIENTS, VALUES, alike, pulled
from ..unrolled import INPUTS, OUTPUTS, WAYS, build, fused, same

kernels = Numba()

OPTIONS = [
    {"links": False},
    {"deallocation": True},
    {"strength": "softplus", "usage_stop_gradient": True, "usage_floor": 1e-6, "clip": 20.0},
    {"clip": 0.2, "links": False, "deallocation": True},
    {"write_heads": 2, "read_heads": 1, "slots": 4},
    {"write_heads": 3, "read_heads": 5, "slots": 6, "usage_floor": 1e-6, "deallocation": True},
    {"slots": 1, "width": 1, "read_heads": 1},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("estimator", WAYS)
def test_every_option(options, estimator):
    same(build("dnc", estimator, **options), 8, 2)


@pytest.mark.parametrize("estimator", ["soft", "reinforce"])
def test_at_the_papers_size_from_the_start(estimator):
    # before the first write the slots are alike: only what does not depend on their order counts
    network = ModelSpec("dnc", estimator).build(INPUTS, OUTPUTS, backend="reference")
    exact, inputs_TBX = copy.deepcopy(network).double(), torch.randn(21, 2, INPUTS)
    found = []
    for net, unroll in ((network, fused(network)), (exact, exact)):
        torch.manual_seed(2)
        rollout = unroll(inputs_TBX.to(net.readout.weight.dtype))
        score = rollout.address.log_prob_BH.sum() + rollout.address.entropy_BH.sum()
        loss = rollout.logits_TBY.square().sum() + score
        found.append(({"logits": rollout.logits_TBY}, pulled(loss, dict(net.named_parameters()))))
    for place, tolerance in enumerate((VALUES, GRADIENTS)):
        alike(found[0][place], found[1][place], tolerance)


@pytest.mark.parametrize("option", ["masking", "sharpness", "layer_norm"])
def test_what_is_not_covered_is_named(option):
    reason = kernels.refuses(build("dnc", **{option: True}))
    assert reason is not None and option in reason
