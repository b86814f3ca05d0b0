"""The memories that `memnets bench memory` measures: a step of each, and its starting state.

Each has one write head and one read head. There is no controller: the inputs of the steps are
tensors that receive gradients.
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
"""Size of the input that a cell would get from a controller."""


class Subject(NamedTuple):
    """A memory to measure: its starting state, and a step with the signature of a cell.

    `inputs` is the size of a step's input; `contents` takes the memory's contents out of a state.
    """

    start: Callable[[], Any]
    step: Callable[[Tensor, Any], tuple[Tensor, Any, Address]]
    inputs: int
    contents: Callable[[Any], Any]


def a_cell(name: str, estimator: str, **options: Any) -> Callable[[int, int, int], Subject]:
    """A whole cell: interface, weightings, addresses, writes and reads."""

    def make(slots: int, width: int, batch: int) -> Subject:
        chooser = estimators.get(estimator)()
        cell: Any = cells.get(name)(HIDDEN, chooser, slots=slots, width=width, **options)
        return Subject(lambda: cell.initial_state(batch), cell, HIDDEN, lambda state: state[0])

    return make


def a_filled_sam(index: str) -> Callable[[int, int, int], Subject]:
    """SAM on a filled memory: an empty one has nothing to find by content."""

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
    """Writes to the least recently used slot and reads the slot written in the step before."""
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
    """Writes and reads one slot, drawn from a softmax over the cosine of every slot.

    The scores of all slots are not kept; the backward pass computes them again.
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
