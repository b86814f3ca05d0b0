"""Fast weights: the whole cell against a loop, and what one chosen slot does."""

import numpy as np
import pytest
import torch

from memnets.registry import cells, estimators
from memnets.spec import ModelSpec

from ..naive import USES, sigmoid, softmax, softplus
from .unrolled import assert_same, unrolled

B, H, N, W, HIDDEN, STEPS = 2, 2, 8, 3, 5, 20


def elu(key):
    features = np.where(key > 0, key + 1, np.exp(np.minimum(key, 0)))
    return features / features.sum()


def dpfp(key, nu):
    r = np.maximum(np.concatenate([key, -key]), 0)
    products = [r[i] * r[(i + j) % len(r)] for j in range(1, nu + 1) for i in range(len(r))]
    return np.array(products) / max(sum(products), 1e-4)


def l2(key):
    features = key * sigmoid(key)
    return features / np.sqrt((features**2).sum() + 1e-6)


FEATURES = {
    "softmax": (N, {}, softmax),
    "elu": (N, {}, elu),
    "dpfp": (N // 4, {"nu": 2}, lambda key: dpfp(key, 2)),
    "l2": (N, {}, l2),
}


def naive_delta(p, inputs, keys, use, gated):
    size, _, features = FEATURES[keys]
    memory = np.zeros((H, N, W))
    if keys == "l2":
        use = np.array
    for h in inputs:
        raw = p["interface.linear.weight"] @ h + p["interface.linear.bias"]
        key, query, value, rate, *decay = np.split(raw, np.cumsum([H * size, H * size, H * W, H]))
        key, query, value = key.reshape(H, size), query.reshape(H, size), value.reshape(H, W)
        writes, reads, found = [], [], []
        for head in range(H):
            if gated:
                memory[head] *= np.exp(-np.exp(p["log_rate_H"][head]) * softplus(decay[0][head]))
            write, read = use(features(key[head])), use(features(query[head]))
            error = value[head] - write @ memory[head]
            memory[head] += sigmoid(rate[head]) * np.outer(write, error)
            found.append(read @ memory[head])
            writes.append(write)
            reads.append(read)
        yield np.concatenate(found), np.array([] if keys == "l2" else writes + reads)


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("keys", list(FEATURES))
@pytest.mark.parametrize(("estimator", "use"), USES)
def test_delta_unrolled_is_its_paper_written_twice(estimator, use, keys, gated):
    torch.manual_seed(3)
    options = {"slots": N, "width": W, "heads": H, "keys": keys, "gated": gated}
    make = cells.get("delta")
    cell = make(HIDDEN, estimators.get(estimator)(), **options | FEATURES[keys][1])
    p, inputs, rows = unrolled(cell, HIDDEN)
    for h, steps in zip(inputs, rows, strict=True):
        assert_same(steps, naive_delta(p, h, keys, use, gated))


def test_with_unit_keys_there_is_nothing_to_choose():
    options = {"slots": N, "width": W, "keys": "l2"}
    networks = []
    for estimator in ("soft", "reinforce"):
        torch.manual_seed(0)
        networks.append(ModelSpec("delta", estimator, cell_options=options).build(3, 2).train())
    assert networks[0].cell.heads == ()
    inputs_TBX = torch.randn(6, 2, 3)
    soft, drawn = (network(inputs_TBX) for network in networks)
    assert torch.equal(soft.logits_TBY, drawn.logits_TBY)
    assert soft.address.dense(N).shape == (6, 2, 0, N)


def test_a_gate_starts_between_a_tenth_of_a_percent_and_all():
    cell = cells.get("delta")(HIDDEN, estimators.get("soft")(), heads=64, gated=True)
    rate = cell.log_rate_H.exp()
    step = torch.nn.functional.softplus(cell.interface.bias_of("decay"))
    assert 1 <= rate.min() < rate.max() <= 16
    assert 0.00099 <= step.min() < step.max() <= 0.101


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 0}, "heads must be a whole number, at least 1, not 0"),
        ({"keys": "cosine"}, "keys 'cosine' is not one of softmax, elu, dpfp, l2"),
        ({"keys": "dpfp", "nu": 3, "slots": 16}, "nu 3 make a multiple of 6 slots, not 16"),
    ],
)
def test_delta_refuses_options_that_make_no_memory(options, message):
    with pytest.raises(ValueError, match=message):
        cells.get("delta")(HIDDEN, estimators.get("soft")(), **options)
