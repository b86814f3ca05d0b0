"""Attention: the whole cell against a loop, torch's own attention, and what a full ring forgets."""

import cmath
import math

import numpy as np
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from memnets.registry import cells, estimators

B, R, N, W, HIDDEN, STEPS = 2, 4, 6, 2, 5, 20
EXACT = {"rtol": 0, "atol": 1e-10}


def built(estimator="soft", hidden=HIDDEN, **options):
    make = estimators.get(estimator)(**options.pop("how", {}))
    sizes = {"slots": N, "width": W, "heads": R} | options
    cell = cells.get("attention")(hidden, make, **sizes).double().eval()
    for parameter in cell.parameters():
        torch.nn.init.normal_(parameter)
    return cell


@torch.no_grad()
def unrolled(cell, inputs_TBC):
    """Reads (T, B, R, W), addresses (T, B, H, N)."""
    state, reads, weights = cell.initial_state(inputs_TBC.shape[1]), [], []
    for h_BC in inputs_TBC:
        read_BO, state, address = cell(h_BC, state)
        reads.append(read_BO.view(len(h_BC), cell.reads, cell.width))
        weights.append(address.dense(cell.slots))
    return torch.stack(reads), torch.stack(weights)


def projected(cell, inputs_TBC):
    """Queries, keys and values of every step, (B, R, T, W) each."""
    with torch.no_grad():
        parts = cell.interface(inputs_TBC.flatten(0, 1))
    steps, batch = inputs_TBC.shape[:2]
    shape = (steps, batch, cell.reads, cell.width)
    return [parts[name].view(shape).permute(1, 2, 0, 3) for name in ("query", "key", "value")]


def cut(row, keep):
    kept = sorted(range(len(row)), key=lambda i: -row[i])[:keep]
    return np.array([x if i in kept else 0.0 for i, x in enumerate(row)])


def one(row):
    """The largest, the no-op (what is missing) among them."""
    whole = np.append(row, 1 - row.sum())
    return np.eye(len(whole))[whole.argmax()][:-1]


def turned(vector, time):
    pairs = [
        complex(*vector[i : i + 2]) * cmath.exp(1j * time * 10_000 ** (-i / W))
        for i in range(0, W, 2)
    ]
    return np.array([part for pair in pairs for part in (pair.real, pair.imag)])


def naive(p, inputs, use, positions, no_op):
    """One row: a list of what was written, from which the oldest is dropped."""
    held = []
    for time, h in enumerate(inputs):
        raw = p["interface.linear.weight"] @ h + p["interface.linear.bias"]
        query, key, value = raw.reshape(3, R, W)
        held = [*held, (time, key, value)][-N:]
        reads, addresses = [], [np.eye(N)[time % N]]
        for head in range(R):
            weights, values = np.zeros(N), np.zeros((N, W))
            for then, keys, written in held:
                k, q = keys[head], query[head]
                if positions == "rotary":
                    k, q = turned(k, then), turned(q, time)
                score = sum(a * b for a, b in zip(k, q, strict=True)) / math.sqrt(W)
                if positions == "alibi":
                    score -= 2 ** (-8 * (head + 1) / R) * (time - then)
                weights[then % N], values[then % N] = math.exp(score), written[head]
            used = use(weights / (weights.sum() + no_op))
            addresses.append(used)
            reads.append(used @ values)
        yield np.array(reads), np.array(addresses)


@pytest.mark.parametrize(
    ("estimator", "how", "use"),
    [
        ("soft", {}, lambda w: w),
        ("top_k", {"k": 3}, lambda w: cut(w, 3)),
        ("reinforce", {}, one),
        ("straight_through", {}, one),
    ],
)
@pytest.mark.parametrize("positions", ["none", "alibi", "rotary"])
@pytest.mark.parametrize("no_op", [False, True])
def test_attention_unrolled_is_a_loop_over_a_list(estimator, how, use, positions, no_op):
    cell = built(estimator, how=how, positions=positions, no_op=no_op)
    inputs = torch.randn(STEPS, B, HIDDEN, dtype=torch.float64)
    p = {key: value.numpy() for key, value in cell.state_dict().items()}
    reads, weights = unrolled(cell, inputs)
    for row in range(B):
        expected = naive(p, inputs[:, row].numpy(), use, positions, no_op)
        for time, (read, address) in enumerate(expected):
            np.testing.assert_allclose(weights[time, row], address, rtol=0, atol=1e-10)
            np.testing.assert_allclose(reads[time, row], read, rtol=0, atol=1e-10)


@pytest.mark.parametrize("slots", [STEPS, 30, 7, 1])
def test_soft_it_is_scaled_dot_product_attention_over_the_last_slots(slots):
    cell = built(slots=slots)
    inputs = torch.randn(STEPS, B, HIDDEN, dtype=torch.float64)
    age_TT = torch.arange(STEPS).unsqueeze(1) - torch.arange(STEPS)
    band_TT = (age_TT >= 0) & (age_TT < slots)
    expected = scaled_dot_product_attention(*projected(cell, inputs), attn_mask=band_TT)
    torch.testing.assert_close(unrolled(cell, inputs)[0].permute(1, 2, 0, 3), expected, **EXACT)
    if slots >= STEPS:
        causal = scaled_dot_product_attention(*projected(cell, inputs), is_causal=True)
        torch.testing.assert_close(expected, causal, **EXACT)


