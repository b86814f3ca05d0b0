"""Heads that stand on a tape by a weighting over all of its slots: they move, and look around.

`window` is how many slots around a head count, an odd number; the tape wraps round.
"""

from __future__ import annotations

from typing import Any

from .compiler.jit import ONE, ZERO, kernel


@kernel
def move(weights_BHN: Any, moves_BHD: Any, out_BHN: Any) -> None:
    """Where heads stand after moves by -1, 0 and +1; what these lack to one stays."""
    batch, heads, slots = weights_BHN.shape
    for b in range(batch):
        for h in range(heads):
            weights_N, out_N = weights_BHN[b, h], out_BHN[b, h]
            back, stay, on = moves_BHD[b, h, 0], moves_BHD[b, h, 1], moves_BHD[b, h, 2]
            stay += max(ONE - (back + stay + on), ZERO)
            for n in range(slots):
                out_N[n] = stay * weights_N[n]
            before_N, after_N = weights_N[1:], out_N[1:]
            for n in range(slots - 1):
                out_N[n] += back * before_N[n]
            for n in range(slots - 1):
                after_N[n] += on * weights_N[n]
            out_N[slots - 1] += back * weights_N[0]
            out_N[0] += on * weights_N[slots - 1]


@kernel
def move_vjp(
    weights_BHN: Any, moves_BHD: Any, grad_out_BHN: Any, grad_weights_BHN: Any, grad_moves_BHD: Any
) -> None:
    """Adds to the gradients of the positions and of the moves."""
    batch, heads, slots = weights_BHN.shape
    for b in range(batch):
        for h in range(heads):
            weights_N, grad_N, to_N = weights_BHN[b, h], grad_out_BHN[b, h], grad_weights_BHN[b, h]
            back, stay, on = moves_BHD[b, h, 0], moves_BHD[b, h, 1], moves_BHD[b, h, 2]
            lack = ONE - (back + stay + on)
            stay += max(lack, ZERO)
            to_back, to_stay, to_on = ZERO, ZERO, ZERO
            weights_after_N, grad_after_N, to_after_N = weights_N[1:], grad_N[1:], to_N[1:]
            for n in range(slots):
                to_stay += grad_N[n] * weights_N[n]
                to_N[n] += stay * grad_N[n]
            for n in range(slots - 1):
                to_back += grad_N[n] * weights_after_N[n]
                to_after_N[n] += back * grad_N[n]
            for n in range(slots - 1):
                to_on += grad_after_N[n] * weights_N[n]
                to_N[n] += on * grad_after_N[n]
            to_back += grad_N[slots - 1] * weights_N[0]
            to_N[0] += back * grad_N[slots - 1]
            to_on += grad_N[0] * weights_N[slots - 1]
            to_N[slots - 1] += on * grad_N[0]
            # what stays for want of a move takes its gradient from all three
            from_lack = to_stay if lack >= ZERO else ZERO
            grad_moves_BHD[b, h, 0] += to_back - from_lack
            grad_moves_BHD[b, h, 1] += to_stay - from_lack
            grad_moves_BHD[b, h, 2] += to_on - from_lack


@kernel
def around(weights_BHN: Any, window: int, out_BPN: Any) -> None:
    """The slots of every head's window as heads of their own, those of one head together."""
    batch, heads, slots = weights_BHN.shape
    for b in range(batch):
        for h in range(heads):
            for o in range(window):
                weights_N, out_N = weights_BHN[b, h], out_BPN[b, h * window + o]
                # slot n moves to n + o - window // 2: two runs, before and after the wrap
                by = (o - window // 2) % slots
                moved, wrapped = out_N[by:], weights_N[slots - by :]
                for n in range(slots - by):
                    moved[n] = weights_N[n]
                for n in range(by):
                    out_N[n] = wrapped[n]


@kernel
def around_vjp(window: int, grad_out_BPN: Any, grad_weights_BHN: Any) -> None:
    """Adds to the gradient of the heads' own weights."""
    batch, heads, slots = grad_weights_BHN.shape
    for b in range(batch):
        for h in range(heads):
            for o in range(window):
                to_N, grad_N = grad_weights_BHN[b, h], grad_out_BPN[b, h * window + o]
                by = (o - window // 2) % slots
                moved, to_wrapped = grad_N[by:], to_N[slots - by :]
                for n in range(slots - by):
                    to_N[n] += moved[n]
                for n in range(by):
                    to_wrapped[n] += grad_N[n]
