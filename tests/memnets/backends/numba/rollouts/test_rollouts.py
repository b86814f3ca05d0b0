"""What holds of every cell's rollouts in kernels, beside the reference in float64."""

import copy
import math

import pytest
import torch

pytest.importorskip("numba")

from memnets.backends.numba.backend import Numba

from ....variants import slow_but
from ...rollouts import GRADIENTS, alike, cast, outputs_of, pulled
from ..unrolled import (
    CELLS,
    ESTIMATORS,
    INPUTS,
    SEVERAL_HEADS,
    WAYS,
    build,
    every_cell,
    fused,
    moved,
    numbers_of,
    same,
)

kernels = Numba()

GRID = [
    *[(1, 1, 1), (1, 16, 2), (5, 16, 1), (7, 9, 2), (8, 33, 1), (8, 33, 2)],
    *[(42, 3, 2), (120, 1, 1), (120, 3, 2)],
]
"""Lengths, batches and threads."""

every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS)
every_way = pytest.mark.parametrize("estimator", slow_but(ESTIMATORS, WAYS))
"""The estimators that go the way of another one are slow tests where all else is the same."""


@pytest.mark.parametrize("controller", ["lstm", "gru", "feedforward"])
@every_estimator
@every_cell
def test_every_controller_and_estimator(cell, estimator, controller):
    same(build(cell, estimator, controller), 16, 3)


@pytest.mark.parametrize(("steps", "batch", "threads"), GRID)
@every_way
@every_cell
def test_lengths_batches_and_threads(cell, estimator, steps, batch, threads):
    same(build(cell, estimator), steps, batch, threads)


@pytest.mark.parametrize(("threads", "first"), [(1, True), (2, False), (2, True)])
@every_way
@every_cell
def test_a_large_batch(cell, estimator, threads, first):
    same(build(cell, estimator, slots=3, width=2), 5, 256, threads, first=first)


@pytest.mark.parametrize("use_first", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {"first": "soft"},
        {"first": "straight_through"},
        {"first": "gumbel", "first_options": {"temperature": 0.6}, "then": "reinmax"},
        {"first": "reinmax", "then": "gumbel", "then_options": {"temperature": 1.7}},
        {"first": "annealed", "first_options": {"first": "gumbel", "then": "soft"}},
    ],
    ids=str,
)
@every_cell
def test_annealed(cell, options, use_first):
    network = build(cell, "annealed", estimator_options=options)
    network.estimator.use_first.fill_(use_first)
    same(network, 10, 3)
    same(network.eval(), 10, 3)


@pytest.mark.parametrize("baseline", ["none", "moving_average", "leave_one_out"])
@every_cell
def test_reinforce_with_other_baselines_and_a_large_share_of_entropy(cell, baseline):
    options = {"baseline": baseline, "entropy_weight": 0.7, "rollouts": 2}
    same(build(cell, "reinforce", estimator_options=options), 10, 4)


@every_estimator
@every_cell
def test_in_eval_mode(cell, estimator):
    same(build(cell, estimator).eval(), 15, 3)


@pytest.mark.parametrize(("batch", "threads"), [(1, 1), (5, 2), (33, 1), (33, 2)])
@every_way
@every_cell
def test_repeated_runs_agree_bit_for_bit(cell, estimator, batch, threads):
    torch.set_num_threads(threads)
    network = build(cell, estimator)
    inputs_TBX, state, found = torch.randn(16, batch, INPUTS), network.initial_state(batch), []
    for _ in range(4):
        torch.manual_seed(3)
        rollout = kernels(network, inputs_TBX, state)
        loss = rollout.logits_TBY.square().sum() + rollout.address.entropy_BH.sum()
        grads = pulled(loss, dict(network.named_parameters()))
        found.append([*outputs_of(rollout).values(), *grads.values()])
    for again in found[1:]:
        assert all(torch.equal(one, two) for one, two in zip(found[0], again, strict=True))


