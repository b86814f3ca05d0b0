import copy
from functools import partial

import pytest
import torch
import torch.nn.functional as F

from memnets.backends import graphs
from memnets.backends.graphs import (
    GraphedStep,
    GraphFallback,
    bucket,
    may_pad,
    padded,
    run_step,
    unpadded,
)
from memnets.registry import cells

from ..building import small

gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU on this machine")


build = partial(small, outputs=3, backend="reference", controller_size=6)


def loss(rollout, inputs_TBX, targets_TBY, mask_TB):
    cost_TBY = F.binary_cross_entropy_with_logits(rollout.logits_TBY, targets_TBY, reduction="none")
    return cost_TBY.sum(-1).where(mask_TB, 0.0).sum(0).mean()


def sampled_loss(network):
    def total(rollout, inputs_TBX, targets_TBY, mask_TB):
        cost_TBY = F.binary_cross_entropy_with_logits(
            rollout.logits_TBY, targets_TBY, reduction="none"
        )
        cost_TB = cost_TBY.sum(-1).where(mask_TB, 0.0)
        extra = network.estimator.loss(rollout.address, cost_TB, rollout.hidden_TBC)
        return cost_TB.sum(0).mean() + extra

    return total


def batch(steps, size=2):
    mask_TB = torch.zeros(steps, size, dtype=torch.bool)
    mask_TB[steps // 2 :] = True
    return torch.randn(steps, size, 4), torch.rand(steps, size, 3).round(), mask_TB


def grads(network):
    return [None if p.grad is None else p.grad.clone() for p in network.parameters()]


@pytest.mark.parametrize("cell", list(cells))
def test_padding_changes_neither_loss_nor_gradient(cell):
    network = build(cell)
    sequences = batch(5)
    expected = run_step(network, loss, list(sequences))
    gradients = grads(network)
    network.zero_grad(set_to_none=True)
    found = unpadded(run_step(network, loss, padded(sequences, 8, torch.device("cpu"))), 5)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(grads(network), gradients)


def test_every_length_has_a_bucket_that_wastes_little():
    steps = range(1, 2000)
    assert all(bucket(n) >= n and bucket(bucket(n)) == bucket(n) for n in steps)
    assert all(bucket(n) - n < 8 for n in steps if n <= 64)
    assert all(bucket(n) < 1.25 * n for n in steps if n > 32)
    assert len({bucket(n) for n in steps if n <= 1024}) == 8 + 4 * 4
    assert [bucket(n) for n in (1, 8, 9, 64, 65, 128, 129)] == [8, 8, 16, 64, 80, 128, 160]


def test_a_batch_is_padded_after_its_end_in_new_tensors():
    inputs, targets, mask = batch(3)
    longer = padded((inputs, targets, mask), 5, torch.device("cpu"))
    assert torch.equal(longer[0][:3], inputs) and not longer[0][3:].any()
    assert longer[2].dtype == torch.bool and not longer[2][3:].any()
    assert longer[0].data_ptr() != inputs.data_ptr()
    graphs.copy_padded(longer[0], inputs[:1] + 1)
    assert torch.equal(longer[0][:1], inputs[:1] + 1) and not longer[0][1:].any()
    with pytest.raises(ValueError, match="3 steps does not fit into 2"):
        padded((inputs, targets, mask), 2, torch.device("cpu"))


@pytest.mark.parametrize(
    ("estimator", "may"),
    [("soft", True), ("gumbel", True), ("reinforce", False), ("annealed", False)],
)
def test_estimators_with_a_loss_of_their_own_are_not_padded(estimator, may):
    assert may_pad(build(estimator=estimator)) is may


def test_without_a_gpu_it_says_so_in_a_line():
    with pytest.raises(RuntimeError, match="^CUDA graphs need a network on a GPU; this one is on"):
        GraphedStep(build(), loss)


def test_a_failed_capture_warns_once_and_the_steps_go_on(monkeypatch):
    def fail(self, batch):
        try:
            raise RuntimeError("operation not permitted when stream is capturing\nand more")
        finally:
            raise RuntimeError("the capture was not ended well")

    monkeypatch.setattr(graphs, "_require_gpu", lambda device: None)
    monkeypatch.setattr(GraphedStep, "_capture", fail)
    network = build()
    step = GraphedStep(network, loss)
    sequences = batch(5)
    with pytest.warns(GraphFallback, match="it runs step by step") as warned:
        first = step(*sequences)
        step(*sequences)
    assert len(warned) == 1 and step.graphs == 0
    assert step.reason == "operation not permitted when stream is capturing"
    gradients = grads(network)
    network.zero_grad(set_to_none=True)
    torch.testing.assert_close(first, run_step(network, loss, list(sequences)))
    torch.testing.assert_close(grads(network), gradients)


@gpu
@pytest.mark.parametrize("cell", list(cells))
def test_a_graph_gives_what_the_steps_give(cell):
    network = build(cell).cuda()
    twin = copy.deepcopy(network)
    step = GraphedStep(network, loss)
    for steps in (5, 12, 7, 16, 5):
        sequences = batch(steps)
        found = step(*sequences)
        twin.zero_grad(set_to_none=True)
        expected = run_step(twin, loss, [part.cuda() for part in sequences])
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-3)
        torch.testing.assert_close(grads(network), grads(twin), atol=1e-4, rtol=1e-3)
    assert step.reason is None, step.reason
    assert step.graphs == 2


@gpu
@pytest.mark.parametrize(
    ("estimator", "options"),
    [
        ("reinforce", {}),
        ("gumbel", {}),
        ("straight_through", {"choice": "sample"}),
        ("leave_one_out", {}),
    ],
)
def test_a_graph_samples_anew_and_as_the_steps_do(estimator, options):
    network = build(estimator=estimator, estimator_options=options).cuda()
    twin = copy.deepcopy(network)
    step = GraphedStep(network, sampled_loss(network))
    sequences = tuple(part.repeat(1, 2, *[1] * (part.ndim - 2)) for part in batch(8))
    torch.cuda.manual_seed(3)
    found = [step(*sequences) for _ in range(3)]
    assert step.reason is None, step.reason
    torch.cuda.manual_seed(3)
    here = [part.cuda() for part in sequences]
    expected = [run_step(twin, sampled_loss(twin), here) for _ in range(3)]
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-3)
    assert not torch.equal(found[1].logits_TBY, found[2].logits_TBY)
    torch.testing.assert_close(dict(network.named_buffers()), dict(twin.named_buffers()))


@gpu
def test_what_looks_at_values_falls_back():
    network = build(estimator="annealed").cuda()
    step = GraphedStep(network, sampled_loss(network))
    with pytest.warns(GraphFallback):
        assert step(*batch(4)).loss.isfinite()
    assert step(*batch(4)).loss.isfinite()
