"""Stretches at once under estimators that draw: every step has the numbers of the reference."""

import pytest
import torch

from memnets.backends.chunked.cells import slots
from memnets.presets import WAYS
from memnets.registry import estimators

from .stretches import MEMORIES, same, unfed

STEPS, BATCH = 70, 2
# the weightings that a step asks about: one, two, and none
ASKED = ["attention, alibi", "slots", "slots, routed", "slots, as Raven", "delta", "mlstm, softmax"]
NONE_ASKED = ["delta, unit keys, gated", "mlstm"]
DRAWN = {
    "straight_through": {"choice": "sample"},
    "reinmax": {},
    "gumbel": {"straight_through": False},
    "noisy_top_k": {"k": 2},
    "reinforce": {"baseline": "none"},
}


def of(memory, estimator, options=None):
    cell, own = MEMORIES[memory]
    return unfed(cell, estimator, options=own, estimator_options=options or {}).double()


def sequence(steps=STEPS):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(steps, BATCH, 4, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("share", [None, 0.0, 0.5, 1.0])
@pytest.mark.parametrize("memory", ASKED + NONE_ASKED)
def test_hardened_before_during_and_after_its_turn_to_choosing(memory, share):
    way = "hardened, price alone" if share is None else "hardened"
    network = of(memory, *WAYS[way])
    if share is not None:
        network.estimator.share.value.fill_(share)
    same(network, sequence())
    same(network.eval(), sequence(5))


@pytest.mark.parametrize("estimator", DRAWN)
@pytest.mark.parametrize("memory", ASKED)
def test_estimators_that_draw_in_training(memory, estimator):
    same(of(memory, estimator, DRAWN[estimator]), sequence())


@pytest.mark.parametrize("name", list(estimators))
@pytest.mark.parametrize("memory", ["attention", "slots, routed", "delta", "mlstm, softmax"])
def test_every_estimator_at_test(memory, name):
    same(of(memory, name).eval(), sequence(20))


@pytest.mark.parametrize("use_first", [True, False])
def test_annealed_draws_as_the_one_in_use(use_first):
    network = of("slots, routed", "annealed", {"first": "gumbel", "then": "reinforce"})
    network.estimator.use_first.fill_(use_first)
    same(network, sequence())


@pytest.mark.parametrize("estimator", ["hardened", "gumbel"])
def test_slots_that_fade_at_once_draw_once(estimator, monkeypatch):
    cut, in_halves = [], slots._in_halves
    monkeypatch.setattr(slots, "_in_halves", lambda *call: cut.append(1) or in_halves(*call))
    network = unfed(
        "slots", estimator, options={"damping": 1.0}, estimator_options=WAYS[estimator][1]
    ).double()
    with torch.no_grad():
        network.cell.interface.linear.weight.mul_(20.0)
    if estimator == "hardened":
        network.estimator.share.value.fill_(0.5)
    # gradients of weights so large are large as well
    same(network, sequence(), rtol=1e-9)
    assert cut


def test_episodes_that_begin_at_different_steps_draw_in_order():
    network = of("slots, routed", "reinforce")
    starts_TB = torch.zeros(40, BATCH, dtype=torch.bool)
    starts_TB[13, 0] = starts_TB[29, 1] = True
    same(network, sequence(40), None, starts_TB)
