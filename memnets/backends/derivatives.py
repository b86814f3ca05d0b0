"""First derivatives only: what fast backends say where a second one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

Backward = Callable[..., Any]


def once_differentiable(backward: Backward) -> Backward:
    """The backward of an autograd function that has no derivative itself.

    Raises RuntimeError where `create_graph=True` asks for one. torch's own mark of this name lets
    such a call through, with wrong gradients, where the incoming gradients depend on nothing.
    """

    def refusing(ctx: Any, *grads: Any) -> Any:
        first_derivative(*grads)
        return backward(ctx, *grads)

    return refusing


def first_derivative(*grads: Any) -> None:
    """Raises RuntimeError in a backward pass with `create_graph=True`; a hook for tensors, too."""
    if torch.is_grad_enabled():
        raise RuntimeError(
            "fast backends are differentiated once, without create_graph=True: for second "
            'derivatives set backend="reference"'
        )
