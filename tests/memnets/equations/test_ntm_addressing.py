"""NTM's and D-NTM's addressing, each equation against a loop over plain numbers."""

import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given
from torch import Tensor
from torch.autograd import gradcheck

from memnets import equations

B, H, N, W, S = 2, 3, 5, 4, 3
EXACT = {"rtol": 0, "atol": 1e-10}

seeds = st.integers(0, 2**31 - 1)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def weighting(*shape: int, seed: int = 0, sharpness: float = 2.0) -> Tensor:
    return (sharpness * normal(*shape, seed=seed)).softmax(-1)


def tracked(*tensors: Tensor) -> tuple[Tensor, ...]:
    return tuple(tensor.clone().requires_grad_() for tensor in tensors)


def naive_softmax(values: list[float]) -> list[float]:
    top = max(values)
    powers = [math.exp(value - top) for value in values]
    return [power / sum(powers) for power in powers]


def naive_cosine(one: list[float], other: list[float]) -> float:
    dot = sum(x * y for x, y in zip(one, other, strict=True))
    norms = math.sqrt(sum(x * x for x in one)) * math.sqrt(sum(y * y for y in other))
    return dot / (norms + equations.content.COSINE_EPS)


def per_head(function, *tensors: Tensor) -> Tensor:
    """The function of every (batch, head) slice as plain lists, stacked again."""
    return torch.tensor(
        [[function(*(t[b, h].tolist() for t in tensors)) for h in range(H)] for b in range(B)],
        dtype=torch.float64,
    )


def test_content_is_the_softmax_of_strength_times_cosine():
    memory, key, strength = normal(B, N, W), normal(B, H, W, seed=1), normal(B, H, seed=2).exp()
    expected = [
        [
            naive_softmax(
                [strength[b, h].item() * naive_cosine(key[b, h].tolist(), row) for row in rows]
            )
            for h in range(H)
        ]
        for b, rows in enumerate(memory.tolist())
    ]
    actual = equations.content.content(memory, key, strength)
    torch.testing.assert_close(actual, torch.tensor(expected, dtype=torch.float64), **EXACT)


def test_the_cosine_of_parallel_orthogonal_and_opposite_rows_is_one_zero_and_minus_one():
    memory = torch.tensor([[[2.0, 0.0], [0.0, 3.0], [-1.0, 0.0], [0.0, 0.0]]], dtype=torch.float64)
    key = torch.tensor([[[5.0, 0.0]]], dtype=torch.float64)
    expected = torch.tensor([[[1.0, 0.0, -1.0, 0.0]]], dtype=torch.float64)
    cosine = equations.content.cosine_similarity(key, memory)
    torch.testing.assert_close(cosine, expected, rtol=0, atol=1e-8)


def test_interpolation_goes_from_the_previous_weighting_to_the_content_weighting():
    content, previous = weighting(B, H, N), weighting(B, H, N, seed=1)
    gate = normal(B, H, seed=2).sigmoid()

    def naive(content, previous, gate):
        return [gate * c + (1 - gate) * p for c, p in zip(content, previous, strict=True)]

    actual = equations.location.interpolate(content, previous, gate)
    torch.testing.assert_close(actual, per_head(naive, content, previous, gate), **EXACT)
    ends = [torch.full_like(gate, end) for end in (0.0, 1.0)]
    torch.testing.assert_close(equations.location.interpolate(content, previous, ends[0]), previous)
    torch.testing.assert_close(equations.location.interpolate(content, previous, ends[1]), content)


