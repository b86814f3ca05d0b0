"""The RL-NTM with chosen moves over a whole sequence: a step costs its windows, on any tape."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..compiler.jit import ZERO, kernel
from ..named_slots import (
    read_slots,
    read_slots_vjp,
    restore_slots,
    write_slots,
    write_slots_vjp,
)
from ..slices import copy
from .rlntm_heads import gather
from .rlntm_steps import CHUNK, arrive, decide, empty_scratch, leave


class Tape(NamedTuple):
    """Where heads stand: slots lead with T + 1, their weights never change; and the contents.

    The log holds what each write replaced. Vectors and log lead with 1 where no gradient is asked.
    """

    slot_TBH: Any
    weight_BH: Any
    erase_TBPW: Any
    add_TBPW: Any
    log_TBPW: Any
    memory_BNW: Any


class TapeGradients(NamedTuple):
    """Those of the state, for the last one and then the first; of addresses, for T steps or none.

    Addresses are those of the write heads and those of the read heads.
    """

    memory_BNW: Any
    weight_BH: Any
    write_TBH: Any
    read_TBH: Any


class Window(NamedTuple):
    """Slots around heads, their weights, and the gradients of these."""

    slot_BP: Any
    weight_BP: Any
    grad_BP: Any


@kernel
def empty_window(count: int, size: int) -> Any:
    """Room for so many slots of so many samples."""
    return Window(
        np.empty((count, size), np.int64),
        np.empty((count, size), np.float32),
        np.empty((count, size), np.float32),
    )


@kernel
def look_around(
    slot_BH: Any, weight_BH: Any, before: int, heads: int, slots: int, window: Any
) -> None:
    """The slots around so many heads, of which so many stand `before`; their gradient is zero."""
    batch, size = window.slot_BP.shape
    span = size // heads
    for b in range(batch):
        for p in range(size):
            head = before + p // span
            window.slot_BP[b, p] = (slot_BH[b, head] + p % span - span // 2) % slots
            window.weight_BP[b, p] = weight_BH[b, head]
            window.grad_BP[b, p] = ZERO


@kernel
def look_around_vjp(window: Any, before: int, heads: int, grad_weight_BH: Any) -> None:
    """Adds to the gradient of the heads' own weights."""
    batch, size = window.slot_BP.shape
    span = size // heads
    for b in range(batch):
        for p in range(size):
            grad_weight_BH[b, before + p // span] += window.grad_BP[b, p]


@kernel
def step_on(slot_BH: Any, move_BH: Any, slots: int, after_BH: Any) -> None:
    """Each head moves by -1, 0 or +1 round the tape; without a move it stays."""
    batch, heads = slot_BH.shape
    for b in range(batch):
        for h in range(heads):
            by = move_BH[b, h] - 1 if move_BH[b, h] >= 0 else 0
            after_BH[b, h] = (slot_BH[b, h] + by) % slots


@kernel
def forward(
    controller: int, choice: Any, columns: Any, options: Any, weights: Any, steps: Any, tape: Any,
    begin: int, end: int,
) -> None:  # fmt: skip
    """Fills the trace for the samples from `begin` to `end`."""
    length, _, gates = steps.input_TBG.shape
    _, slots, width = tape.memory_BNW.shape
    heads = options.pairs
    moved = tape.slot_TBH.shape[2] - heads
    fed_BG = np.empty((CHUNK, gates), np.float32)
    recurrent_BG = np.empty((CHUNK, gates), np.float32)
    for first in range(begin, end, CHUNK):
        last = min(first + CHUNK, end)
        count = last - first
        memory, own = tape.memory_BNW[first:last], tape.weight_BH[first:last]
        written = empty_window(count, heads * options.write_window)
        seen = empty_window(count, heads * options.window)
        found = np.empty((count, heads * options.window, width), np.float32)
        for t in range(length):
            kept = t % len(steps.gates_TBQ)
            erase, add = tape.erase_TBPW[kept, first:last], tape.add_TBPW[kept, first:last]
            decide(
                controller, choice, columns, options, weights, steps, fed_BG[:count],
                recurrent_BG[:count], erase, add, t, first, last,
            )  # fmt: skip
            before, after = tape.slot_TBH[t, first:last], tape.slot_TBH[t + 1, first:last]
            step_on(before, steps.moves.slot_BH[t, first:last], slots, after)
            look_around(before, own, 0, heads, slots, written)
            write_slots(
                memory, written.slot_BP, written.weight_BP, erase, add,
                tape.log_TBPW[kept, first:last],
            )  # fmt: skip
            look_around(after, own, moved, heads, slots, seen)
            read_slots(memory, seen.slot_BP, seen.weight_BP, found)
            gather(
                steps.raw_TBI[kept, first:last], columns, options, found,
                steps.moves.weights_BHN[t, first:last], steps.external_TBX[t, first:last],
                steps.read_TBO[t + 1, first:last],
            )  # fmt: skip


@kernel
def backward(
    controller: int, choice: Any, columns: Any, options: Any, weights: Any, steps: Any, tape: Any,
    grads: Any, to_tape: Any, begin: int, end: int,
) -> None:  # fmt: skip
    """From the gradients that come in to those that go out, for samples `begin` to `end`."""
    _, slots, width = tape.memory_BNW.shape
    heads = options.pairs
    moved = tape.slot_TBH.shape[2] - heads
    contents = np.empty((CHUNK, slots, width), np.float32)
    for first in range(begin, end, CHUNK):
        last = min(first + CHUNK, end)
        count = last - first
        scratch = empty_scratch(options, weights, steps, count, width)
        written = empty_window(count, heads * options.write_window)
        seen = empty_window(count, heads * options.window)
        memory, own = contents[:count], tape.weight_BH[first:last]
        copy(tape.memory_BNW[first:last], memory)
        to_memory, to_own = to_tape.memory_BNW[first:last], to_tape.weight_BH[first:last]
        for t in range(len(steps.input_TBG) - 1, -1, -1):
            arrive(columns, options, steps, grads, scratch, t, first, last)
            look_around(tape.slot_TBH[t + 1, first:last], own, moved, heads, slots, seen)
            read_slots_vjp(
                memory, seen.slot_BP, seen.weight_BP, scratch.found_BKW, to_memory, seen.grad_BP
            )
            look_around_vjp(seen, moved, heads, to_own)
            if len(to_tape.read_TBH):
                for b in range(count):
                    for h in range(heads):
                        to_own[b, moved + h] += to_tape.read_TBH[t, first + b, h]
                        to_own[b, h] += to_tape.write_TBH[t, first + b, h]
            log = tape.log_TBPW[t, first:last]
            look_around(tape.slot_TBH[t, first:last], own, 0, heads, slots, written)
            restore_slots(memory, written.slot_BP, log)
            write_slots_vjp(
                written.slot_BP, written.weight_BP, tape.erase_TBPW[t, first:last],
                tape.add_TBPW[t, first:last], log, to_memory, written.grad_BP, scratch.erase_BPW,
                scratch.add_BPW,
            )  # fmt: skip
            look_around_vjp(written, 0, heads, to_own)
            leave(
                controller, choice, columns, options, weights, steps, grads, scratch,
                t, first, last,
            )  # fmt: skip
