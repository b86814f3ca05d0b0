"""The memories whose growth is measured: each something to unroll over a sequence.

One write head and one read head each; what a controller would send is a leaf that gradients go to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from memnets.equations import content, memory
from memnets.estimators.choices import PROBABILITY_FLOOR, sample
from memnets.registry import cells, estimators
from memnets.storage import LeastRecentlyUsed, NearestRows, PersistentMemory
from memnets.types import Address, join_heads

HIDDEN = 32
"""Width of what a cell sees of its controller."""


class Subject(NamedTuple):
    """Something to unroll: a state to begin with, and a step as that of a cell.

    `inputs` is the width of what a step is given, `contents` those of the state.
    """

    start: Callable[[], Any]
    step: Callable[[Tensor, Any], tuple[Tensor, Any, Address]]
    inputs: int
    contents: Callable[[Any], Any]


def a_cell(name: str, estimator: str, **options: Any) -> Callable[[int, int, int], Subject]:
    """A whole cell, from its interface on."""

    def make(slots: int, width: int, batch: int) -> Subject:
        chooser = estimators.get(estimator)()
        cell: Any = cells.get(name)(HIDDEN, chooser, slots=slots, width=width, **options)
        return Subject(lambda: cell.initial_state(batch), cell, HIDDEN, lambda state: state[0])

    return make


def a_filled_sam(index: str) -> Callable[[int, int, int], Subject]:
    """SAM on a memory in use: without contents there is nothing to be found by content."""

    def make(slots: int, width: int, batch: int) -> Subject:
        options = {"heads": 1, "persistent": True, "index": index}
        cell = a_cell("sam", "top_k", **options)(slots, width, batch)
        filled = PersistentMemory.of(torch.randn(batch, slots, width))
        if index != "exact":
            NearestRows.of(filled)
        state = cell.start()._replace(memory_BNW=filled)
        return cell._replace(start=lambda: state)

    return make


def least_used(slots: int, width: int, batch: int) -> Subject:
    """Writes the least recently used slot, and reads the one written before it."""
    ring = LeastRecentlyUsed.of(batch, slots)
    filled = PersistentMemory.of(torch.zeros(batch, slots, width))
    nothing_B1 = torch.zeros(batch, 1)

    def step(h_BC: Tensor, state: Any) -> tuple[Tensor, Any, Address]:
        contents, ring, last_B11 = state
        erase_B1W, add_B1W = h_BC.unsqueeze(1).split(width, -1)
        write = Address(torch.ones(batch, 1, 1), ring.first(1)[:, None], nothing_B1, nothing_B1)
        read = write._replace(slots_BHK=last_B11)
        contents = memory.write(contents, write, erase_B1W.sigmoid(), add_B1W)
        both = join_heads(write, read)
        after = contents, ring.access(both, 0.0), write.slots_BHK
        return memory.read(contents, read).flatten(1), after, both

    first_B11 = torch.zeros(batch, 1, 1, dtype=torch.long)
    return Subject(
        lambda: (filled.start(), ring.start(), first_B11), step, 2 * width, lambda state: state[0]
    )


def softmax(slots: int, width: int, batch: int) -> Subject:
    """Writes and reads a slot drawn from a softmax of every slot's cosine.

    Nothing of the size of the memory is kept: the scores are found again in the backward pass.
    """
    filled = PersistentMemory.of(torch.randn(batch, slots, width))
    nothing_BH = torch.zeros(batch, 2)

    def step(h_BC: Tensor, contents: Any) -> tuple[Tensor, Any, Address]:
        key_BHW, erase_B1W, add_B1W = h_BC.view(batch, 4, width).split((2, 1, 1), 1)
        strength_BH = key_BHW.square().sum(-1).sqrt()
        with torch.no_grad():
            weighting_BHN = memory.scan(content.content, contents, key_BHW, strength_BH)
            slot_BH = sample(weighting_BHN)
            del weighting_BHN
        log_prob_BH = memory.scan(_log_prob, contents, key_BHW, strength_BH, slot_BH)
        ones_BH1 = torch.ones(batch, 2, 1)
        both = Address(ones_BH1, slot_BH.unsqueeze(-1), log_prob_BH, nothing_BH)
        write, read = both.heads(slice(1)), both.heads(slice(1, None))
        contents = memory.write(contents, write, erase_B1W.sigmoid(), add_B1W)
        return memory.read(contents, read).flatten(1), contents, both

    return Subject(filled.start, step, 4 * width, lambda state: state)


def _log_prob(contents: Tensor, key_BHW: Tensor, strength: Tensor, slot_BH: Tensor) -> Tensor:
    weighting_BHN = content.content(contents, key_BHW, strength)
    return (
        weighting_BHN.gather(-1, slot_BH.unsqueeze(-1))[..., 0].clamp_min(PROBABILITY_FLOOR).log()
    )


MODELS: dict[str, tuple[Callable[[int, int, int], Subject], str]] = {
    "rlntm/reinforce": (
        a_cell("rlntm", "reinforce", persistent=True),
        "a chosen move, no scan; the whole cell",
    ),
    "least used/one row": (
        least_used,
        "the least recently used slot, no scan; addressing and access only",
    ),
    "sam/top_k by index": (
        a_filled_sam("faiss"),
        "slots proposed by an index, built before; the whole cell on a filled memory",
    ),
    "sam/top_k by scan": (
        a_filled_sam("exact"),
        "scores every slot; the whole cell on a filled memory",
    ),
    "softmax/one row": (
        softmax,
        "one slot drawn from the scores of all; addressing and access only",
    ),
    "ntm/soft": (a_cell("ntm", "soft"), "dense; the whole cell"),
    "dnc/soft": (a_cell("dnc", "soft", read_heads=1), "dense, with links; the whole cell"),
}
