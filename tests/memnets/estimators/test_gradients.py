"""Sampled gradients against the exact one, from every sequence of addresses of a tiny memory."""

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
from memnets.estimators import Gumbel, Hardened, NoisyTopK, Reinforce, Replay, Soft, StraightThrough
from memnets.estimators.baselines import BASELINES
from memnets.registry import estimators
from memnets.spec import ModelSpec

STEPS, INPUTS, OUTPUTS, SLOTS, HIDDEN = 2, 2, 2, 2, 3
LARGEST_ERROR = 4.5
"""In standard errors: 60 parameters exceed it by chance in one run of a thousand."""

# recency is left out: no gradient passes through its average, so differences would not agree
DNTM = {"slots": SLOTS, "width": 2, "address_width": 1, "recency": False, "gated_input": False}
MODELS = {
    "ntm": ModelSpec("ntm", "soft", "rnn", HIDDEN, {"slots": SLOTS, "width": 2}),
    "dntm": ModelSpec("dntm", "soft", "rnn", HIDDEN, DNTM),
    "dnc": ModelSpec("dnc", "soft", "rnn", HIDDEN, {"slots": SLOTS, "width": 2, "read_heads": 1}),
}
# this one compares rollouts of one batch: it has no meaning for a single one
ALONE = [baseline for baseline in BASELINES if baseline != "leave_one_out"]


def cost(logits_TBY):
    """Cross-entropy to fixed bits; the last step counts most, so that returns differ."""
    bits_TY = torch.tensor([[1.0, -1.0], [1.0, 1.0]]).to(logits_TBY)
    weights_T1 = torch.tensor([[1.0], [3.0]]).to(logits_TBY)
    return torch.nn.functional.softplus(-logits_TBY * bits_TY.unsqueeze(1)).sum(-1) * weights_T1


def case(model):
    """A network whose addresses matter, its input, and the exact gradient; a spec or its name."""
    torch.manual_seed(2)
    network = MODELS.get(model, model).build(INPUTS, OUTPUTS).double()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.8)
    inputs_TX = torch.randn(STEPS, INPUTS, dtype=torch.float64)
    return network, inputs_TX, exact_gradient(network, inputs_TX, cost)[1]


def reinforce(baseline, **options):
    rollouts = 2 if baseline == "leave_one_out" else 1
    options = {"normalise": False, "entropy_weight": 0.0, "rollouts": rollouts} | options
    return Reinforce(HIDDEN, INPUTS, baseline=baseline, **options)


def warmed(network, estimator, inputs_TX, updates=60):
    """The network with that estimator, whose averages and baseline have seen some minibatches."""
    twin = with_estimator(network, estimator)
    own = list(twin.estimator.parameters())
    optimiser = torch.optim.Adam(own, 0.05) if own else None
    for _ in range(updates):
        inputs_TBX = inputs_TX.unsqueeze(1).expand(-1, 64, -1)
        rollout = twin(inputs_TBX)
        costs = cost(rollout.logits_TBY)
        loss = twin.estimator.surrogate(rollout.address, costs, twin.features(rollout), inputs_TBX)
        if optimiser:
            gradients = torch.autograd.grad(loss, own)
            for parameter, gradient in zip(own, gradients, strict=True):
                parameter.grad = gradient
            optimiser.step()
    return twin


def batches(network, inputs_TX, count, rows):
    return torch.stack([sampled_gradient(network, inputs_TX, cost, rows) for _ in range(count)])


def errors(samples, exact):
    """Largest error in standard errors; the error's norm, and the norm that chance explains."""
    error = samples.mean(0) - exact
    deviation = samples.std(0) / len(samples) ** 0.5
    largest = (error.abs() / (deviation + 1e-9)).max()
    return largest.item(), error.norm().item(), deviation.norm().item()


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


@pytest.mark.slow
@pytest.mark.parametrize("to_go", [True, False])
@pytest.mark.parametrize("baseline", BASELINES)
def test_sampled_reinforce_is_unbiased_and_its_error_shrinks_with_the_sample(baseline, to_go):
    network, inputs_TX, exact = case("dntm")
    trained = warmed(network, reinforce(baseline=baseline, return_to_go=to_go), inputs_TX)
    samples = batches(trained, inputs_TX, 64, 1024)
    few = torch.tensor([errors(part, exact) for part in samples.split(8)])
    largest, error, chance = errors(samples, exact)
    assert largest < LARGEST_ERROR
    # a bias would stay: the error must follow chance, which falls with the root of the sample
    assert (few[:, 1] < 3 * few[:, 2]).all()
    assert error < 3 * chance
    assert error < 0.5 * few[:, 1].square().mean().sqrt()
    assert error < 0.05 * exact.norm()


