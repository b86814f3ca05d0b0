"""The DNC's rollouts in kernels against the reference in float64, values and gradients."""

import copy

import pytest
import torch

pytest.importorskip("numba")

from memnets import kernels
from memnets.cells.dnc import DNCState
from memnets.network import MemoryNetwork
from memnets.spec import ModelSpec
from memnets.types import NetworkState, Rollout

SIZES = {"slots": 13, "width": 5, "read_heads": 3}
ESTIMATORS = ["soft", "reinforce", "straight_through"]
OPTIONS = [
    {"links": False},
    {"deallocation": True},
    {"strength": "softplus", "usage_stop_gradient": True, "usage_floor": 1e-6, "clip": 20.0},
    {"clip": 0.2, "links": False, "deallocation": True},
    {"write_heads": 2, "read_heads": 1, "slots": 4},
    {"write_heads": 3, "read_heads": 5, "slots": 6, "usage_floor": 1e-6, "deallocation": True},
    {"slots": 1, "width": 1, "read_heads": 1},
]
tree = torch.utils._pytree


def build(estimator: str, controller: str = "lstm", **options) -> MemoryNetwork:
    spec = ModelSpec("dnc", estimator, controller, 11, cell_options=SIZES | options)
    network = spec.build(4, 3)
    with torch.no_grad():
        # further from uniform than at the start
        network.cell.interface.linear.weight.mul_(3)
    return network


def moved(network: MemoryNetwork, batch: int) -> NetworkState:
    """A state that is nobody's initial one, in the middle of things, and takes gradients."""
    first = network.initial_state(batch)
    cell: DNCState = first.cell
    slots = network.cell.slots
    after = DNCState(
        torch.randn_like(cell.memory_BNW),
        torch.rand_like(cell.usage_BN),
        torch.rand_like(cell.link_BPNN) * (1 - torch.eye(cell.link_BPNN.shape[-1])) / slots,
        torch.rand_like(cell.precedence_BPN) / slots,
        torch.rand_like(cell.writes_BPN).softmax(-1) / 2,
        torch.rand_like(cell.reads_BRN).softmax(-1),
    )
    around = tree.tree_map(lambda x: x + 0.3 * torch.randn_like(x), first._replace(cell=()))
    return tree.tree_map(lambda x: x.detach().requires_grad_(), around._replace(cell=after))


def total(network: MemoryNetwork, rollout: Rollout) -> torch.Tensor:
    """A loss that everything in a rollout has a part in."""
    cost = rollout.logits_TBY.square().sum(-1)
    loss = cost.sum(0).mean() + network.estimator.loss(rollout.address, cost, rollout.hidden_TBC)
    loss = loss - 0.1 * rollout.address.entropy_BH.sum()
    for place, x in enumerate([rollout.address.weights_BHK, *tree.tree_leaves(rollout.state)]):
        if x.requires_grad:
            weight = torch.linspace(-1, 1, x.numel()).cos().view_as(x) / (2 + place)
            loss = loss + (x * weight).sum()
    return loss


def results(network: MemoryNetwork, unroll, inputs, state):
    """Everything that a rollout gives, and the gradients of everything that it takes."""
    torch.manual_seed(1)
    rollout = unroll(inputs, state)
    outputs = dict(zip(("weights", "slots", "log_prob", "entropy"), rollout.address, strict=True))
    outputs |= {"logits": rollout.logits_TBY, "hidden": rollout.hidden_TBC}
    outputs |= {f"state {i}": x for i, x in enumerate(tree.tree_leaves(rollout.state))}
    taken = dict(network.named_parameters()) | {"inputs": inputs}
    taken |= {f"first {i}": x for i, x in enumerate(tree.tree_leaves(state))}
    grads = torch.autograd.grad(
        total(network, rollout), list(taken.values()), allow_unused=True, materialize_grads=True
    )
    return outputs, dict(zip(taken, grads, strict=True))


def double(state):
    return tree.tree_map(lambda x: x.detach().double().requires_grad_(), state)


