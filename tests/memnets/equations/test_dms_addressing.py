"""Masks, sharpened links and floored usage: DNC's known fixes, each against plain numbers."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from memnets import equations

B, H, N, W = 2, 3, 5, 4
EXACT = {"rtol": 0, "atol": 1e-10}


def uniform(*shape, seed=0):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def tracked(*tensors):
    return tuple(tensor.clone().requires_grad_() for tensor in tensors)


def lookup():
    """Memory, keys, strengths and masks."""
    memory, key = 2 * uniform(B, N, W) - 1, 2 * uniform(B, H, W, seed=1) - 1
    return memory, key, 5 * uniform(B, H, seed=2), uniform(B, H, W, seed=3)


def naive_masked_content(rows, key, strength, mask):
    scores = []
    for row in rows:
        dot = one = two = 0.0
        for m, x, y in zip(mask, key, row, strict=True):
            dot += (x * m) * (y * m)
            one += (x * m) ** 2
            two += (y * m) ** 2
        scores.append(
            strength * dot / (math.sqrt(one) * math.sqrt(two) + equations.content.COSINE_EPS)
        )
    powers = [math.exp(score) for score in scores]
    return [power / sum(powers) for power in powers]


def test_masked_content_multiplies_key_and_slots_by_each_heads_mask():
    memory, key, strength, mask = lookup()
    expected = [
        [
            naive_masked_content(
                memory[b].tolist(), key[b, h].tolist(), strength[b, h].item(), mask[b, h].tolist()
            )
            for h in range(H)
        ]
        for b in range(B)
    ]
    actual = equations.content.masked_content(memory, key, strength, mask)
    torch.testing.assert_close(actual, torch.tensor(expected, dtype=torch.float64), **EXACT)


def test_an_open_mask_is_no_mask_and_a_closed_column_is_not_looked_at():
    memory, key, strength, mask = lookup()
    plain = equations.content.content(memory, key, strength)
    opened = equations.content.masked_content(memory, key, strength, torch.ones_like(mask))
    torch.testing.assert_close(opened, plain, **EXACT)
    mask[..., 2] = 0
    before = equations.content.masked_content(memory, key, strength, mask)
    memory[..., 2] = 100.0
    torch.testing.assert_close(
        equations.content.masked_content(memory, key, strength, mask), before, **EXACT
    )


def naive_sharpened(row, power):
    """S(d, s) as printed: over the largest, to a power, normalised."""
    raised = [value + equations.links.LINK_EPS for value in row]
    scaled = [(value / max(raised)) ** power for value in raised]
    return [value / sum(scaled) for value in scaled]


@pytest.mark.parametrize("mass", [0.0, 1e-9, 0.3, 1.0])
def test_a_sharpened_link_is_the_printed_power_of_what_it_leads_to(mass):
    led, power = mass * uniform(B, H, N).softmax(-1), 1 + 9 * uniform(B, H, seed=1)
    expected = [
        [naive_sharpened(led[b, h].tolist(), power[b, h].item()) for h in range(H)]
        for b in range(B)
    ]
    actual = equations.links.sharpen_link(led, power)
    torch.testing.assert_close(actual, torch.tensor(expected, dtype=torch.float64), **EXACT)


def test_deallocation_empties_each_slot_as_far_as_it_is_released():
    memory, retention = 2 * uniform(B, N, W) - 1, uniform(B, N, seed=1)
    expected = memory.clone()
    for b in range(B):
        for n in range(N):
            for w in range(W):
                expected[b, n, w] = memory[b, n, w].item() * retention[b, n].item()
    actual = equations.usage.deallocate(memory, retention)
    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-12)
    assert gradcheck(equations.usage.deallocate, tracked(memory, retention))


def test_links_that_lead_nowhere_are_sharpened_to_everywhere():
    actual = equations.links.sharpen_link(torch.zeros(1, 1, 4), torch.full((1, 1), 7.0))
    torch.testing.assert_close(actual, torch.full((1, 1, 4), 0.25))


@pytest.mark.parametrize("floor", [1e-6, 0.1, 0.5])
@pytest.mark.parametrize("usage", [[0.0, 0.0, 0.0], [0.2, 0.9, 0.2, 1.0], [1.0, 1.0], [0.4]])
def test_allocation_with_a_floor_squeezes_usage_before_the_free_list(usage, floor):
    squeezed = [floor + (1 - floor) * value for value in usage]
    expected, product = [0.0] * len(usage), 1.0
    for slot in sorted(range(len(usage)), key=lambda i: (squeezed[i], i)):
        expected[slot] = (1 - squeezed[slot]) * product
        product *= squeezed[slot]
    actual = equations.usage.allocation(torch.tensor([usage], dtype=torch.float64), floor=floor)
    torch.testing.assert_close(actual[0], torch.tensor(expected, dtype=torch.float64), **EXACT)


GRADIENTS = {
    "masked_content": (equations.content.masked_content, lookup()),
    "sharpen_link": (
        equations.links.sharpen_link,
        (uniform(B, H, N) + 0.1, 1 + uniform(B, H, seed=1)),
    ),
    "allocation": (lambda used: equations.usage.allocation(used, floor=0.1), (uniform(B, N),)),
    "cosine_similarity": (equations.content.cosine_similarity, (lookup()[1], lookup()[0])),
    "recent": (
        lambda old: equations.recency.recent(old, uniform(B, H, N)),
        (uniform(B, H, N, seed=1),),
    ),
    "usage": (
        lambda used, kept: equations.usage.usage(used, uniform(B, 2, N), kept, stop_gradient=True),
        (uniform(B, N), uniform(B, N, seed=1)),
    ),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_those_of_finite_differences(name):
    function, inputs = GRADIENTS[name]
    assert gradcheck(function, tracked(*inputs))
