"""A cell step by step, beside which its paper is written a second time."""

import numpy as np
import torch

BATCH, STEPS = 2, 20


def unrolled(cell, hidden):
    """Random parameters and inputs in float64, and what the cell makes of them.

    Gives its parameters as arrays, the inputs of each row of the batch, and for each row the reads
    and dense addresses step by step.
    """
    cell = cell.double().eval()
    for parameter in cell.parameters():
        torch.nn.init.normal_(parameter)
    parameters = {key: value.numpy() for key, value in cell.state_dict().items()}
    inputs = torch.randn(STEPS, BATCH, hidden, dtype=torch.float64)
    state, steps = cell.initial_state(BATCH), []
    with torch.no_grad():
        for h_BC in inputs:
            read, state, address = cell(h_BC, state)
            steps.append((read.numpy(), address.dense(cell.slots).numpy()))
    rows = [[(read[row], weights[row]) for read, weights in steps] for row in range(BATCH)]
    return parameters, [inputs[:, row].numpy() for row in range(BATCH)], rows


def assert_same(steps, naive, atol=1e-10):
    """Reads and addresses of one row are those of its second writing, an iterator of such pairs."""
    for (read, weights), (expected, where) in zip(steps, naive, strict=True):
        np.testing.assert_allclose(weights.reshape(where.shape), where, rtol=0, atol=atol)
        np.testing.assert_allclose(read, expected, rtol=0, atol=atol)
