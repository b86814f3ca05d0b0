"""How far a student's answers and addresses are from its teacher's."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from envs.answers import Bits, Fields, Symbols
from studies.procedures.cost import divergence
from studies.procedures.teachers import FLOOR, address_divergence


def numbers(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


def kl(theirs, ours):
    return sum(p * math.log(p / q) for p, q in zip(theirs, ours, strict=True))


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def softmax(row):
    total = sum(map(math.exp, row))
    return [math.exp(x) / total for x in row]


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("answer", [Bits(4), Symbols(4)], ids=["bits", "symbols"])
def test_the_divergence_of_answers_is_that_of_their_distributions(answer, temperature):
    ours, theirs = numbers(3, 2, 4), numbers(3, 2, 4, seed=1)
    actual_TB = divergence(answer, ours, theirs, temperature)
    for t in range(3):
        for b in range(2):
            warm = [[x / temperature for x in one[t, b].tolist()] for one in (ours, theirs)]
            if isinstance(answer, Symbols):
                expected = kl(softmax(warm[1]), softmax(warm[0]))
            else:
                pairs = [[(p, 1 - p) for p in map(sigmoid, row)] for row in warm]
                expected = sum(kl(*pair) for pair in zip(pairs[1], pairs[0], strict=True))
            assert actual_TB[t, b].item() == pytest.approx(temperature**2 * expected, abs=1e-10)
    leaf = ours.requires_grad_()
    assert gradcheck(lambda ours: divergence(answer, ours, theirs, temperature), (leaf,))
    assert divergence(answer, theirs, theirs, temperature).abs().max() < 1e-12


def test_the_divergence_of_several_symbols_is_the_sum_of_theirs():
    ours, theirs = numbers(3, 2, 8), numbers(3, 2, 8, seed=1)
    pairs = zip(ours.split(4, -1), theirs.split(4, -1), strict=True)
    apart = sum(divergence(Symbols(4), *pair, 2.5) for pair in pairs)
    torch.testing.assert_close(divergence(Fields(2, 4), ours, theirs, 2.5), apart)


def test_a_kind_of_answer_without_a_divergence_is_named():
    with pytest.raises(TypeError, match="no divergence is known for answers of kind int"):
        divergence(3, numbers(1, 1, 1), numbers(1, 1, 1), 1.0)


def test_the_divergence_of_addresses_counts_the_no_op_as_a_slot():
    ours, theirs = (0.9 * numbers(3, 2, 2, 5, seed=seed).softmax(-1) for seed in (0, 1))
    total = 0.0
    for a_row, w_row in zip(
        theirs.flatten(0, 2).tolist(), ours.flatten(0, 2).tolist(), strict=True
    ):
        for a, w in zip([*a_row, 1 - sum(a_row)], [*w_row, 1 - sum(w_row)], strict=True):
            total += a * (math.log(a + FLOOR) - math.log(w + FLOOR))
    assert address_divergence(ours, theirs).item() == pytest.approx(total / 2, abs=1e-10)
    leaf = ours.requires_grad_()
    assert gradcheck(lambda ours: address_divergence(ours, theirs), (leaf,))
    assert address_divergence(theirs, theirs) == 0


def test_an_address_of_one_slot_where_the_teacher_has_another_costs_a_finite_number():
    here = torch.eye(4)[[1]].view(1, 1, 1, 4)
    apart = address_divergence(here, here.roll(1, -1)).item()
    assert apart == pytest.approx(math.log((1 + FLOOR) / FLOOR), rel=1e-5)