@pytest.mark.parametrize("shifts", [1, 3, 5])
def test_shift_is_the_circular_convolution_of_the_paper(shifts):
    before, by = weighting(B, H, N), weighting(B, H, shifts, seed=1)

    def naive(before, by):
        # s(i - j): the weight that slot j sends to slot i
        return [
            sum(
                before[j] * by[offset + shifts // 2]
                for j in range(N)
                for offset in range(-(shifts // 2), shifts // 2 + 1)
                if (j + offset) % N == i
            )
            for i in range(N)
        ]

    torch.testing.assert_close(
        equations.location.shift(before, by), per_head(naive, before, by), **EXACT
    )


def test_a_shift_of_one_moves_the_last_slot_to_the_first():
    last = torch.tensor([[[0.0, 0.0, 0.0, 1.0]]])
    onwards, back = torch.tensor([[[0.0, 0.0, 1.0]]]), torch.tensor([[[1.0, 0.0, 0.0]]])
    assert equations.location.shift(last, onwards).tolist() == [[[1.0, 0.0, 0.0, 0.0]]]
    assert equations.location.shift(last, back).tolist() == [[[0.0, 0.0, 1.0, 0.0]]]


def test_the_papers_shift_of_6_7_moves_three_tenths_by_six_and_the_rest_by_seven():
    by, first = torch.zeros(1, 1, 15), torch.eye(20)[:1].unsqueeze(0)
    by[..., 7 + 6], by[..., 7 + 7] = 0.3, 0.7
    after = equations.location.shift(first, by).flatten()
    assert after[6].item() == pytest.approx(0.3)
    assert after[7].item() == pytest.approx(0.7)
    assert after.sum().item() == pytest.approx(1.0)


def test_sharpening_is_the_renormalised_power():
    before, power = weighting(B, H, N), 1 + normal(B, H, seed=1).exp()

    def naive(before, power):
        powers = [weight**power for weight in before]
        return [p / sum(powers) for p in powers]

    actual = equations.location.sharpen(before, power)
    torch.testing.assert_close(actual, per_head(naive, before, power), **EXACT)


def test_sharpening_by_two_squares_the_odds():
    before = torch.tensor([[[0.6, 0.3, 0.1]]], dtype=torch.float64)
    expected = torch.tensor([[[36.0, 9.0, 1.0]]], dtype=torch.float64) / 46
    power = torch.full((1, 1), 2.0, dtype=torch.float64)
    torch.testing.assert_close(equations.location.sharpen(before, power), expected, **EXACT)


def test_recency_lowers_the_scores_of_slots_seen_lately():
    scores, recent, gate = normal(B, H, N), normal(B, H, N, seed=1), normal(B, H, seed=2).sigmoid()

    def naive(scores, recent, gate):
        return naive_softmax([z - gate * v for z, v in zip(scores, recent, strict=True)])

    actual = equations.recency.recency(scores, recent, gate)
    torch.testing.assert_close(actual, per_head(naive, scores, recent, gate), **EXACT)
    pure = equations.recency.recency(scores, recent, torch.zeros_like(gate))
    torch.testing.assert_close(pure, scores.softmax(-1), **EXACT)


def test_recent_scores_average_with_decay_and_pass_no_gradient():
    (before, scores) = tracked(normal(B, H, N), normal(B, H, N, seed=1))
    after = equations.recency.recent(before, scores, 0.1)

    def naive(before, scores):
        return [0.1 * v + 0.9 * z for v, z in zip(before, scores, strict=True)]

    torch.testing.assert_close(after, per_head(naive, before, scores), **EXACT)
    after.sum().backward()
    assert scores.grad is None


GRADIENTS = {
    "content": (
        equations.content.content,
        (normal(B, N, W), normal(B, H, W, seed=1), normal(B, H, seed=2).exp()),
    ),
    "interpolate": (
        equations.location.interpolate,
        (weighting(B, H, N), weighting(B, H, N, seed=1), normal(B, H, seed=2).sigmoid()),
    ),
    "shift": (equations.location.shift, (weighting(B, H, N), weighting(B, H, S, seed=1))),
    "sharpen": (equations.location.sharpen, (weighting(B, H, N), 1 + normal(B, H, seed=1).exp())),
    "recency": (
        equations.recency.recency,
        (normal(B, H, N), normal(B, H, N, seed=1), normal(B, H, seed=2)),
    ),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_those_of_finite_differences(name):
    function, inputs = GRADIENTS[name]
    assert gradcheck(function, tracked(*inputs))


def test_slots_near_zero_keep_their_value_and_pass_no_gradient_through_the_cosine():
    (memory, key) = tracked(1e-6 * normal(B, N, W), normal(B, H, W, seed=1))
    cosine = equations.content.cosine_similarity(key, memory)
    cosine.sum().backward()
    assert (memory.grad == 0).all()
    large = equations.content.cosine_similarity(key.detach(), memory.detach() * 1e6)
    torch.testing.assert_close(cosine, large, rtol=0, atol=2e-2)


@given(seed=seeds, sharpness=st.floats(0.1, 20), strength=st.floats(0, 100))
def test_content_weightings_are_distributions(seed, sharpness, strength):
    memory, key = sharpness * normal(B, N, W, seed=seed), normal(B, H, W, seed=seed + 1)
    weights = equations.content.content(
        memory, key, torch.full((B, H), strength, dtype=torch.float64)
    )
    assert (weights >= 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(B, H, dtype=torch.float64), **EXACT)


@given(seed=seeds, shifts=st.sampled_from([1, 3, 5, 7]), mass=st.floats(0, 1))
def test_a_shift_conserves_mass_and_wraps(seed, shifts, mass):
    before = mass * weighting(B, H, N, seed=seed)
    by = weighting(B, H, shifts, seed=seed + 1)
    after = equations.location.shift(before, by)
    assert (after >= 0).all()
    torch.testing.assert_close(after.sum(-1), before.sum(-1), **EXACT)
    rolled = equations.location.shift(before.roll(2, -1), by)
    torch.testing.assert_close(rolled, after.roll(2, -1), **EXACT)


@given(seed=seeds, power=st.floats(1, 1e3), dtype=st.sampled_from([torch.float32, torch.float64]))
def test_sharpening_keeps_the_order_and_never_gives_nan(seed, power, dtype):
    before = weighting(B, H, N, seed=seed, sharpness=5.0).to(dtype).requires_grad_()
    after = equations.location.sharpen(before, torch.full((B, H), power, dtype=dtype))
    assert after.isfinite().all()
    torch.testing.assert_close(after.sum(-1), torch.ones(B, H, dtype=dtype))
    ordered = after.gather(-1, before.argsort(-1))
    assert (ordered.diff(dim=-1) >= 0).all()
    after[..., 0].sum().backward()
    assert before.grad.isfinite().all()


@pytest.mark.parametrize("power", [1.0, 25.0, 1e3])
def test_sharpening_leaves_a_chosen_slot_alone_and_spreads_nothing_evenly(power):
    power = torch.full((1, 2), power)
    before = torch.tensor([[[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]])
    after = equations.location.sharpen(before, power)
    expected = torch.tensor([[[0.0, 1.0, 0.0], [1 / 3, 1 / 3, 1 / 3]]])
    torch.testing.assert_close(after, expected)


def test_the_cosine_of_a_zero_row_has_second_derivatives_and_one_of_no_number_passes_none_on():
    key, memory = normal(1, 2, W).requires_grad_(), normal(1, N, W, seed=1)
    memory[0, 0] = 0
    cosine = equations.content.cosine_similarity(key, memory.requires_grad_())
    (first,) = torch.autograd.grad(cosine.square().sum(), memory, create_graph=True)
    (second,) = torch.autograd.grad(first.square().sum(), memory)
    assert torch.isfinite(second).all() and (second[0, 0] == 0).all()
    broken = memory.detach().clone()
    broken[0, 1] = math.nan
    equations.content.cosine_similarity(key, broken.requires_grad_()).nansum().backward()
    assert (broken.grad[0, 1] == 0).all()
