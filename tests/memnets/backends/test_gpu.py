import copy

import pytest
import torch

from memnets.registry import cells, estimators
from memnets.spec import ModelSpec

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU on this machine")


@pytest.mark.parametrize("estimator", list(estimators))
@pytest.mark.parametrize("cell", list(cells))
def test_a_gpu_gives_what_the_cpu_gives(cell, estimator):
    options = {} if cell == "none" else {"slots": 7, "width": 4}
    spec = ModelSpec(cell, estimator, controller_size=8, cell_options=options)
    # one difference at a time: the same equations on two devices
    network = spec.build(5, 2, backend="reference").eval()
    twin = copy.deepcopy(network).cuda()
    inputs_TBX = torch.randn(6, 3, 5)
    expected = network(inputs_TBX)
    found = twin(inputs_TBX.cuda())
    torch.testing.assert_close(found.logits_TBY.cpu(), expected.logits_TBY, atol=1e-4, rtol=1e-3)
    twin.train()
    rollout = twin(twin.estimator.spread(inputs_TBX.cuda()))
    cost_TB = rollout.logits_TBY.square().mean(-1)
    surrogate = twin.estimator.loss(rollout.address, cost_TB, rollout.hidden_TBC)
    (cost_TB.sum(0).mean() + surrogate).backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in twin.parameters())
