"""Looks for sizes of a model with which it is as large as another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .options import options_of
from .registry import cells

if TYPE_CHECKING:
    from .spec import ModelSpec

LARGEST = 1 << 16
"""No size that is offered is larger."""

CONTROLLER = "controller_size"
FREE = {
    "parameters": (CONTROLLER, "width", "slots"),
    "state": ("slots", "width", CONTROLLER),
    "flops": (CONTROLLER, "width", "slots"),
}
"""What may be changed to match each measure, in this order; a cell may lack some."""


class Search:
    """Looks for sizes of a model, and remembers what each came to.

    `size_of` says how large a model is, and raises where it cannot be built; `names` are the sizes
    that may be changed, of those the model has.
    """

    def __init__(
        self,
        spec: ModelSpec,
        wanted: int,
        size_of: Callable[[ModelSpec], int],
        names: Sequence[str],
    ) -> None:
        self.spec, self.wanted = spec, wanted
        self.nearest: ModelSpec | None = None
        self.free: list[str] = []
        """Those of them that have an effect, as far as was looked."""
        self._size_of = size_of
        self._known: dict[tuple[int, ...], int | None] = {}
        own = options_of(cells.get(spec.cell))
        self._names = [name for name in names if name == CONTROLLER or name in own]

    def candidates(self) -> Iterator[ModelSpec]:
        """The model as it is, with one size changed, then with two.

        Raises what `size_of` does where the model cannot be built as it is.
        """
        self._known[self._key(self.spec)] = self._size_of(self.spec)
        yield self.spec
        for name in self._names:
            if self._matters(name):
                self.free.append(name)
                yield from self._best(self.spec, name)
        for first in self.free:
            for second in self.free:
                if second != first:
                    for value in _around(value_of(self.spec, second)):
                        changed = _with(self.spec, second, value)
                        yield from self._best(changed, first)

    def distance(self, spec: ModelSpec) -> int:
        """How far the size of a model that can be built is from the wanted one."""
        return abs(self.size(spec) - self.wanted)

    def size(self, spec: ModelSpec) -> int:
        """The size of a model that can be built."""
        found = self._size(spec)
        assert found is not None
        return found

    def _best(self, spec: ModelSpec, name: str) -> Iterator[ModelSpec]:
        """The two neighbouring values of one size between which the wanted one lies."""
        models = [_with(spec, name, value) for value in self._between(spec, name) if value]
        found = [each for each in models if self._size(each) is not None]
        for each in sorted(found, key=self.distance):
            if self.nearest is None or self.distance(each) < self.distance(self.nearest):
                self.nearest = each
            yield each

    def _between(self, spec: ModelSpec, name: str) -> tuple[int, int]:
        """The least value of a size with which the model is as large as wanted, and the one below.

        The largest value alone where none is enough.
        """
        low, high, below, above = self._bracket(spec, name)
        halve = False
        while high - low > 1 and above >= self.wanted:
            # most sizes grow with the square of a number: a few tries, where halving takes ten
            share = 0.5 if halve else _root_share(below, self.wanted, above)
            middle = min(max(low + round(share * (high - low)), low + 1), high - 1)
            found, wide = self._at(spec, name, middle), high - low
            if found < self.wanted:
                low, below = middle, found
            else:
                high, above = middle, found
            halve = not halve and 2 * (high - low) > wide
        return high, low if above >= self.wanted else 0

    def _bracket(self, spec: ModelSpec, name: str) -> tuple[int, int, int, int]:
        """A value that is too small, one that is not, and what they come to; from its own value."""
        low, high = 0, min(value_of(spec, name), LARGEST)
        below, above = 0, self._at(spec, name, high)
        while above < self.wanted and high < LARGEST:
            low, below, high = high, above, min(2 * high, LARGEST)
            above = self._at(spec, name, high)
        while low == 0 and high > 1 and above >= self.wanted:
            half = high // 2
            if (found := self._at(spec, name, half)) < self.wanted:
                low, below = half, found
            else:
                high, above = half, found
        return low, high, below, above

    def _matters(self, name: str) -> bool:
        double = _with(self.spec, name, 2 * value_of(self.spec, name))
        return self._size(self.spec) != self._size(double)

    def _at(self, spec: ModelSpec, name: str, value: int) -> int:
        # what cannot be built is too small: more heads than slots, say
        return self._size(_with(spec, name, value)) or 0

    def _key(self, spec: ModelSpec) -> tuple[int, ...]:
        return tuple(value_of(spec, name) for name in self._names)

    def _size(self, spec: ModelSpec) -> int | None:
        key = self._key(spec)
        if key not in self._known:
            try:
                self._known[key] = self._size_of(spec)
            except (ValueError, RuntimeError, MemoryError):
                self._known[key] = None
        return self._known[key]


def value_of(spec: ModelSpec, name: str) -> int:
    """One of a model's sizes, which it has by default where it is not given."""
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


def _root_share(low: int, between: int, high: int) -> float:
    """How far a number's root is on the way from that of a lower one to that of a higher one."""
    return (between**0.5 - low**0.5) / (high**0.5 - low**0.5)
