"""Product keys: the whole cell against brute force, and what a step costs."""

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from memnets.registry import cells, estimators
from memnets.spec import ModelSpec
from memnets.testing import check_cell

from ..naive import USES, sigmoid, softmax
from .unrolled import assert_same, unrolled

B, H, N, W, Z, K, HIDDEN, STEPS = 2, 2, 12, 3, 4, 5, 6, 20


def naive_product_keys(p, inputs, use, gated, normed):
    for h in inputs:
        raw = p["interface.linear.weight"] @ h + p["interface.linear.bias"]
        query, gate = raw[: H * Z].reshape(H, Z), raw[H * Z :]
        found, addresses = np.zeros(W), []
        for head in range(H):
            q = query[head]
            if normed:
                q = (q - q.mean()) / np.sqrt(q.var() + 1e-5)
            # 12 slots are 3 times 4; every key is written out
            first, second = p["first_HNZ"][head], p["second_HNZ"][head]
            keys = [np.concatenate([first[n // 4], second[n % 4]]) for n in range(N)]
            scores = np.array([q @ key for key in keys])
            best = sorted(range(N), key=lambda n: -scores[n])[:K]
            weights = np.zeros(N)
            weights[best] = use(softmax(scores[best]))
            addresses.append(weights)
            found += weights @ p["values_NW"]
        yield found * (gate * sigmoid(gate) if gated else 1), np.array(addresses)


@pytest.mark.parametrize("normed", [False, True])
@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize(("estimator", "use"), USES)
def test_product_keys_unrolled_are_brute_force_over_every_slot(estimator, use, gated, normed):
    torch.manual_seed(2)
    sizes = {"slots": N, "width": W, "heads": H, "k": K, "key_width": Z, "gated": gated}
    norm = "layer" if normed else "none"
    make = cells.get("product_keys")
    cell = make(HIDDEN, estimators.get(estimator)(), **sizes, query_norm=norm)
    p, inputs, rows = unrolled(cell, HIDDEN)
    for h, steps in zip(inputs, rows, strict=True):
        assert_same(steps, naive_product_keys(p, h, use, gated, normed))


def test_a_chosen_candidate_touches_one_row():
    cell = cells.get("product_keys")(HIDDEN, estimators.get("reinforce")(), slots=2**12, heads=3)
    read, _, address = cell.eval()(torch.randn(B, HIDDEN), cell.initial_state(B))
    assert address.slots_BHK.shape == (B, 3, 1)
    read.sum().backward()
    rows = cell.values_NW.grad.any(-1).nonzero().flatten()
    assert set(rows.tolist()) == set(address.slots_BHK.flatten().tolist())


def test_a_step_on_four_times_the_slots_costs_twice_the_half_keys_and_no_more():
    """Multiplications of a step: those of the half-keys, and a part that is always the same."""
    counted = {}
    for slots in (2**12, 2**14, 2**16):
        cell = cells.get("product_keys")(HIDDEN, estimators.get("soft")(), slots=slots)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            cell(torch.randn(B, HIDDEN), cell.initial_state(B))
        counted[slots] = counter.get_total_flops()
    halves = 2 * B * 4 * 16 * 2  # per half-key: batch, heads, width of a half, both halves
    assert counted[2**14] - counted[2**12] == halves * (128 - 64)
    assert counted[2**16] - counted[2**14] == halves * (256 - 128)


def test_sparse_gradients_train_like_dense_ones():
    networks = []
    for sparse in (False, True):
        torch.manual_seed(0)
        options = {"slots": 64, "width": 4, "sparse_gradient": sparse}
        networks.append(ModelSpec("product_keys", cell_options=options).build(3, 2))
    inputs_TBX = torch.randn(6, 2, 3)
    for network in networks:
        network(inputs_TBX).logits_TBY.square().sum().backward()
    dense, few = (network.cell.values_NW.grad for network in networks)
    assert few.is_sparse and few.coalesce().indices().shape[1] <= 64
    torch.testing.assert_close(few.to_dense(), dense)


def test_sparse_gradients_keep_the_contract():
    check_cell("product_keys", "soft", options={"slots": 9, "width": 4, "sparse_gradient": True})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "k must be a whole number, at least 1, not 0"),
        ({"key_width": 5}, "key_width must be even, to make two halves, not 5"),
        ({"query_norm": "batch"}, "query_norm 'batch' is not one of none, layer"),
    ],
)
def test_product_keys_refuse_options_that_make_no_memory(options, message):
    with pytest.raises(ValueError, match=message):
        cells.get("product_keys")(HIDDEN, estimators.get("soft")(), **options)
