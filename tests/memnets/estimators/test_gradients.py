"""Gradients beside the exact one, from every sequence of addresses of a tiny memory."""

import copy
import itertools
from functools import partial

import pytest
import torch

from memnets.checks.enumeration import (
    MOST_SEQUENCES,
    exact_gradient,
    flat_gradient,
    model_parameters,
    sampled_gradient,
    with_estimator,
)
from memnets.estimators import Reinforce, Replay, Soft, StraightThrough
from memnets.estimators.baselines import BASELINES
from memnets.spec import ModelSpec

from .exact import (
    DNTM,
    HIDDEN,
    INPUTS,
    MODELS,
    OUTPUTS,
    SLOTS,
    STEPS,
    case,
    cost,
    hardened,
    reinforce,
    warmed,
)

# this one compares rollouts of one batch: it has no meaning for a single one
ALONE = [baseline for baseline in BASELINES if baseline != "leave_one_out"]


@pytest.mark.parametrize("name", MODELS)
def test_the_exact_gradient_is_that_of_central_differences(name):
    network, inputs_TX, exact = case(name)
    parameters = model_parameters(network)
    step = 1e-5
    differences = []
    for parameter in parameters:
        flat = parameter.data.view(-1)
        for i in range(flat.numel()):
            costs = []
            for sign in (step, -step):
                flat[i] += sign
                costs.append(exact_gradient(network, inputs_TX, cost)[0])
                flat[i] -= sign
            differences.append((costs[0] - costs[1]) / (2 * step))
    expected = torch.tensor(differences, dtype=torch.float64)
    torch.testing.assert_close(exact, expected, rtol=0, atol=1e-8)


def expectation(network, estimator, inputs_TX):
    """The expected gradient of an estimator, over every sequence of addresses."""
    estimator.eval()
    decisions = STEPS * len(network.cell.heads)
    scripts = torch.tensor(list(itertools.product(range(SLOTS + 1), repeat=decisions)))
    scripted = with_estimator(network, Replay(scripts))
    inputs_TBX = inputs_TX.unsqueeze(1).expand(-1, len(scripts), -1)
    rollout = scripted(inputs_TBX)
    cost_TB, features_TBC = cost(rollout.logits_TBY), scripted.features(rollout)
    expected = 0.0
    for row, probability in enumerate(rollout.address.log_prob_BH.sum((0, -1)).exp().detach()):
        one = slice(row, row + 1)
        address = rollout.address._replace(log_prob_BH=rollout.address.log_prob_BH[:, one])
        address = address._replace(entropy_BH=rollout.address.entropy_BH[:, one])
        seen = cost_TB[:, one], features_TBC[:, one], inputs_TBX[:, one]
        expected = expected + probability * (
            cost_TB[:, row].sum() + estimator.surrogate(address, *seen)
        )
    return flat_gradient(expected, model_parameters(scripted))


@pytest.mark.parametrize("to_go", [True, False])
@pytest.mark.parametrize("baseline", ALONE)
@pytest.mark.parametrize("name", MODELS)
def test_the_expectation_of_reinforce_over_all_addresses_is_the_exact_gradient(
    name, baseline, to_go
):
    network, inputs_TX, exact = case(name)
    trained = warmed(network, reinforce(baseline=baseline, return_to_go=to_go), inputs_TX)
    gradient = expectation(network, trained.estimator, inputs_TX)
    torch.testing.assert_close(gradient, exact, rtol=0, atol=1e-10)


@pytest.mark.parametrize("baseline", ["learned", "sequence"])
def test_a_baseline_sees_no_output_of_a_controller_that_ran_after_a_choice(baseline):
    two_reads = ModelSpec("dntm", "soft", "rnn", HIDDEN, DNTM | {"read_steps": 2})
    network, inputs_TX, exact = case(two_reads)
    trained = warmed(network, reinforce(baseline, baseline_scale=1.0), inputs_TX)
    gradient = expectation(network, trained.estimator, inputs_TX)
    torch.testing.assert_close(gradient, exact, rtol=0, atol=1e-10)


class SeesWhatItsChoiceLedTo(Reinforce):
    """Its baseline looks at the controller one step later, after the choice that it is for."""

    def loss(self, address, cost_TB, features_TBC=None, inputs_TBX=None):
        return super().loss(address, cost_TB, features_TBC.roll(-1, 0), inputs_TBX)


@pytest.mark.parametrize("baseline", ["learned", "sequence"])
def test_a_baseline_that_sees_what_its_choice_led_to_is_caught(baseline):
    network, inputs_TX, exact = case("ntm")
    options = {"normalise": False, "entropy_weight": 0.0, "baseline_scale": 1.0}
    wrong = SeesWhatItsChoiceLedTo(HIDDEN, INPUTS, baseline=baseline, **options)
    trained = warmed(network, wrong, inputs_TX)
    gradient = expectation(network, trained.estimator, inputs_TX)
    # the right ones agree to 1e-10
    assert (gradient - exact).norm() > 1e-4 * exact.norm()


@pytest.mark.parametrize("baseline", ["learned", "sequence"])
def test_generalised_advantages_are_biased_below_one_and_not_at_one(baseline):
    network, inputs_TX, exact = case("dntm")
    bias = {}
    for decay in (0.0, 0.5, 0.9, 1.0):
        trained = warmed(network, reinforce(baseline, gae_lambda=decay), inputs_TX)
        gradient = expectation(network, trained.estimator, inputs_TX)
        bias[decay] = ((gradient - exact).norm() / exact.norm()).item()
    print(f"\nrelative bias of {baseline} by gae_lambda: {bias}")
    assert bias[1.0] < 1e-10
    assert bias[0.0] > bias[0.5] > bias[0.9] > 1e-4


@pytest.mark.parametrize(("share", "as_it"), [(0.0, Soft), (1.0, StraightThrough)])
@pytest.mark.parametrize("name", MODELS)
def test_the_gradient_of_hardened_goes_from_that_of_soft_to_that_of_straight_through(
    name, share, as_it
):
    network, inputs_TX, exact = case(name)
    gradient, expected = (
        sampled_gradient(with_estimator(network, estimator), inputs_TX, cost, 3)
        for estimator in (hardened(share), as_it())
    )
    torch.testing.assert_close(gradient, expected, rtol=0, atol=1e-12)
    # neither is that of the expected cost under sampled addresses
    assert (gradient - exact).norm() > 0.01 * exact.norm()


@pytest.mark.parametrize("baseline", BASELINES)
def test_another_estimator_takes_the_type_of_the_network(baseline):
    network, inputs_TX, _ = case("ntm")
    before = copy.deepcopy(network.state_dict())
    twin = with_estimator(network, reinforce(baseline=baseline))
    assert {p.dtype for p in twin.parameters()} == {torch.float64}
    assert sampled_gradient(twin, inputs_TX, cost, 4).isfinite().all()
    assert type(network.estimator) is Soft
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


def test_too_many_address_sequences_are_refused_with_their_number():
    network = partial(ModelSpec, "ntm", controller_size=3)
    large = network(cell_options={"slots": 20, "width": 2}).build(INPUTS, OUTPUTS)
    with pytest.raises(ValueError, match=f"37822859361 .*at most {MOST_SEQUENCES}") as refused:
        exact_gradient(large, torch.zeros(4, INPUTS), cost)
    assert "fewer slots or steps" in str(refused.value)
