"""DNC's usage, allocation and temporal links, each equation against a loop over plain numbers."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given
from torch import Tensor
from torch.autograd import gradcheck

from memnets import equations

B, N, P, R = 2, 5, 2, 3
EXACT = {"rtol": 0, "atol": 1e-10}

seeds = st.integers(0, 2**31 - 1)
heads = st.integers(1, 3)


def uniform(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def weighting(*shape: int, seed: int = 0) -> Tensor:
    """Rows that sum to less than one, as DNC's write weightings do."""
    return (6 * uniform(*shape, seed=seed)).softmax(-1) * uniform(*shape[:-1], 1, seed=seed + 1)


def tracked(*tensors: Tensor) -> tuple[Tensor, ...]:
    return tuple(tensor.clone().requires_grad_() for tensor in tensors)


def links(steps: int, writes: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    link, precedence = torch.zeros(B, writes, N, N), torch.zeros(B, writes, N)
    link, precedence = link.double(), precedence.double()
    for step in range(steps):
        written = weighting(B, writes, N, seed=seed + 7 * step)
        link = equations.links.link(link, precedence, written)
        precedence = equations.links.precedence(precedence, written)
    return link, precedence


def naive_allocation(usage: list[float]) -> list[float]:
    free_list = sorted(range(len(usage)), key=lambda i: (usage[i], i))
    allocated, product = [0.0] * len(usage), 1.0
    for i in free_list:
        allocated[i] = (1 - usage[i]) * product
        product *= usage[i]
    return allocated


def test_retention_is_what_no_free_gate_releases():
    free, reads = uniform(B, R), weighting(B, R, N, seed=1)
    expected = torch.ones(B, N, dtype=torch.float64)
    for b in range(B):
        for n in range(N):
            for r in range(R):
                expected[b, n] *= 1 - free[b, r].item() * reads[b, r, n].item()
    torch.testing.assert_close(equations.usage.retention(free, reads), expected, **EXACT)


@pytest.mark.parametrize("writes", [1, 2])
def test_usage_grows_by_what_was_written_and_shrinks_by_what_was_freed(writes):
    before, kept = uniform(B, N), uniform(B, N, seed=1)
    written = weighting(B, writes, N, seed=2)
    expected = torch.zeros(B, N, dtype=torch.float64)
    for b in range(B):
        for n in range(N):
            untouched = 1.0
            for p in range(writes):
                untouched *= 1 - written[b, p, n].item()
            u, w = before[b, n].item(), 1 - untouched
            expected[b, n] = (u + w - u * w) * kept[b, n].item()
    torch.testing.assert_close(equations.usage.usage(before, written, kept), expected, **EXACT)


def test_usage_can_keep_gradients_out_of_past_writes():
    before, written, kept = tracked(uniform(B, N), weighting(B, P, N), uniform(B, N, seed=1))
    equations.usage.usage(before, written, kept, stop_gradient=True).sum().backward()
    assert written.grad is None
    assert before.grad is not None
    equations.usage.usage(before, written, kept).sum().backward()
    assert (written.grad != 0).all()


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ([0.2, 0.1, 0.5], [0.8 * 0.1, 0.9, 0.5 * 0.02]),
        ([0.0, 0.0, 0.0], [1.0, 0.0, 0.0]),
        ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
        ([0.5, 0.5, 0.0], [0.0, 0.0, 1.0]),
        ([1.0, 1.0, 1.0], [0.0, 0.0, 0.0]),
        ([0.5, 0.5, 1.0], [0.5, 0.25, 0.0]),
    ],
)
def test_allocation_of_small_free_lists_by_hand(usage, expected):
    actual = equations.usage.allocation(torch.tensor([usage], dtype=torch.float64))
    torch.testing.assert_close(actual, torch.tensor([expected], dtype=torch.float64), **EXACT)


@given(st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]) | st.floats(0, 1), min_size=1))
def test_allocation_is_the_free_list_with_ties_to_the_lowest_index(usage):
    actual = equations.usage.allocation(torch.tensor([usage], dtype=torch.float64))[0]
    expected = torch.tensor(naive_allocation(usage), dtype=torch.float64)
    torch.testing.assert_close(actual, expected, **EXACT)
    assert (actual >= 0).all()
    product = torch.tensor(usage, dtype=torch.float64).prod()
    torch.testing.assert_close(actual.sum(), 1 - product, **EXACT)


def test_a_write_weighting_is_gated_twice():
    content, allocation = weighting(B, N), weighting(B, N, seed=3)
    choose, write = uniform(B, seed=1), uniform(B, seed=2)
    actual = equations.usage.write_weighting(content, allocation, choose, write)
    for b in range(B):
        for n in range(N):
            a, c = allocation[b, n].item(), content[b, n].item()
            g, w = choose[b].item(), write[b].item()
            assert actual[b, n].item() == pytest.approx(w * (g * a + (1 - g) * c), abs=1e-12)


def test_links_and_precedence_follow_the_order_of_writes():
    before, precedence = links(3, P)
    written = weighting(B, P, N, seed=90)
    after = equations.links.link(before, precedence, written)
    then = equations.links.precedence(precedence, written)
    for b in range(B):
        for p in range(P):
            w, last, old = (t[b, p].tolist() for t in (written, precedence, before))
            for i in range(N):
                assert then[b, p, i].item() == pytest.approx((1 - sum(w)) * last[i] + w[i])
                for j in range(N):
                    link = 0.0 if i == j else (1 - w[i] - w[j]) * old[i][j] + w[i] * last[j]
                    assert after[b, p, i, j].item() == pytest.approx(link, abs=1e-12)


