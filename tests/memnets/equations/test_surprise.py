"""The gradients of a memory's surprise, written out, against autograd and differences."""

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from memnets.equations import surprise

B, N, Z, W = 3, 5, 4, 2
EXACT = {"rtol": 0, "atol": 1e-10}


def normal(*shape, seed=0):
    values = torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return values.requires_grad_()


def linear():
    return normal(B, N, W), normal(B, N, seed=1), normal(B, W, seed=2)


def layered():
    return normal(B, N, Z), normal(B, N, W, seed=1), normal(B, Z, seed=2), normal(B, W, seed=3)


def autograd_linear(memory, key, value):
    off = torch.einsum("bn,bnw->bw", key, memory) - value
    return torch.autograd.grad(off.square().sum(), memory, create_graph=True)


def autograd_layers(keys, memory, key, value):
    before = torch.einsum("bnz,bz->bn", keys, key)
    hidden = before / (1 + (-before).exp()) / N**0.5
    off = torch.einsum("bn,bnw->bw", hidden, memory) - value
    return torch.autograd.grad(off.square().sum(), (keys, memory), create_graph=True)


def ours_linear(memory, key, value):
    return (surprise.linear_gradient(memory, key, value),)


def ours_layers(keys, memory, key, value):
    return surprise.layers_gradient(surprise.Layers(keys, memory), key, value)


@pytest.mark.parametrize(
    ("ours", "theirs", "inputs"),
    [(ours_linear, autograd_linear, linear), (ours_layers, autograd_layers, layered)],
)
def test_the_gradient_of_the_surprise_and_its_own_gradients_are_those_of_autograd(
    ours, theirs, inputs
):
    inputs = inputs()
    found, expected = ours(*inputs), theirs(*inputs)
    torch.testing.assert_close(tuple(found), tuple(expected), **EXACT)
    weights = [normal(*part.shape, seed=7 + i).detach() for i, part in enumerate(expected)]
    again = [
        torch.autograd.grad(
            sum((w * part).sum() for w, part in zip(weights, parts, strict=True)), inputs
        )
        for parts in (found, expected)
    ]
    torch.testing.assert_close(*again, **EXACT)


def test_what_is_recalled_is_a_loop():
    memory, key, _ = (part.detach() for part in linear())
    found = surprise.linear_recall(memory, key)
    for b in range(B):
        for w in range(W):
            expected = sum(key[b, n].item() * memory[b, n, w].item() for n in range(N))
            np.testing.assert_allclose(found[b, w], expected, **EXACT)
    keys, memory, key, _ = (part.detach() for part in layered())
    found = surprise.layers_recall(surprise.Layers(keys, memory), key)
    for b in range(B):
        expected = np.zeros(W)
        for n in range(N):
            a = sum(keys[b, n, z].item() * key[b, z].item() for z in range(Z))
            expected += a / (1 + np.exp(-a)) / np.sqrt(N) * memory[b, n].numpy()
        np.testing.assert_allclose(found[b], expected, **EXACT)


def test_momentum_and_forgetting_are_a_loop():
    memory, gradient, fading = normal(B, N, W), normal(B, N, W, seed=1), normal(B, N, W, seed=2)
    keep, rate, forget = (normal(B, seed=seed) for seed in (3, 4, 5))
    moved = surprise.momentum(fading, gradient, keep, rate)
    found = surprise.learned(memory, moved, forget)
    for b in range(B):
        for n in range(N):
            for w in range(W):
                s = keep[b] * fading[b, n, w] - rate[b] * gradient[b, n, w]
                m = (1 - forget[b]) * memory[b, n, w] + s
                np.testing.assert_allclose(found[b, n, w].item(), m.item(), **EXACT)


def test_half_a_step_on_a_unit_key_stores_its_value_exactly():
    memory, key, value = (part.detach() for part in linear())
    key = key / key.norm(dim=-1, keepdim=True)
    gradient = surprise.linear_gradient(memory, key, value)
    zero, half = torch.zeros(B).double(), torch.full((B,), 0.5).double()
    moved = surprise.momentum(torch.zeros_like(memory), gradient, zero, half)
    found = surprise.linear_recall(surprise.learned(memory, moved, zero), key)
    torch.testing.assert_close(found, value, **EXACT)


def test_gradients():
    assert gradcheck(surprise.linear_gradient, linear())
    assert gradcheck(ours_layers, layered())
    assert gradcheck(surprise.linear_recall, linear()[:2])
    keys, memory, key, _ = layered()
    recall = surprise.layers_recall
    assert gradcheck(lambda a, b, c: recall(surprise.Layers(a, b), c), (keys, memory, key))
    parts, gates = [normal(B, N, W, seed=i) for i in range(2)], [normal(B, seed=i) for i in (3, 4)]
    assert gradcheck(surprise.momentum, (*parts, *gates))
    assert gradcheck(surprise.learned, (*parts, gates[0]))
