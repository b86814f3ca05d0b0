"""How large a model is, and models of equal size: parameters, state, arithmetic of a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from . import flops
from .options import options_of, require_number, require_one_of
from .registry import cells

if TYPE_CHECKING:
    from .network import MemoryNetwork
    from .spec import ModelSpec

TOLERANCE = 0.01
"""Sizes that differ by no more than this share are equal."""
LARGEST = 1 << 16
"""No size that is tried is larger."""
FILLED = 1 << 20
"""Models whose two largest sizes make no larger table than this are built in earnest, which is
faster."""

CONTROLLER = "controller_size"
FREE = {
    "parameters": (CONTROLLER, "width", "slots"),
    "state": ("slots", "width", CONTROLLER),
    "flops": (CONTROLLER, "width", "slots"),
}
"""What may be changed to match each measure, in this order; a cell may lack some."""


class Unmatched(ValueError):
    """No sizes of a model come near enough; the message says how near the nearest ones do."""


def parameters(network: MemoryNetwork) -> int:
    """How many numbers are trained, those of an estimator's baseline included."""
    return sum(part.numel() for part in network.parameters() if part.requires_grad)


def state(network: MemoryNetwork) -> int:
    """How many numbers a sequence carries from one step to the next."""
    return _numbers(network.initial_state(1))


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
    search = _Search(spec, measure, wanted, sizes)
    for found in search.candidates():
        if abs(search.size(found) - wanted) <= tolerance * wanted:
            return found
    near = search.nearest
    text = f"no sizes of {spec.label} give {wanted:,} {_named(measure)} within {tolerance:.1%}"
    if near is None:
        raise Unmatched(f"{text}: none of its sizes has an effect on that.")
    changed = ", ".join(f"{name} {_value(near, name)}" for name in search.free)
    raise Unmatched(f"{text}: the nearest are {search.size(near):,} with {changed}.")


class _Search:
    """Looks for sizes of a model, and remembers what each came to."""

    def __init__(
        self, spec: ModelSpec, measure: str, wanted: int, sizes: Mapping[str, int]
    ) -> None:
        self.spec, self.measure, self.wanted, self.sizes = spec, measure, wanted, sizes
        self.nearest: ModelSpec | None = None
        self._known: dict[ModelSpec, int | None] = {}
        known = options_of(cells.get(spec.cell))
        asked = [name for name in FREE[measure] if name == CONTROLLER or name in known]
        self.free = [name for name in asked if self._matters(name)]

    def candidates(self) -> Iterator[ModelSpec]:
        """The model as it is, with one size changed, then with two."""
        yield self.spec
        for name in self.free:
            yield from self._best(self.spec, name)
        for first in self.free:
            for second in self.free:
                if second != first:
                    for value in _around(_value(self.spec, second)):
                        changed = _with(self.spec, second, value)
                        yield from self._best(changed, first)

    def size(self, spec: ModelSpec) -> int:
        """The size of a model that can be built."""
        found = self._size(spec)
        assert found is not None
        return found

    def _best(self, spec: ModelSpec, name: str) -> Iterator[ModelSpec]:
        """The two neighbouring values of one size between which the wanted one lies."""
        low, high = 0, 1
        while high <= LARGEST and (self._size(_with(spec, name, high)) or 0) < self.wanted:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            # what cannot be built is too small: more heads than slots, say
            if (self._size(_with(spec, name, middle)) or 0) < self.wanted:
                low = middle
            else:
                high = middle
        found = [_with(spec, name, value) for value in (high, low) if 1 <= value <= LARGEST]
        found = [each for each in found if self._size(each) is not None]
        found.sort(key=lambda each: abs(self.size(each) - self.wanted))
        for each in found:
            if self.nearest is None or self._distance(each) < self._distance(self.nearest):
                self.nearest = each
            yield each

    def _matters(self, name: str) -> bool:
        own = _value(self.spec, name)
        return self._size(self.spec) != self._size(_with(self.spec, name, 2 * own))

    def _distance(self, spec: ModelSpec) -> int:
        return abs(self.size(spec) - self.wanted)

    def _size(self, spec: ModelSpec) -> int | None:
        if spec not in self._known:
            try:
                self._known[spec] = size_of(spec, self.measure, **self.sizes)
            except (ValueError, RuntimeError, MemoryError):
                self._known[spec] = None
        return self._known[spec]


def _largest_table(spec: ModelSpec) -> int:
    """The product of the two largest whole numbers that the model is built with."""
    known = options_of(cells.get(spec.cell))
    options = {name: option.default for name, option in known.items()} | dict(spec.cell_options)
    whole = [value for value in options.values() if isinstance(value, int)]
    *_, second, first = sorted([spec.controller_size, spec.controller_size, *whole])
    return first * second


def _value(spec: ModelSpec, name: str) -> int:
    if name == CONTROLLER:
        return spec.controller_size
    default = options_of(cells.get(spec.cell))[name].default
    return int(spec.cell_options.get(name, default))


def _with(spec: ModelSpec, name: str, value: int) -> ModelSpec:
    if name == CONTROLLER:
        return replace(spec, controller_size=value)
    return replace(spec, cell_options={**spec.cell_options, name: value})


def _around(value: int) -> list[int]:
    """Other values from half of one to twice as much, the nearest first."""
    values = sorted({round(value * 2 ** (step / 12)) for step in range(-12, 13)} - {value, 0})
    return sorted(values, key=lambda each: max(each / value, value / each))


def _named(measure: str) -> str:
    return {"state": "numbers of state", "flops": "FLOP a step"}.get(measure, measure)


def _numbers(found: Any) -> int:
    if isinstance(found, torch.Tensor):
        return found.numel()
    return sum(map(_numbers, found)) if isinstance(found, tuple | list) else 0
