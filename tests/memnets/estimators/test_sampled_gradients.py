"""Sampled gradients against the exact one: of those that are unbiased, and of all others."""

import pytest
import torch

from memnets.checks.enumeration import with_estimator
from memnets.estimators import Gumbel, NoisyTopK, Reinforce, StraightThrough
from memnets.estimators.baselines import BASELINES
from memnets.registry import estimators

from .exact import LARGEST_ERROR, MODELS, batches, case, errors, hardened, reinforce, warmed


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
