"""Every cell × estimator × controller keeps the contract, and stays finite on extreme inputs.

So do cells with options that change what they compute, under a soft and a discrete estimator.
"""

import itertools

import pytest
import torch

from memnets.registry import cells, controllers, estimators
from memnets.spec import ModelSpec
from memnets.testing import check_cell

from ..variants import VARIANTS, slow_but

STEPS, INPUTS = 500, 5
# all estimators with one controller, and all controllers with one estimator
PAIRS = {(estimator, "lstm") for estimator in estimators}
PAIRS |= {("soft", controller) for controller in controllers}
REST = set(itertools.product(estimators, controllers)) - PAIRS


@pytest.mark.parametrize(("estimator", "controller"), sorted(PAIRS))
@pytest.mark.parametrize("cell", list(cells))
def test_every_cell_keeps_the_contract(cell, estimator, controller):
    check_cell(cell, estimator, controller=controller)


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "controller"), sorted(REST))
@pytest.mark.parametrize("cell", list(cells))
def test_every_other_combination_keeps_the_contract_too(cell, estimator, controller):
    check_cell(cell, estimator, controller=controller)


@pytest.mark.parametrize("estimator", ["soft", "reinforce"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_options_that_change_a_cell_keep_the_contract(variant, estimator):
    cell, options = VARIANTS[variant]
    check_cell(cell, estimator, options={"slots": 7, "width": 4} | options)


def stays_finite(cell, estimator, controller, backend="auto", **options):
    """Outputs, state and gradients over 500 steps of constant and of changing extremes."""
    torch.manual_seed(0)
    small = {} if cell == "none" else {"slots": 7, "width": 4} | options
    spec = ModelSpec(cell, estimator, controller, controller_size=8, cell_options=small)
    network = spec.build(INPUTS, 2, backend=backend)
    # one row each: nothing, the largest, the smallest, and one after the other
    scales_T4 = torch.tensor([0.0, 1e4, -1e4, 0.0]).repeat(STEPS, 1)
    scales_T4[:, 3] = torch.tensor([0.0, 1e4, -1e4]).repeat(STEPS)[:STEPS]
    inputs_TBX = scales_T4.unsqueeze(-1).expand(-1, -1, INPUTS)
    rollout = network(network.estimator.spread(inputs_TBX))
    cost_TB = rollout.logits_TBY.square().mean(-1)
    surrogate = network.estimator.loss(rollout.address, cost_TB, rollout.hidden_TBC)
    (cost_TB.sum(0).mean() + surrogate).backward()
    for value in (
        rollout.logits_TBY,
        rollout.state.read_BO,
        rollout.address.dense(network.cell.slots),
    ):
        assert value.isfinite().all()
    for name, parameter in network.named_parameters():
        assert parameter.grad is None or parameter.grad.isfinite().all(), name


# kernels are compiled by another process meanwhile: it would be waited for
@pytest.mark.parametrize("backend", slow_but(("reference", "auto"), ("reference",)))
@pytest.mark.parametrize("estimator", slow_but(("soft", "reinforce"), ("soft",)))
@pytest.mark.parametrize("cell", list(cells))
def test_every_cell_stays_finite_over_500_steps_of_extreme_inputs(cell, estimator, backend):
    stays_finite(cell, estimator, "feedforward", backend)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", list(estimators))
@pytest.mark.parametrize("cell", list(cells))
def test_every_cell_stays_finite_with_every_estimator(cell, estimator):
    stays_finite(cell, estimator, "lstm")


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ["soft", "reinforce"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_options_that_change_a_cell_leave_it_finite(variant, estimator):
    cell, options = VARIANTS[variant]
    stays_finite(cell, estimator, "feedforward", **options)


@pytest.mark.parametrize("estimator", ["straight_through", "gumbel_rao"])
def test_an_unbounded_candidate_does_not_overflow_a_borrowed_gradient(estimator):
    stays_finite("dntm", estimator, "lstm", "reference")
