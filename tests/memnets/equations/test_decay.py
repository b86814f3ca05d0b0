"""The gate by which a whole head forgets, against a loop."""

import math

import torch
from torch.autograd import gradcheck

from memnets.equations import decay

B, H = 2, 3


def test_the_gate_of_a_head_is_an_exponential_of_a_softplus():
    torch.manual_seed(0)
    raw = torch.randn(B, H, dtype=torch.float64, requires_grad=True)
    rate = torch.randn(H, dtype=torch.float64, requires_grad=True)
    found = decay.log_decay(raw, rate).exp()
    x, a = raw.tolist(), rate.tolist()
    for b in range(B):
        for h in range(H):
            expected = math.exp(-math.exp(a[h]) * math.log(1 + math.exp(x[b][h])))
            assert abs(found[b, h].item() - expected) < 1e-10
    assert gradcheck(decay.log_decay, (raw, rate))