@pytest.mark.parametrize("training", [True, False])
@every_estimator
@every_cell
def test_two_pieces_are_one_run(cell, estimator, training):
    network = build(cell, estimator, **SEVERAL_HEADS.get(cell, {})).train(training)
    inputs_TBX, first = torch.randn(19, 3, INPUTS), moved(network.initial_state(3))

    def whole():
        rollout = kernels(network, inputs_TBX, first)
        return rollout.logits_TBY, rollout.state

    def halves():
        one = kernels(network, inputs_TBX[:9], first)
        two = kernels(network, inputs_TBX[9:], one.state)
        return torch.cat([one.logits_TBY, two.logits_TBY]), two.state

    found = []
    for run in (whole, halves):
        torch.manual_seed(4)
        logits_TBY, state = run()
        loss = logits_TBY.square().sum() + sum(x.sum() for x in numbers_of(state))
        found.append((logits_TBY, pulled(loss, dict(network.named_parameters()))))
    # the projections of inputs and outputs are products of other sizes, rounded in another order
    alike({"logits": found[1][0]}, {"logits": found[0][0]}, 1e-6)
    alike(found[1][1], found[0][1], 1e-5)


@pytest.mark.parametrize(
    ("cell", "options"),
    [
        *[(cell, {}) for cell in CELLS],
        *SEVERAL_HEADS.items(),
        *[(cell, SEVERAL_HEADS[cell] | {"read_first": True}) for cell in ("ntm", "dntm")],
    ],
    ids=str,
)
@pytest.mark.parametrize("estimator", [name for name in ESTIMATORS if name != "soft"])
def test_the_same_slots_as_the_reference_given_the_generator(cell, options, estimator):
    network = build(cell, estimator, **options | {"slots": 128, "width": 20})
    inputs_TBX, first, found = torch.randn(42, 16, INPUTS), network.initial_state(16), []
    exact = copy.deepcopy(network).double()
    for unroll, given in (
        (exact, cast((inputs_TBX, first))),
        (fused(network), (inputs_TBX, first)),
    ):
        torch.manual_seed(2)
        weights_TBHN = unroll(*given).address.dense(128)
        found.append((weights_TBHN.float(), torch.rand(3)))
    weights, others = found[0][0], found[1][0]
    assert torch.equal(weights != 0, others != 0)
    if ((weights == 0) | (weights == 1)).all():
        assert torch.equal(weights, others)
    else:
        # top_k's weights and those of SAM's writes are rounded
        assert estimator == "top_k" or cell == "sam"
        alike({"weights": others}, {"weights": weights}, 1e-5)
    assert torch.equal(found[0][1], found[1][1]), "as much was drawn"


@every_estimator
@every_cell
def test_a_gradient_that_comes_in_through_one_output_alone(cell, estimator):
    network = build(cell, estimator)
    given = torch.randn(9, 3, INPUTS), moved(network.initial_state(3))
    exact, grads = copy.deepcopy(network).double(), []
    for net, unroll, (inputs_TBX, first) in (
        (exact, exact, cast(given)),
        (network, fused(network), given),
    ):
        torch.manual_seed(3)
        outputs = outputs_of(unroll(inputs_TBX, first))
        outputs["logits of one step"] = outputs[".logits_TBY"][4]
        taken = dict(net.named_parameters()) | dict(enumerate(numbers_of(first)))
        grads.append(
            {
                f"{name} to {into}": grad
                for name, x in outputs.items()
                if x.requires_grad
                for into, grad in pulled(x.square().sum(), taken).items()
            }
        )
    # what nothing depends on may be a constant to the reference
    told = {name: grads[1].pop(name) for name in list(grads[1]) if name in grads[0]}
    alike(told, grads[0], GRADIENTS)
    assert not any(grad.any() for grad in grads[1].values())


@pytest.mark.parametrize("batch", [2, 5, 18])
@every_estimator
@every_cell
def test_samples_are_independent(cell, estimator, batch):
    network, inputs_TBX = build(cell, estimator).eval(), torch.randn(9, batch, INPUTS)
    whole = kernels(network, inputs_TBX)
    alone = kernels(network, inputs_TBX[:, :1])
    torch.testing.assert_close(whole.logits_TBY[:, :1], alone.logits_TBY, rtol=1e-5, atol=1e-6)
    inputs_TBX[:, 1:] = math.nan
    other = kernels(network, inputs_TBX)
    assert torch.equal(other.logits_TBY[:, 0], whole.logits_TBY[:, 0])
    assert other.logits_TBY[:, 1:].isnan().all()


@pytest.mark.parametrize(
    ("cell", "name"), [(cell, name) for cell in CELLS for name in build(cell).cell.interface.shapes]
)
def test_what_is_not_a_number_shows(cell, name):
    network = build(cell)
    with torch.no_grad():
        network.cell.interface.bias_of(name).fill_(math.nan)
    assert kernels(network, torch.randn(5, 2, INPUTS)).logits_TBY.isnan().any()
