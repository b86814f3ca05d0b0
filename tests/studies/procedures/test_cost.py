"""The cost of answers and the probabilities of logits, against their definitions."""

import numpy as np
import pytest
import torch

from envs.answers import Answer, Bits, Fields, Symbols
from studies.procedures.cost import cost, probabilities


def test_the_cost_of_bits_is_minus_the_log_probability_of_each_bit():
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(5, 3, 4)) * 3, rng.integers(2, size=(5, 3, 4))
    mask = rng.integers(2, size=(5, 3)).astype(bool)
    one = 1 / (1 + np.exp(-logits))
    plain = -np.log(np.where(targets == 1, one, 1 - one)).sum(-1) * mask
    found = cost(
        Bits(4),
        torch.tensor(logits),
        torch.tensor(targets, dtype=torch.float64),
        torch.tensor(mask),
    )
    np.testing.assert_allclose(found.numpy(), plain, rtol=1e-12)
    np.testing.assert_allclose(probabilities(Bits(4), torch.tensor(logits)).numpy(), one)


def test_the_cost_of_symbols_is_minus_the_log_probability_of_the_symbol():
    rng = np.random.default_rng(1)
    logits, targets = rng.normal(size=(5, 3, 7)) * 3, rng.integers(7, size=(5, 3, 1))
    mask = rng.integers(2, size=(5, 3)).astype(bool)
    softmax = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    plain = -np.log(np.take_along_axis(softmax, targets, -1))[..., 0] * mask
    found = cost(Symbols(7), torch.tensor(logits), torch.tensor(targets), torch.tensor(mask))
    np.testing.assert_allclose(found.numpy(), plain, rtol=1e-12)
    np.testing.assert_allclose(probabilities(Symbols(7), torch.tensor(logits)).numpy(), softmax)


def test_the_cost_of_several_symbols_is_the_sum_of_theirs():
    rng = np.random.default_rng(2)
    logits, targets = torch.tensor(rng.normal(size=(5, 3, 12))), rng.integers(4, size=(5, 3, 3))
    mask = torch.tensor(rng.integers(2, size=(5, 3)).astype(bool))
    parts = zip(logits.split(4, -1), torch.tensor(targets).split(1, -1), strict=True)
    apart = sum(cost(Symbols(4), part, target, mask) for part, target in parts)
    found = cost(Fields(3, 4), logits, torch.tensor(targets), mask)
    np.testing.assert_allclose(found.numpy(), apart.numpy(), rtol=1e-12)
    beliefs = probabilities(Fields(3, 4), logits)
    assert beliefs.shape == logits.shape
    np.testing.assert_allclose(beliefs[..., 4:8].numpy(), logits[..., 4:8].softmax(-1).numpy())


def test_steps_that_are_not_scored_cost_nothing_and_get_no_gradient_even_where_infinite():
    logits = torch.full((2, 1, 3), torch.inf)
    logits[0] = 0.5
    logits.requires_grad_()
    mask = torch.tensor([[True], [False]])
    found = cost(Bits(3), logits, torch.zeros(2, 1, 3), mask)
    assert found[1].item() == 0
    assert torch.isfinite(found).all()


def test_another_kind_of_answer_has_no_cost_until_it_registers_one():
    class Ranking(Answer):
        output_size = target_size = 1
        space = decide = errors = None

    with pytest.raises(TypeError, match="Ranking"):
        cost(Ranking(), torch.zeros(1, 1, 1), torch.zeros(1, 1, 1), torch.ones(1, 1).bool())
