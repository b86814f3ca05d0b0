"""Sparse access memory: each equation and the whole cell against loops, and what it promises."""

import numpy as np
import pytest
import torch

from memnets.equations import sparse
from memnets.registry import cells, estimators
from memnets.types import Address

B, H, N, W, HIDDEN, STEPS = 2, 2, 6, 3, 5, 20
EXACT = {"rtol": 0, "atol": 1e-10}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def naive_content(memory, key, strength):
    norms = [np.linalg.norm(key) * np.linalg.norm(row) + 1e-8 for row in memory]
    scores = np.exp(
        [strength * (key @ row) / norm for row, norm in zip(memory, norms, strict=True)]
    )
    return scores / scores.sum()


def truncated(k):
    def use(weighting):
        kept = sorted(range(len(weighting)), key=lambda i: -weighting[i])[:k]
        return np.array([w if i in kept else 0.0 for i, w in enumerate(weighting)])

    return use


def least(usage, count):
    return sorted(range(len(usage)), key=lambda i: (usage[i], i))[:count]


def naive_sam(p, inputs, start, use, *, heads=H, decay=None, strong=True):
    memory, usage, reads = start.copy(), np.zeros(N), np.zeros((heads, N))
    for time, h in enumerate(inputs, 1):
        raw = p["interface.linear.weight"] @ h + p["interface.linear.bias"]
        sizes = np.cumsum([heads * W, heads * W, heads, heads])
        query, add, alpha, gamma, strength = np.split(raw, sizes)
        query, add = query.reshape(heads, W), add.reshape(heads, W)
        unused = least(usage, heads)
        memory = memory.copy()
        memory[unused] = 0
        writes = np.zeros((heads, N))
        for head in range(heads):
            a, g = sigmoid(alpha[head]), sigmoid(gamma[head])
            writes[head] = a * (g * reads[head] + (1 - g) * np.eye(N)[unused[head]])
        for i in range(N):
            for head in range(heads):
                memory[i] += writes[head, i] * add[head]
        powers = 1 + np.log1p(np.exp(strength)) if strong else np.ones(heads)
        reads = np.array(
            [use(naive_content(memory, query[head], powers[head])) for head in range(heads)]
        )
        touched = writes.sum(0) + reads.sum(0)
        if decay is None:
            usage = np.where(touched > 0.005, time, usage)
        else:
            usage = decay * usage + touched
        yield (reads @ memory).ravel(), np.concatenate([writes, reads])


@pytest.mark.parametrize(
    ("estimator", "options", "use"),
    [
        ("soft", {}, lambda w: w),
        ("top_k", {"k": 3}, truncated(3)),
        ("top_k", {"k": 1}, truncated(1)),
        ("straight_through", {}, lambda w: np.eye(N)[w.argmax()]),
        ("reinforce", {}, lambda w: np.eye(N)[w.argmax()]),
    ],
)
@pytest.mark.parametrize("cell_options", [{}, {"usage_decay": 0.9}, {"key_strength": False}])
def test_sam_unrolled_is_its_paper_written_twice(estimator, options, use, cell_options):
    make = estimators.get(estimator)(**options)
    cell = cells.get("sam")(HIDDEN, make, slots=N, width=W, heads=H, **cell_options)
    cell = cell.double().eval()
    for parameter in cell.parameters():
        torch.nn.init.normal_(parameter)
    p = {key: value.numpy() for key, value in cell.state_dict().items()}
    inputs = torch.randn(STEPS, B, HIDDEN, dtype=torch.float64)
    # equal rows would leave it to rounding which of them are the largest
    start = torch.randn(B, N, W, dtype=torch.float64)
    state, steps = cell.initial_state(B)._replace(memory_BNW=start), []
    with torch.no_grad():
        for h_BC in inputs:
            read, state, address = cell(h_BC, state)
            steps.append((read, address.dense(N)))
    decay, strong = cell_options.get("usage_decay"), cell_options.get("key_strength", True)
    for row in range(B):
        naive = naive_sam(
            p, inputs[:, row].numpy(), start[row].numpy(), use, decay=decay, strong=strong
        )
        for (read, weights), expected in zip(steps, naive, strict=True):
            np.testing.assert_allclose(read[row], expected[0], rtol=0, atol=1e-10)
            np.testing.assert_allclose(weights[row], expected[1], rtol=0, atol=1e-10)


def test_slots_are_taken_in_the_order_in_which_they_were_last_accessed():
    last = torch.zeros(1, 5, dtype=torch.float64)
    for time, slot in enumerate([3, 0, 4, 3, 2], 1):
        accessed = torch.eye(5, dtype=torch.float64)[slot : slot + 1]
        last = sparse.last_access(last, accessed, torch.tensor([float(time)]).double())
    assert last.tolist() == [[2, 0, 5, 4, 3]]
    assert sparse.least_used(last, 5).tolist() == [[1, 0, 4, 3, 2]]


def test_unused_slots_are_taken_from_the_lowest_index():
    assert sparse.least_used(torch.zeros(2, 4), 3).tolist() == [[0, 1, 2]] * 2


def test_an_access_counts_above_the_threshold_only():
    last, time = torch.zeros(1, 3), torch.tensor([7.0])
    accessed = torch.tensor([[0.0049, 0.005, 0.0051]])
    assert sparse.last_access(last, accessed, time).tolist() == [[0, 0, 7]]


