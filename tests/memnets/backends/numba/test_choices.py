"""From a weighting to an address in kernels against the estimators in float64."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

pytest.importorskip("numba")

from memnets.backends.numba.address import Address
from memnets.backends.numba.choices.base import Choice
from memnets.backends.numba.choices.dispatch import (
    CHOICES,
    choose,
    choose_vjp,
    code_of,
)
from memnets.backends.numba.choices.gumbel import GUMBEL
from memnets.backends.numba.choices.hardened import HARD, HARDENED
from memnets.backends.numba.choices.mode import MODE, SPARSE_MODE
from memnets.backends.numba.choices.noisy_top_k import NOISY_TOP_K
from memnets.backends.numba.choices.reinmax import REINMAX
from memnets.backends.numba.choices.sample import SAMPLE
from memnets.backends.numba.choices.soft import SOFT
from memnets.backends.numba.choices.straight_through import SAMPLED, STRAIGHT_THROUGH
from memnets.backends.numba.choices.top_k import TOP_K
from memnets.backends.numba.memory import DENSE, NOTHING
from memnets.backends.numba.rollouts.draws import choice_of
from memnets.estimators import (
    Gumbel,
    Hardened,
    NoisyTopK,
    Reinforce,
    ReinMax,
    Soft,
    StraightThrough,
    TopK,
    choices,
)
from memnets.estimators.choices import gumbel_noise
from memnets.registry import estimators

from .against import adds, close, double, normal, unset, weighting


def hardened(share: float) -> Hardened:
    """One that makes such a share of its choices with one slot."""
    estimator = Hardened(growth=1.0)
    estimator.share.value.fill_(share)
    return estimator


SIZES = [(1, 1, 1), (3, 7, 3), (2, 128, 1), (64, 5, 2)]
"""Samples, slots, heads."""
ESTIMATORS = {
    SOFT: Soft(),
    SAMPLE: Reinforce(),
    SPARSE_MODE: Reinforce().eval(),
    MODE: Gumbel().eval(),
    STRAIGHT_THROUGH: StraightThrough(),
    REINMAX: ReinMax(),
    GUMBEL: Gumbel(temperature=0.7),
    SAMPLED: StraightThrough(choice="sample"),
    HARDENED: hardened(0.5),
    HARD: hardened(1.0),
    TOP_K: TopK(k=3),
    NOISY_TOP_K: NoisyTopK(k=3),
}
RAW = arrays(np.float32, (9,), elements=st.floats(0.0, 1.0, width=32))


def test_every_choice_is_found_and_compared_here():
    assert set(CHOICES) == set(ESTIMATORS)


def test_the_choice_of_an_estimator_follows_the_mode_and_the_schedule():
    for choice, estimator in ESTIMATORS.items():
        assert choice_of(estimator) is choice
    assert choice_of(ReinMax().eval()) is MODE
    assert choice_of(StraightThrough().eval()) is STRAIGHT_THROUGH
    assert choice_of(StraightThrough(choice="sample").eval()) is STRAIGHT_THROUGH
    assert choice_of(Hardened()) is SOFT
    assert choice_of(hardened(0.0)) is HARDENED
    assert choice_of(hardened(0.5).eval()) is MODE
    assert choice_of(NoisyTopK().eval()) is TOP_K
    assert choice_of(Gumbel(straight_through=False)) is None
    assert choice_of(estimators.get("gumbel_rao")()) is None
    annealed = estimators.get("annealed")()
    assert choice_of(annealed) is SOFT
    annealed.use_first.fill_(False)
    assert choice_of(annealed) is SAMPLE
    annealed.use_first.fill_(True)
    assert choice_of(annealed.eval()) is SPARSE_MODE


def uniforms(B: int, H: int, seed: int = 3) -> np.ndarray:
    """What `choices.sample` draws after the same seed."""
    torch.manual_seed(seed)
    drawn = torch.rand(B, H, 1, dtype=torch.float32).squeeze(-1).numpy()
    torch.manual_seed(seed)
    return drawn


def draws(choice: Choice, B: int, H: int, N: int) -> np.ndarray:
    """What an estimator draws, and what it goes with, after the same seed."""
    if choice.kept is not None:
        torch.manual_seed(3)
        drawn = choice.draw(ESTIMATORS[choice], [B * H], N, 1).reshape(B, H, -1).numpy()
        torch.manual_seed(3)
        return drawn
    if choice is not GUMBEL:
        drawn = uniforms(B, H)[..., None]
        return (
            np.concatenate([drawn, np.full_like(drawn, 0.5)], -1) if choice is HARDENED else drawn
        )
    torch.manual_seed(3)
    noise = gumbel_noise(B, H, N + 1).numpy()
    torch.manual_seed(3)
    return np.concatenate([noise, np.full((B, H, 1), 0.7, np.float32)], -1)


def chosen(choice: Choice, weights: np.ndarray, drawn: np.ndarray):
    B, H, N = weights.shape
    kept = 1 if choice.kept is None else choice.kept(ESTIMATORS[choice], N)
    slots = np.full((B, H, kept), 99)
    into = unset(B, H, N), np.full((B, H), 99), unset(B, H), unset(B, H), slots
    drawn = drawn if drawn.ndim == 3 else drawn[..., None]
    choose(code_of(choice), weights, drawn, Address(*into))
    return into


@pytest.mark.parametrize(("B", "N", "H"), SIZES)
@pytest.mark.parametrize("choice", ESTIMATORS, ids=lambda choice: choice.choose.__name__)
@pytest.mark.parametrize("mass", [1.0, 0.6, 0.05])
@pytest.mark.parametrize("holes", [False, True])
def test_the_address_and_its_gradient(B, N, H, choice, mass, holes):
    before = weighting(B, H, N, mass=mass)
    if holes:
        before[..., 1::2] = 0
    weights, slots, log_prob, entropy, named = chosen(
        choice, before, drawn := draws(choice, B, H, N)
    )
    (before_64,) = double(before)
    address = ESTIMATORS[choice](before_64)
    close(weights, address.dense(N))
    close(entropy, address.entropy_BH)
    # a rest of 0.4 as the difference of two numbers of order 1, and 0 where it is rounding
    close(log_prob, address.log_prob_BH, smallest=1.0)
    dense = address.slots_BHK is None
    if not choice.one_slot:
        assert (slots == DENSE).all()
    else:
        np.testing.assert_array_equal(named, slots[..., None])
        at = np.where(weights.any(-1), weights.argmax(-1), NOTHING)
        np.testing.assert_array_equal(slots, at)
    grads = normal(B, H, N, seed=1), normal(B, H, seed=1), normal(B, H, seed=2)
    if choice.kept is not None:
        np.testing.assert_array_equal(named, address.slots_BHK)
        dense, address = True, address._replace(weights_BHK=address.dense(N))
    parts = [address.weights_BHK if dense else 0, address.log_prob_BH, address.entropy_BH]
    value = sum(
        (part * torch.from_numpy(grad).double()).sum()
        for part, grad in zip(parts, grads, strict=True)
        if not isinstance(part, int)
    )
    one = np.ones((), np.float32)
    adds(choose_vjp, (code_of(choice), before, drawn, slots, *grads), value, one, [before_64])


def test_all_four_choices_occur_in_these_tests():
    before = weighting(64, 2, 5, mass=0.6)
    slots = chosen(SAMPLE, before, uniforms(64, 2))[1]
    assert set(slots.flatten()) == {NOTHING, 0, 1, 2, 3, 4}
    assert NOTHING in chosen(SPARSE_MODE, weighting(64, 2, 5, mass=0.4), uniforms(64, 2))[1]


@given(RAW, st.integers(0, 2**31), st.floats(0.1, 1.0))
def test_a_slot_is_drawn_as_the_reference_draws_it_in_float32(raw, seed, mass):
    raw[0] += np.float32(0.5)
    before = np.tile((mass * raw / raw.sum()).astype(np.float32), (8, 2, 1))
    weights, slots, *_ = chosen(SAMPLE, before, uniforms(8, 2, seed))
    address = Reinforce()(torch.from_numpy(before))
    np.testing.assert_array_equal(weights, address.dense(9).numpy())
    there = before.reshape(16, 9)[np.arange(16), slots.flatten()] > 0
    assert (there | (slots.flatten() == NOTHING)).all()


@given(RAW, st.floats(0.0, 1.0))
def test_the_likeliest_is_the_first_of_the_largest(raw, mass):
    before = (mass * raw / max(raw.sum(), 1)).astype(np.float32)[None, None]
    slots = chosen(SPARSE_MODE, before, uniforms(1, 1))[1]
    expected = int(choices.likeliest(choices.with_no_op(torch.from_numpy(before))))
    assert slots[0, 0] == (expected if expected < 9 else NOTHING)


@pytest.mark.parametrize(
    "choice", [MODE, SPARSE_MODE, STRAIGHT_THROUGH], ids=["mode", "sparse mode", "straight_through"]
)
def test_of_equals_the_first_is_likeliest_and_the_no_op_last(choice):
    before = np.array([[[0.25, 0.25, 0.25], [0.0, 0.5, 0.0], [0.0, 0.25, 0.25]]], np.float32)
    slots = chosen(choice, before, uniforms(1, 3))[1]
    np.testing.assert_array_equal(slots, [[0, 1, NOTHING]])


@pytest.mark.parametrize("uniform", [0.0, 1 - 2**-24])
def test_the_ends_of_the_uniform_draw_nothing_of_no_weight(uniform):
    before = np.array([[[0, 0.5, 0.5, 0]]], np.float32)
    slots = chosen(SAMPLE, before, np.full((1, 1), uniform, np.float32))[1]
    assert slots[0, 0] == (2 if uniform else 1)


def test_drawn_as_often_as_the_weighting_says():
    before = np.tile(weighting(1, 1, 6, mass=0.8), (20_000, 1, 1))
    weights = chosen(SAMPLE, before, uniforms(20_000, 1))[0]
    np.testing.assert_allclose(weights.mean(0)[0], before[0, 0], atol=0.015)


def scaled(k: int) -> tuple[TopK, np.ndarray]:
    """An estimator that gives all mass to the slots that it keeps, and its settings."""
    estimator = TopK(k=k, renormalise=True)
    return estimator, TOP_K.draw(estimator, [6], 7, 1).reshape(3, 2, -1).numpy()


@pytest.mark.parametrize("k", [1, 4, 7, 9])
def test_what_is_dropped_goes_to_the_slots_that_are_kept(k):
    estimator, settings = scaled(k)
    before, slots = weighting(3, 2, 7, mass=0.8), np.full((3, 2), DENSE)
    into = unset(3, 2, 7), slots, unset(3, 2), unset(3, 2), np.full((3, 2, min(k, 7)), 99)
    choose(code_of(TOP_K), before, settings, Address(*into))
    (before_64,) = double(before)
    address = estimator(before_64)
    close(into[0], address.dense(7))
    np.testing.assert_array_equal(into[-1], address.slots_BHK)
    grads = normal(3, 2, 7, seed=1), np.zeros((3, 2), np.float32), np.zeros((3, 2), np.float32)
    arguments = (code_of(TOP_K), before, settings, slots, *grads)
    adds(choose_vjp, arguments, address.dense(7), grads[0], [before_64])


@given(RAW, st.integers(1, 9))
def test_the_largest_are_the_references_whatever_ties(raw, k):
    # few values, so that many of them tie, and some but for rounding
    raw = np.round(raw * 3) / 27 * (1 + np.float32(1e-6) * np.arange(9, dtype=np.float32))
    estimator = TopK(k=k)
    slots = np.full((1, 1, k), 99)
    into = unset(1, 1, 9), np.full((1, 1), 99), unset(1, 1), unset(1, 1), slots
    settings = TOP_K.draw(estimator, [1], 9, 1).reshape(1, 1, -1).numpy()
    choose(code_of(TOP_K), raw[None, None], settings, Address(*into))
    np.testing.assert_array_equal(slots, estimator(torch.from_numpy(raw)[None, None]).slots_BHK)
