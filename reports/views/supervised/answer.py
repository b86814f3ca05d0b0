"""The answer of a study that trains: does discrete memory do as well as soft memory?

The sentence is computed from the numbers and claims no more than they show.
"""

from __future__ import annotations

import math

from ... import formats
from ...blocks import Answer
from ...memory_kinds import DISCRETE, NO_MEMORY, SOFT
from ...results import Results
from ...statistics import Estimate
from ...trial_counts import few_seeds
from . import frames
from .comparison import Comparison, compare
from .outcomes import solved_runs


def answer(results: Results) -> Answer:
    """Compare discrete with soft memory where both were run; elsewhere say why that cannot be."""
    found = compare(results)
    if found is None:
        return Answer(_unpaired(results))
    return Answer(_sentence(results, found), few_seeds(found.accuracy.n))


def _sentence(results: Results, found: Comparison) -> str:
    value, low, high, n = found.accuracy
    inside = math.isnan(low) or low <= 0 <= high
    behind = f"{formats.plural(found.pairs, 'pair')} of models, {_interval(found.accuracy)}"
    where = f"On {formats.listed(found.tasks)}, "
    if inside and not math.isnan(low):
        clauses = [
            f"{where}discrete and soft memory cannot be told apart by their accuracy at the "
            f"trained lengths: discrete minus soft is {formats.points(value)} percentage "
            f"points ({behind})"
        ]
    else:
        side = "below" if value < 0 else "above"
        clauses = [
            f"{where}discrete memory ended {abs(100 * value):.1f} percentage points {side} soft "
            f"memory in accuracy at the trained lengths ({behind})"
        ]
    longer = compare(results, trained=False)
    if longer:
        spread = _interval(longer.accuracy, with_n=longer.accuracy.n != n)
        clauses.append(
            f"at longer ones the difference was {formats.points(longer.accuracy.value)}"
            + (f" ({spread})" if spread else "")
        )
    counts = solved_runs(results)
    if SOFT in counts and DISCRETE in counts:
        ours, theirs = counts[DISCRETE], counts[SOFT]
        clauses.append(
            f"of all runs, {ours[0]} of {ours[1]} with discrete memory solved their task and "
            f"{theirs[0]} of {theirs[1]} with soft memory"
        )
    if not math.isnan(found.time_ratio.value):
        times = f"{found.time_ratio.value:.2f} times"
        clauses.append(
            f"training a discrete model took {times} as long per sequence as its soft one"
        )
    return "; ".join(clauses) + "."


def _interval(estimate: Estimate, *, with_n: bool = True) -> str:
    n = f"n = {formats.plural(estimate.n, 'seed')}" if with_n else ""
    if math.isnan(estimate.low):
        return n
    text = f"95 % interval {formats.points(estimate.low)} to {formats.points(estimate.high)}"
    return f"{text}, {n}" if n else text


def _unpaired(results: Results) -> str:
    kinds = set(results.facts["memory"])
    if kinds >= {SOFT, DISCRETE}:
        reason = "no discrete model shares task, cell, controller and seed with a soft one"
    else:
        only = kinds & {SOFT, DISCRETE} or {NO_MEMORY}
        names = {NO_MEMORY: "models without memory"}
        what = formats.listed(names.get(name, f"{name} memory") for name in sorted(only))
        reason = (
            f"among the finished trials there are only {what}"
            if NO_MEMORY in only
            else (f"only {what} has finished trials")
        )
    best = frames.summary(results).sort_values("value", na_position="first").iloc[-1]
    level = f"{formats.per_cent(best['value'])} (IQM, {formats.seeds([best['n']])})"
    return (
        f"Discrete and soft memory cannot be compared here, because {reason}; the highest accuracy "
        f"at the trained lengths is {level}, by {best['model']} on {best['task']}."
    )
