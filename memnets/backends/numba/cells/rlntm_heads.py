"""The RL-NTM's heads in one step: what they write, and what is read, from raw parameters and back.

K counts the slots that are read, P those that are written: those of one head's window together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..compiler.jit import ONE, ZERO, kernel, sigmoid, tanh


class Columns(NamedTuple):
    """The first column of each parameter in the raw interface; -1 where the cell has none."""

    move: int
    add: int
    erase: int = -1
    keep_gate: int = -1
    input_gate: int = -1
    read_gate: int = -1
    skip_gate: int = -1


class Options(NamedTuple):
    """The cell's options as the kernels take them."""

    pairs: int
    window: int
    write_window: int
    erase: bool
    tanh: bool
    last_moves: bool
    direct_access: bool


@kernel
def vectors(
    raw_BI: Any, columns: Any, options: Any, external_BX: Any, erase_BPW: Any, add_BPW: Any
) -> None:
    """What each written slot is erased by, and what is added."""
    batch, written, width = add_BPW.shape
    for b in range(batch):
        external_X = external_BX[b]
        for p in range(written):
            erase_W, add_W, place = erase_BPW[b, p], add_BPW[b, p], p * width
            raw_W = raw_BI[b, columns.add + place : columns.add + place + width]
            for w in range(width):
                add_W[w] = raw_W[w]
            if options.tanh:
                for w in range(width):
                    add_W[w] = tanh(raw_W[w])
            for w in range(width):
                erase_W[w] = ONE
            if options.erase:
                raw_W = raw_BI[b, columns.erase + place : columns.erase + place + width]
                for w in range(width):
                    erase_W[w] = sigmoid(raw_W[w])
            if options.direct_access:
                keep = sigmoid(raw_BI[b, columns.keep_gate + p])
                gate = sigmoid(raw_BI[b, columns.input_gate + p])
                for w in range(width):
                    erase_W[w] = ONE - (ONE - erase_W[w]) * keep
                for w in range(width):
                    add_W[w] *= keep
                for x in range(len(external_X)):
                    add_W[x] += gate * external_X[x]


@kernel
def vectors_vjp(
    raw_BI: Any, columns: Any, options: Any, external_BX: Any, grad_erase_BPW: Any,
    grad_add_BPW: Any, grad_raw_BI: Any, grad_external_BX: Any,
) -> None:  # fmt: skip
    """Sets their columns of the raw interface's gradient, and adds to that of the input."""
    batch, written, width = grad_add_BPW.shape
    for b in range(batch):
        external_X, to_external_X = external_BX[b], grad_external_BX[b]
        for p in range(written):
            grad_erase_W, grad_add_W, place = grad_erase_BPW[b, p], grad_add_BPW[b, p], p * width
            raw_W = raw_BI[b, columns.add + place : columns.add + place + width]
            # first the values, then the gradients in their place
            to_add_W = grad_raw_BI[b, columns.add + place : columns.add + place + width]
            for w in range(width):
                to_add_W[w] = raw_W[w]
            if options.tanh:
                for w in range(width):
                    to_add_W[w] = tanh(raw_W[w])
            keep, to_keep = ONE, ZERO
            if options.direct_access:
                keep = sigmoid(raw_BI[b, columns.keep_gate + p])
                for w in range(width):
                    to_keep += grad_add_W[w] * to_add_W[w]
            if options.tanh:
                for w in range(width):
                    to_add_W[w] = grad_add_W[w] * keep * (ONE - to_add_W[w] * to_add_W[w])
            else:
                for w in range(width):
                    to_add_W[w] = grad_add_W[w] * keep
            if options.erase:
                raw_W = raw_BI[b, columns.erase + place : columns.erase + place + width]
                to_erase_W = grad_raw_BI[b, columns.erase + place : columns.erase + place + width]
                for w in range(width):
                    to_erase_W[w] = sigmoid(raw_W[w])
                for w in range(width):
                    to_keep -= grad_erase_W[w] * (ONE - to_erase_W[w])
                for w in range(width):
                    erase = to_erase_W[w]
                    to_erase_W[w] = grad_erase_W[w] * keep * erase * (ONE - erase)
            if options.direct_access:
                gate, to_gate = sigmoid(raw_BI[b, columns.input_gate + p]), ZERO
                for x in range(len(external_X)):
                    to_gate += grad_add_W[x] * external_X[x]
                    to_external_X[x] += gate * grad_add_W[x]
                grad_raw_BI[b, columns.keep_gate + p] = to_keep * keep * (ONE - keep)
                grad_raw_BI[b, columns.input_gate + p] = to_gate * gate * (ONE - gate)


