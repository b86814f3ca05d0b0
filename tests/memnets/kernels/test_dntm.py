"""The D-NTM's rollouts in kernels against the reference in float64, values and gradients."""

import copy

import pytest
import torch

pytest.importorskip("numba")

from memnets import kernels
from memnets.cells.dntm import GRADIENT_BOUND
from memnets.network import MemoryNetwork
from memnets.spec import ModelSpec
from memnets.types import NetworkState, Rollout

SIZES = {"slots": 13, "width": 5, "address_width": 3}
ESTIMATORS = ["soft", "reinforce", "straight_through"]
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


def build(estimator: str, controller: str = "lstm", **options) -> MemoryNetwork:
    spec = ModelSpec("dntm", estimator, controller, 11, cell_options=SIZES | options)
    network = spec.build(4, 3)
    with torch.no_grad():
        # further from uniform than at the start
        network.cell.interface.linear.weight.mul_(3)
        network.cell.address.mul_(5)
    return network


def leaves(state: NetworkState) -> list[torch.Tensor]:
    return torch.utils._pytree.tree_leaves(state)


def moved(state: NetworkState) -> NetworkState:
    """A state that is nobody's initial one and takes gradients."""
    return torch.utils._pytree.tree_map(
        lambda x: (x.detach() + 0.3 * torch.randn_like(x)).requires_grad_(), state
    )


def total(network: MemoryNetwork, rollout: Rollout) -> torch.Tensor:
    """A loss that everything in a rollout has a part in."""
    cost = rollout.logits_TBY.square().sum(-1)
    loss = cost.sum(0).mean() + network.estimator.loss(rollout.address, cost, rollout.hidden_TBC)
    loss = loss - 0.1 * rollout.address.entropy_BH.sum()
    for place, x in enumerate([rollout.address.weights_BHK, *leaves(rollout.state)]):
        if x.requires_grad:
            loss = loss + (x * torch.linspace(-1, 1, x.numel()).cos().view_as(x)).sum() / (
                2 + place
            )
    return loss


def results(network: MemoryNetwork, unroll, inputs, state):
    """Everything that a rollout gives, and the gradients of everything that it takes."""
    torch.manual_seed(1)
    rollout = unroll(inputs, state)
    outputs = dict(zip(("weights", "slots", "log_prob", "entropy"), rollout.address, strict=True))
    outputs |= {"logits": rollout.logits_TBY, "hidden": rollout.hidden_TBC}
    outputs |= {f"state {i}": x for i, x in enumerate(leaves(rollout.state))}
    taken = dict(network.named_parameters()) | {"inputs": inputs}
    taken |= {f"first {i}": x for i, x in enumerate(leaves(state))}
    wanted = {name: x for name, x in taken.items() if x.requires_grad}
    grads = torch.autograd.grad(
        total(network, rollout), list(wanted.values()), allow_unused=True, materialize_grads=True
    )
    return outputs, dict(zip(wanted, grads, strict=True))


def double(tree):
    return torch.utils._pytree.tree_map(lambda x: x.detach().double().requires_grad_(), tree)


def same(network: MemoryNetwork, steps: int, batch: int, threads: int = 1) -> None:
    assert kernels.covers(network) is None
    inputs = torch.randn(steps, batch, 4, requires_grad=True)
    state = moved(network.initial_state(batch))
    exact = copy.deepcopy(network).double()
    fused = copy.deepcopy(network)
    expected = results(exact, exact.unroll, double(inputs), double(state))
    torch.set_num_threads(threads)
    actual = results(fused, lambda *x: kernels.unroll(fused, *x), inputs, state)
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


def test_the_same_slots_are_drawn_as_by_the_reference_at_the_papers_size():
    network = ModelSpec("dntm", "reinforce").build(4, 3)
    inputs, state = torch.randn(42, 16, 4), network.initial_state(16)
    torch.manual_seed(2)
    expected = network.unroll(inputs, state)
    after = torch.rand(())
    torch.manual_seed(2)
    actual = kernels.unroll(network, inputs, state)
    assert torch.equal(actual.address.slots_BHK, expected.address.slots_BHK)
    assert torch.equal(actual.address.weights_BHK, expected.address.weights_BHK)
    assert torch.equal(torch.rand(()), after)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_gradient_of_the_contents_is_bounded(estimator):
    network = build(estimator)
    inputs = torch.randn(6, 2, 4)
    exact = copy.deepcopy(network).double()
    grads = []
    for net, unroll in (
        (exact, exact.unroll),
        (network, lambda *x: kernels.unroll(network, *x)),
    ):
        torch.manual_seed(1)
        x = inputs.to(net.cell.address.dtype)
        first = net.cell.initial_state(2).content_BNW.detach().requires_grad_()
        state = net.initial_state(2)
        state = state._replace(cell=state.cell._replace(content_BNW=first))
        content = unroll(x, state).state.cell.content_BNW
        grads.append(torch.autograd.grad(content.sum(), first, torch.tensor(1e20).to(x))[0])
    torch.testing.assert_close(grads[1].double(), grads[0], rtol=1e-4, atol=1e-4 * GRADIENT_BOUND)
    # bounded once more a step later, the last addition apart
    assert grads[0].abs().max() < 2 * GRADIENT_BOUND


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_twice_the_same_bit_for_bit_and_twice_backward(estimator):
    network = build(estimator)
    inputs, found = torch.randn(20, 7, 4), []
    for _ in range(2):
        torch.manual_seed(3)
        rollout = kernels.unroll(network, inputs)
        loss = rollout.logits_TBY.square().sum() + rollout.address.entropy_BH.sum()
        for again in (True, False):
            found.append(torch.autograd.grad(loss, network.cell.address, retain_graph=again)[0])
    assert all(torch.equal(grad, found[0]) for grad in found)


@pytest.mark.parametrize("options", [{"separate_erase": True}, {"read_steps": 2}])
def test_what_is_not_covered_is_named(options):
    reason = kernels.covers(build("reinforce", **options))
    assert reason is not None and (next(iter(options)) in reason or "2 times" in reason)
