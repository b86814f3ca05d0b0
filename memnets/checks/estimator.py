"""The contract of an estimator, shipped so that plug-in authors can run it.

    from memnets.testing import check_estimator
    check_estimator(Mine())

A broken contract raises AssertionError with one sentence that says what does not hold.
"""

from __future__ import annotations

import torch

from ..estimators import ONE_SLOT, Estimator
from .address import check_address, require

BATCH = 3


def check_estimator(estimator: Estimator) -> None:
    """Run the contract on an estimator: legal addresses, the no-op, the mode in `eval()`, draws."""
    torch.manual_seed(0)
    weighting_BHN = torch.rand(BATCH, 2, 6).softmax(-1) * torch.rand(BATCH, 2, 1)
    for training in (True, False):
        estimator.train(training)
        check_address(estimator(weighting_BHN), slots=6, where=f"training={training}")
        check_address(estimator(torch.zeros(BATCH, 2, 6)), slots=6, where="an empty weighting")
    require(
        torch.equal(estimator(weighting_BHN).dense(6), estimator(weighting_BHN).dense(6)),
        "eval() is not deterministic",
    )
    for training in (True, False):
        _check_draws(estimator.train(training), weighting_BHN)
    if estimator.repeatable:
        at_test = estimator(weighting_BHN).dense(6)
        in_training = estimator.train()(weighting_BHN).dense(6)
        require(torch.equal(in_training, at_test), "train() is not repeatable")
        estimator.eval()
    if estimator.at_test == ONE_SLOT:
        weights_BHN = estimator(weighting_BHN).dense(6)
        require(bool(((weights_BHN == 0) | (weights_BHN == 1)).all()), "eval() is not discrete")
        rest_BH1 = 1 - weighting_BHN.sum(-1, keepdim=True)
        mode_BH = torch.cat([weighting_BHN, rest_BH1], -1).argmax(-1)
        chosen_BH = torch.cat([weights_BHN, 1 - weights_BHN.sum(-1, keepdim=True)], -1).argmax(-1)
        require(torch.equal(mode_BH, chosen_BH), "eval() does not take the mode")


def _check_draws(estimator: Estimator, weighting_BHN: torch.Tensor) -> None:
    """That it draws nothing where it says so, and draws ahead what it would draw step by step."""
    steps, before = (weighting_BHN, weighting_BHN.flip(-1)), torch.get_rng_state()
    expected_BHN = torch.cat([estimator(step_BHN).dense(6) for step_BHN in steps])
    after, in_force = torch.get_rng_state(), estimator.in_force()
    if not estimator.draws:
        require(torch.equal(before, after), "it draws random numbers, and `draws` is False")
    elif in_force.draws_ahead:
        torch.set_rng_state(before)
        drawn_BHU = torch.cat([in_force.draw(step_BHN) for step_BHN in steps])
        require(
            torch.equal(after, torch.get_rng_state()), "`draw` draws other numbers than `forward`"
        )
        found_BHN = in_force(torch.cat(steps), drawn_BHU).dense(6)
        same = torch.allclose(found_BHN, expected_BHN)
        require(same, "with the numbers of `draw` it makes another address")
