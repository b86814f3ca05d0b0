"""How many seeds a comparison takes, and what a number of seeds can show."""

from __future__ import annotations

import math

from scipy import optimize, stats

POWER = 0.8
_MOST = 10**6


def power(effect: float, deviation: float, seeds: int, *, level: float = 0.05) -> float:
    """Chance that a two-sided paired t test of so many seeds sees a mean difference of `effect`.

    `deviation` is the standard deviation of the paired differences. As Colas et al. (2018, "How
    many random seeds?") reckon for unpaired seeds; here with the noncentral distribution, and
    paired, as trials of a seed share their data. Fewer than two seeds see nothing.
    """
    if seeds < 2:
        return 0.0
    if effect == 0:
        return level
    if deviation == 0:
        return 1.0
    beyond = stats.t.ppf(1 - level / 2, seeds - 1)
    shift = abs(effect) / deviation * math.sqrt(seeds)
    # t² is distributed as F, which takes both sides at once
    return float(stats.ncf.sf(beyond**2, 1, seeds - 1, shift**2))


def seeds_needed(
    effect: float, deviation: float, *, level: float = 0.05, power_wanted: float = POWER
) -> int:
    """The fewest seeds with which a paired t test sees a mean difference of `effect` so often.

    An effect of zero is a ValueError: no number of seeds shows it; so is one that would take more
    than a million.
    """
    few, many = 1, 2
    while power(effect, deviation, many, level=level) < power_wanted:
        few, many = many, 2 * many
        if effect == 0 or many > _MOST:
            raise ValueError(f"no number of seeds shows {effect} against {deviation}.")
    while many - few > 1:
        middle = (few + many) // 2
        seen = power(effect, deviation, middle, level=level) >= power_wanted
        few, many = (few, middle) if seen else (middle, many)
    return many


def detectable(
    deviation: float, seeds: int, *, level: float = 0.05, power_wanted: float = POWER
) -> float:
    """The smallest mean difference that so many seeds show so often; nan for one seed."""
    if seeds < 2:
        return float("nan")
    if deviation == 0:
        return 0.0

    def short(effect: float) -> float:
        return power(effect, 1.0, seeds, level=level) - power_wanted

    most = 1.0
    while short(most) < 0:
        most *= 2
    return deviation * float(optimize.brentq(short, 0, most))


def seeds_for_signs(level: float) -> int:
    """The fewest seeds with which a test by flipped signs can come to a p as small as `level`."""
    return math.ceil(math.log2(2 / level) - 1e-9)
