"""What optimisers let one choose, and gradients accumulated over batches."""

import dataclasses

import numpy as np
import pytest
import torch
from torch.optim import SGD, Adam, AdamW, RMSprop

from memnets.spec import ModelSpec
from studies import Supervised
from studies.design.data import BadData
from studies.procedures.evolution import Evolution
from studies.procedures.gradients import Gradients
from studies.procedures.optimisers import MOMENTA, check_optimiser, optimiser_of
from studies.procedures.reinforcement import Reinforcement
from studies.procedures.training import evaluated, side_by_side, update
from studies.procedures.tuning import Tuning

from .steered import same, start, steered, stopped_after_every_update, weights

TORCHS = {
    "adam": (Adam, {}),
    "adamw": (AdamW, {}),
    "rmsprop": (RMSprop, {"momentum": 0.5}),
    "graves_rmsprop": (RMSprop, {"momentum": 0.5, "alpha": 0.95, "eps": 1e-2, "centered": True}),
    "sgd": (SGD, {"momentum": 0.5}),
}


@pytest.mark.parametrize("name", MOMENTA)
def test_weight_decay_and_momentum_are_torchs(name):
    make, own = TORCHS[name]
    ours, theirs = (torch.nn.Parameter(torch.tensor([2.0, -1.0, 0.5])) for _ in range(2))
    momentum = own.get("momentum")
    one = optimiser_of(name, [ours], 0.01, weight_decay=0.3, momentum=momentum)
    other = make([theirs], lr=0.01, weight_decay=0.3, **own)
    for step in range(5):
        gradient = torch.tensor([0.1, -0.4, 0.0]) * step
        ours.grad, theirs.grad = gradient, gradient.clone()
        one.step()
        other.step()
    torch.testing.assert_close(ours, theirs)


def test_adamw_shrinks_weights_apart_from_the_gradient():
    part = torch.nn.Parameter(torch.tensor([2.0]))
    optimiser = optimiser_of("adamw", [part], 0.1, weight_decay=0.5)
    part.grad = torch.zeros(1)
    optimiser.step()
    assert part.item() == pytest.approx(2.0 * (1 - 0.1 * 0.5))


def test_what_an_optimiser_does_not_take_is_refused():
    for name in ("adam", "adamw"):
        with pytest.raises(BadData, match="takes no momentum; rmsprop, graves_rmsprop, sgd do"):
            check_optimiser(name, 0.9)
    for change, message in (
        ({"optimiser": "sgd", "momentum": 1.0}, "momentum is 1.0; it must be below 1"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1"),
        ({"accumulate": 0}, "accumulate is 0"),
        ({"optimiser": "adamw", "momentum": 0.9}, "adamw has averages of its own"),
    ):
        with pytest.raises(BadData, match=message):
            Supervised(**change)


def looks_up(trial, sparse=True, **settings):
    options = {"slots": 16, "width": 4, "sparse_gradient": sparse}
    trial = dataclasses.replace(trial, model=ModelSpec("product_keys", cell_options=options))
    return steered(trial, **{"optimiser": "sgd", "backend": "reference", **settings})


@pytest.mark.parametrize("clip_norm", [None, 0.01])
def test_sparse_gradients_are_descended_and_clipped_as_dense_ones(trial, clip_norm):
    made = [
        start(looks_up(trial, sparse, clip_norm=clip_norm, learning_rate=0.1))
        for sparse in (True, False)
    ]
    for _ in range(3):
        for learner in made:
            update(learner)
        few, dense = (learner.network.cell.values_NW.grad for learner in made)
        assert few.is_sparse and not dense.is_sparse
        assert made[0].sums["gradient_norm"] == pytest.approx(made[1].sums["gradient_norm"])
    torch.testing.assert_close(*map(weights, made))


def test_a_training_by_sparse_gradients_goes_on_after_every_update_as_in_one_go(trial):
    rows, learner = stopped_after_every_update(small := looks_up(trial))
    whole = start(small)
    while not whole.over:
        update(whole)
        evaluated(whole) if whole.due else []
    assert rows and same(weights(whole), weights(learner))


@pytest.mark.parametrize(
    ("procedure", "said"),
    [
        *((Supervised(optimiser=name), f"{name} does not") for name in MOMENTA if name != "sgd"),
        (Supervised(optimiser="sgd", weight_decay=0.1), "sgd with weight decay does not"),
        (Gradients(), "adam does not"),
        (Reinforcement(), "adam does not"),
    ],
)
def test_sparse_gradients_are_refused_where_they_are_not_descended(trial, procedure, said):
    sparse, dense = (looks_up(trial, sparse).model for sparse in (True, False))
    tuned = Tuning(of=procedure)
    for one in (procedure, tuned):
        with pytest.raises(BadData, match=f"product_keys/soft has sparse gradients, which {said}"):
            one.require_model(sparse)
        one.require_model(dense)
    Evolution().require_model(sparse)
    looks_up(trial).procedure.require_model(sparse)


def test_without_a_norm_nothing_is_clipped(trial):
    steps = {}
    for norm in (None, 1e9, 1e-3):
        learner = start(steered(trial, optimiser="sgd", momentum=0.0, clip_norm=norm))
        before = weights(learner)
        update(learner)
        steps[norm] = [now - old for now, old in zip(weights(learner), before, strict=True)]
    assert same(steps[None], steps[1e9]) and not same(steps[None], steps[1e-3])


def test_the_gradient_of_accumulated_batches_is_that_of_all_their_sequences(trial):
    """Of one length, so that the sequences can stand in one batch."""
    settings = {"optimiser": "sgd", "momentum": 0.0, "clip_norm": None, "learning_rate": 1.0}
    learner = start(steered(trial, accumulate=3, batch_size=2, **settings))
    task, rng = learner.task, np.random.default_rng(5)
    drawn = [task.sample(rng, 2, 2) for _ in range(3)]
    whole = type(drawn[0])(
        *(
            np.concatenate([getattr(batch, name) for batch in drawn], 1)
            for name in ("inputs_TBX", "targets_TBY", "mask_TB")
        )
    )
    together = start(steered(trial, batch_size=6, **settings))
    given = iter(drawn)
    learner.batch, together.batch = lambda: next(given), lambda: whole
    for one in (learner, together):
        update(one)
    for ours, theirs in zip(weights(learner), weights(together), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
    assert learner.clock["sequences"] == together.clock["sequences"] == 6


def test_costs_of_different_lengths_keep_their_sums():
    costs = [torch.rand(3, 2), torch.rand(5, 4)]
    joined_TB = side_by_side(costs)
    assert joined_TB.shape == (5, 6)
    torch.testing.assert_close(joined_TB.sum(0), torch.cat([cost.sum(0) for cost in costs]))
    assert side_by_side(costs[:1]) is costs[0]


def test_a_training_with_all_of_it_goes_on_after_every_update_as_in_one_go(trial):
    whole = steered(
        trial,
        optimiser="adamw",
        weight_decay=0.1,
        accumulate=2,
        clip_norm=None,
        schedule={"shape": "cosine", "warm_up": 2},
    )
    rows, learner = stopped_after_every_update(whole)
    other = start(whole)
    while not other.over:
        update(other)
    assert rows and same(weights(learner), weights(other))