@kernel
def gather(
    raw_BI: Any, columns: Any, options: Any, found_BKW: Any, moves_BHD: Any, external_BX: Any,
    read_BO: Any,
) -> None:  # fmt: skip
    """All that is read, side by side: the windows, the moves, and what gates let through."""
    batch, _, width = found_BKW.shape
    heads, window, (positions, choices) = options.pairs, options.window, moves_BHD.shape[1:]
    for b in range(batch):
        for h in range(heads):
            for o in range(window):
                place, found_W = (o * heads + h) * width, found_BKW[b, h * window + o]
                read_W = read_BO[b, place : place + width]
                for w in range(width):
                    read_W[w] = found_W[w]
        place = window * heads * width
        if options.last_moves:
            for h in range(positions):
                for d in range(choices):
                    read_BO[b, place + h * choices + d] = moves_BHD[b, h, d]
            place += positions * choices
        if not options.direct_access:
            continue
        for h in range(heads):
            read_W = read_BO[b, place : place + width]
            for w in range(width):
                read_W[w] = ZERO
            for o in range(window):
                gate = sigmoid(raw_BI[b, columns.read_gate + h * window + o])
                found_W = found_BKW[b, h * window + o]
                for w in range(width):
                    read_W[w] += gate * found_W[w]
            place += width
        gate, external_X = sigmoid(raw_BI[b, columns.skip_gate]), external_BX[b]
        read_X = read_BO[b, place:]
        for x in range(len(external_X)):
            read_X[x] = gate * external_X[x]


@kernel
def gather_vjp(
    raw_BI: Any, columns: Any, options: Any, external_BX: Any, read_BO: Any, grad_read_BO: Any,
    grad_found_BKW: Any, grad_moves_BHD: Any, grad_raw_BI: Any, grad_external_BX: Any,
) -> None:  # fmt: skip
    """Sets the gradients of the windows and of the gates; adds to those of moves and input."""
    batch, _, width = grad_found_BKW.shape
    heads, window, (positions, choices) = options.pairs, options.window, grad_moves_BHD.shape[1:]
    for b in range(batch):
        for h in range(heads):
            for o in range(window):
                place, to_W = (o * heads + h) * width, grad_found_BKW[b, h * window + o]
                grad_W = grad_read_BO[b, place : place + width]
                for w in range(width):
                    to_W[w] = grad_W[w]
        place = window * heads * width
        if options.last_moves:
            for h in range(positions):
                for d in range(choices):
                    grad_moves_BHD[b, h, d] += grad_read_BO[b, place + h * choices + d]
            place += positions * choices
        if not options.direct_access:
            continue
        for h in range(heads):
            grad_W = grad_read_BO[b, place : place + width]
            for o in range(window):
                at = columns.read_gate + h * window + o
                gate, to_gate, found = sigmoid(raw_BI[b, at]), ZERO, (o * heads + h) * width
                found_W, to_W = read_BO[b, found : found + width], grad_found_BKW[b, h * window + o]
                for w in range(width):
                    to_gate += grad_W[w] * found_W[w]
                    to_W[w] += gate * grad_W[w]
                grad_raw_BI[b, at] = to_gate * gate * (ONE - gate)
            place += width
        gate, to_gate, external_X = sigmoid(raw_BI[b, columns.skip_gate]), ZERO, external_BX[b]
        grad_X, to_external_X = grad_read_BO[b, place:], grad_external_BX[b]
        for x in range(len(external_X)):
            to_gate += grad_X[x] * external_X[x]
            to_external_X[x] += gate * grad_X[x]
        grad_raw_BI[b, columns.skip_gate] = to_gate * gate * (ONE - gate)