def same(network: MemoryNetwork, steps: int, batch: int, threads: int = 1) -> None:
    assert kernels.covers(network) is None
    inputs = torch.randn(steps, batch, 4, requires_grad=True)
    state = moved(network, batch)
    exact = copy.deepcopy(network).double()
    expected = results(exact, exact.unroll, double(inputs), double(state))
    torch.set_num_threads(threads)
    actual = results(network, lambda *x: kernels.unroll(network, *x), inputs, state)
    for found, wanted, tolerance in zip(actual, expected, (1e-5, 1e-4), strict=True):
        assert found.keys() == wanted.keys()
        for name, x in wanted.items():
            if x is None or found[name] is None:
                assert x is found[name], name
                continue
            assert found[name].shape == x.shape, name
            scale = x.abs().max().clamp_min(1e-6) if x.numel() else 1.0
            far = (found[name].double() - x).abs() / scale
            assert not x.numel() or far.max() < tolerance, (name, float(far.max()))


@pytest.mark.parametrize("controller", ["lstm", "gru", "feedforward"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_controller_and_estimator(controller, estimator):
    same(build(estimator, controller), 9, 3)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_option(options, estimator):
    same(build(estimator, **options), 8, 2)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(("steps", "batch"), [(1, 1), (5, 16), (42, 3), (120, 1)])
def test_lengths_batches_and_threads(steps, batch, estimator, threads):
    same(build(estimator), steps, batch, threads)


@pytest.mark.parametrize("estimator", [*ESTIMATORS, "annealed"])
def test_in_eval_mode_and_without_gradients(estimator):
    network = build(estimator).eval()
    same(network, 15, 3)
    inputs, state = torch.randn(15, 3, 4), network.initial_state(3)
    with_them = kernels.unroll(network, inputs, state)
    with torch.no_grad():
        without = kernels.unroll(network, inputs, state)
    assert not without.logits_TBY.requires_grad
    assert torch.equal(with_them.logits_TBY, without.logits_TBY)


@pytest.mark.parametrize("estimator", ["soft", "reinforce"])
def test_at_the_papers_size_from_the_start(estimator):
    # before the first write the slots are alike: only what does not depend on their order counts
    network = ModelSpec("dnc", estimator).build(4, 3)
    exact, inputs = copy.deepcopy(network).double(), torch.randn(21, 2, 4)
    found = []
    for net, unroll in (
        (exact, lambda x: exact.unroll(x, exact.initial_state(2))),
        (network, lambda x: kernels.unroll(network, x)),
    ):
        torch.manual_seed(2)
        rollout = unroll(inputs.to(next(net.parameters()).dtype))
        score = rollout.address.log_prob_BH.sum() + rollout.address.entropy_BH.sum()
        (rollout.logits_TBY.square().sum() + score).backward()
        used = dict(network.named_parameters()).keys()
        grads = [p.grad for n, p in net.named_parameters() if n in used and p.grad is not None]
        found.append((rollout.logits_TBY, *grads))
    for wanted, actual in zip(*found, strict=True):
        far = (actual.double() - wanted).abs().max() / wanted.abs().max()
        assert far < (1e-5 if wanted is found[0][0] else 1e-4)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_twice_the_same_bit_for_bit_and_twice_backward(estimator):
    network = build(estimator)
    inputs, found = torch.randn(20, 7, 4), []
    weight = network.cell.interface.linear.weight
    for _ in range(2):
        torch.manual_seed(3)
        rollout = kernels.unroll(network, inputs)
        loss = rollout.logits_TBY.square().sum() + rollout.address.entropy_BH.sum()
        for again in (True, False):
            found.append(torch.autograd.grad(loss, weight, retain_graph=again)[0])
    assert all(torch.equal(grad, found[0]) for grad in found)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_in_two_pieces_as_in_one(estimator):
    network = build(estimator).eval()
    inputs = torch.randn(11, 3, 4)
    whole = kernels.unroll(network, inputs)
    first = kernels.unroll(network, inputs[:4])
    second = kernels.unroll(network, inputs[4:], first.state)
    torch.testing.assert_close(
        torch.cat([first.logits_TBY, second.logits_TBY]), whole.logits_TBY, rtol=0, atol=1e-6
    )
    grads = [
        torch.autograd.grad(x.sum(), network.controller.parameters())
        for x in (whole.logits_TBY[4:], second.logits_TBY)
    ]
    for one, pieces in zip(*grads, strict=True):
        torch.testing.assert_close(one, pieces, rtol=0, atol=1e-5 * float(one.abs().max()))


@pytest.mark.parametrize("option", ["masking", "sharpness", "layer_norm"])
def test_what_is_not_covered_is_named(option):
    reason = kernels.covers(build("soft", **{option: True}))
    assert reason is not None and option in reason
