"""Clipping of gradients, exploding and broken ones too, and the step that follows."""

import dataclasses
import math

import pytest
import torch

from studies.procedures import training
from studies.procedures.descent import clip
from studies.procedures.learner import Learner
from studies.procedures.optimisers import optimiser_of
from studies.procedures.training import update


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


@pytest.mark.parametrize("largest", [1.0, 6.0, 1e3])
def test_it_is_torchs_own_clipping_to_the_bit(largest):
    generator = torch.Generator().manual_seed(0)
    gradients = [torch.randn(size, generator=generator).tolist() for size in (1, 7, 30, 401)]
    ours, theirs = (parameters(*gradients) for _ in range(2))
    assert torch.equal(clip(ours, largest), torch.nn.utils.clip_grad_norm_(theirs, largest))
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


@pytest.mark.parametrize("estimator", ["soft", "reinforce"])
def test_a_baseline_is_clipped_apart_where_a_norm_is_given_for_it(trial, estimator):
    model = dataclasses.replace(trial.model, estimator=estimator)
    procedure = dataclasses.replace(trial.procedure, clip_norm=2.0)
    together = dataclasses.replace(trial, model=model, procedure=procedure)
    learner = Learner.start(together, procedure, "cpu")
    ((everything, largest),) = learner.clipped_apart()
    assert list(map(id, everything)) == list(map(id, learner.parameters())) and largest == 2.0
    procedure = dataclasses.replace(procedure, baseline_clip_norm=5.0)
    learner = Learner.start(dataclasses.replace(together, procedure=procedure), procedure, "cpu")
    (rest, of_model), (baseline, of_baseline) = learner.clipped_apart()
    assert (of_model, of_baseline) == (2.0, 5.0)
    assert set(map(id, baseline)) == set(map(id, learner.network.estimator.parameters()))
    assert len(baseline) == (2 if estimator == "reinforce" else 0)
    assert set(map(id, [*rest, *baseline])) == set(map(id, learner.parameters()))
    assert len(rest) + len(baseline) == len(learner.parameters())


def test_a_large_gradient_of_a_baseline_does_not_shrink_the_models(trial):
    steps = {}
    for name, norm in (("together", None), ("apart", 5.0)):
        procedure = dataclasses.replace(
            trial.procedure, clip_norm=1e-3, baseline_clip_norm=norm, optimiser="sgd"
        )
        learner = Learner.start(dataclasses.replace(trial, procedure=procedure), procedure, "cpu")
        before = [part.detach().clone() for part in learner.parameters()]
        update(learner)
        own = set(map(id, learner.network.estimator.parameters()))
        moved = {True: 0.0, False: 0.0}
        for part, old in zip(learner.parameters(), before, strict=True):
            moved[id(part) in own] += (part - old).square().sum().item()
        steps[name] = {kind: math.sqrt(square) for kind, square in moved.items()}
    rate = trial.procedure.learning_rate
    # a first step of plain descent is the rate times the clipped norm
    assert math.hypot(*steps["together"].values()) == pytest.approx(1e-3 * rate, rel=1e-2)
    assert steps["together"][True] > 0
    assert steps["apart"][False] == pytest.approx(1e-3 * rate, rel=1e-2)
    assert steps["apart"][True] > 1e-3 * rate


def test_sgd_sums_gradients_with_a_momentum_of_nine_tenths():
    parameter = torch.nn.Parameter(torch.zeros(2))
    optimiser = optimiser_of("sgd", [parameter], 0.05)
    gradients = [[1.0, -2.0], [0.5, 3.0], [0.0, 1.0]]
    velocity = [0.0, 0.0]
    place = [0.0, 0.0]
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient)
        optimiser.step()
        velocity = [0.9 * v + g for v, g in zip(velocity, gradient, strict=True)]
        place = [p - 0.05 * v for p, v in zip(place, velocity, strict=True)]
    assert parameter.tolist() == pytest.approx(place)


def test_an_update_with_too_large_a_gradient_is_left_out(trial):
    procedure = dataclasses.replace(trial.procedure, skip_norm=5.0, optimiser="sgd")
    learner = Learner.start(dataclasses.replace(trial, procedure=procedure), procedure, "cpu")
    for norm, skipped in ((4.0, 0.0), (6.0, 1.0), (math.nan, 1.0), (math.inf, 1.0)):
        before = [part.detach().clone() for part in learner.parameters()]
        learner.sums = {}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(training, "clip", lambda parts, largest, norm=norm: torch.tensor(norm))
            update(learner)
        moved = any(
            not torch.equal(old, part)
            for old, part in zip(before, learner.parameters(), strict=True)
        )
        assert learner.sums["skipped"] == skipped and moved == (not skipped)
        assert learner.sums["gradient_norm"] == (0.0 if skipped else norm)
    assert learner.step == 4
