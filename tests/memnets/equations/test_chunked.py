"""Whole sequences at once against their steps, in outputs, memories and gradients."""

import pytest
import torch
from torch.autograd import gradcheck
from torch.nn.functional import logsigmoid

from memnets.equations import chunked, fast_weights, matrix_memory
from memnets.types import Address

B, H, N, W = 2, 2, 5, 3
EXACT = {"rtol": 0, "atol": 1e-10}
CUTS = [(1, 4), (12, 4), (13, 4), (13, 1), (30, 8), (7, 64)]


def normal(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def delta_inputs(steps, keys, gated):
    raw = normal(B, H, steps, N), normal(B, H, steps, N, seed=1)
    query, key = (
        x.softmax(-1) if keys == "softmax" else fast_weights.unit_features(x) for x in raw
    )
    rate = normal(B, H, steps, seed=3).sigmoid()
    decay = [logsigmoid(normal(B, H, steps, seed=4))] if gated else []
    value, memory = normal(B, H, steps, W, seed=2), normal(B, H, N, W, seed=5)
    return [x.requires_grad_() for x in (memory, query, key, value, rate, *decay)]


def delta_steps(memory, query, key, value, rate, log_decay=None):
    reads = []
    for t in range(query.shape[2]):
        if log_decay is not None:
            memory = log_decay[:, :, t, None, None].exp() * memory
        write = Address.of(key[:, :, t])
        memory = fast_weights.delta(memory, write, value[:, :, t], rate[:, :, t])
        reads.append(fast_weights.recall(memory, Address.of(query[:, :, t])))
    return torch.stack(reads, 2), memory


def matrix_inputs(steps, scale=1.0):
    query, key = normal(B, H, steps, N), normal(B, H, steps, N, seed=1)
    gates = scale * normal(B, H, steps, seed=3), scale * normal(B, H, steps, seed=4)
    state = normal(B, H, N, W, seed=5), normal(B, H, N, seed=6), normal(B, H, seed=7)
    sequence = query, key, normal(B, H, steps, W, seed=2), logsigmoid(gates[0]), gates[1]
    return [x.requires_grad_() for x in (*state, *sequence)]


def matrix_chunks(memory, keys, m, *sequence, chunk=4):
    reads, after = chunked.matrix(chunked.Matrix(memory, keys, m), *sequence, chunk=chunk)
    return reads, *after


def matrix_steps(memory, keys, m, query, key, value, log_forget, log_input):
    reads = []
    for t in range(query.shape[2]):
        m, forget, gate = matrix_memory.stabilised(log_forget[:, :, t], log_input[:, :, t], m)
        write, read = Address.of(key[:, :, t]), Address.of(query[:, :, t])
        gate, kept = gate[..., None], forget[..., None, None]
        memory = fast_weights.store(kept * memory, write, gate * value[:, :, t])
        keys = fast_weights.store(kept * keys[..., None], write, gate)[..., 0]
        mass = fast_weights.recall(keys[..., None], read)[..., 0]
        reads.append(matrix_memory.normalised(fast_weights.recall(memory, read), mass, m))
    return torch.stack(reads, 2), memory, keys, m


def same(found, expected, inputs):
    torch.testing.assert_close(tuple(found), tuple(expected), **EXACT)
    weights = [normal(*part.shape, seed=20 + i) for i, part in enumerate(expected)]
    gradients = [
        torch.autograd.grad(
            sum((w * part).sum() for w, part in zip(weights, parts, strict=True)), inputs
        )
        for parts in (found, expected)
    ]
    torch.testing.assert_close(*gradients, **EXACT)


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("keys", ["softmax", "l2"])
@pytest.mark.parametrize(("steps", "chunk"), CUTS)
def test_the_delta_rule_in_chunks_is_its_steps_in_outputs_and_gradients(steps, chunk, keys, gated):
    inputs = delta_inputs(steps, keys, gated)
    same(chunked.delta(*inputs, chunk=chunk), delta_steps(*inputs), inputs)


@pytest.mark.parametrize("scale", [1.0, 20.0])
@pytest.mark.parametrize(("steps", "chunk"), CUTS)
def test_a_matrix_memory_in_chunks_is_its_steps_in_outputs_and_gradients(steps, chunk, scale):
    inputs = matrix_inputs(steps, scale)
    same(matrix_chunks(*inputs, chunk=chunk), matrix_steps(*inputs), inputs)


def test_one_chunk_from_an_empty_memory_is_the_parallel_form():
    *_, query, key, value, forget, gate = matrix_inputs(11)
    start = torch.full((B, H), matrix_memory.STABILISER_START, dtype=torch.float64)
    zeros = torch.zeros(B, H, N, W, dtype=torch.float64)
    empty = chunked.Matrix(zeros, zeros[..., 0], start)
    found, _ = chunked.matrix(empty, query, key, value, forget, gate)
    expected = matrix_memory.parallel(query, key, value, forget, gate)
    torch.testing.assert_close(found, expected, **EXACT)


def test_gates_that_close_altogether_are_finite_in_single_precision():
    inputs = delta_inputs(40, "l2", gated=True)
    inputs[-1] = torch.full((B, H, 40), -1e4)
    inputs = [part.detach().float().requires_grad_() for part in inputs]
    reads, memory = chunked.delta(*inputs, chunk=16)
    (reads.sum() + memory.sum()).backward()
    assert all(part.isfinite().all() for part in (reads, memory, *(x.grad for x in inputs)))


def test_gradients():
    assert gradcheck(lambda *x: chunked.delta(*x, chunk=2), delta_inputs(5, "l2", gated=True))
    assert gradcheck(lambda *x: matrix_chunks(*x, chunk=2), matrix_inputs(5))
