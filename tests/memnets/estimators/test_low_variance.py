"""ReinMax and Gumbel-Rao: one slot forward, and the gradient that their papers print."""

import math

import numpy as np
import pytest
import torch

from memnets.estimators import Gumbel, GumbelRao, ReinMax, StraightThrough
from memnets.registry import estimators

SLOTS = 3
LOGITS = torch.tensor([0.3, -0.6, 1.1, 0.2], dtype=torch.float64)
"""Of three slots and, last, the no-op."""
PULL = np.array([[2.0, -0.7, 0.4], [-0.7, -1.5, 0.9], [0.4, 0.9, 0.8]])
SLOPE = np.array([0.5, -1.0, 2.0])


def quadratic(weights_BHN):
    pull, slope = torch.from_numpy(PULL).to(weights_BHN), torch.from_numpy(SLOPE).to(weights_BHN)
    return ((weights_BHN @ pull) * weights_BHN).sum(-1) / 2 + weights_BHN @ slope


def slope_at(choice):
    """The gradient of `quadratic` at a slot, or at the no-op, whose own entry is zero."""
    one_hot = np.eye(SLOTS + 1)[choice][:SLOTS]
    return np.append(PULL @ one_hot + SLOPE, 0.0)


def softmax(x):
    return np.exp(x - x.max()) / np.exp(x - x.max()).sum()


def jacobian(p):
    return np.diag(p) - np.outer(p, p)


def each_rows(estimator, rows, logits=LOGITS, cost=quadratic):
    """The choice of every row, SLOTS for the no-op, and its own gradient of the logits."""
    logits_BN = logits.expand(rows, -1).clone().requires_grad_()
    weighting_BHN = logits_BN.softmax(-1)[:, None, :-1]
    weights_BHN = estimator.train()(weighting_BHN).dense(SLOTS)
    cost(weights_BHN).sum().backward()
    chosen = torch.cat([weights_BHN, 1 - weights_BHN.sum(-1, keepdim=True)], -1)
    return chosen.detach()[:, 0].argmax(-1), logits_BN.grad


@pytest.mark.parametrize("name", ["reinmax", "gumbel_rao", "gumbel", "straight_through"])
def test_the_address_is_exactly_one_hot_or_the_no_op(name):
    torch.manual_seed(0)
    weighting = torch.rand(500, 2, 7).softmax(-1) * torch.rand(500, 2, 1)
    weights = estimators.get(name)().train()(weighting).dense(7)
    assert ((weights == 0) | (weights == 1)).all()
    assert set(weights.sum(-1).flatten().tolist()) == {0.0, 1.0}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["reinmax", "gumbel_rao"])
def test_each_slot_and_the_no_op_is_chosen_at_its_probability(name):
    draws, p = 40_000, LOGITS.softmax(-1)
    choices, _ = each_rows(estimators.get(name)(), draws)
    shares = torch.bincount(choices, minlength=SLOTS + 1) / draws
    assert ((shares - p).abs() < 4.5 * (p * (1 - p) / draws).sqrt()).all()


def test_reinmax_given_a_choice_has_the_gradient_of_its_paper():
    """2 ∇ at (D + p)/2 less half of straight-through's ∇ at p, both with the cost's slope at D."""
    p = softmax(LOGITS.numpy())
    choices, gradients = each_rows(ReinMax(), 400)
    assert set(choices.tolist()) == set(range(SLOTS + 1))
    for choice, gradient in zip(choices.tolist(), gradients.numpy(), strict=True):
        middle = (np.eye(SLOTS + 1)[choice] + p) / 2
        expected = (2 * jacobian(middle) - jacobian(p) / 2) @ slope_at(choice)
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-10)


def exact():
    p = softmax(LOGITS.numpy())
    slots = torch.eye(SLOTS + 1, dtype=torch.float64)[:, :SLOTS]
    return jacobian(p) @ quadratic(slots).numpy()


