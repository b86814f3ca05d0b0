"""Small rollouts and the terms of a loss over them, in float64."""

import torch

from memnets.registry import regularisers

from .building import built

STEPS, BATCH, INPUTS, SLOTS = 5, 3, 4, 6


def small(cell="ntm", estimator="soft", **options):
    options = {"slots": SLOTS, "width": 3} | options if cell != "none" else {}
    return built(cell, estimator, cell_options=options)


def run(network, inputs_TBX=None):
    """Random bits, and the rollout over them, in float64."""
    if inputs_TBX is None:
        inputs_TBX = torch.randint(2, (STEPS, BATCH, INPUTS)).double()
    return network.double()(inputs_TBX), inputs_TBX


def term(name, network, **options):
    return regularisers.get(name)(network, **options).double()


def weightings(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator).softmax(-1)


def sources():
    """Of the last two steps the answers lie in earlier ones, of one in none."""
    sources_TB = torch.full((STEPS, BATCH), -1)
    sources_TB[3], sources_TB[4] = torch.tensor([0, 2, 1]), torch.tensor([2, -1, 0])
    return sources_TB