def test_discounted_access_sums_what_was_accessed():
    touched = torch.rand(9, B, N, dtype=torch.float64)
    usage = torch.zeros(B, N, dtype=torch.float64)
    for accessed in touched:
        usage = sparse.discounted_access(usage, accessed, 0.8)
    expected = sum(0.8 ** (8 - t) * touched[t].numpy() for t in range(9))
    np.testing.assert_allclose(usage, expected, **EXACT)


def gates(requires_grad=False):
    return [torch.rand(B, H, dtype=torch.float64, requires_grad=requires_grad) for _ in range(2)]


def test_the_write_goes_to_the_previous_read_and_the_least_used_slot():
    reads = torch.rand(B, H, N, dtype=torch.float64).softmax(-1)
    lra, (alpha, gamma) = torch.randint(N, (B, H)), gates()
    write = sparse.write_address(reads, None, lra, alpha, gamma).dense(N)
    for b in range(B):
        for h in range(H):
            for i in range(N):
                mixed = gamma[b, h] * reads[b, h, i] + (1 - gamma[b, h]) * (lra[b, h] == i)
                np.testing.assert_allclose(write[b, h, i], alpha[b, h] * mixed, **EXACT)


def test_a_sparse_read_gives_a_sparse_write_of_one_slot_more():
    reads, slots = torch.rand(B, H, 2, dtype=torch.float64) / 2, torch.randint(N, (B, H, 2))
    lra, (alpha, gamma) = torch.randint(N, (B, H)), gates()
    write = sparse.write_address(reads, slots, lra, alpha, gamma)
    assert write.slots_BHK.shape == (B, H, 3)
    dense = Address(reads, slots, alpha, alpha).dense(N)
    expected = sparse.write_address(dense, None, lra, alpha, gamma).dense(N)
    np.testing.assert_allclose(write.dense(N), expected, **EXACT)


@pytest.mark.parametrize("slots", [None, torch.randint(N, (B, H, 3))])
def test_adding_is_a_sum_of_outer_products_and_clearing_zeroes_rows(slots):
    memory = torch.randn(B, N, W, dtype=torch.float64)
    weights = torch.rand(B, H, N if slots is None else 3, dtype=torch.float64)
    add, nothing = torch.randn(B, H, W, dtype=torch.float64), torch.zeros(B, H)
    address = Address(weights, slots, nothing, nothing)
    expected = memory.clone()
    for b in range(B):
        for h in range(H):
            for k in range(weights.shape[-1]):
                expected[b, k if slots is None else slots[b, h, k]] += weights[b, h, k] * add[b, h]
    np.testing.assert_allclose(sparse.add(memory, address, add), expected, **EXACT)
    cleared = sparse.clear(memory, torch.tensor([[0, 2], [5, 1]]))
    memory[0, [0, 2]] = memory[1, [5, 1]] = 0
    assert torch.equal(cleared, memory)


def test_the_gradients_of_the_write_are_those_of_central_differences():
    lra, slots = torch.tensor([[0, 3], [5, 5]]), torch.tensor([[[1, 2], [3, 4]], [[0, 5], [2, 0]]])

    def written(memory, reads, alpha, gamma, add):
        write = sparse.write_address(reads, slots, lra, alpha, gamma)
        return sparse.add(sparse.clear(memory, lra), write, add)

    memory = torch.randn(B, N, W, dtype=torch.float64, requires_grad=True)
    reads = torch.rand(B, H, 2, dtype=torch.float64, requires_grad=True)
    add = torch.randn(B, H, W, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(written, (memory, reads, *gates(True), add))
    usage = torch.rand(B, N, dtype=torch.float64, requires_grad=True)
    accessed = torch.rand(B, N, dtype=torch.float64, requires_grad=True)
    discounted = lambda u, a: sparse.discounted_access(u, a, 0.7)  # noqa: E731
    assert torch.autograd.gradcheck(discounted, (usage, accessed))


@pytest.mark.parametrize("slots", [20, 200])
def test_a_step_changes_and_reads_a_number_of_rows_that_does_not_grow_with_memory(slots):
    cell = cells.get("sam")(HIDDEN, estimators.get("top_k")(k=4), slots=slots, width=W, heads=2)
    state = cell.initial_state(1)
    for _ in range(4):
        before = state
        _, state, address = cell(torch.randn(1, HIDDEN), state)
    assert address.weights_BHK.shape[-1] == 5
    changed = (before.memory_BNW != state.memory_BNW).any(-1).sum()
    assert 0 < changed <= 2 * 5


def test_no_head_writes_over_the_slot_that_another_starts():
    cell = cells.get("sam")(HIDDEN, estimators.get("soft")(), slots=N, width=W, heads=4)
    _, _, address = cell(torch.randn(B, HIDDEN), cell.initial_state(B))
    fresh = address.dense(N)[:, :4]
    assert fresh.argmax(-1).tolist() == [[0, 1, 2, 3]] * B


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 0}, "heads must be a whole number, at least 1"),
        ({"heads": 9, "slots": 8}, "at most the 8 slots, not 9"),
        ({"usage_decay": 1.5}, "usage_decay must be above 0 and at most 1"),
    ],
)
def test_sam_refuses_options_that_make_no_memory(options, message):
    with pytest.raises(ValueError, match=message):
        cells.get("sam")(HIDDEN, estimators.get("soft")(), **options)
