"""Least recently used access: the whole cell against a loop, and the order of its slots."""

import numpy as np
import pytest
import torch

from memnets.equations import sparse
from memnets.registry import cells, estimators

B, H, N, W, HIDDEN, STEPS = 2, 2, 6, 3, 5, 20


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def cut(row, keep):
    kept = sorted(range(len(row)), key=lambda i: -row[i])[:keep]
    return np.array([x if i in kept else 0.0 for i, x in enumerate(row)])


def naive_lrua(p, inputs, start, use, *, strong=False, read_first=False, decay=0.95):
    memory, usage, reads = start.copy(), np.zeros(N), np.zeros((H, N))
    for h in inputs:
        raw = p["interface.linear.weight"] @ h + p["interface.linear.bias"]
        keys, gate, strength = np.split(raw, np.cumsum([H * W, H]))
        keys, before, memory = keys.reshape(H, W), memory, memory.copy()
        unused = sorted(range(N), key=lambda i: (usage[i], i))[:H]
        memory[unused] = 0
        writes, chosen = np.zeros((H, N)), np.zeros((H, N))
        for head in range(H):
            for i in range(N):
                alpha = sigmoid(gate[head])
                writes[head, i] = alpha * reads[head, i] + (1 - alpha) * (unused[head] == i)
                memory[i] += writes[head, i] * keys[head]
        source = before if read_first else memory
        for head, key in enumerate(keys):
            norms = np.linalg.norm(key) * np.linalg.norm(source, axis=1) + 1e-8
            sharp = 1 + np.log1p(np.exp(strength[head])) if strong else 1.0
            scores = np.exp(sharp * (source @ key) / norms)
            chosen[head] = use(scores / scores.sum())
        reads = chosen
        usage = decay * usage + writes.sum(0) + reads.sum(0)
        yield (reads @ source).ravel(), np.concatenate([writes, reads])


@pytest.mark.parametrize(
    ("estimator", "options", "use"),
    [
        ("soft", {}, lambda w: w),
        ("top_k", {"k": 3}, lambda w: cut(w, 3)),
        ("reinforce", {}, lambda w: np.eye(N)[w.argmax()]),
    ],
)
@pytest.mark.parametrize("strong", [False, True])
@pytest.mark.parametrize("read_first", [False, True])
def test_lrua_unrolled_is_its_paper_written_twice(estimator, options, use, strong, read_first):
    make = estimators.get(estimator)(**options)
    sizes = {"slots": N, "width": W, "heads": H, "key_strength": strong, "read_first": read_first}
    cell = cells.get("lrua")(HIDDEN, make, **sizes).double().eval()
    for parameter in cell.parameters():
        torch.nn.init.normal_(parameter)
    p = {key: value.numpy() for key, value in cell.state_dict().items()}
    inputs = torch.randn(STEPS, B, HIDDEN, dtype=torch.float64)
    start = torch.randn(B, N, W, dtype=torch.float64)
    state, steps = cell.initial_state(B)._replace(memory_BNW=start), []
    with torch.no_grad():
        for h_BC in inputs:
            read, state, address = cell(h_BC, state)
            steps.append((read, address.dense(N)))
    for row in range(B):
        options = {"strong": strong, "read_first": read_first}
        naive = naive_lrua(p, inputs[:, row].numpy(), start[row].numpy(), use, **options)
        for (read, weights), expected in zip(steps, naive, strict=True):
            np.testing.assert_allclose(weights[row], expected[1], rtol=0, atol=1e-10)
            np.testing.assert_allclose(read[row], expected[0], rtol=0, atol=1e-10)


def test_with_an_open_write_gate_the_write_weights_are_those_of_mann():
    reads = torch.rand(B, H, N, dtype=torch.float64).softmax(-1)
    alpha, least = torch.rand(B, H, dtype=torch.float64), torch.randint(N, (B, H))
    write = sparse.write_address(reads, None, least, torch.ones_like(alpha), alpha).dense(N)
    for b in range(B):
        for h in range(H):
            for i in range(N):
                fresh = (1 - alpha[b, h]) * (least[b, h] == i)
                expected = alpha[b, h] * reads[b, h, i] + fresh
                np.testing.assert_allclose(write[b, h, i], expected, rtol=0, atol=1e-10)


def test_while_nothing_is_reread_slots_are_used_in_turn():
    """A closed read gate: each step takes the least used slot, the one written longest ago."""
    cell = cells.get("lrua")(HIDDEN, estimators.get("soft")(), slots=4, width=W, heads=1)
    torch.nn.init.constant_(cell.interface.bias_of("read_gate"), -50.0)
    state, written = cell.initial_state(1), []
    for _ in range(4):
        _, state, address = cell(torch.zeros(1, HIDDEN), state)
        written.append(int(address.dense(4)[0, 0].argmax()))
    assert written == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "width must be a whole number, at least 1"),
        ({"heads": 9, "slots": 8}, "at most the 8 slots, not 9"),
        ({"usage_decay": 0.0}, "usage_decay must be above 0 and at most 1"),
    ],
)
def test_lrua_refuses_options_that_make_no_memory(options, message):
    with pytest.raises(ValueError, match=message):
        cells.get("lrua")(HIDDEN, estimators.get("soft")(), **options)
