"""The law of options: refused in one line that says what to do, or accepted and meant."""

import math
import re
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np

from envs.tasks.files import BadFile
from memnets.registry import UnknownName

from .values import HOSTILE, named, ruled_out

REFUSALS = (ValueError, TypeError, LookupError, OSError, gymnasium.error.Error)
"""What may be raised at an option; `memnets` prints these as one line, a TypeError excepted."""

OURS = re.compile(
    r"must|needed|needs|possible|is not one of|is no |are no |has no|have no|takes no"
    r"|Did you mean|[Kk]nown|such as|there are|expected|at least|only finite|to choose|no such"
    r"|names are text|are compared|is missing|is another|not to be had|the study's|, not |, but "
    r"|No such file|null byte|no file|directory"
)
"""Words of which one is in a line that says what would do."""

PYTHONS = re.compile(
    r"not supported between|unsupported operand|not iterable|has no attribute|has no len"
    r"|must be real number|invalid literal|could not convert|cannot convert|unhashable"
    r"|unexpected keyword|positional argument|out of bounds|too large to convert|Python int"
    r"|object cannot be|not subscriptable|argument of type|indices must be|truth value"
    r"|math domain|out of range float|bad operand|incompatible function|an integer is required"
    r"|broadcast|Dimension|dtype|overflow|allocate|JSON serializable|JSON compliant"
)
"""Words of Python, numpy and torch, which know nothing of options."""


@dataclass(frozen=True)
class Option:
    """An option, what it may be, and how to use a thing that has a value there.

    `use` builds the thing with the value, and takes a small step where one is cheap. It raises, or
    gives numbers that must be finite. `kept` gives the value back as the built thing has it.
    """

    owner: str
    name: str
    hint: Any
    use: Callable[[Any], Any]
    seed: bool = False
    hostile: tuple[Any, ...] = HOSTILE

    @property
    def label(self) -> str:
        return f"{self.owner}.{self.name}"

    def faults(self) -> Iterator[str]:
        """What is wrong with each hostile value, in a line each."""
        for value in self.hostile:
            wrong = self.fault(value)
            if wrong:
                yield f"{self.label} = {named(value)}: {wrong}"

    def _names(self, value: Any) -> list[str]:
        """What a refusal must name one of: the option by a word of its name, or an entry of it."""
        entries = list(map(str, value)) if isinstance(value, Mapping) else []
        words = [word for word in self.name.split("_") if len(word) > 3]
        return [self.name.rstrip("s"), self.name.replace("_", "-"), *words, *entries]

    def fault(self, value: Any) -> str | None:
        try:
            numbers = self.use(value)
        except REFUSALS as error:
            # of a name that is not registered, and of a file, the name is said
            names = () if isinstance(error, UnknownName | BadFile) else self._names(value)
            return _fault_of_line(said(error), names)
        except Exception as error:
            return f"{type(error).__name__}: {str(error)[:200]!r}"
        if ruled_out(self.hint, value, seed=self.seed):
            return f"accepted, and it is no {self.hint}"
        return _not_finite(numbers)


def said(error: BaseException) -> str:
    return str(error.args[0] if isinstance(error, LookupError) and error.args else error)


def _fault_of_line(line: str, names: Sequence[str]) -> str | None:
    if "\n" in line or not line:
        return f"not one line: {line[:300]!r}"
    if len(line) > 1_000:
        return f"{len(line)} characters: {line[:200]!r}"
    if PYTHONS.search(line):
        return f"Python's own words: {line!r}"
    if names and not any(name.lower() in line.lower() for name in names):
        return f"the option is not named: {line!r}"
    if not OURS.search(line):
        return f"what it must be is not said: {line!r}"
    return None


def _not_finite(numbers: Any, path: str = "") -> str | None:
    if isinstance(numbers, float | np.floating) and not math.isfinite(numbers):
        return f"accepted, and {path or 'a number'} is {numbers}"
    if isinstance(numbers, np.ndarray):
        if np.issubdtype(numbers.dtype, np.inexact) and not np.isfinite(numbers).all():
            return f"accepted, and {path or 'an array'} is not finite"
        return None
    if isinstance(numbers, Mapping):
        parts = numbers.items()
    elif isinstance(numbers, list | tuple):
        parts = enumerate(numbers)
    else:
        return None
    found = (_not_finite(part, f"{path}{label} ") for label, part in parts)
    return next((text for text in found if text), None)


def hints(make: Any) -> dict[str, Any]:
    """Annotations of what a class or a function is called with, by name."""
    return typing.get_type_hints(make.__init__ if isinstance(make, type) else make)
