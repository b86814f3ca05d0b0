"""How large a model is, and models of equal size: parameters, state, arithmetic of a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch

from . import flops
from .options import options_of, require_number, require_one_of, require_whole
from .registry import cells, controllers, estimators
from .size_search import FREE, Search, value_of

if TYPE_CHECKING:
    from .network import MemoryNetwork
    from .spec import ModelSpec

TOLERANCE = 0.01
"""Sizes that differ by no more than this share are equal."""
FILLED = 1 << 20
"""Models whose two largest sizes make no larger table than this are built in earnest, which is
faster."""


class Unmatched(ValueError):
    """No sizes of a model come near enough; the message says how near the nearest ones do."""


def parameters(network: MemoryNetwork) -> int:
    """How many numbers are trained, those of an estimator's baseline included."""
    return sum(part.numel() for part in network.parameters() if part.requires_grad)


def state(network: MemoryNetwork) -> int:
    """How many numbers a sequence carries from one step to the next, as far as a later one needs
    them: not the `bookkeeping` of a cell, nor a read that is not fed to the controller.
    """
    found = network.initial_state(1)
    unneeded = network.cell.bookkeeping
    cell = found.cell._replace(**dict.fromkeys(unneeded)) if unneeded else found.cell
    return _numbers((found.controller, cell, found.read_BO if network.feed_read else None))


def step_flops(network: MemoryNetwork) -> int:
    """FLOP of one step of one sequence, forward, as `memnets.flops.COUNTED` counts them.

    As in a test, on the reference, without what a batch shares.
    """

    def work(batch: int) -> object:
        with torch.no_grad():
            inputs = network.embed(network.blank(1, batch))
            return network.unroll(inputs, network.initial_state(batch))

    training = network.training
    network.eval()
    try:
        return flops.count(work)
    finally:
        network.train(training)


MEASURES: Mapping[str, Callable[[MemoryNetwork], int]] = {
    "parameters": parameters,
    "state": state,
    "flops": step_flops,
}


def size_of(spec: ModelSpec, measure: str, **sizes: int) -> int:
    """One of the `MEASURES` of a model that is built with these sizes of input and output.

    Leaves torch's random numbers as they are. Raises ValueError for a model that cannot be built.
    """
    require_one_of("measure", measure, tuple(MEASURES))
    for name, size in sizes.items():
        require_whole(name, size, least=0)
    # what a name stands for may change, as that of a plug-in
    names = ((cells, spec.cell), (estimators, spec.estimator), (controllers, spec.controller))
    means = tuple((registry.get(name), registry.version) for registry, name in names)
    return _size_of(spec, measure, means, **sizes)


@lru_cache(maxsize=20_000)
def _size_of(spec: ModelSpec, measure: str, means: tuple[Any, ...], **sizes: int) -> int:
    """Measured once: studies of equal sizes are built often, and ask for the same models."""

    def measured() -> int:
        return MEASURES[measure](spec.build(**sizes, backend="reference").eval())

    with torch.random.fork_rng(devices=[]):
        if measure != "flops" and _largest_table(spec) > FILLED:
            # on "meta", a table of gigabytes is counted without being filled
            try:
                with torch.device("meta"):
                    return measured()
            # a cell that looks at its numbers when it is built; a model that cannot be built at all
            # fails again below
            except (NotImplementedError, RuntimeError):
                pass
        return measured()


def matched(
    spec: ModelSpec,
    measure: str,
    to: ModelSpec | int,
    *,
    tolerance: float = TOLERANCE,
    **sizes: int,
) -> ModelSpec:
    """The model with sizes of its own changed so that it is as large as another one.

    `measure` is what is to be equal: "parameters", "state" or "flops"; `to` a model or a number,
    and `sizes` what `ModelSpec.build` takes. One size is changed where that is enough, in the order
    of `FREE`; else two of them, the second as little as will do. Raises Unmatched where no sizes
    come within `tolerance`, a share.
    """
    require_one_of("measure", measure, tuple(MEASURES))
    require_number("tolerance", tolerance, least=0, below=1)
    wanted = to if isinstance(to, int) else size_of(to, measure, **sizes)
    if wanted < 1:
        raise Unmatched(f"{measure} is {wanted}; it must be at least 1 to be matched.")
    search = Search(spec, wanted, lambda model: size_of(model, measure, **sizes), FREE[measure])
    for found in search.candidates():
        if search.distance(found) <= tolerance * wanted:
            return found
    near = search.nearest
    text = f"no sizes of {spec.label} give {wanted:,} {_named(measure)} within {tolerance:.1%}"
    if near is None:
        raise Unmatched(f"{text}: none of its sizes has an effect on that.")
    changed = ", ".join(f"{name} {value_of(near, name)}" for name in search.free)
    raise Unmatched(f"{text}: the nearest are {search.size(near):,} with {changed}.")


def _largest_table(spec: ModelSpec) -> int:
    """The product of the two largest whole numbers that the model is built with."""
    known = options_of(cells.get(spec.cell))
    options = {name: option.default for name, option in known.items()} | dict(spec.cell_options)
    whole = [value for value in options.values() if isinstance(value, int)]
    *_, second, first = sorted([spec.controller_size, spec.controller_size, *whole])
    return first * second


def _named(measure: str) -> str:
    return {"state": "numbers of state", "flops": "FLOP a step"}.get(measure, measure)


def _numbers(found: Any) -> int:
    if isinstance(found, torch.Tensor):
        return found.numel()
    return sum(map(_numbers, found)) if isinstance(found, tuple | list) else 0
