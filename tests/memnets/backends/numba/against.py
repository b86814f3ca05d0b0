"""What the tests of the kernels share: arrays to feed them, and the comparison in float64."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..rollouts import GRADIENTS, VALUES

Array = np.ndarray[Any, np.dtype[Any]]


def normal(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng((seed, *shape)).standard_normal(shape, np.float32)


def uniform(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng((seed, *shape)).random(shape, np.float32)


def weighting(*shape: int, seed: int = 0, mass: float = 1.0) -> Array:
    """Rows far from uniform that sum to so much."""
    raw = uniform(*shape, seed=seed) ** 4 + np.float32(1e-3)
    return (mass * raw / raw.sum(-1, keepdims=True)).astype(np.float32)


def unset(*shape: int) -> Array:
    """What is not a number: nobody may read it before it is written."""
    return np.full(shape, np.nan, np.float32)


def double(*arrays: Array) -> list[Tensor]:
    return [torch.from_numpy(a).double().requires_grad_() for a in arrays]


def close(
    actual: Array, expected: Tensor, tolerance: float = VALUES, smallest: float = 1e-30
) -> None:
    """Equal relative to the largest number, which counts as `smallest` at least."""
    wanted = expected.detach().numpy()
    assert actual.shape == wanted.shape
    scale = max(float(np.abs(wanted).max(initial=0)), smallest)
    np.testing.assert_allclose(actual / scale, wanted / scale, rtol=0, atol=tolerance)


def pull(value: Tensor, grad: Array, inputs: Sequence[Tensor]) -> list[Tensor]:
    """What autograd says of the inputs, zero where it says nothing."""
    onto = torch.from_numpy(grad).double()
    found = torch.autograd.grad(
        value, inputs, onto, retain_graph=True, allow_unused=True, materialize_grads=True
    )
    return list(found)


def adds(
    vjp: Callable[..., None],
    arguments: Sequence[Any],
    value: Tensor,
    grad: Array,
    inputs: Sequence[Tensor],
    scratch: Sequence[Array] = (),
) -> None:
    """A kernel's gradients are autograd's, and are added to what was there before."""
    expected = pull(value, grad, inputs)
    into = [np.ones(tuple(x.shape), np.float32) for x in inputs]
    vjp(*arguments, *into, *scratch)
    again = [x.copy() for x in into]
    vjp(*arguments, *again, *scratch)
    for once, twice, wanted in zip(into, again, expected, strict=True):
        # what is added to one is rounded to 6e-8
        close(once - 1, wanted, GRADIENTS, smallest=1e-3)
        close(twice - 1, 2 * wanted, GRADIENTS, smallest=2e-3)
