"""What is tried out on a network leaves its buffers and the random numbers as they were."""

import pytest
import torch
from torch import nn

from memnets.backends.restoring import unchanged

gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU on this machine")


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=gpu)])
def device(request):
    return torch.device(request.param)


class Buffered(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("altered", torch.tensor([1.0, torch.nan]))
        self.register_buffer("exchanged", torch.zeros(2))
        self.register_buffer("alone", torch.zeros(1).expand(3))
        self.register_buffer("missing", None)


def test_buffers_and_random_numbers_are_as_before(device):
    network = nn.ModuleDict({"inner": Buffered()}).to(device)
    inner = network["inner"]
    inner.alone = torch.zeros(1, device=device).expand(3)
    before = dict(inner.named_buffers())
    with pytest.raises(KeyError), unchanged(network, device):
        inner.altered += 1
        inner.exchanged = inner.exchanged + 1
        drawn = torch.rand(3), torch.rand(3, device=device)
        raise KeyError
    assert torch.equal(torch.rand(3), drawn[0])
    assert torch.equal(torch.rand(3, device=device), drawn[1])
    assert all(buffer is before[name] for name, buffer in inner.named_buffers())
    assert inner.altered[0] == 1 and inner.altered[1].isnan() and not inner.exchanged.any()


def test_a_buffer_that_a_graph_has_saved_is_not_touched():
    network, factor = Buffered(), torch.ones(2, requires_grad=True)
    product = (factor * network.exchanged).sum()
    with unchanged(network, torch.device("cpu")):
        pass
    product.backward()
