"""The RL-NTM with dense addresses over a whole sequence: positions are weightings of every slot.

The contents of memory are kept every few steps, and rebuilt in between from what was written.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..compiler.jit import ZERO, kernel
from ..memory import DENSE, read, write
from ..memory_vjp import read_vjp, write_vjp
from ..slices import copy
from ..tape import around, around_vjp, move, move_vjp
from .rlntm_heads import gather
from .rlntm_steps import CHUNK, arrive, decide, empty_scratch, leave

EVERY = 7
"""Steps between two memories that are kept."""


class Tape(NamedTuple):
    """Where heads stand: weightings, leading with T + 1; what they write; and the contents."""

    positions_TBHN: Any
    erase_TBPW: Any
    add_TBPW: Any
    memory_BWN: Any
    kept_TBWN: Any


class TapeGradients(NamedTuple):
    """Those of the state, for the last one and then the first; of addresses, for T steps or none.

    Addresses are those of the write heads and those of the read heads.
    """

    memory_BWN: Any
    positions_BHN: Any
    write_TBHN: Any
    read_TBHN: Any


@kernel
def everywhere(count: int, heads: int) -> Any:
    """For so many samples and heads: every slot is used."""
    slot_BH = np.empty((count, heads), np.int64)
    slot_BH.fill(DENSE)
    return slot_BH


@kernel
def part_of(positions_BHN: Any, begin: int, part_BHN: Any) -> None:
    """So many of the heads, from `begin` on."""
    batch, heads, slots = part_BHN.shape
    for b in range(batch):
        for h in range(heads):
            for n in range(slots):
                part_BHN[b, h, n] = positions_BHN[b, begin + h, n]


@kernel
def part_of_vjp(grad_part_BHN: Any, begin: int, grad_positions_BHN: Any) -> None:
    """Adds to the gradients of these heads."""
    batch, heads, slots = grad_part_BHN.shape
    for b in range(batch):
        for h in range(heads):
            for n in range(slots):
                grad_positions_BHN[b, begin + h, n] += grad_part_BHN[b, h, n]


@kernel
def forward(
    controller: int, choice: Any, columns: Any, options: Any, weights: Any, steps: Any, tape: Any,
    begin: int, end: int,
) -> None:  # fmt: skip
    """Fills the trace for the samples from `begin` to `end`."""
    length, _, gates = steps.input_TBG.shape
    _, width, slots = tape.memory_BWN.shape
    heads = options.pairs
    moved = tape.positions_TBHN.shape[2] - heads
    fed_BG = np.empty((CHUNK, gates), np.float32)
    recurrent_BG = np.empty((CHUNK, gates), np.float32)
    for first in range(begin, end, CHUNK):
        last = min(first + CHUNK, end)
        count = last - first
        memory = tape.memory_BWN[first:last]
        part = np.empty((count, heads, slots), np.float32)
        written = np.empty((count, heads * options.write_window, slots), np.float32)
        seen = np.empty((count, heads * options.window, slots), np.float32)
        found = np.empty((count, heads * options.window, width), np.float32)
        for t in range(length):
            kept = t % len(steps.gates_TBQ)
            erase, add = tape.erase_TBPW[t, first:last], tape.add_TBPW[t, first:last]
            decide(
                controller, choice, columns, options, weights, steps, fed_BG[:count],
                recurrent_BG[:count], erase, add, t, first, last,
            )  # fmt: skip
            before, after = (
                tape.positions_TBHN[t, first:last], tape.positions_TBHN[t + 1, first:last],
            )  # fmt: skip
            moves = steps.moves.weights_BHN[t, first:last]
            move(before, moves, after)
            if t % EVERY == 0 and len(tape.kept_TBWN):
                copy(memory, tape.kept_TBWN[t // EVERY, first:last])
            part_of(before, 0, part)
            around(part, options.write_window, written)
            write(memory, written, everywhere(count, written.shape[1]), erase, add, memory)
            part_of(after, moved, part)
            around(part, options.window, seen)
            read(memory, seen, everywhere(count, seen.shape[1]), found)
            gather(
                steps.raw_TBI[kept, first:last], columns, options, found, moves,
                steps.external_TBX[t, first:last], steps.read_TBO[t + 1, first:last],
            )  # fmt: skip


@kernel
def replay(
    options: Any, tape: Any, start: int, stop: int, first: int, last: int, part: Any,
    written: Any, memories: Any,
) -> None:  # fmt: skip
    """Rebuilds the contents before each step from `start` on and after the last, bit for bit."""
    count = last - first
    copy(tape.kept_TBWN[start // EVERY, first:last], memories[0, :count])
    for t in range(start, stop):
        part_of(tape.positions_TBHN[t, first:last], 0, part)
        around(part, options.write_window, written)
        write(
            memories[t - start, :count], written, everywhere(count, written.shape[1]),
            tape.erase_TBPW[t, first:last], tape.add_TBPW[t, first:last],
            memories[t - start + 1, :count],
        )  # fmt: skip


@kernel
def backward(
    controller: int, choice: Any, columns: Any, options: Any, weights: Any, steps: Any, tape: Any,
    grads: Any, to_tape: Any, begin: int, end: int,
) -> None:  # fmt: skip
    """From the gradients that come in to those that go out, for samples `begin` to `end`."""
    length = len(steps.input_TBG)
    _, width, slots = tape.memory_BWN.shape
    positions = tape.positions_TBHN.shape[2]
    memories = np.empty((EVERY + 1, CHUNK, width, slots), np.float32)
    for first in range(begin, end, CHUNK):
        last = min(first + CHUNK, end)
        count = last - first
        scratch = empty_scratch(options, weights, steps, count, width)
        part = np.empty((count, options.pairs, slots), np.float32)
        written = np.empty((count, options.pairs * options.write_window, slots), np.float32)
        seen = np.empty((count, options.pairs * options.window, slots), np.float32)
        to_written, to_seen = np.empty_like(written), np.empty_like(seen)
        moved = np.empty((count, positions, slots), np.float32)
        for start in range((length - 1) // EVERY * EVERY, -1, -EVERY):
            stop = min(start + EVERY, length)
            replay(options, tape, start, stop, first, last, part, written, memories)
            for t in range(stop - 1, start - 1, -1):
                arrive(columns, options, steps, grads, scratch, t, first, last)
                tape_vjp(
                    options, steps, tape, to_tape, scratch, memories[t - start, :count],
                    memories[t - start + 1, :count], part, written, seen, to_written, to_seen,
                    moved, t, first, last,
                )  # fmt: skip
                leave(
                    controller, choice, columns, options, weights, steps, grads, scratch,
                    t, first, last,
                )  # fmt: skip


@kernel
def tape_vjp(
    options: Any, steps: Any, tape: Any, to_tape: Any, scratch: Any, contents: Any, after: Any,
    part: Any, written: Any, seen: Any, to_written: Any, to_seen: Any, to_moved: Any,
    t: int, first: int, last: int,
) -> None:  # fmt: skip
    """A step's read, move and write, from `after` it to the `contents` before it."""
    count, heads = last - first, options.pairs
    begin = to_moved.shape[1] - heads
    to_memory, to_positions = to_tape.memory_BWN[first:last], to_tape.positions_BHN[first:last]
    copy(to_positions, to_moved)
    part_of(tape.positions_TBHN[t + 1, first:last], begin, part)
    around(part, options.window, seen)
    to_seen.fill(ZERO)
    every = everywhere(count, seen.shape[1])
    read_vjp(after, seen, every, False, scratch.found_BKW, to_memory, to_seen)
    part.fill(ZERO)
    around_vjp(options.window, to_seen, part)
    if len(to_tape.read_TBHN):
        part += to_tape.read_TBHN[t, first:last]
    part_of_vjp(part, begin, to_moved)
    to_positions.fill(ZERO)
    before = tape.positions_TBHN[t, first:last]
    moves = steps.moves.weights_BHN[t, first:last]
    move_vjp(before, moves, to_moved, to_positions, scratch.moves_BHD)
    part_of(before, 0, part)
    around(part, options.write_window, written)
    to_written.fill(ZERO)
    scratch.erase_BPW.fill(ZERO)
    scratch.add_BPW.fill(ZERO)
    write_vjp(
        contents, written, everywhere(count, written.shape[1]), tape.erase_TBPW[t, first:last],
        tape.add_TBPW[t, first:last], False, to_memory, to_written, scratch.erase_BPW,
        scratch.add_BPW,
    )  # fmt: skip
    part.fill(ZERO)
    around_vjp(options.write_window, to_written, part)
    if len(to_tape.write_TBHN):
        part += to_tape.write_TBHN[t, first:last]
    part_of_vjp(part, 0, to_positions)
