"""Numbers, durations and lists as text: how many digits, which unit, which sign."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"


def per_cent(fraction: float) -> str:
    """0.9815 as "98.2 %"."""
    return NONE if math.isnan(fraction) else f"{100 * fraction:.1f} %"


def points(difference: float) -> str:
    """A difference of fractions as signed percentage points, without the unit."""
    # what rounds to nothing has no minus
    return f"{round(100 * difference, 1) + 0.0:+.1f}".replace("-", MINUS)


def span(low: float, high: float, write: Callable[[float], str] = per_cent) -> str:
    """An interval, or a dash where one seed gives none."""
    if math.isnan(low) or math.isnan(high):
        return NONE
    return f"{write(low)} to {write(high)}"


def spans(
    lows: Iterable[float], highs: Iterable[float], write: Callable[[float], str] = per_cent
) -> list[str]:
    """Intervals, one per row of a table."""
    return [span(low, high, write) for low, high in zip(lows, highs, strict=True)]


def number(value: float, digits: int = 3) -> str:
    """A number to so many significant digits, without an exponent, thousands apart."""
    if math.isnan(value):
        return NONE
    if value == 0:
        return "0"
    places = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:,.{places}f}".replace(",", "\N{NO-BREAK SPACE}").replace("-", MINUS)


def signed(difference: float, digits: int = 3) -> str:
    """A difference to so many significant digits, with its sign."""
    return f"+{number(difference, digits)}" if difference > 0 else number(difference, digits)


def whole(value: float) -> str:
    """A count, thousands apart."""
    return NONE if math.isnan(value) else f"{value:,.0f}".replace(",", "\N{NO-BREAK SPACE}")


def duration(seconds: float) -> str:
    """Seconds in the unit in which they are read most easily."""
    if math.isnan(seconds):
        return NONE
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{number(seconds / size, 2 if seconds < 10 * size else 3)} {unit}"
    return f"{number(seconds, 2 if seconds < 10 else 3)} s"


def milliseconds(seconds: float) -> str:
    """Seconds as milliseconds to two digits."""
    return f"{number(1000 * seconds, 2)}\N{NO-BREAK SPACE}ms"


def when(step: int) -> str:
    """A point of training: "before training" or "after 10 updates"."""
    return "before training" if step == 0 else f"after {plural(int(step), 'update')}"


def plural(count: int, noun: str, nouns: str = "") -> str:
    """1 seed, 2 seeds."""
    return f"{count} {noun if count == 1 else nouns or noun + 's'}"


def seeds(counts: Iterable[int]) -> str:
    """How many seeds stand behind a picture: "n = 3 seeds", or a range where models differ."""
    found = sorted({int(count) for count in counts})
    if not found:
        return "n = 0"
    if len(found) == 1:
        return f"n = {plural(found[0], 'seed')}"
    return f"n = {found[0]} to {found[-1]} seeds"


def listed(names: Iterable[str]) -> str:
    """a, b and c."""
    *front, last = list(names)
    return f"{', '.join(front)} and {last}" if front else last


def short(label: str, longest: int = 60) -> str:
    """A label that fits beside a drawing: of a longer one, its beginning and its end."""
    if len(label) <= longest:
        return label
    tail = longest // 3
    return f"{label[: longest - tail - 1]}\N{HORIZONTAL ELLIPSIS}{label[-tail:]}"