def test_hard_writes_to_slots_in_turn_link_each_to_the_one_before():
    link, precedence = torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4)
    for slot in (2, 0, 3):
        written = torch.eye(4)[slot].view(1, 1, 4)
        link = equations.links.link(link, precedence, written)
        precedence = equations.links.precedence(precedence, written)
    expected = torch.zeros(4, 4)
    expected[0, 2] = expected[3, 0] = 1.0
    torch.testing.assert_close(link[0, 0], expected)
    forward, backward = equations.links.forward_backward(link, torch.eye(4)[0].view(1, 1, 4))
    assert forward.flatten().tolist() == [0, 0, 0, 1]
    assert backward.flatten().tolist() == [0, 0, 1, 0]


def test_forward_and_backward_multiply_the_links_and_their_transpose():
    link, _ = links(3, P)
    reads = weighting(B, R, N, seed=5)
    forward, backward = equations.links.forward_backward(link, reads)
    assert forward.shape == backward.shape == (B, R, P, N)
    for b in range(B):
        for r in range(R):
            for p in range(P):
                L, w = link[b, p].tolist(), reads[b, r].tolist()
                for i in range(N):
                    f = sum(L[i][j] * w[j] for j in range(N))
                    g = sum(L[j][i] * w[j] for j in range(N))
                    assert forward[b, r, p, i].item() == pytest.approx(f, abs=1e-12)
                    assert backward[b, r, p, i].item() == pytest.approx(g, abs=1e-12)


def test_read_modes_mix_backward_content_and_forward_in_that_order():
    modes = uniform(B, R, 2 * P + 1).softmax(-1)
    backward, forward = weighting(B, R, P, N, seed=1), weighting(B, R, P, N, seed=2)
    content = weighting(B, R, N, seed=3)
    actual = equations.links.mix_read_modes(modes, backward, content, forward)
    expected = torch.zeros(B, R, N, dtype=torch.float64)
    for b in range(B):
        for r in range(R):
            for n in range(N):
                mode = modes[b, r].tolist()
                expected[b, r, n] = mode[P] * content[b, r, n].item()
                for p in range(P):
                    expected[b, r, n] += mode[p] * backward[b, r, p, n].item()
                    expected[b, r, n] += mode[P + 1 + p] * forward[b, r, p, n].item()
    torch.testing.assert_close(actual, expected, **EXACT)


@given(seed=seeds, writes=heads, steps=st.integers(1, 6))
def test_links_stay_without_diagonal_and_rows_and_columns_sum_to_at_most_one(seed, writes, steps):
    link, precedence = links(steps, writes, seed)
    assert (link.diagonal(dim1=-2, dim2=-1) == 0).all()
    for sums in (link.sum(-1), link.sum(-2), precedence.sum(-1)):
        assert (sums <= 1 + 1e-12).all()
    assert (link >= -1e-15).all()
    assert (precedence >= 0).all()
    reads = weighting(B, R, N, seed=seed)
    modes = uniform(B, R, 2 * writes + 1, seed=seed).softmax(-1)
    forward, backward = equations.links.forward_backward(link, reads)
    mixed = equations.links.mix_read_modes(modes, backward, reads, forward)
    assert (mixed >= -1e-15).all()
    assert (mixed.sum(-1) <= 1 + 1e-12).all()


@given(seed=seeds, writes=heads)
def test_usage_retention_and_write_weightings_stay_in_bounds(seed, writes):
    kept = equations.usage.retention(uniform(B, R, seed=seed), weighting(B, R, N, seed=seed))
    used = equations.usage.usage(uniform(B, N, seed=seed), weighting(B, writes, N, seed=seed), kept)
    for bounded in (kept, used):
        assert ((bounded >= 0) & (bounded <= 1)).all()
    gates = uniform(2, B, seed=seed)
    content = weighting(B, N, seed=seed + 1)
    written = equations.usage.write_weighting(content, equations.usage.allocation(used), *gates)
    assert (written >= 0).all()
    assert (written.sum(-1) <= gates[1] + 1e-12).all()


GRADIENTS = {
    "retention": (equations.usage.retention, (uniform(B, R), weighting(B, R, N))),
    "usage": (equations.usage.usage, (uniform(B, N), weighting(B, P, N), uniform(B, N, seed=1))),
    "allocation": (equations.usage.allocation, (uniform(B, N),)),
    "write_weighting": (
        equations.usage.write_weighting,
        (weighting(B, N), weighting(B, N, seed=1), uniform(B), uniform(B, seed=1)),
    ),
    "link": (equations.links.link, (*links(3, P), weighting(B, P, N, seed=50))),
    "precedence": (equations.links.precedence, (weighting(B, P, N), weighting(B, P, N, seed=1))),
    "forward_backward": (equations.links.forward_backward, (links(3, P)[0], weighting(B, R, N))),
    "mix_read_modes": (
        equations.links.mix_read_modes,
        (
            uniform(B, R, 2 * P + 1),
            weighting(B, R, P, N),
            weighting(B, R, N),
            weighting(B, R, P, N, seed=1),
        ),
    ),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_those_of_finite_differences(name):
    function, inputs = GRADIENTS[name]
    assert gradcheck(function, tracked(*inputs))