def test_with_alibi_it_is_that_with_a_price_on_age():
    cell = built(slots=STEPS, positions="alibi")
    inputs = torch.randn(STEPS, B, HIDDEN, dtype=torch.float64)
    age_TT = torch.arange(STEPS).unsqueeze(1) - torch.arange(STEPS)
    slopes_R11 = torch.tensor([2.0 ** (-8 * h / R) for h in range(1, R + 1)]).view(R, 1, 1)
    bias_RTT = (-slopes_R11 * age_TT).masked_fill(age_TT < 0, -torch.inf).double()
    expected = scaled_dot_product_attention(*projected(cell, inputs), attn_mask=bias_RTT)
    torch.testing.assert_close(unrolled(cell, inputs)[0].permute(1, 2, 0, 3), expected, **EXACT)


def test_with_rotary_positions_it_is_that_of_turned_queries_and_keys():
    cell = built(slots=STEPS, width=6, positions="rotary")
    inputs = torch.randn(STEPS, B, HIDDEN, dtype=torch.float64)
    query, key, value = projected(cell, inputs)
    angle_TW = torch.arange(STEPS).double().outer(10_000 ** (-torch.arange(0, 6, 2).double() / 6))
    turn_TW = torch.polar(torch.ones_like(angle_TW), angle_TW)
    query, key = (
        torch.view_as_real(torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous()) * turn_TW)
        for x in (query, key)
    )
    expected = scaled_dot_product_attention(
        query.flatten(-2), key.flatten(-2), value, is_causal=True
    )
    torch.testing.assert_close(unrolled(cell, inputs)[0].permute(1, 2, 0, 3), expected, **EXACT)


@pytest.mark.parametrize("no_op", [False, True])
def test_with_the_weights_of_a_layer_of_multi_head_attention_it_is_that_layer(no_op):
    wide = R * W
    layer = torch.nn.MultiheadAttention(wide, R, add_zero_attn=no_op).double()
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter)
    cell = built(hidden=wide, slots=STEPS, no_op=no_op)
    cell.interface.linear.load_state_dict(
        {"weight": layer.in_proj_weight, "bias": layer.in_proj_bias}
    )
    inputs = torch.randn(STEPS, B, wide, dtype=torch.float64)
    later_TT = torch.ones(STEPS, STEPS, dtype=torch.bool).triu(1)
    with torch.no_grad():
        expected, weights_BRTT = layer(
            inputs, inputs, inputs, attn_mask=later_TT, average_attn_weights=False
        )
        reads, weights = unrolled(cell, inputs)
        torch.testing.assert_close(layer.out_proj(reads.flatten(2)), expected, **EXACT)
    weights_BRTT = weights_BRTT[..., :STEPS]
    torch.testing.assert_close(weights[:, :, 1:].permute(1, 2, 0, 3), weights_BRTT, **EXACT)


def test_gradients_too_are_those_of_scaled_dot_product_attention():
    cell = built(slots=9)
    inputs = torch.randn(STEPS, B, HIDDEN, dtype=torch.float64, requires_grad=True)
    state, total = cell.initial_state(B), 0.0
    for h_BC in inputs:
        read_BO, state, _ = cell(h_BC, state)
        total = total + read_BO.sin().sum()
    ours = torch.autograd.grad(total, [inputs, *cell.parameters()])
    parts = cell.interface(inputs.flatten(0, 1))
    query, key, value = (
        parts[name].view(STEPS, B, R, W).permute(1, 2, 0, 3) for name in ("query", "key", "value")
    )
    age_TT = torch.arange(STEPS).unsqueeze(1) - torch.arange(STEPS)
    band_TT = (age_TT >= 0) & (age_TT < 9)
    total = scaled_dot_product_attention(query, key, value, attn_mask=band_TT).sin().sum()
    theirs = torch.autograd.grad(total, [inputs, *cell.parameters()])
    for one_grad, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one_grad, other, **EXACT)


def test_a_full_ring_forgets_the_oldest_step():
    """A step's read moves with what any of the last N steps wrote, and with nothing older."""
    cell = built()
    inputs = torch.randn(STEPS, 1, HIDDEN, dtype=torch.float64)
    before = unrolled(cell, inputs)[0][-1]
    for time in range(STEPS):
        changed = inputs.clone()
        changed[time] += 1
        moved = not torch.equal(unrolled(cell, changed)[0][-1], before)
        assert moved is (time >= STEPS - N)


def test_with_contents_put_back_a_step_reads_its_own_value_only():
    cell = built("reinforce", no_op=False)
    inputs = torch.randn(STEPS, B, HIDDEN, dtype=torch.float64)
    values = projected(cell, inputs)[2].permute(2, 0, 1, 3)
    first, state = cell.initial_state(B), cell.initial_state(B)
    with torch.no_grad():
        for time, h_BC in enumerate(inputs):
            read_BO, state, address = cell(h_BC, state)
            own_BR1 = address.dense(N)[:, 1:, time % N].unsqueeze(-1)
            torch.testing.assert_close(read_BO.view(B, R, W), own_BR1 * values[time], **EXACT)
            state = cell.with_contents(state, first)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 0}, "heads must be a whole number, at least 1"),
        ({"positions": "sine"}, "positions 'sine' is not one of none, alibi, rotary"),
        ({"positions": "rotary", "width": 3}, "width must be even, .* not 3"),
    ],
)
def test_attention_refuses_options_that_make_no_memory(options, message):
    with pytest.raises(ValueError, match=message):
        cells.get("attention")(HIDDEN, estimators.get("soft")(), **options)
