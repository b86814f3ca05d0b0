"""The step down a gradient: clipping, and the optimiser without its overhead per call.

Forward and backward of a small model take a millisecond or two; what torch does around clipping
and around an optimiser's arithmetic (hooks, the profiler, sorting by device) takes a quarter of
that. Here only the arithmetic is left, which is torch's own: results are the same to the bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import singledispatch
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Adam, Optimizer, RMSprop
from torch.optim.rmsprop import rmsprop

_BOTH = ("lr", "eps", "weight_decay", "maximize")
_ADAM = (*_BOTH, "amsgrad")
_RMSPROP = (
    *_BOTH, "alpha", "momentum", "centered", "foreach", "capturable", "differentiable",
)  # fmt: skip


def forget(parameters: Sequence[Parameter]) -> None:
    """Drop the gradients."""
    for part in parameters:
        part.grad = None


def clip(parameters: Sequence[Parameter], largest: float) -> Tensor:
    """Scale gradients down to a norm of at most `largest`; the norm before.

    A gradient that explodes over hundreds of steps is finite in float32 when its square is not: the
    norm is then taken in float64, and the gradient keeps its direction. Of a sparse gradient, whose
    rows are added up first, it is that of the numbers that it has.
    """
    grads = [_numbers(part) for part in parameters if part.grad is not None]
    if not grads:
        return torch.zeros(())
    norm = _norm(grads)
    length = norm.item()
    if math.isinf(length):
        norm = _norm([grad.double() for grad in grads])
    # torch's own clipping multiplies by one where the norm is small, which changes nothing
    if not length < 0.99 * largest:
        torch._foreach_mul_(grads, (largest / (norm + 1e-6)).clamp(max=1.0))
    return norm


def _numbers(part: Parameter) -> Tensor:
    """The numbers of a parameter's gradient, which may be scaled in place."""
    assert part.grad is not None
    if not part.grad.is_sparse:
        return part.grad
    part.grad = part.grad.coalesce()
    return part.grad._values()


def _norm(grads: Sequence[Tensor]) -> Tensor:
    return torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in grads]))


@singledispatch
def descend(optimiser: Optimizer) -> None:
    """One step of the optimiser, by the gradients that its parameters have."""
    optimiser.step()


@descend.register
def _adam(optimiser: Adam) -> None:
    fused = all(group["fused"] for group in optimiser.param_groups)
    decoupled = any(group["decoupled_weight_decay"] for group in optimiser.param_groups)
    if not fused or decoupled or not _begun(optimiser):
        optimiser.step()
        return
    with torch.no_grad():
        for part in _parts(optimiser):
            beta1, beta2 = part.group["betas"]
            steps = part.every("step")
            torch._foreach_add_(steps, 1)
            # what torch.optim.adam.adam comes to, which first sorts by device again
            torch._fused_adam_(
                part.parameters,
                part.grads,
                part.every("exp_avg"),
                part.every("exp_avg_sq"),
                part.every("max_exp_avg_sq"),
                steps,
                beta1=beta1,
                beta2=beta2,
                **{name: part.group[name] for name in _ADAM},
            )


@descend.register
def _rmsprop(optimiser: RMSprop) -> None:
    if not _begun(optimiser):
        optimiser.step()
        return
    with torch.no_grad():
        for part in _parts(optimiser):
            rmsprop(
                part.parameters,
                part.grads,
                part.every("square_avg"),
                part.every("grad_avg"),
                part.every("momentum_buffer"),
                part.every("step"),
                **{name: part.group[name] for name in _RMSPROP},
            )


class _Part(NamedTuple):
    """Those parameters of a group of an optimiser that have gradients, and its state for them."""

    group: dict[str, Any]
    parameters: list[Tensor]
    grads: list[Tensor]
    states: list[dict[str, Any]]

    def every(self, name: str) -> list[Tensor]:
        """What the state holds under a name, for each parameter; none where it does not."""
        return [state[name] for state in self.states if name in state]


def _begun(optimiser: Optimizer) -> bool:
    """Whether the optimiser has a state for all that has a gradient, made at a first step."""
    state, groups = optimiser.state, optimiser.param_groups
    return all(
        part in state for group in groups for part in group["params"] if part.grad is not None
    )


def _parts(optimiser: Optimizer) -> Iterator[_Part]:
    for group in optimiser.param_groups:
        parameters = [part for part in group["params"] if part.grad is not None]
        yield _Part(
            group,
            parameters,
            [part.grad for part in parameters],
            [optimiser.state[part] for part in parameters],
        )
