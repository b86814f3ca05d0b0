"""Weightings to choose from, with their modes, and an address of given log-probabilities."""

import torch

from memnets.types import Address

WEIGHTING = torch.tensor([[[0.1, 0.4, 0.2], [0.1, 0.1, 0.1], [0.5, 0.0, 0.5], [0.0, 0.0, 0.0]]])
MODE = torch.tensor([[[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]])


def address(log_prob_TBH, entropy_TBH=None):
    log_prob_TBH = torch.as_tensor(log_prob_TBH)
    nothing = torch.zeros_like(log_prob_TBH)
    return Address(
        nothing[..., None], None, log_prob_TBH, nothing if entropy_TBH is None else entropy_TBH
    )
