"""The choices of this folder, found by themselves, behind one pair of kernels."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from math import isfinite
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from ..compiler.jit import ZERO, kernel, log
from ..memory import DENSE, NOTHING
from .base import FLOOR, Choice, ChoiceCode, Chooser, choosers, entropy, entropy_vjp, missing


def _found() -> tuple[Choice, ...]:
    """Every choice of every file in this folder, in the order of their names."""
    names = sorted(module.name for module in iter_modules([str(Path(__file__).parent)]))
    modules = [
        import_module(f"{__package__}.{name}")
        for name in names
        if name not in ("base", Path(__file__).stem)
    ]
    values = [value for module in modules for value in vars(module).values()]
    return tuple(dict.fromkeys(value for value in values if isinstance(value, Choice)))


CHOICES = _found()


def named_choosers() -> dict[str, Chooser]:
    """By the registered name of an estimator: what says which choice it makes."""
    return dict(choosers)


def code_of(choice: Choice) -> ChoiceCode:
    """A choice as the kernels take it."""
    return ChoiceCode(
        CHOICES.index(choice), choice.one_slot, choice.has_dense_gradient, choice.is_sparse
    )


def _choose_for(choice: Choice) -> Any:
    """`choose` of one choice, for all samples and heads."""
    return _choose_one_for(choice) if choice.kept is None else _choose_several_for(choice)


def _choose_several_for(choice: Choice) -> Any:
    choose_several = choice.choose

    @kernel
    def choose_slots(weighting_BHN: Any, draws_BHU: Any, address: Any) -> None:
        batch, heads, _ = weighting_BHN.shape
        for b in range(batch):
            for h in range(heads):
                weighting_N, weights_N = weighting_BHN[b, h], address.weights_BHN[b, h]
                lack = missing(weighting_N)
                choose_several(
                    weighting_N, lack, draws_BHU[b, h], weights_N, address.slots_BHK[b, h]
                )
                address.slot_BH[b, h] = DENSE
                address.log_prob_BH[b, h] = ZERO
                address.entropy_BH[b, h] = entropy(weighting_N, lack)

    return choose_slots


def _choose_one_for(choice: Choice) -> Any:
    choose_slot, is_sparse = choice.choose, choice.is_sparse

    @kernel
    def choose_slots(weighting_BHN: Any, draws_BHU: Any, address: Any) -> None:
        batch, heads, _ = weighting_BHN.shape
        for b in range(batch):
            for h in range(heads):
                weighting_N, weights_N = weighting_BHN[b, h], address.weights_BHN[b, h]
                lack = missing(weighting_N)
                slot = choose_slot(weighting_N, lack, draws_BHU[b, h], weights_N)
                log_prob = ZERO
                if is_sparse:
                    probability = lack if slot == NOTHING else weighting_N[slot]
                    # the floor would lose NaN
                    log_prob = probability
                    if probability == probability:
                        log_prob = log(max(probability, FLOOR))
                elif lack != lack:
                    slot = DENSE
                address.slot_BH[b, h] = slot
                for k in range(address.slots_BHK.shape[2]):
                    address.slots_BHK[b, h, k] = slot
                address.log_prob_BH[b, h] = log_prob
                address.entropy_BH[b, h] = entropy(weighting_N, lack)

    return choose_slots


def _vjp_for(choice: Choice) -> Any:
    """`choose_vjp` of one choice, likewise."""
    weights_vjp, is_sparse = choice.vjp, choice.is_sparse

    @kernel
    def slots_vjp(
        weighting_BHN: Any,
        draws_BHU: Any,
        slot_BH: Any,
        grad_weights_BHN: Any,
        grad_log_prob_BH: Any,
        grad_entropy_BH: Any,
        grad_weighting_BHN: Any,
    ) -> None:
        batch, heads, slots = weighting_BHN.shape
        for b in range(batch):
            for h in range(heads):
                weighting_N, slot = weighting_BHN[b, h], slot_BH[b, h]
                grad_weighting_N = grad_weighting_BHN[b, h]
                lack = missing(weighting_N)
                weights_vjp(
                    weighting_N, lack, draws_BHU[b, h], slot, grad_weights_BHN[b, h],
                    grad_weighting_N,
                )  # fmt: skip
                if is_sparse:
                    grad = grad_log_prob_BH[b, h]
                    if slot >= 0:
                        if weighting_N[slot] >= FLOOR:
                            grad_weighting_N[slot] += grad / weighting_N[slot]
                    elif lack > ZERO:
                        for n in range(slots):
                            grad_weighting_N[n] -= grad / lack
                grad = grad_entropy_BH[b, h]
                if grad != ZERO:
                    entropy_vjp(weighting_N, lack, grad, grad_weighting_N)

    return slots_vjp


def _one_of(kernels: Sequence[Any], number: int = 0) -> Any:
    """A kernel that calls the one of these whose number is its first argument."""
    this = kernels[number]
    if number + 1 == len(kernels):

        @kernel
        def last(wanted: int, *arguments: Any) -> None:
            this(*arguments)

        return last
    others = _one_of(kernels, number + 1)

    @kernel
    def one_of(wanted: int, *arguments: Any) -> None:
        if wanted == number:
            this(*arguments)
        else:
            others(wanted, *arguments)

    return one_of


_choose = _one_of([_choose_for(choice) for choice in CHOICES])
_vjp = _one_of([_vjp_for(choice) for choice in CHOICES])


@kernel
def choose(choice: Any, weighting_BHN: Any, draws_BHU: Any, address: Any) -> None:
    """The address of a weighting, with its log-probability and the weighting's entropy in nats.

    `choice` is a `ChoiceCode`, `draws_BHU` the random numbers that it needs. A weighting that is
    NaN reaches every slot, unless the address is sparse, as in the reference.
    """
    _choose(choice.number, weighting_BHN, draws_BHU, address)


@kernel
def choose_vjp(
    choice: Any,
    weighting_BHN: Any,
    draws_BHU: Any,
    slot_BH: Any,
    grad_weights_BHN: Any,
    grad_log_prob_BH: Any,
    grad_entropy_BH: Any,
    grad_weighting_BHN: Any,
) -> None:
    """Adds the weighting's gradient, from that of the weights and of what describes the choice."""
    _vjp(
        choice.number, weighting_BHN, draws_BHU, slot_BH, grad_weights_BHN, grad_log_prob_BH,
        grad_entropy_BH, grad_weighting_BHN,
    )  # fmt: skip


@kernel
def reach_every_slot(choice: Any, erase_BPW: Any, add_BPW: Any, slot_BP: Any) -> None:
    """Where a write is not finite, a dense address passes that on to every slot (0 × NaN = NaN)."""
    if choice.is_sparse or not choice.one_slot:
        return
    batch, heads, width = erase_BPW.shape
    for b in range(batch):
        for p in range(heads):
            for w in range(width):
                if not (isfinite(erase_BPW[b, p, w]) and isfinite(add_BPW[b, p, w])):
                    slot_BP[b, p] = DENSE
