"""The matrix memory of xLSTM: its parallel form, its steps, and the same without a stabiliser."""

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck
from torch.nn.functional import logsigmoid

from memnets.equations import fast_weights, matrix_memory
from memnets.types import Address

B, H, T, N, W = 2, 2, 9, 4, 3
EXACT = {"rtol": 0, "atol": 1e-10}


def normal(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def sequence(scale=1.0, steps=T, exponential=False):
    """Queries, keys, values, logarithms of the gates of forgetting and of input."""
    raw = normal(B, H, steps, seed=3) * scale
    return (
        normal(B, H, steps, N),
        normal(B, H, steps, N, seed=1),
        normal(B, H, steps, W, seed=2),
        raw if exponential else logsigmoid(raw),
        normal(B, H, steps, seed=4) * scale,
    )


def steps(query, key, value, log_forget, log_input):
    """The recurrent form, step after step."""
    memory, keys = torch.zeros(B, H, N, W).to(query), torch.zeros(B, H, N, 1).to(query)
    m = torch.full((B, H), matrix_memory.STABILISER_START).to(query)
    found = []
    for t in range(query.shape[2]):
        m, forget, gate = matrix_memory.stabilised(log_forget[:, :, t], log_input[:, :, t], m)
        write, read = Address.of(key[:, :, t]), Address.of(query[:, :, t])
        kept, gate = forget[..., None, None], gate[..., None]
        memory = fast_weights.store(kept * memory, write, gate * value[:, :, t])
        keys = fast_weights.store(kept * keys, write, gate)
        parts = fast_weights.recall(memory, read), fast_weights.recall(keys, read).squeeze(-1)
        found.append(matrix_memory.normalised(*parts, m))
    return torch.stack(found, 2)


def plain(query, key, value, log_forget, log_input):
    """One row and head, numbers alone, no stabiliser."""
    C, n, found = np.zeros((W, N)), np.zeros(N), []
    for q, k, v, f, i in zip(query, key, value, log_forget, log_input, strict=True):
        for w in range(W):
            for j in range(N):
                C[w, j] = np.exp(f) * C[w, j] + np.exp(i) * v[w] * k[j]
        n = np.exp(f) * n + np.exp(i) * k
        found.append(C @ q / max(abs(n @ q), 1.0))
    return np.array(found)


@pytest.mark.parametrize("exponential", [False, True])
@pytest.mark.parametrize("form", [steps, matrix_memory.parallel])
def test_both_forms_are_a_loop_without_stabiliser(form, exponential):
    inputs = sequence(2.0, exponential=exponential)
    found = form(*inputs)
    for b in range(B):
        for h in range(H):
            expected = plain(*(part[b, h].numpy() for part in inputs))
            np.testing.assert_allclose(found[b, h], expected, **EXACT)


@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize("exponential", [False, True])
def test_the_parallel_form_is_the_recurrent_one_in_outputs_and_gradients(exponential, scale):
    inputs = [part.requires_grad_() for part in sequence(scale, 40, exponential)]
    found, expected = matrix_memory.parallel(*inputs), steps(*inputs)
    torch.testing.assert_close(found, expected, **EXACT)
    weights = normal(*found.shape, seed=7)
    ours, theirs = (
        torch.autograd.grad((form * weights).sum(), inputs) for form in (found, expected)
    )
    torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("gate", [-2e4, -90.0, 90.0, 2e4])
def test_any_gate_gives_finite_reads_and_gradients_in_single_precision(gate):
    inputs = [part.float() for part in sequence(1.0, exponential=True)]
    inputs[4] = inputs[4] + gate
    inputs = [part.detach().requires_grad_() for part in inputs]
    for form in (steps, matrix_memory.parallel):
        found = form(*inputs)
        found.sum().backward()
        assert found.isfinite().all() and all(part.grad.isfinite().all() for part in inputs)


def test_what_is_left_of_each_write_is_a_product_of_gates():
    _, _, _, log_forget, log_input = sequence()
    found = matrix_memory.log_weights(log_forget, log_input)
    for t in range(T):
        for s in range(T):
            expected = log_input[..., s] + log_forget[..., s + 1 : t + 1].sum(-1)
            if s > t:
                expected = torch.full_like(expected, -torch.inf)
            torch.testing.assert_close(found[..., t, s], expected, **EXACT)


def test_gradients():
    inputs = [part.requires_grad_() for part in sequence(steps=4)]
    assert gradcheck(matrix_memory.parallel, inputs)
    gates = [normal(B, H, seed=seed).requires_grad_() for seed in range(3)]
    assert gradcheck(matrix_memory.stabilised, gates)
    read, mass = normal(B, H, W).requires_grad_(), normal(B, H).requires_grad_()
    assert gradcheck(matrix_memory.normalised, (read, mass, gates[0]))
