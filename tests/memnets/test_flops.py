"""The count of FLOP: of single operations, and of a model that was counted by hand."""

import pytest
import torch

from memnets import flops
from studies.bench import training_step


def counted(work):
    with flops.FlopCounter() as counter:
        work()
    return counter.total


def test_a_product_counts_two_per_multiply_add_forward_and_backward():
    layer = torch.nn.Linear(5, 7)
    x = torch.randn(3, 5, requires_grad=True)
    with flops.FlopCounter() as forward:
        y = layer(x)
    assert forward.total == 2 * 3 * 5 * 7 + 3 * 7
    # gradients of the input, the weight and the bias
    grad = torch.ones_like(y)
    assert counted(lambda: y.backward(grad)) == 2 * (2 * 3 * 5 * 7) + 3 * 7


def test_batched_products_softmax_and_reductions_are_counted():
    a, b = torch.randn(2, 3, 4), torch.randn(2, 4, 5)
    assert counted(lambda: a @ b) == 2 * 2 * 3 * 4 * 5
    assert counted(lambda: a.softmax(-1)) == 24 * 24
    assert counted(lambda: a.sum(-1)) == 24
    assert counted(lambda: a.exp()) == 20 * 24
    assert counted(lambda: a * 2 + a) == 2 * 24
    assert counted(lambda: a.clone().mul_(2)) == 24
    assert counted(lambda: a.abs().pow(1.7)) == 24 + 40 * 24
    assert counted(lambda: torch.cat([a, a]).transpose(1, 2).reshape(-1)[3:]) == 0


def test_what_is_done_once_per_step_is_not_charged_to_a_sequence():
    weight = torch.randn(4, 4)

    def work(batch):
        torch.randn(batch, 4) @ weight
        weight * 2

    assert flops.count(work) == 2 * 4 * 4


def test_a_published_ntm_needs_what_was_counted_by_hand():
    # 21.2 MFLOP per sequence by hand for an NTM whose heads share one read of the memory
    point = training_step.Point("ntm", "soft", "lstm", 1)
    assert training_step.flop_per_sequence(point) / 1e6 == pytest.approx(21.2, rel=0.12)
