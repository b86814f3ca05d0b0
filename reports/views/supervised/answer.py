"""The answer of a study that trains: does memory that chooses one slot do as well as soft memory?

The sentence is computed from the numbers and claims no more than they show. Kinds of memory are
named by both axes: how they addressed in training, and how at test.
"""

from __future__ import annotations

import math
from typing import Any

from ... import formats
from ...blocks import Answer
from ...memory_kinds import NO_MEMORY, SOFT, in_order
from ...results import Results
from ...statistics import Estimate
from ...trial_counts import few_seeds
from . import frames
from .comparison import Comparison, compare, compared, paired
from .outcomes import kinds_of, solved_runs
from .pairs import LEVEL

MOST = 4
"""So many models are named; of more the counts and the furthest."""


def answer(results: Results) -> Answer:
    """Compare each kind of memory with the soft one; where there is no pair say why."""
    found = [compare(results, kind) for kind in compared(results)]
    pairs = [comparison for comparison in found if comparison]
    if not pairs:
        seeds = paired(results)["n"]
        return Answer(_unpaired(results), few_seeds(int(seeds.min())) if len(seeds) else ())
    clauses = [_pair(results, pair, alone=len(pairs) == 1) for pair in pairs]
    clauses += _solved(results)
    where = f"On {formats.listed(dict.fromkeys(task for pair in pairs for task in pair.tasks))}, "
    caveats = few_seeds(min(pair.accuracy.n for pair in pairs))
    return Answer(f"{where}{'; '.join(clauses)}.", (*caveats, *_other_tasks(pairs)))


def _pair(results: Results, found: Comparison, *, alone: bool) -> str:
    value, low, high, n, _ = found.accuracy
    inside = math.isnan(low) or low <= 0 <= high
    on = f" on {len(found.tasks)} tasks" if len(found.tasks) > 1 else ""
    within = _interval(found.accuracy, found.over_tasks)
    behind = f"{formats.plural(found.pairs, 'pair')} of models{on}, {within}"
    if inside and not math.isnan(low):
        clauses = [
            f"{found.kind} and {SOFT} cannot be told apart by their accuracy at the trained "
            f"lengths: the first minus the second is {formats.points(value)} percentage points "
            f"({behind})"
        ]
    else:
        side = "below" if value < 0 else "above"
        clauses = [
            f"{found.kind} ended {abs(100 * value):.1f} percentage points {side} {SOFT} in "
            f"accuracy at the trained lengths ({behind})"
        ]
    longer = compare(results, found.kind, trained=False)
    if longer:
        spread = _interval(longer.accuracy, longer.over_tasks, with_n=longer.accuracy.n != n)
        clauses.append(
            f"at longer ones the difference was {formats.points(longer.accuracy.value)}"
            + (f" ({spread})" if spread else "")
        )
    if alone and not math.isnan(found.time_ratio.value):
        times = f"{found.time_ratio.value:.2f} times"
        clauses.append(f"training took {times} as long per sequence as the soft one's")
    return ", and ".join(clauses[:2]) + "".join(f"; {clause}" for clause in clauses[2:])


def _solved(results: Results) -> list[str]:
    runs = {kind: run for kind, run in solved_runs(results).items() if kind != NO_MEMORY}
    if not runs:
        return []
    parts = [f"{solved} of {run} with {kind}" for kind, (solved, run) in runs.items()]
    return [f"of all runs, their task was solved by {formats.listed(parts)}"]


def _interval(*estimates: Estimate, with_n: bool = True) -> str:
    """The intervals that are known, each with what it generalises over."""
    parts = [
        f"over {found.over} {formats.points(found.low)} to {formats.points(found.high)}"
        for found in estimates
        if not math.isnan(found.low)
    ]
    texts = [f"95 % interval {' and '.join(parts)}"] if parts else []
    texts += [f"n = {formats.plural(estimates[0].n, 'seed')}"] if with_n else []
    return ", ".join(texts)


def _other_tasks(found: list[Comparison]) -> tuple[str, ...]:
    """A caveat where an overall interval is of several tasks and speaks for no other."""
    silent = [pair for pair in found if len(pair.tasks) > 1 and math.isnan(pair.over_tasks.low)]
    if not silent or math.isnan(silent[0].accuracy.low):
        return ()
    count = max(len(pair.tasks) for pair in silent)
    return (f"Intervals speak for other seeds of these {count} tasks and models, not for others.",)


def _unpaired(results: Results) -> str:
    kinds = in_order(kinds_of(results.facts))
    memory = [kind for kind in kinds if kind != NO_MEMORY]
    if SOFT in memory and len(memory) > 1:
        reason = "no other model shares task, cell, controller and seed with a soft one"
    elif NO_MEMORY in kinds:
        what = formats.listed([*map(str, memory), "models without memory"])
        reason = f"among the finished trials there are only {what}"
    else:
        reason = f"only {formats.listed(map(str, memory))} has finished trials"
    best = frames.summary(results).sort_values("value", na_position="first").iloc[-1]
    level = f"{formats.per_cent(best['value'])} (IQM, {formats.seeds([best['n']])})"
    highest = (
        f"the highest accuracy at the trained lengths is {level}, by {best['model']} on "
        f"{best['task']}"
    )
    sentences = [
        *_against_first(results),
        f"memory that chooses a slot and {SOFT} cannot be compared here, because {reason}",
        highest if best["n"] else "no test at the trained lengths has an accuracy",
    ]
    sentence = f"{'; '.join(sentences)}."
    return sentence[0].upper() + sentence[1:]


def _against_first(results: Results) -> list[str]:
    """Every model against the first of the study, which stands in for the soft one."""
    rows = paired(results)
    if rows.empty:
        return []
    first = rows["against"].iloc[0]
    several = rows["task"].nunique() > 1
    if len(rows) <= MOST:
        clauses = [_against(row, several=several) for row in rows.to_dict("records")]
        return [f"against {first}, in accuracy at the trained lengths, {formats.listed(clauses)}"]
    far = rows[rows["p_holm"] < LEVEL]
    above = int((far["value"] > 0).sum())
    where = "models and tasks" if several else "models"
    largest = rows.loc[rows["value"].abs().idxmax()].to_dict()
    return [
        f"against {first}, in accuracy at the trained lengths, {above} of {len(rows)} {where} "
        f"ended above and {len(far) - above} below (p < {LEVEL}, corrected for all by Holm)",
        f"the furthest, {_against(largest, several=several)}",
    ]


def _against(row: dict[str, Any], *, several: bool) -> str:
    interval = _interval(Estimate(*(row[name] for name in Estimate._fields)))
    p = "" if math.isnan(row["p_holm"]) else f", p {row['p_holm']:.3f}"
    on = f" on {row['task']}" if several else ""
    return f"{row['model']}{on} differed by {formats.points(row['value'])} points ({interval}{p})"
