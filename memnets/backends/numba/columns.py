"""Columns of the raw interface, as parameters of heads: copied, or squashed.

Each function takes the columns from `start` on. Each gradient sets its columns of the raw
interface's gradient.
"""

from __future__ import annotations

from typing import Any

from .compiler.jit import ONE, ZERO, exp, kernel, sigmoid, softplus


@kernel
def take(raw_BI: Any, start: int, out_BX: Any) -> None:
    """The columns as they are."""
    batch, size = out_BX.shape
    for b in range(batch):
        for x in range(size):
            out_BX[b, x] = raw_BI[b, start + x]


@kernel
def take_vjp(start: int, grad_out_BX: Any, grad_raw_BI: Any) -> None:
    """The gradient of `take`."""
    batch, size = grad_out_BX.shape
    for b in range(batch):
        for x in range(size):
            grad_raw_BI[b, start + x] = grad_out_BX[b, x]


@kernel
def take_sigmoid(raw_BI: Any, start: int, out_BX: Any) -> None:
    """Their logistic sigmoid."""
    batch, size = out_BX.shape
    for b in range(batch):
        for x in range(size):
            out_BX[b, x] = sigmoid(raw_BI[b, start + x])


@kernel
def take_sigmoid_vjp(start: int, out_BX: Any, grad_out_BX: Any, grad_raw_BI: Any) -> None:
    """The gradient of `take_sigmoid`."""
    batch, size = out_BX.shape
    for b in range(batch):
        for x in range(size):
            out = out_BX[b, x]
            grad_raw_BI[b, start + x] = grad_out_BX[b, x] * out * (ONE - out)


@kernel
def take_softplus(raw_BI: Any, start: int, least: Any, out_BX: Any) -> None:
    """Their softplus, and `least` added to it."""
    batch, size = out_BX.shape
    for b in range(batch):
        for x in range(size):
            out_BX[b, x] = least + softplus(raw_BI[b, start + x])


@kernel
def take_softplus_vjp(
    start: int, least: Any, out_BX: Any, grad_out_BX: Any, grad_raw_BI: Any
) -> None:
    """The gradient of `take_softplus`."""
    batch, size = out_BX.shape
    for b in range(batch):
        for x in range(size):
            # the derivative of softplus is the sigmoid, one less e to the minus softplus
            slope = ONE - exp(least - out_BX[b, x])
            grad_raw_BI[b, start + x] = grad_out_BX[b, x] * slope


@kernel
def take_softmax(raw_BI: Any, start: int, out_BHX: Any) -> None:
    """A softmax for each head."""
    batch, heads, size = out_BHX.shape
    for b in range(batch):
        for h in range(heads):
            at = start + h * size
            top, mass = raw_BI[b, at], ZERO
            for x in range(1, size):
                top = max(top, raw_BI[b, at + x])
            for x in range(size):
                out_BHX[b, h, x] = exp(raw_BI[b, at + x] - top)
                mass += out_BHX[b, h, x]
            for x in range(size):
                out_BHX[b, h, x] /= mass


@kernel
def take_softmax_vjp(start: int, out_BHX: Any, grad_out_BHX: Any, grad_raw_BI: Any) -> None:
    """The gradient of `take_softmax`."""
    batch, heads, size = out_BHX.shape
    for b in range(batch):
        for h in range(heads):
            mean = ZERO
            for x in range(size):
                mean += out_BHX[b, h, x] * grad_out_BHX[b, h, x]
            for x in range(size):
                grad = out_BHX[b, h, x] * (grad_out_BHX[b, h, x] - mean)
                grad_raw_BI[b, start + h * size + x] = grad
