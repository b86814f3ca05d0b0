"""A step of an optimiser, and the gradients before it."""

import pytest
import torch

from studies.procedures.descent import descend, forget
from studies.procedures.optimisers import MOMENTA, optimiser_of


def parameters():
    generator = torch.Generator().manual_seed(0)
    return [
        torch.nn.Parameter(torch.randn(*shape, generator=generator))
        for shape in ((5, 3), (17,), (2, 40))
    ]


def gradients(step):
    """Of the last parameter there is none in the first steps."""
    generator = torch.Generator().manual_seed(step + 1)
    found = [torch.randn(part.shape, generator=generator) for part in parameters()]
    return [*found[:-1], found[-1] if step >= 2 else None]


@pytest.mark.parametrize("name", sorted(MOMENTA))
def test_it_is_the_optimisers_own_step_to_the_bit(name):
    ours, theirs = parameters(), parameters()
    one, other = (optimiser_of(name, parts, 1e-2) for parts in (ours, theirs))
    for step in range(6):
        for mine, its, gradient in zip(ours, theirs, gradients(step), strict=True):
            mine.grad, its.grad = (None if gradient is None else gradient.clone() for _ in "12")
        descend(one)
        other.step()
        for mine, its in zip(ours, theirs, strict=True):
            assert torch.equal(mine, its)
    states = one.state_dict()["state"], other.state_dict()["state"]
    assert states[0].keys() == states[1].keys() == {0, 1, 2}
    for number, state in states[0].items():
        assert state.keys() == states[1][number].keys()
        for key, value in state.items():
            assert torch.equal(value, states[1][number][key]), key


def test_an_optimiser_that_goes_on_from_a_stored_state_steps_alike():
    ours, theirs = parameters(), parameters()
    one, other = (optimiser_of("adam", parts, 1e-2) for parts in (ours, theirs))
    for step in range(4):
        for mine, its, gradient in zip(ours, theirs, gradients(step + 2), strict=True):
            mine.grad, its.grad = gradient, gradient.clone()
        descend(one)
        other.step()
        again = optimiser_of("adam", ours, 1e-2)
        again.load_state_dict(one.state_dict())
        one = again
    for mine, its in zip(ours, theirs, strict=True):
        assert torch.equal(mine, its)


@pytest.mark.parametrize(
    "options",
    [{}, {"foreach": True}, {"fused": True, "amsgrad": True, "weight_decay": 0.1}]
    + [{"fused": True, "weight_decay": 0.1, "decoupled_weight_decay": True}],
    ids=["plain", "foreach", "amsgrad", "decoupled"],
)
def test_options_of_adam_count(options):
    ours, theirs = parameters(), parameters()
    one, other = (torch.optim.Adam(parts, lr=1e-2, **options) for parts in (ours, theirs))
    for step in range(5):
        for mine, its, gradient in zip(ours, theirs, gradients(step), strict=True):
            mine.grad = its.grad = gradient
        descend(one)
        other.step()
    for mine, its in zip(ours, theirs, strict=True):
        assert torch.equal(mine, its)


def test_an_optimiser_of_another_kind_takes_its_own_step():
    part = torch.nn.Parameter(torch.ones(2))
    part.grad = torch.tensor([1.0, -2.0])
    descend(torch.optim.SGD([part], lr=0.5))
    assert part.tolist() == [0.5, 2.0]


def test_gradients_are_forgotten():
    parts = parameters()
    for part in parts:
        part.grad = torch.ones_like(part)
    forget(parts)
    assert all(part.grad is None for part in parts)
