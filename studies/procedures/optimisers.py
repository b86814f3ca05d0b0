"""Optimisers by name, and what each lets one choose beside the learning rate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..design.data import BadData, hint

if TYPE_CHECKING:
    from memnets.spec import ModelSpec

# torch is imported where an optimiser is made: settings are read without it
MOMENTA: Mapping[str, float | None] = MappingProxyType(
    {
        "adam": None,
        "adamw": None,
        "rmsprop": 0.0,
        # Graves (2013)
        "graves_rmsprop": 0.9,
        # RL-NTM: the momentum sums gradients, and the rate multiplies that sum
        "sgd": 0.9,
    }
)
"""All optimisers, and the momentum that each has by default; None for one that takes no other."""


SPARSE = "sgd"
"""The optimiser that takes sparse gradients, without weight decay, which is dense."""


def check_optimiser(name: Any, momentum: float | None = None) -> None:
    """Raises BadData for a name that is not known, and for a momentum that it does not take."""
    if not isinstance(name, str) or name not in MOMENTA:
        raise BadData(f"no optimiser {name!r:.60}.{hint(str(name), list(MOMENTA))}")
    if momentum is not None and MOMENTA[name] is None:
        able = ", ".join(known for known, default in MOMENTA.items() if default is not None)
        raise BadData(f"{name} has averages of its own and takes no momentum; {able} do.")


def require_taken(model: ModelSpec, optimiser: str = "adam", weight_decay: float = 0.0) -> None:
    """Raises BadData for a model with sparse gradients, which such an optimiser does not take.

    A cell has these by its option `sparse_gradient`.
    """
    if not model.cell_options.get("sparse_gradient") or (optimiser == SPARSE and not weight_decay):
        return
    decay = " with weight decay" if weight_decay else ""
    raise BadData(
        f"{model.label} has sparse gradients, which {optimiser}{decay} does not take: set the "
        f"cell's sparse_gradient to False, or train it by Supervised with optimiser {SPARSE} and "
        "weight_decay 0."
    )


def optimiser_of(
    name: str,
    parameters: Iterable[Any],
    rate: float,
    *,
    weight_decay: float = 0.0,
    momentum: float | None = None,
) -> Any:
    """A torch optimiser with a learning rate of `rate`.

    `weight_decay` is added to the gradient as a penalty on the square of the weights is, but for
    adamw, which shrinks the weights themselves (Loshchilov & Hutter, 2019). A `momentum` of None
    is the optimiser's own.
    """
    kept = MOMENTA[name] if momentum is None else momentum
    own = {} if kept is None else {"momentum": kept}
    return _makers()[name](list(parameters), lr=rate, weight_decay=weight_decay, **own)


def _makers() -> dict[str, Callable[..., Any]]:
    from torch.optim import SGD, Adam, AdamW, RMSprop

    return {
        "adam": partial(Adam, fused=True),
        "adamw": partial(AdamW, fused=True),
        "rmsprop": partial(RMSprop, foreach=True),
        # Graves has 1e-4 inside the square root; torch adds its constant outside
        "graves_rmsprop": partial(RMSprop, alpha=0.95, eps=1e-2, centered=True, foreach=True),
        "sgd": partial(SGD, foreach=True),
    }
