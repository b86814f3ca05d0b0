"""Columns of the raw interface, as parameters of heads: copied, or squashed.

Each function takes the columns from `start` on. Each gradient sets its columns of the raw
interface's gradient.
"""

from __future__ import annotations

from typing import Any

from .compiler.jit import ONE, ZERO, exp, kernel, sigmoid, softplus


@kernel
def take(raw_BI: Any, start: int, out_BZ: Any) -> None:
    """The columns as they are."""
    batch, size = out_BZ.shape
    for b in range(batch):
        for z in range(size):
            out_BZ[b, z] = raw_BI[b, start + z]


@kernel
def take_vjp(start: int, grad_out_BZ: Any, grad_raw_BI: Any) -> None:
    """The gradient of `take`."""
    batch, size = grad_out_BZ.shape
    for b in range(batch):
        for z in range(size):
            grad_raw_BI[b, start + z] = grad_out_BZ[b, z]


@kernel
def take_sigmoid(raw_BI: Any, start: int, out_BZ: Any) -> None:
    """Their logistic sigmoid."""
    batch, size = out_BZ.shape
    for b in range(batch):
        for z in range(size):
            out_BZ[b, z] = sigmoid(raw_BI[b, start + z])


@kernel
def take_sigmoid_vjp(start: int, out_BZ: Any, grad_out_BZ: Any, grad_raw_BI: Any) -> None:
    """The gradient of `take_sigmoid`."""
    batch, size = out_BZ.shape
    for b in range(batch):
        for z in range(size):
            out = out_BZ[b, z]
            grad_raw_BI[b, start + z] = grad_out_BZ[b, z] * out * (ONE - out)


@kernel
def take_softplus(raw_BI: Any, start: int, least: Any, out_BZ: Any) -> None:
    """Their softplus, and `least` added to it."""
    batch, size = out_BZ.shape
    for b in range(batch):
        for z in range(size):
            out_BZ[b, z] = least + softplus(raw_BI[b, start + z])


@kernel
def take_softplus_vjp(
    start: int, least: Any, out_BZ: Any, grad_out_BZ: Any, grad_raw_BI: Any
) -> None:
    """The gradient of `take_softplus`."""
    batch, size = out_BZ.shape
    for b in range(batch):
        for z in range(size):
            # the derivative of softplus is the sigmoid, one less e to the minus softplus
            slope = ONE - exp(least - out_BZ[b, z])
            grad_raw_BI[b, start + z] = grad_out_BZ[b, z] * slope


@kernel
def take_softmax(raw_BI: Any, start: int, out_BHZ: Any) -> None:
    """A softmax for each head."""
    batch, heads, size = out_BHZ.shape
    for b in range(batch):
        for h in range(heads):
            at = start + h * size
            top, mass = raw_BI[b, at], ZERO
            for z in range(1, size):
                top = max(top, raw_BI[b, at + z])
            for z in range(size):
                out_BHZ[b, h, z] = exp(raw_BI[b, at + z] - top)
                mass += out_BHZ[b, h, z]
            for z in range(size):
                out_BHZ[b, h, z] /= mass


@kernel
def take_softmax_vjp(start: int, out_BHZ: Any, grad_out_BHZ: Any, grad_raw_BI: Any) -> None:
    """The gradient of `take_softmax`."""
    batch, heads, size = out_BHZ.shape
    for b in range(batch):
        for h in range(heads):
            mean = ZERO
            for z in range(size):
                mean += out_BHZ[b, h, z] * grad_out_BHZ[b, h, z]
            for z in range(size):
                grad = out_BHZ[b, h, z] * (grad_out_BHZ[b, h, z] - mean)
                grad_raw_BI[b, start + h * size + z] = grad
