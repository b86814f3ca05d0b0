"""The NTM's rollouts in kernels against the reference in float64, values and gradients."""

import copy
import math

import pytest
import torch

pytest.importorskip("numba")

from torch.utils import _pytree as pytree

from memnets import kernels
from memnets.network import MemoryNetwork

from . import unrolled
from .unrolled import INPUTS, alike, fused, same

SIZES = {"slots": 13, "width": 5}
ESTIMATORS = ["soft", "reinforce", "straight_through"]
OPTIONS = [
    {"slots": 1, "width": 1},
    {"slots": 7, "width": 1, "shifts": 1},
    {"slots": 128, "width": 20},
    {"slots": 2, "shifts": 5},
    {"write_heads": 2, "read_heads": 3},
    {"write_heads": 2, "read_heads": 3, "read_first": True, "shifts": 5, "slots": 3},
    {"read_first": True},
    {"memory_start": "random"},
    {"memory_start": "learned", "weights_start": "learned"},
    {"weights_start": "learned", "read_heads": 2, "read_first": True},
]


def build(estimator: str = "soft", controller: str = "lstm", **options) -> MemoryNetwork:
    return unrolled.build("ntm", estimator, controller, **SIZES | options)


@pytest.mark.parametrize("controller", ["lstm", "gru", "feedforward"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_controller_and_estimator(controller, estimator):
    same(build(estimator, controller), 16, 3)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_option_from_the_networks_own_first_state(options, estimator):
    same(build(estimator, **options), 9, 2, first=True)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_option_from_a_state_in_between(options):
    same(build(**options), 8, 3)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(
    ("steps", "batch"), [(1, 1), (1, 16), (5, 16), (7, 9), (8, 33), (42, 3), (120, 1), (120, 3)]
)
def test_lengths_batches_and_threads(steps, batch, estimator, threads):
    same(build(estimator), steps, batch, threads)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_large_batch(estimator, threads):
    same(build(estimator, slots=3, width=2), 5, 256, threads)


@pytest.mark.parametrize("options", [{"first": "soft"}, {"first": "straight_through"}], ids=str)
@pytest.mark.parametrize("use_first", [False, True])
def test_annealed(options, use_first):
    network = build("annealed", estimator_options=options)
    network.estimator.use_first.fill_(use_first)
    same(network, 10, 3)
    same(network.eval(), 10, 3)


@pytest.mark.parametrize("baseline", ["none", "moving_average", "leave_one_out"])
def test_reinforce_with_other_baselines_and_a_large_share_of_entropy(baseline):
    options = {"baseline": baseline, "entropy_weight": 0.7, "rollouts": 2}
    same(build("reinforce", estimator_options=options), 10, 4)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_in_eval_mode(estimator):
    same(build(estimator).eval(), 15, 3)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_two_pieces_are_one_run(estimator):
    network = build(estimator, read_heads=2)
    inputs = torch.randn(19, 3, INPUTS)

    def halves(inputs_TBX):
        one = kernels.unroll(network, inputs_TBX[:9])
        two = kernels.unroll(network, inputs_TBX[9:], one.state)
        return torch.cat([one.logits_TBY, two.logits_TBY]), two.state

    found = []
    for run in (lambda x: (lambda r: (r.logits_TBY, r.state))(kernels.unroll(network, x)), halves):
        torch.manual_seed(4)
        logits, state = run(inputs)
        loss = logits.square().sum() + sum(x.sum() for x in pytree.tree_leaves(state))
        taken = dict(network.named_parameters())
        grads = torch.autograd.grad(loss, list(taken.values()), allow_unused=True)
        found.append((logits, {k: g for k, g in zip(taken, grads, strict=True) if g is not None}))
    # the projections of inputs and outputs are products of other sizes, rounded in another order
    alike({"logits": found[1][0]}, {"logits": found[0][0]}, 1e-6)
    alike(found[1][1], found[0][1], 1e-5)


@pytest.mark.parametrize("options", [{}, {"write_heads": 2, "read_heads": 3, "read_first": True}])
@pytest.mark.parametrize("estimator", ["reinforce", "straight_through"])
def test_the_same_slots_as_the_reference_given_the_generator(estimator, options):
    network = build(estimator, slots=128, width=20, **options)
    inputs = torch.randn(42, 16, INPUTS)
    found = []
    for unroll in (network, fused(network)):
        torch.manual_seed(2)
        rollout = unroll(inputs)
        found.append((rollout.address.dense(128), torch.rand(3)))
    assert torch.equal(found[0][0], found[1][0])
    assert torch.equal(found[0][1], found[1][1]), "as much was drawn"


@pytest.mark.parametrize("which", ["weights", "log_prob", "entropy", "hidden", "logits", "memory"])
@pytest.mark.parametrize("estimator", ["soft", "reinforce"])
def test_a_gradient_that_comes_in_through_one_output_alone(estimator, which):
    network = build(estimator)
    exact, inputs = copy.deepcopy(network).double(), torch.randn(9, 3, INPUTS)
    grads = []
    for net, unroll in ((exact, exact), (network, fused(network))):
        torch.manual_seed(3)
        rollout = unroll(inputs.to(net.readout.weight.dtype))
        value = {
            "weights": rollout.address.weights_BHK,
            "log_prob": rollout.address.log_prob_BH,
            "entropy": rollout.address.entropy_BH,
            "hidden": rollout.hidden_TBC,
            "logits": rollout.logits_TBY[4],
            "memory": rollout.state.cell.memory_BNW,
        }[which]
        taken = list(net.named_parameters())
        if not value.requires_grad or (which == "log_prob" and estimator == "soft"):
            continue
        parameters = [x for _, x in taken]
        found = torch.autograd.grad(
            value.square().sum(), parameters, allow_unused=True, materialize_grads=True
        )
        grads.append({name: g for (name, _), g in zip(taken, found, strict=True)})
    assert len(grads) in (0, 2)
    if grads:
        alike(grads[1], grads[0], 1e-4)


@pytest.mark.parametrize("batch", [2, 5, 18])
def test_samples_are_independent(batch):
    network, inputs = build("soft"), torch.randn(9, batch, INPUTS)
    whole = kernels.unroll(network, inputs)
    alone = kernels.unroll(network, inputs[:, :1])
    torch.testing.assert_close(whole.logits_TBY[:, :1], alone.logits_TBY, rtol=1e-5, atol=1e-6)
    inputs[:, 1:] = math.nan
    other = kernels.unroll(network, inputs)
    assert torch.equal(other.logits_TBY[:, 0], whole.logits_TBY[:, 0])
    assert other.logits_TBY[:, 1:].isnan().all()


@pytest.mark.parametrize("name", ["key", "strength", "gate", "shift", "power", "erase", "add"])
def test_what_is_not_a_number_shows(name):
    network = build()
    with torch.no_grad():
        network.cell.interface.bias_of(name).fill_(math.nan)
    assert kernels.unroll(network, torch.randn(5, 2, INPUTS)).logits_TBY.isnan().any()