@pytest.mark.slow
@pytest.mark.parametrize("to_go", [True, False])
def test_a_baseline_in_use_lowers_the_variance(to_go):
    network, inputs_TX, _ = case("dntm")
    variance = {}
    for baseline in BASELINES:
        trained = warmed(network, reinforce(baseline=baseline, return_to_go=to_go), inputs_TX)
        variance[baseline] = batches(trained, inputs_TX, 30, 32).var(0).sum().item()
    print(f"\nvariance of REINFORCE (return_to_go={to_go}): {variance}")
    for baseline in set(BASELINES) - {"none"}:
        assert variance[baseline] < 0.8 * variance["none"]


class SignFlipped(Reinforce):
    def loss(self, *args):
        return -super().loss(*args)


class UsesItsOwnReturn(Reinforce):
    """Updates the moving average before using it."""

    def loss(self, address, cost_TB, features_TBC=None):
        self.advantage(cost_TB.detach(), features_TBC)
        self.advantage.eval()
        surrogate = super().loss(address, cost_TB, features_TBC)
        self.advantage.train()
        return surrogate


class CountsPastCosts(Reinforce):
    """Weighs each choice with the costs before it, where those from it on are due."""

    def loss(self, address, cost_TB, features_TBC=None):
        return super().loss(address, cost_TB.flip(0), features_TBC)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "decay", "count", "rows"),
    [
        # one row and no memory: a return that enters its own baseline cancels itself
        (UsesItsOwnReturn, 0.0, 200, 1),
        (SignFlipped, 0.9, 60, 64),
        (CountsPastCosts, 0.9, 60, 64),
    ],
)
def test_a_wrong_reinforce_is_caught_by_the_measure_that_the_right_one_passes(
    wrong, decay, count, rows
):
    network, inputs_TX, exact = case("dntm")
    largest = {}
    for kind in (wrong, Reinforce):
        estimator = kind(baseline="moving_average", normalise=False, entropy_weight=0.0)
        estimator.advantage.decay = decay
        trained = warmed(network, estimator, inputs_TX, updates=10)
        largest[kind] = errors(batches(trained, inputs_TX, count, rows), exact)[0]
    assert largest[Reinforce] < LARGEST_ERROR
    assert largest[wrong] > 2 * LARGEST_ERROR


def hardened(share):
    """One that makes such a share of its choices with one slot, whatever the cost."""
    if not share:
        return Hardened(weight=0.0, growth=1.0)
    estimator = Hardened(weight=0.0, growth=1.0, mastered=1e6, warm=1, most=share)
    estimator.share.value.fill_(share)
    return estimator


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


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_the_bias_of_the_other_estimators_is_measured_and_is_real(name):
    network, inputs_TX, exact = case(name)
    others = {label: estimators.get(label)() for label in estimators}
    # those that complete the gradient by a surrogate are held to have no bias, above
    others = {k: v for k, v in others.items() if not v.has_loss}
    others["gumbel, relaxed"] = Gumbel(straight_through=False)
    others["straight_through, sampled"] = StraightThrough(choice="sample")
    others["noisy_top_k, k = 1"] = NoisyTopK(k=1)
    others["noisy_top_k, truncated"] = NoisyTopK(k=1, renormalise=False)
    others |= {f"hardened, share {share:g}": hardened(share) for share in (0.0, 0.5, 1.0)}
    found = {}
    print(f"\n{name}: relative bias, cosine with the exact gradient")
    for label, estimator in others.items():
        samples = batches(with_estimator(network, estimator), inputs_TX, 16, 1024)
        largest, bias, noise = errors(samples, exact)
        cosine = torch.cosine_similarity(samples.mean(0), exact, dim=0)
        size = exact.norm()
        print(f"  {label:26} {bias / size:6.3f} (noise {noise / size:.3f})  {cosine:6.3f}")
        found[label] = bias
        if label in ("straight_through", "gumbel", "gumbel, relaxed"):
            assert largest > 2 * LARGEST_ERROR
        if label not in ("reinmax", "gumbel_rao"):
            assert bias > 4 * noise
    # what a sample in place of the mode is for
    assert found["straight_through, sampled"] < 0.5 * found["straight_through"]


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
