"""Addressing by location (NTM eqs. 7 to 9): interpolate, shift, sharpen."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...equations.location import LOG_FLOOR
from .compiler.jit import ONE, ZERO, exp, kernel, log

_LOG_FLOOR = np.float32(LOG_FLOOR)


@kernel
def interpolate(content_BHN: Any, previous_BHN: Any, gate_BH: Any, out_BHN: Any) -> None:
    """Between the content weighting (gate 1) and the previous weighting (gate 0) (NTM eq. 7)."""
    batch, heads, slots = content_BHN.shape
    for b in range(batch):
        for h in range(heads):
            gate = gate_BH[b, h]
            for n in range(slots):
                before = previous_BHN[b, h, n]
                out_BHN[b, h, n] = before + gate * (content_BHN[b, h, n] - before)


@kernel
def interpolate_vjp(
    content_BHN: Any,
    previous_BHN: Any,
    gate_BH: Any,
    grad_out_BHN: Any,
    grad_content_BHN: Any,
    grad_previous_BHN: Any,
    grad_gate_BH: Any,
) -> None:
    """The gradients of both weightings and of the gate."""
    batch, heads, slots = content_BHN.shape
    for b in range(batch):
        for h in range(heads):
            gate, total = gate_BH[b, h], ZERO
            rest = ONE - gate
            for n in range(slots):
                grad = grad_out_BHN[b, h, n]
                total += grad * (content_BHN[b, h, n] - previous_BHN[b, h, n])
                grad_content_BHN[b, h, n] += gate * grad
                grad_previous_BHN[b, h, n] += rest * grad
            grad_gate_BH[b, h] += total


@kernel
def shift(weighting_BHN: Any, shift_BHD: Any, out_BHN: Any) -> None:
    """Circular convolution with a distribution over shifts -(D//2) … D//2 (NTM eq. 8)."""
    batch, heads, slots = weighting_BHN.shape
    shifts = shift_BHD.shape[2]
    for b in range(batch):
        for h in range(heads):
            for n in range(slots):
                out_BHN[b, h, n] = ZERO
            for d in range(shifts):
                share = shift_BHD[b, h, d]
                # slot n moves to n + d - D//2: two runs, before and after the wrap
                move = (d - shifts // 2) % slots
                moved, wrapped = out_BHN[b, h, move:], weighting_BHN[b, h, slots - move :]
                for n in range(slots - move):
                    moved[n] += share * weighting_BHN[b, h, n]
                for n in range(move):
                    out_BHN[b, h, n] += share * wrapped[n]


@kernel
def shift_vjp(
    weighting_BHN: Any,
    shift_BHD: Any,
    grad_out_BHN: Any,
    grad_weighting_BHN: Any,
    grad_shift_BHD: Any,
) -> None:
    """The gradients of the weighting, which is shifted back, and of the distribution."""
    batch, heads, slots = weighting_BHN.shape
    shifts = shift_BHD.shape[2]
    for b in range(batch):
        for h in range(heads):
            for d in range(shifts):
                share, total = shift_BHD[b, h, d], ZERO
                move = (d - shifts // 2) % slots
                moved, wrapped = grad_out_BHN[b, h, move:], weighting_BHN[b, h, slots - move :]
                grad_wrapped = grad_weighting_BHN[b, h, slots - move :]
                for n in range(slots - move):
                    total += moved[n] * weighting_BHN[b, h, n]
                    grad_weighting_BHN[b, h, n] += share * moved[n]
                for n in range(move):
                    total += grad_out_BHN[b, h, n] * wrapped[n]
                    grad_wrapped[n] += share * grad_out_BHN[b, h, n]
                grad_shift_BHD[b, h, d] += total


@kernel
def sharpen(weighting_BHN: Any, power_BH: Any, log_BHN: Any, out_BHN: Any) -> None:
    """Raise to a power and renormalise, in logarithms, which are kept (NTM eq. 9)."""
    batch, heads, slots = weighting_BHN.shape
    for b in range(batch):
        for h in range(heads):
            power = power_BH[b, h]
            for n in range(slots):
                log_BHN[b, h, n] = log(weighting_BHN[b, h, n] + _LOG_FLOOR)
            top = log_BHN[b, h, 0]
            for n in range(1, slots):
                top = max(top, log_BHN[b, h, n])
            total = ZERO
            for n in range(slots):
                out_BHN[b, h, n] = exp(power * (log_BHN[b, h, n] - top))
            for n in range(slots):
                total += out_BHN[b, h, n]
            inverse = ONE / total
            for n in range(slots):
                out_BHN[b, h, n] *= inverse


@kernel
def sharpen_vjp(
    weighting_BHN: Any,
    power_BH: Any,
    log_BHN: Any,
    out_BHN: Any,
    grad_out_BHN: Any,
    grad_weighting_BHN: Any,
    grad_power_BH: Any,
) -> None:
    """The gradients of the weighting and of the power, at least one."""
    batch, heads, slots = weighting_BHN.shape
    for b in range(batch):
        for h in range(heads):
            mean = ZERO
            for n in range(slots):
                mean += out_BHN[b, h, n] * grad_out_BHN[b, h, n]
            power, total = power_BH[b, h], ZERO
            for n in range(slots):
                grad = out_BHN[b, h, n] * (grad_out_BHN[b, h, n] - mean)
                total += grad * log_BHN[b, h, n]
                grad_weighting_BHN[b, h, n] += power * grad / (weighting_BHN[b, h, n] + _LOG_FLOOR)
            grad_power_BH[b, h] += total