def expected_gradient(estimator, rows=400):
    """The mean over choices, each weighed with its probability rather than its frequency."""
    p = softmax(LOGITS.numpy())
    choices, gradients = each_rows(estimator, rows)
    return sum(p[k] * gradients[choices == k].numpy().mean(0) for k in range(SLOTS + 1))


def test_reinmax_is_a_second_order_method_exact_on_a_quadratic_cost():
    np.testing.assert_allclose(expected_gradient(ReinMax()), exact(), rtol=0, atol=1e-10)


def test_the_one_step_of_straight_through_is_not():
    mode = int(LOGITS.argmax())
    _, gradients = each_rows(StraightThrough(), 1)
    expected = jacobian(softmax(LOGITS.numpy())) @ slope_at(mode)
    np.testing.assert_allclose(gradients[0], expected, rtol=0, atol=1e-10)
    assert np.abs(gradients[0].numpy() - exact()).max() > 0.1


def test_noise_given_the_choice_is_gumbel_again_over_all_choices():
    torch.manual_seed(0)
    rows, p = 100_000, LOGITS.softmax(-1)
    choices = torch.multinomial(p.expand(rows, -1), 1)
    hard = torch.zeros(rows, SLOTS + 1, dtype=torch.float64).scatter(-1, choices, 1.0)[:, None]
    perturbed = GumbelRao(samples=1)._given(hard, p.expand(rows, 1, -1))[0, :, 0]
    assert torch.equal(perturbed.argmax(-1), choices[:, 0])
    noise = perturbed - p.log()
    deviation = math.pi / math.sqrt(6)
    # per slot: neither the chosen one nor the others may be off alone
    assert (noise.mean(0) - 0.5772156649).abs().max() < 4.5 * deviation / math.sqrt(rows)
    torch.testing.assert_close(
        noise.std(0), torch.full((SLOTS + 1,), deviation).double(), rtol=0.02, atol=0
    )
    quantiles = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)
    expected = -(-quantiles.log()).log()
    for slot in range(SLOTS + 1):
        torch.testing.assert_close(noise[:, slot].quantile(quantiles), expected, rtol=0, atol=0.03)
    # independent between slots, as the noise that was not looked at is
    assert (torch.corrcoef(noise.T) - torch.eye(SLOTS + 1).double()).abs().max() < 0.02


def test_the_chosen_slot_is_the_largest_in_every_draw():
    hard = torch.eye(SLOTS + 1, dtype=torch.float64).unsqueeze(1)
    perturbed = GumbelRao(samples=200)._given(hard, LOGITS.softmax(-1).expand(4, 1, -1))
    assert perturbed.shape == (200, SLOTS + 1, 1, SLOTS + 1)
    assert torch.equal(perturbed.argmax(-1), torch.arange(4).view(1, 4, 1).expand(200, 4, 1))


@pytest.mark.slow
def test_averaging_over_the_noise_lowers_the_variance_and_leaves_the_mean():
    torch.manual_seed(0)
    rows, tau = 40_000, 0.5
    plain = Gumbel(temperature=tau, final_temperature=tau)
    samples = {
        "gumbel": each_rows(plain, rows)[1],
        "one": each_rows(GumbelRao(samples=1, temperature=tau), rows)[1],
        "many": each_rows(GumbelRao(samples=32, temperature=tau), rows)[1],
    }
    variance = {name: s.var(0).sum().item() for name, s in samples.items()}
    print(f"\nvariance: {variance}")
    assert variance["many"] < 0.9 * variance["gumbel"]
    assert variance["one"] == pytest.approx(variance["gumbel"], rel=0.1)
    for name in ("one", "many"):
        apart = samples[name].mean(0) - samples["gumbel"].mean(0)
        noise = ((samples[name].var(0) + samples["gumbel"].var(0)) / rows).sqrt()
        assert (apart.abs() < 4.5 * noise).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 0}, "samples must be a whole number, at least 1"),
        ({"temperature": 0.0}, "temperature must be"),
    ],
)
def test_gumbel_rao_refuses_what_has_no_meaning(options, message):
    with pytest.raises(ValueError, match=message):
        GumbelRao(**options)
