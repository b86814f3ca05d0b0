"""The count of FLOP: of single operations, and of a model that was counted by hand."""

import pytest
import torch
import torch.nn.functional as F

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


def log_sigmoid_by_parts(x):
    return x.clamp_max(0) - x.abs().neg().exp().log1p()


def softplus_by_parts(x):
    return (x * 1).exp().log1p() / 1


# each beside what it is made of, and beside the parts of its gradient (g comes in, s is a sigmoid)
MADE_OF = {
    "silu": (
        F.silu,
        lambda x: x * x.sigmoid(),
        lambda x, g, s: x.sigmoid() * g * (1 + x * (1 - s)),
    ),
    "elu": (F.elu, lambda x: x.expm1() * 1 * 1, lambda x, g, s: g * 1 * 1 * (x * 1).exp()),
    "gelu": (
        F.gelu,
        lambda x: x * (1 + (x * 0.7).erf()) * 0.5,
        lambda x, g, s: g * ((1 + (x * 0.7).erf()) * 0.5 + (x * x * -0.5).exp() * 0.4 * x),
    ),
    "mish": (F.mish, lambda x: x * x.exp().log1p().tanh(), None),
    "glu": (lambda x: F.glu(torch.cat([x, x])), lambda x: x * x.sigmoid(), None),
    "softplus": (F.softplus, softplus_by_parts, lambda x, g, s: g * (x * 1).exp() / (x + 1)),
    "logsigmoid": (F.logsigmoid, log_sigmoid_by_parts, lambda x, g, s: g * (1 - s * (x / (1 + s)))),
    "sigmoid": (torch.sigmoid, None, lambda x, g, s: g * s * (1 - s)),
    "tanh": (torch.tanh, None, lambda x, g, s: g * (1 - s * s)),
    "log_softmax": (
        lambda x: x.log_softmax(-1),
        None,
        lambda x, g, s: g - x.exp() * g.sum(-1, keepdim=True),
    ),
    "logaddexp": (
        lambda x: torch.logaddexp(x, x),
        lambda x: torch.maximum(x, x) + (x - x).abs().neg().exp().log1p(),
        None,
    ),
    "bce": (
        lambda x: F.binary_cross_entropy_with_logits(x, x.detach()),
        lambda x: (1 - x) * x - log_sigmoid_by_parts(x),
        None,
    ),
}


@pytest.mark.parametrize("name", MADE_OF)
def test_what_is_made_of_several_operations_counts_what_these_do(name):
    whole, parts, gradient = MADE_OF[name]
    x = torch.randn(3, 4, requires_grad=True)
    if parts:
        with torch.no_grad():
            assert counted(lambda: whole(x)) == counted(lambda: parts(x))
    if gradient:
        y, plain = whole(x), torch.randn(3, 4)
        back = counted(lambda: torch.autograd.grad(y, x, torch.ones_like(y)))
        assert back == counted(lambda: gradient(plain, plain, plain))


def test_rows_of_a_table_are_moved_and_their_gradients_added_up():
    table, which = torch.randn(50, 4, requires_grad=True), torch.tensor([1, 1, 3])
    rows = F.embedding(which, table)
    assert counted(lambda: F.embedding(which, table)) == 0
    for each in (rows, table[which], table.index_select(0, which)):
        added = counted(lambda each=each: torch.autograd.grad(each, table, torch.ones(3, 4)))
        assert added == 3 * 4
    assert counted(lambda: torch.zeros(5, 4).index_put((which,), rows)) == 0
    windows = torch.randn(2, 6, requires_grad=True).unfold(1, 3, 1)
    assert counted(lambda: windows.backward(torch.ones(2, 4, 3))) == 2 * 4 * 3


def test_a_loss_counts_what_goes_in():
    x = torch.randn(3, 4)
    alone = counted(lambda: F.mse_loss(x, x, reduction="none"))
    assert counted(lambda: F.mse_loss(x, x)) == alone == counted(lambda: ((x - x) ** 2).mean())
    assert counted(lambda: x.logsumexp(-1)) == 23 * 12
    assert counted(lambda: x.var(-1)) == 12


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
