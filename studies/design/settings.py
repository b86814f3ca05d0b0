"""Checks of settings, for the `__post_init__` of frozen dataclasses: one line says what is wrong.

Numbers of numpy are taken and become Python's own, so that what is stored is plain JSON.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable
from typing import Any

from memnets.options import LARGEST, LARGEST_NUMBER, SMALLEST_NUMBER, text_hint

from .data import BadData

LARGEST_SEED = 2**64 - 1
"""torch takes no larger one."""


def check_whole(settings: Any, owner: str = "", *, most: int = LARGEST, **least: int) -> None:
    """Raises BadData unless each named field is a whole number of at least that much."""
    for name, smallest in least.items():
        value = whole(getattr(settings, name))
        wanted = f"a whole number, at least {smallest}"
        wanted += f", at most {most}" if value is not None and value > most else ""
        require(value is not None and smallest <= value <= most, settings, owner, name, wanted)
        object.__setattr__(settings, name, value)


def check_number(
    settings: Any,
    owner: str,
    *names: str,
    least: float = -math.inf,
    above: float = -math.inf,
    most: float = math.inf,
) -> None:
    """Raises BadData unless each named field is a finite number within the bounds."""
    wanted = "a finite number"
    wanted += f", at least {least:g}" if least > -math.inf else ""
    wanted += f" above {above:g}" if above > -math.inf else ""
    wanted += f", at most {most:g}" if most < math.inf else ""
    for name in names:
        value = real(getattr(settings, name))
        good = value is not None and math.isfinite(value) and least <= value <= most
        good = good and value is not None and value > above
        require(good, settings, owner, name, wanted)
        fair = not value or SMALLEST_NUMBER <= abs(value) <= LARGEST_NUMBER
        in_size = f"between {SMALLEST_NUMBER:g} and {LARGEST_NUMBER:g} in size, or 0"
        require(fair, settings, owner, name, in_size)
        object.__setattr__(settings, name, value)


def check_wholes(settings: Any, owner: str, name: str, least: int) -> None:
    """Raises BadData unless a field is a sequence of such whole numbers; it becomes a tuple."""
    values = getattr(settings, name)
    found = [whole(value) for value in values] if is_sequence(values) else []
    good = bool(found) and all(value is not None and least <= value <= LARGEST for value in found)
    require(good, settings, owner, name, f"one or more whole numbers, at least {least}")
    object.__setattr__(settings, name, tuple(found))


def check_one_of(settings: Any, owner: str, name: str, known: Iterable[str]) -> None:
    """Raises BadData unless a field is one of these texts."""
    value, known = getattr(settings, name), tuple(known)
    good = isinstance(value, str) and value in known
    require(good, settings, owner, name, f"one of {', '.join(known)}")


def whole(value: Any) -> int | None:
    """A whole number as an int; None for anything else, True and False included."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        return None
    return int(value)


def seed_of(value: Any) -> int:
    """A seed as an int; raises BadData for what torch does not take as one."""
    seed = whole(value)
    if seed is not None and 0 <= seed <= LARGEST_SEED:
        return seed
    wanted = "a whole number from 0 to 2**64 - 1"
    wanted += f", such as {seed % 2**64}" if seed is not None and seed > LARGEST_SEED else ""
    raise BadData(f"seed is {value!r:.80}; it must be {wanted}.{text_hint(value)}")


def real(value: Any) -> int | float | None:
    """A number as Python's own; None for anything else, True and False included."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    if not isinstance(value, numbers.Integral):
        return float(value)
    # one of more than 308 digits is none that math.isfinite takes
    number = int(value)
    return number if abs(number) < 2**1000 else math.inf


def require(holds: bool, settings: Any, owner: str, name: str, wanted: str) -> None:
    """Raises BadData, which says what the field is and what it must be, unless `holds`."""
    if not holds:
        value = getattr(settings, name)
        field = f"{owner} {name}".strip()
        raise BadData(f"{field} is {value!r:.80}; it must be {wanted}.{text_hint(value)}")


def is_sequence(values: Any) -> bool:
    """Whether one can go through the values, one by one; no text and no mapping."""
    # an array of numpy without dimensions has __iter__, and cannot be gone through
    through = hasattr(values, "__iter__") and getattr(values, "shape", None) != ()
    return through and not isinstance(values, str | bytes | dict)
