"""Shaped fitness and the gradient that evolution strategies estimate, against closed forms."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from studies.procedures.evolution_gradient import (
    SHAPINGS,
    centred_ranks,
    estimated_gradient,
    standardised,
    utilities,
)

SIGMA = 0.3
PARAMETERS = 5
distinct = st.lists(st.integers(-50, 50), min_size=2, max_size=12, unique=True)
repeated = st.lists(st.integers(-3, 3), min_size=2, max_size=12)


def quadratic():
    """A fitness with a curvature, a slope and a constant; and its gradient."""
    generator = torch.Generator().manual_seed(1)
    root = torch.randn(PARAMETERS, PARAMETERS, generator=generator, dtype=torch.float64)
    slope = torch.randn(PARAMETERS, generator=generator, dtype=torch.float64)

    def fitness(theta):
        return -((root @ theta) ** 2).sum() / 2 + slope @ theta + 100

    return fitness, lambda theta: slope - root.T @ (root @ theta)


def of_pairs(fitness, theta, noise_ND):
    both = [[fitness(theta + sign * SIGMA * noise) for noise in noise_ND] for sign in (1, -1)]
    return torch.tensor(both, dtype=torch.float64)


def centre():
    return torch.linspace(-1, 1, PARAMETERS, dtype=torch.float64)


def test_it_is_the_sum_over_members_of_their_fitness_times_their_noise():
    noise_ND = torch.randn(3, PARAMETERS, dtype=torch.float64)
    fitness_2N = torch.randn(2, 3, dtype=torch.float64)
    expected = torch.zeros(PARAMETERS, dtype=torch.float64)
    for side, sign in enumerate((1, -1)):
        for n in range(3):
            expected += fitness_2N[side, n] * sign * noise_ND[n] / (6 * SIGMA)
    torch.testing.assert_close(estimated_gradient(noise_ND, fitness_2N, SIGMA), expected)


def test_noise_along_every_axis_gives_the_gradient_of_a_quadratic_exactly():
    fitness, gradient = quadratic()
    noise_ND = math.sqrt(PARAMETERS) * torch.eye(PARAMETERS, dtype=torch.float64)
    found = estimated_gradient(noise_ND, of_pairs(fitness, centre(), noise_ND), SIGMA)
    torch.testing.assert_close(found, gradient(centre()))


def test_its_mean_over_the_noise_is_the_gradient_of_a_quadratic():
    fitness, gradient = quadratic()
    draws = torch.randn(4_000, 1, PARAMETERS, dtype=torch.float64)
    found = torch.stack(
        [estimated_gradient(noise, of_pairs(fitness, centre(), noise), SIGMA) for noise in draws]
    )
    error = found.std(0) / math.sqrt(len(found))
    assert ((found.mean(0) - gradient(centre())).abs() < 4 * error).all()
    # it says something: the error is small beside the gradient
    assert error.norm() < 0.05 * gradient(centre()).norm()


def test_what_is_even_in_the_noise_has_no_part_in_it():
    noise_ND = torch.randn(4, PARAMETERS, dtype=torch.float64)
    fitness_2N = torch.randn(2, 4, dtype=torch.float64)
    even_N = (noise_ND**2).sum(1) + 1_000
    before = estimated_gradient(noise_ND, fitness_2N, SIGMA)
    torch.testing.assert_close(estimated_gradient(noise_ND, fitness_2N + even_N, SIGMA), before)


@pytest.mark.parametrize("shaping", ["centred_ranks", "utilities"])
@given(values=distinct)
def test_a_monotone_change_of_fitness_leaves_ranks_and_so_the_update_as_they_are(shaping, values):
    fitness = torch.tensor(values, dtype=torch.float64)
    shape = SHAPINGS[shaping]
    for change in (lambda f: 3 * f - 7, lambda f: f**3, lambda f: (f / 50).exp()):
        torch.testing.assert_close(shape(change(fitness)), shape(fitness), rtol=0, atol=0)


@pytest.mark.parametrize("shaping", list(SHAPINGS))
@given(values=repeated, data=st.data())
def test_weights_sum_to_zero_rise_with_fitness_and_know_no_order(shaping, values, data):
    fitness, shape = torch.tensor(values, dtype=torch.float64), SHAPINGS[shaping]
    weights = shape(fitness)
    assert abs(weights.sum().item()) < 1e-9
    for i, one in enumerate(values):
        for j, other in enumerate(values):
            assert one != other or weights[i] == weights[j]
            assert one >= other or weights[i] <= weights[j] + 1e-12
    order = data.draw(st.permutations(range(len(values))))
    torch.testing.assert_close(shape(fitness[order]), weights[order])


def test_centred_ranks_are_evenly_spaced_and_equal_ones_share_theirs():
    assert centred_ranks(torch.tensor([5.0, -1.0, 2.0])).tolist() == [0.5, -0.5, 0.0]
    assert centred_ranks(torch.tensor([4.0, 4.0])).tolist() == [0.0, 0.0]
    assert centred_ranks(torch.tensor([1.0, 1.0, 9.0])).tolist() == [-0.25, -0.25, 0.5]


def test_utilities_are_the_formula_and_do_not_tell_the_worse_half_apart():
    raw = [max(0.0, math.log(4 / 2 + 1) - math.log(rank)) for rank in (1, 2, 3, 4)]
    expected = [value / sum(raw) - 1 / 4 for value in raw]
    found = utilities(torch.tensor([9.0, 7.0, 5.0, 3.0], dtype=torch.float64))
    assert found.tolist() == pytest.approx(expected)
    assert found[2] == found[3]


def test_standardised_fitness_has_mean_zero_and_deviation_one():
    found = standardised(torch.tensor([1.0, 2.0, 6.0], dtype=torch.float64))
    deviation = (14 / 3) ** 0.5
    assert found.tolist() == pytest.approx([-2 / deviation, -1 / deviation, 3 / deviation])
    assert standardised(torch.tensor([3.0, 3.0])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("shaping", list(SHAPINGS))
@pytest.mark.parametrize("worst", [math.nan, -math.inf])
def test_a_member_without_a_finite_fitness_is_the_worst(shaping, worst):
    found = SHAPINGS[shaping](torch.tensor([2.0, worst, 1.0, 3.0]))
    assert found.isfinite().all() and found[1] == found.min()
