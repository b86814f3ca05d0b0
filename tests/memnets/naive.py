"""What the second writings of the papers share: numpy, one batch row, loops; nothing of ours."""

import numpy as np
import torch

STEPS, BATCH, HIDDEN, EXTERNAL, N, W, A = 20, 2, 6, 3, 5, 3, 2
TIE = 1e-5


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.log1p(np.exp(x))


def oneplus(x):
    return 1 + softplus(x)


def relu(x):
    return np.maximum(x, 0)


def softmax(x):
    return np.exp(x - x.max()) / np.exp(x - x.max()).sum()


def cosine(key, row):
    return key @ row / (np.linalg.norm(key) * np.linalg.norm(row) + 1e-8)


def content(memory, key, strength):
    return softmax(np.array([strength * cosine(key, row) for row in memory]))


def soft(weighting):
    return weighting


def mode(weighting):
    """One slot or none: of those that tie with the most probable but for rounding, the first."""
    probabilities = np.array([*weighting, 1 - weighting.sum()])
    choice = int(np.argmax(probabilities >= (1 - TIE) * probabilities.max()))
    return np.eye(len(weighting) + 1)[choice, :-1]


USES = [("soft", soft), ("reinforce", mode)]


def written(memory, addresses, erases, adds):
    memory = memory.copy()
    for address, erase in zip(addresses, erases, strict=True):
        memory *= 1 - np.outer(address, erase)
    for address, add in zip(addresses, adds, strict=True):
        memory += np.outer(address, add)
    return memory


class Raw:
    """The interface's output for one controller output, cut in the order of the layout."""

    def __init__(self, parameters, h, layout):
        values = parameters["interface.linear.weight"] @ h + parameters["interface.linear.bias"]
        start = 0
        for name, shape in layout.items():
            size = int(np.prod(shape))
            setattr(self, name, values[start : start + size].reshape(shape))
            start += size
        assert start == len(values)


def scattered(module):
    """The module in float64 and eval(), its parameters normal: small ones miss branches."""
    torch.manual_seed(1)
    for parameter in module.double().eval().parameters():
        torch.nn.init.normal_(parameter)
    return module


def arrays(module):
    return {name: value.numpy() for name, value in module.state_dict().items()}


@torch.no_grad()
def agrees(cell, naive):
    """Unrolls a cell beside `naive(parameters, inputs)`, a generator of reads and addresses."""
    scattered(cell)
    inputs = torch.randn(STEPS, BATCH, HIDDEN + EXTERNAL, dtype=torch.float64)
    state, reads, addresses = cell.initial_state(BATCH), [], []
    for both in inputs:
        h_BC, x_BX = both.split([HIDDEN, EXTERNAL], -1)
        read, state, address = cell(h_BC, state, *((x_BX,) if cell.takes_input else ()))
        reads.append(read)
        addresses.append(address.dense(N))
    for row in range(BATCH):
        pairs = [np.split(both.numpy(), [HIDDEN]) for both in inputs[:, row]]
        for step, (read, weights) in enumerate(naive(arrays(cell), pairs)):
            np.testing.assert_allclose(addresses[step][row], weights, rtol=0, atol=1e-10)
            np.testing.assert_allclose(reads[step][row], read, rtol=1e-10, atol=1e-10)
