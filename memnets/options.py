"""Options of cells, estimators, controllers and regularisers: which there are, and their ranges."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from numbers import Integral, Real
from typing import Any

FILLED_IN = ("external_size", "feature_size")
"""Parameters that are no options: `assemble` gives the widths of input and features by them."""

LARGEST = 2**31 - 1
"""No size and no count may be larger."""
SMALLEST_NUMBER, LARGEST_NUMBER = 1e-30, 1e12
"""No other number may be larger, or nearer to 0 without being 0: in 32 bits it, or what is computed
with it, would be infinite or 0."""


def options_of(make: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The parameters of a class or function that a user may set: all those with a default."""
    return {
        name: parameter
        for name, parameter in _parameters(make).items()
        if parameter.default is not parameter.empty and name not in FILLED_IN
    }


def _parameters(make: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return _parameters_of(make)
    except TypeError:
        # an instance that is called and cannot be hashed
        return inspect.signature(make).parameters


@lru_cache(maxsize=1_000)
def _parameters_of(make: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    # asked for several times for every network that is built
    return inspect.signature(make).parameters


def accepted(make: Callable[..., Any], **values: Any) -> dict[str, Any]:
    """Those of some values that a class or function has a parameter for.

    So a cell that wants the width of the network's input, `external_size`, or an estimator that
    wants that of its features, `feature_size`, has a parameter of that name; the others have none.
    """
    known = _parameters(make)
    return {name: value for name, value in values.items() if name in known}


def check_options(name: str, make: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Raises ValueError for an option that does not exist, or whose value is of another type."""
    if not isinstance(options, Mapping):
        raise ValueError(f"the options of {name} map names to values, not {shown(options)}")
    known = options_of(make)
    for option, value in options.items():
        if option not in known:
            raise ValueError(
                f"{name} has no option {option!r}; "
                + (f"it has {', '.join(known)}" if known else "it has none")
            )
        default = known[option].default
        if not _alike(value, default):
            expected = type(default).__name__
            raise ValueError(
                f"{name}: {option} is of type {expected}, such as {default!r}, not "
                + shown(value)
                + _hint(value, default)
            )


def plain(value: Any) -> Any:
    """A value of JSON types, numbers of numpy made Python's own; other things are left alone."""
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    if value is None or type(value) in (bool, int, float, str):
        return value
    # without an import of numpy, which takes a while and may not be needed
    if type(value).__module__ == "numpy":
        return value.item() if value.shape == () else value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value


def require_whole(name: str, value: object, *, least: int = 1) -> None:
    """Raises ValueError unless an option is a whole number of at least so much."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or not least <= value <= LARGEST:  # type: ignore[operator]
        limit = f", at most {LARGEST}" if whole and value > LARGEST else ""  # type: ignore[operator]
        raise ValueError(
            f"{name} must be a whole number, at least {least}{limit}, not {shown(value)}"
        )


def require_positive(**sizes: int) -> None:
    """Raises ValueError naming the first size that is not a whole number of at least one."""
    for name, size in sizes.items():
        require_whole(name, size)


def require_number(
    name: str,
    value: object,
    *,
    above: float = -math.inf,
    least: float = -math.inf,
    below: float = math.inf,
    most: float = math.inf,
) -> None:
    """Raises ValueError unless an option is a finite number within these limits."""
    number = isinstance(value, Real) and not isinstance(value, bool) and _is_finite(value)
    if number and above < value < below and least <= value <= most:  # type: ignore[operator]
        size = abs(float(value))  # type: ignore[arg-type]
        if size == 0 or SMALLEST_NUMBER <= size <= LARGEST_NUMBER:
            return
        fair = f"between {SMALLEST_NUMBER:g} and {LARGEST_NUMBER:g} in size, or 0"
        raise ValueError(f"{name} must be {fair}, not {shown(value)}")
    limits = {"above": above, "at least": least, "below": below, "at most": most}
    words = [f"{word} {limit:g}" for word, limit in limits.items() if math.isfinite(limit)]
    wanted = ["a finite number"] if not number else []
    wanted += [" and ".join(words)] if words else []
    raise ValueError(f"{name} must be {', '.join(wanted)}, not {shown(value)}")


def require_one_of(name: str, value: str, known: Iterable[str]) -> None:
    """Raises ValueError where an option is not among its known values."""
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{name} {shown(value)} is not one of {', '.join(known)}")


def require_mapping(name: str, value: object) -> None:
    """Raises ValueError unless an option maps names to values, or is None."""
    if value is not None and not isinstance(value, Mapping):
        raise ValueError(f"{name} must map names to values, not {shown(value)}")


def text_hint(value: Any) -> str:
    """A sentence for a number that came as text, as YAML gives some; else nothing."""
    if not isinstance(value, str):
        return ""
    try:
        number = float(value)
    except ValueError:
        return ""
    # YAML takes 1e-3 for a text, 1.0e-3 for a number
    return f" This is text, not the number {number:g}: in YAML write {_with_point(number)}."


def _with_point(number: float) -> str:
    digits, _, exponent = f"{number:g}".partition("e")
    if not exponent:
        return digits
    return f"{digits if '.' in digits else digits + '.0'}e{int(exponent):+d}"


def _is_finite(value: Real) -> bool:
    try:
        return math.isfinite(value)
    # a whole number of more than 308 digits
    except OverflowError:
        return False


def shown(value: Any) -> str:
    """The value on one line, and not much of it where it is long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:60]}…"


def _hint(value: Any, default: Any) -> str:
    """The same for an option, after a line without a full stop."""
    hint = "" if isinstance(default, str) else text_hint(value).strip().rstrip(".")
    return hint and f". {hint}"


def _alike(value: Any, default: Any) -> bool:
    """Whether a value has the type of an option's default; anything goes where that is None."""
    if isinstance(default, bool) or isinstance(value, bool):
        return default is None or isinstance(value, bool) == isinstance(default, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    return not isinstance(default, int | str) or isinstance(value, type(default))
