"""Gated slots: the whole cell against a loop, routed and not, and Raven's top-k slots."""

import math

import numpy as np
import pytest
import torch

from memnets.estimators import Soft
from memnets.registry import cells, estimators
from memnets.spec import ModelSpec

B, R, N, W, HIDDEN, STEPS = 2, 2, 6, 3, 5, 20
RAVEN = {"routed": True, "decay": "head", "soft_reads": True, "key_norm": True}


def built(estimator="soft", how=None, **options):
    make = estimators.get(estimator)(**(how or {}))
    sizes = {"slots": N, "width": W, "heads": R} | options
    cell = cells.get("slots")(HIDDEN, make, **sizes).double().eval()
    for parameter in cell.parameters():
        torch.nn.init.normal_(parameter)
    return cell


@torch.no_grad()
def unrolled(cell, inputs_TBC):
    """Reads (T, B, R, W), addresses (T, B, H, N)."""
    state, reads, weights = cell.initial_state(inputs_TBC.shape[1]), [], []
    for h_BC in inputs_TBC:
        read_BO, state, address = cell(h_BC, state)
        reads.append(read_BO.view(len(h_BC), R, W))
        weights.append(address.dense(N))
    return torch.stack(reads), torch.stack(weights)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def normed(x, gain):
    return x / math.sqrt(sum(x * x) / len(x) + 1e-5) * gain


def largest(row, k, *, rescale):
    kept = sorted(range(len(row)), key=lambda i: -row[i])[:k]
    cut = np.array([x if i in kept else 0.0 for i, x in enumerate(row)])
    return cut * row.sum() / cut.sum() if rescale else cut


def naive(p, inputs, use, options):
    """One row, slot by slot, in the form of the paper: α old + (1 - α) new."""
    keys, values = np.zeros((R, N, W)), np.zeros((R, N, W))
    routed, by_head = options.get("routed"), options.get("decay") == "head"
    for h in inputs:
        raw = p["interface.linear.weight"] @ h + p["interface.linear.bias"]
        sizes = [R * W, R * W, R * W, R if by_head else R * N]
        query, key, value, decay, route = np.split(raw, np.cumsum(sizes))
        reads, writes, looks = [], [], []
        for r in range(R):
            q, k, v = (
                x.reshape(R, W)[r] * sigmoid(x.reshape(R, W)[r]) for x in (query, key, value)
            )
            if options.get("key_norm"):
                q, k = normed(q, p["query_norm.weight"]), normed(k, p["key_norm.weight"])
            weights = np.ones(N)
            if routed:
                scores = route.reshape(R, N)[r]
                softly = options.get("scores") == "softmax"
                opened = np.exp(scores) if softly else sigmoid(scores)
                weights = use(opened / opened.sum())
                writes.append(weights)
            for n in range(N):
                if by_head:
                    alpha = math.exp(-math.exp(p["log_rate_R"][r]) * np.log1p(math.exp(decay[r])))
                else:
                    alpha = sigmoid(decay.reshape(R, N)[r, n]) ** (1 / options.get("damping", 8))
                alpha **= weights[n]
                keys[r, n] = alpha * keys[r, n] + (1 - alpha) * k
                values[r, n] = alpha * values[r, n] + (1 - alpha) * v
            look = np.exp([key_n @ q for key_n in keys[r]])
            look /= look.sum()
            looks.append(look if options.get("soft_reads") else use(look))
            reads.append(looks[-1] @ values[r])
        yield np.array(reads), np.array([*writes, *looks])


@pytest.mark.parametrize(
    ("estimator", "how", "use"),
    [
        ("soft", {}, lambda w: w),
        ("top_k", {"k": 3}, lambda w: largest(w, 3, rescale=False)),
        ("noisy_top_k", {"k": 3}, lambda w: largest(w, 3, rescale=True)),
        ("reinforce", {}, lambda w: np.eye(N)[w.argmax()]),
        ("straight_through", {}, lambda w: np.eye(N)[w.argmax()]),
    ],
)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"damping": 2.0},
        {"decay": "head", "key_norm": True},
        {"routed": True},
        {"routed": True, "scores": "softmax", "decay": "head"},
        RAVEN,
    ],
)
def test_slots_unrolled_are_their_paper_written_twice(estimator, how, use, options):
    cell = built(estimator, how, **options)
    inputs = torch.randn(STEPS, B, HIDDEN, dtype=torch.float64)
    p = {key: value.numpy() for key, value in cell.state_dict().items()}
    reads, weights = unrolled(cell, inputs)
    for row in range(B):
        expected = naive(p, inputs[:, row].numpy(), use, options)
        for time, (read, address) in enumerate(expected):
            np.testing.assert_allclose(weights[time, row], address, rtol=0, atol=1e-10)
            np.testing.assert_allclose(reads[time, row], read, rtol=0, atol=1e-10)


def test_a_slot_that_no_write_was_routed_to_keeps_what_it_holds():
    cell = built("noisy_top_k", {"k": 2}, **RAVEN).train()
    state = cell.initial_state(B)
    for _ in range(STEPS):
        _, after, address = cell(torch.randn(B, HIDDEN, dtype=torch.float64), state)
        untouched = address.dense(N)[:, :R] == 0
        assert untouched.sum(-1).eq(N - 2).all()
        assert torch.equal(after.values_BRNW[untouched], state.values_BRNW[untouched])
        assert not torch.equal(after.values_BRNW, state.values_BRNW)
        state = after


def test_ravens_write_weights_are_sigmoids_renormalised_over_the_chosen():
    """At test without noise: of the k best scores, σ(r) over their sum."""
    cell = built("noisy_top_k", {"k": 2}, **RAVEN)
    h_BC = torch.randn(B, HIDDEN, dtype=torch.float64)
    scores_BRN = cell.interface(h_BC)["route"]
    _, _, address = cell(h_BC, cell.initial_state(B))
    best = scores_BRN.topk(2, -1)
    opened = best.values.sigmoid()
    expected = torch.zeros_like(scores_BRN)
    expected = expected.scatter(-1, best.indices, opened / opened.sum(-1, keepdim=True))
    torch.testing.assert_close(address.dense(N)[:, :R], expected, rtol=0, atol=1e-10)


def test_a_write_to_all_slots_is_no_address():
    assert built().heads == ("read 1", "read 2")
    assert built(routed=True).heads == ("write 1", "write 2", "read 1", "read 2")


def test_routing_learns_from_what_is_read():
    network = ModelSpec(
        "slots",
        "noisy_top_k",
        controller_size=8,
        cell_options={"slots": N, "width": W} | RAVEN,
        estimator_options={"k": 2, "anneal": 10},
    ).build(3, 2)
    network(torch.randn(4, 2, 3)).logits_TBY.square().mean().backward()
    offset = network.cell.interface.offsets()["route"]
    assert network.cell.interface.linear.weight.grad[offset:].abs().max() > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 0}, "heads must be a whole number, at least 1"),
        ({"damping": 0.0}, "damping must be above 0, not 0.0"),
        ({"decay": "step"}, "decay 'step' is not one of slot, head"),
        ({"scores": "relu"}, "scores 'relu' is not one of sigmoid, softmax"),
        ({"scores": "codes"}, "scores='codes' say where writes go: set routed=True"),
        ({"code_decay": 1.0}, "code_decay must be at least 0 and below 1, not 1.0"),
        ({"soft_reads": True}, "soft_reads leave the estimator nothing to choose"),
    ],
)
def test_slots_refuse_options_that_make_no_memory(options, message):
    with pytest.raises(ValueError, match=message):
        cells.get("slots")(HIDDEN, Soft(), **options)
