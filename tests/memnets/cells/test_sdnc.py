"""The sparse DNC: links and the whole cell against loops."""

import numpy as np
import pytest
import torch

from memnets.equations import sparse
from memnets.registry import cells, estimators

B, H, N, W, HIDDEN, STEPS = 2, 2, 6, 3, 5, 20


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


def cut(row, keep):
    kept = sorted(range(len(row)), key=lambda i: -row[i])[:keep]
    return np.array([x if i in kept else 0.0 for i, x in enumerate(row)])


def naive_links(forward, backward, precedence, w, keep):
    after, before = np.zeros((N, N)), np.zeros((N, N))
    for i in range(N):
        for j in range(N):
            after[i, j] = (1 - w[i]) * forward[i, j] + w[i] * precedence[j]
            before[i, j] = (1 - w[j]) * backward[i, j] + w[j] * precedence[i]
    return np.array([cut(r, keep) for r in after]), np.array([cut(r, keep) for r in before])


def naive_sdnc(p, inputs, start, use, keep):
    memory, usage, reads = start.copy(), np.zeros(N), np.zeros((H, N))
    forward, backward = np.zeros((H, N, N)), np.zeros((H, N, N))
    precedence = np.zeros((H, N))
    for time, h in enumerate(inputs, 1):
        raw = p["interface.linear.weight"] @ h + p["interface.linear.bias"]
        sizes = np.cumsum([H * W, H * W, 3 * H, H, H])
        query, add, modes, alpha, gamma, strength = np.split(raw, sizes)
        unused = sorted(range(N), key=lambda i: (usage[i], i))[:H]
        writes, chosen, memory = np.zeros((H, N)), np.zeros((H, N)), memory.copy()
        memory[unused] = 0
        for head in range(H):
            a, g = sigmoid(alpha[head]), sigmoid(gamma[head])
            writes[head] = a * (g * reads[head] + (1 - g) * np.eye(N)[unused[head]])
            memory += np.outer(writes[head], add.reshape(H, W)[head])
        for head in range(H):
            forward[head], backward[head] = naive_links(
                forward[head], backward[head], precedence[head], writes[head], keep
            )
            kept = (1 - writes[head].sum()) * precedence[head] + writes[head]
            precedence[head] = cut(kept, keep)
            key = query.reshape(H, W)[head]
            cosine = [key @ m / (np.linalg.norm(key) * np.linalg.norm(m) + 1e-8) for m in memory]
            content = softmax((1 + np.log1p(np.exp(strength[head]))) * np.array(cosine))
            f, b = forward[head] @ reads[head], backward[head] @ reads[head]
            f, b = f / max(1, f.sum()), b / max(1, b.sum())
            mode = softmax(modes.reshape(H, 3)[head])
            chosen[head] = use(mode[0] * b + mode[1] * content + mode[2] * f)
        reads = chosen
        usage = np.where(writes.sum(0) + reads.sum(0) > 0.005, time, usage)
        yield (reads @ memory).ravel(), np.concatenate([writes, reads])


@pytest.mark.parametrize(
    ("estimator", "options", "use"),
    [
        ("soft", {}, lambda w: w),
        ("top_k", {"k": 3}, lambda w: cut(w, 3)),
        ("reinforce", {}, lambda w: np.eye(N + 1)[np.argmax([*w, 1 - w.sum()]), :N]),
    ],
)
@pytest.mark.parametrize("links", [2, 8])
def test_sdnc_unrolled_is_its_paper_written_twice(estimator, options, use, links):
    make = estimators.get(estimator)(**options)
    cell = cells.get("sdnc")(HIDDEN, make, slots=N, width=W, heads=H, links=links)
    cell = cell.double().eval()
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
        naive = naive_sdnc(p, inputs[:, row].numpy(), start[row].numpy(), use, links)
        for (read, weights), expected in zip(steps, naive, strict=True):
            np.testing.assert_allclose(weights[row], expected[1], rtol=0, atol=1e-10)
            np.testing.assert_allclose(read[row], expected[0], rtol=0, atol=1e-10)


@pytest.mark.parametrize("keep", [1, 3, N])
def test_links_are_the_printed_sums_and_keep_few_entries_per_row(keep):
    forward, backward = torch.rand(2, B, H, N, N, dtype=torch.float64)
    precedence, writes = torch.rand(2, B, H, N, dtype=torch.float64).softmax(-1)
    after = sparse.links(forward, backward, precedence, writes, keep=keep)
    for b in range(B):
        for h in range(H):
            parts = (x[b, h].numpy() for x in (forward, backward, precedence, writes))
            expected = naive_links(*parts, keep)
            np.testing.assert_allclose(after[0][b, h], expected[0], rtol=0, atol=1e-10)
            np.testing.assert_allclose(after[1][b, h], expected[1], rtol=0, atol=1e-10)
    assert ((after[0] > 0).sum(-1) <= keep).all() and ((after[1] > 0).sum(-1) <= keep).all()


def test_links_follow_the_order_of_writes_both_ways():
    forward, backward = torch.zeros(2, 1, 1, 4, 4)
    precedence, slots = torch.zeros(1, 1, 4), torch.eye(4).view(4, 1, 1, 4)
    for slot in (2, 0, 3):
        forward, backward = sparse.links(forward, backward, precedence, slots[slot], keep=8)
        precedence = slots[slot]
    assert sparse.follow(forward, slots[2]).argmax() == 0
    assert sparse.follow(forward, slots[0]).argmax() == 3
    assert sparse.follow(backward, slots[3]).argmax() == 0
    assert sparse.follow(backward, slots[0]).argmax() == 2


def test_following_links_never_gives_more_than_a_whole_weighting():
    """Written again and again, one slot is followed by several, each with weight one."""
    many = torch.zeros(1, 1, N, N)
    many[..., :3, 0] = 1.0
    led = sparse.follow(many, torch.eye(N)[:1].unsqueeze(0))
    torch.testing.assert_close(led.sum(-1), torch.ones(1, 1))


def test_no_gradient_passes_through_the_links_and_the_reads_have_theirs():
    writes = torch.rand(B, H, N, requires_grad=True)
    links = torch.rand(2, B, H, N, N)
    after = sparse.links(links[0], links[1], torch.rand(B, H, N), writes, keep=3)
    assert not after[0].requires_grad and not after[1].requires_grad
    reads = torch.rand(B, H, N, dtype=torch.float64, requires_grad=True)
    small = after[0].double() / 10
    assert torch.autograd.gradcheck(lambda r: sparse.follow(small, r), (reads,))
    assert torch.autograd.gradcheck(lambda r: sparse.follow(100 * small + 1, r), (reads,))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"links": 0}, "links must be a whole number, at least 1"),
        ({"heads": 9, "slots": 8}, "at most the 8 slots"),
    ],
)
def test_sdnc_refuses_options_that_make_no_memory(options, message):
    with pytest.raises(ValueError, match=message):
        cells.get("sdnc")(HIDDEN, estimators.get("soft")(), **options)
