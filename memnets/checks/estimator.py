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
    """Run the contract on an estimator: legal addresses, the no-op, the mode in `eval()`."""
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
