"""The question's answer in one sentence, computed from the numbers and no bolder than they are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import frames, quality, statistics, words
from .kinds import DISCRETE, NO_MEMORY, SOFT, kind
from .results import Results
from .statistics import Estimate

_FEW = 5


@dataclass(frozen=True)
class Answer:
    """One sentence, and what a reader must know before believing it."""

    sentence: str
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Discrete against soft, pairs of models averaged within each seed."""

    accuracy: Estimate
    time_ratio: Estimate
    pairs: int
    tasks: tuple[str, ...]


def answer(results: Results) -> Answer:
    """Compare discrete with soft memory where both were run, and say so where they were not."""
    if results.facts.empty:
        what = "every trial failed" if len(results.failures) else "no trial has finished"
        return Answer(f"There is no answer yet: {what}.", _missing(results))
    measured = quality.sentence(results)
    if measured:
        seeds = results.facts.groupby("model")["seed"].nunique().min()
        return Answer(measured, (*_few(int(seeds)), *_missing(results)))
    found = compare(results)
    if found is None:
        return Answer(_unpaired(results), _missing(results))
    return Answer(_sentence(results, found), (*_doubts(found), *_missing(results)))


def compare(results: Results, *, trained: bool = True) -> Comparison | None:
    """The paired comparison at the trained lengths, or above them; None without a pair."""
    pairs = frames.accuracy_pairs(results, trained=trained)
    if pairs.empty:
        return None
    ratio = pairs["milliseconds"] / pairs["milliseconds_soft"]
    complete = _complete(pairs.assign(log_ratio=np.log(ratio)))
    by_seed = complete.groupby("seed")[["discrete", "soft", "log_ratio"]].mean()
    accuracy = statistics.paired_difference(
        by_seed["discrete"].to_numpy(), by_seed["soft"].to_numpy(), frames.generator()
    )
    times = statistics.estimate(
        by_seed["log_ratio"].dropna().to_numpy(), frames.generator(), statistic=statistics.mean
    )
    value, low, high = np.exp(times[:3])
    slower = Estimate(float(value), float(low), float(high), times.n)
    tasks = tuple(dict.fromkeys(complete["task"]))
    return Comparison(accuracy, slower, complete["pair"].nunique(), tasks)


def solved(results: Results) -> dict[str, tuple[int, int]]:
    """Per kind of memory, seeds solved and seeds run; empty if the study has no such criterion."""
    counts = {}
    failures = results.failures[results.failures["judged"]]
    failed = [
        kind(cell, estimator)
        for cell, estimator in failures[["cell", "estimator"]].itertuples(index=False)
    ]
    judged = results.facts[results.facts["judged"]]
    for name in (SOFT, DISCRETE, NO_MEMORY):
        trials = judged[judged["kind"] == name]
        if run := len(trials) + failed.count(name):
            counts[name] = (int(trials["solved"].sum()), run)
    return counts


def _complete(pairs: pd.DataFrame) -> pd.DataFrame:
    """Only what can be averaged fairly: seeds that have every pair, or else pairs with every seed.

    Where neither exists, the pair with the most seeds is left.
    """
    sizes = pairs.groupby("seed")["pair"].transform("nunique")
    if (whole := pairs[sizes == pairs["pair"].nunique()]).size:
        return whole
    seeds = pairs.groupby("pair")["seed"].transform("nunique")
    return pairs[pairs["pair"] == pairs.loc[seeds.idxmax(), "pair"]]


def _sentence(results: Results, found: Comparison) -> str:
    value, low, high, n = found.accuracy
    inside = math.isnan(low) or low <= 0 <= high
    behind = f"{words.plural(found.pairs, 'pair')} of models, {_interval(found.accuracy)}"
    where = f"On {words.listed(found.tasks)}, "
    if inside and not math.isnan(low):
        clauses = [
            f"{where}discrete and soft memory cannot be told apart by their accuracy at the "
            f"trained lengths: discrete minus soft is {words.points(value)} percentage "
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
            f"at longer ones the difference was {words.points(longer.accuracy.value)}"
            + (f" ({spread})" if spread else "")
        )
    counts = solved(results)
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
    n = f"n = {words.plural(estimate.n, 'seed')}" if with_n else ""
    if math.isnan(estimate.low):
        return n
    text = f"95 % interval {words.points(estimate.low)} to {words.points(estimate.high)}"
    return f"{text}, {n}" if n else text


def _unpaired(results: Results) -> str:
    kinds = set(results.facts["kind"])
    if kinds >= {SOFT, DISCRETE}:
        reason = "no discrete model shares task, cell, controller and seed with a soft one"
    else:
        only = kinds & {SOFT, DISCRETE} or {NO_MEMORY}
        names = {NO_MEMORY: "models without memory"}
        what = words.listed(names.get(name, f"{name} memory") for name in sorted(only))
        reason = (
            f"among the finished trials there are only {what}"
            if NO_MEMORY in only
            else (f"only {what} has finished trials")
        )
    best = frames.summary(results).sort_values("value", na_position="first").iloc[-1]
    level = f"{words.per_cent(best['value'])} (IQM, {words.seeds([best['n']])})"
    return (
        f"Discrete and soft memory cannot be compared here, because {reason}; the highest accuracy "
        f"at the trained lengths is {level}, by {best['model']} on {best['task']}."
    )


def _doubts(found: Comparison) -> tuple[str, ...]:
    return _few(found.accuracy.n)


def _few(n: int) -> tuple[str, ...]:
    if n == 1:
        return ("With a single seed there is no interval, and nothing can be concluded.",)
    if n < _FEW:
        return (
            f"With n = {n} seeds an interval shows little more than the spread of {n} numbers: "
            "take it as a hint.",
        )
    return ()


def _missing(results: Results) -> tuple[str, ...]:
    notes = []
    if len(results.failures) and len(results.facts):
        count = words.plural(len(results.failures), "trial")
        notes.append(f"{count} failed and cannot be part of the accuracies.")
    if results.unfinished > 0:
        notes.append(f"{results.unfinished} of {results.planned} trials have not finished yet.")
    return tuple(notes)
