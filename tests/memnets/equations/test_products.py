"""Products against loops; their derivatives against differences, at zero factors too."""

import math

import pytest
import torch

from memnets.equations import products


def factors(*shape):
    x = torch.rand(*shape, dtype=torch.float64)
    x.view(-1)[::4] = 0
    return x.requires_grad_()


@pytest.mark.parametrize("slots", [1, 2, 5, 8, 13])
def test_the_product_of_all_entries_before_each(slots):
    x_BN = factors(3, slots)
    expected = [[math.prod(row[:n]) for n in range(slots)] for row in x_BN.tolist()]
    found = products.before(x_BN)
    torch.testing.assert_close(
        found, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12
    )
    assert torch.autograd.gradcheck(products.before, x_BN)


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_the_product_over_heads(heads):
    x_BHN = factors(2, heads, 5)
    rows = [[math.prod(row[n] for row in sample) for n in range(5)] for sample in x_BHN.tolist()]
    expected = torch.tensor(rows, dtype=torch.float64)
    torch.testing.assert_close(products.over_heads(x_BHN), expected, rtol=0, atol=1e-12)
    assert torch.autograd.gradcheck(products.over_heads, x_BHN)
