"""Checks of settings, for the `__post_init__` of frozen dataclasses: one line says what is wrong.

Numbers of numpy are taken and become Python's own, so that what is stored is plain JSON.
"""

from __future__ import annotations

import math
import numbers
from typing import Any

from memnets.options import text_hint

from .data import BadData


def check_whole(settings: Any, owner: str = "", **least: int) -> None:
    """Raises BadData unless each named field is a whole number of at least that much."""
    for name, smallest in least.items():
        value = whole(getattr(settings, name))
        wanted = f"a whole number, at least {smallest}"
        require(value is not None and value >= smallest, settings, owner, name, wanted)
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
        object.__setattr__(settings, name, value)


def check_wholes(settings: Any, owner: str, name: str, least: int) -> None:
    """Raises BadData unless a field is a sequence of such whole numbers; it becomes a tuple."""
    values = getattr(settings, name)
    found = [whole(value) for value in values] if _is_sequence(values) else []
    good = bool(found) and all(value is not None and value >= least for value in found)
    require(good, settings, owner, name, f"one or more whole numbers, at least {least}")
    object.__setattr__(settings, name, tuple(found))


def whole(value: Any) -> int | None:
    """A whole number as an int; None for anything else, True and False included."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        return None
    return int(value)


def real(value: Any) -> int | float | None:
    """A number as Python's own; None for anything else, True and False included."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    return int(value) if isinstance(value, numbers.Integral) else float(value)


def require(holds: bool, settings: Any, owner: str, name: str, wanted: str) -> None:
    """Raises BadData, which says what the field is and what it must be, unless `holds`."""
    if not holds:
        value = getattr(settings, name)
        field = f"{owner} {name}".strip()
        raise BadData(f"{field} is {value!r:.80}; it must be {wanted}.{text_hint(value)}")


def _is_sequence(values: Any) -> bool:
    return hasattr(values, "__iter__") and not isinstance(values, str | bytes | dict)
