"""Clipping of gradients, exploding and broken ones too."""

import math

import pytest
import torch

from studies.procedures.training import clip


def parameters(*gradients):
    made = [torch.nn.Parameter(torch.zeros(len(gradient))) for gradient in gradients]
    for parameter, gradient in zip(made, gradients, strict=True):
        parameter.grad = torch.tensor(gradient)
    return made


@pytest.mark.parametrize("largest", [0.5, 5.0, 50.0])
def test_it_is_torchs_own_clipping(largest):
    ours, theirs = (parameters([3.0, 0.0], [-4.0]) for _ in range(2))
    norm = clip(ours, largest)
    assert norm == torch.nn.utils.clip_grad_norm_(theirs, largest) == 5.0
    for one, other in zip(ours, theirs, strict=True):
        assert torch.equal(one.grad, other.grad)


def test_a_gradient_whose_square_overflows_keeps_its_direction():
    exploded = parameters([3e20, 0.0], [-4e20])
    assert clip(exploded, 10.0).item() == pytest.approx(5e20)
    assert exploded[0].grad.tolist() == pytest.approx([6.0, 0.0])
    assert exploded[1].grad.tolist() == pytest.approx([-8.0])
    assert exploded[0].grad.dtype is torch.float32


@pytest.mark.parametrize("broken", [math.inf, math.nan])
def test_what_is_no_number_is_not_hidden(broken):
    assert not clip(parameters([1.0, broken]), 10.0).isfinite()


def test_a_parameter_without_a_gradient_is_left_alone():
    first, second = parameters([3.0], [4.0])
    second.grad = None
    assert clip([first, second], 10.0) == 3.0
