"""Memories that choose a slot against soft ones, paired by seed: in accuracy and in time.

Where no memory has a soft one beside it, as in a sweep of options, every model is compared with the
first of the study.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ... import statistics
from ...memory_kinds import NO_MEMORY, SOFT, Kind, in_order
from ...results import KIND, Results, once
from ...statistics import Estimate, generator
from . import frames
from .outcomes import finished, kinds_of, of_kinds

_TASKS = 3
"""From so many tasks on, an interval over tasks is more than the span of two numbers."""
_IMPROVEMENT = "probability_of_improvement"
_TOLD = (_IMPROVEMENT, f"{_IMPROVEMENT}_low", f"{_IMPROVEMENT}_high", "p", "deviation")


@dataclass(frozen=True)
class Comparison:
    """A kind of memory against the soft one, pairs of models averaged within each seed.

    The interval of `accuracy` speaks for other seeds of the same tasks and models, that of
    `over_tasks` for other tasks as well; it is nan where there are too few tasks for that.
    """

    kind: Kind
    accuracy: Estimate
    over_tasks: Estimate
    time_ratio: Estimate
    pairs: int
    tasks: tuple[str, ...]


@once
def compared(results: Results) -> list[Kind]:
    """The kinds of memory that have a pair with one trained and tested soft."""
    return in_order(kinds_of(accuracy_pairs(results)))


@once
def compare(results: Results, kind: Kind, *, trained: bool = True) -> Comparison | None:
    """The paired comparison of a kind with the soft one at the trained lengths, or above them.

    None without a pair.
    """
    pairs = accuracy_pairs(results, trained=trained)
    pairs = of_kinds(pairs, [kind])
    if pairs.empty:
        return None
    ratio = pairs["milliseconds"] / pairs["milliseconds_soft"]
    complete = _complete(pairs.assign(log_ratio=np.log(ratio)))
    wide = complete.pivot(index="seed", columns="pair", values=["other", "soft"])
    sides = wide["other"].to_numpy(), wide["soft"].to_numpy()
    accuracy = statistics.paired_difference(*sides, generator())
    task_of = complete.drop_duplicates("pair").set_index("pair")["task"]
    labels = list(task_of[wide["other"].columns])
    over_tasks = statistics.paired_difference(*sides, generator(), tasks=labels)
    if len(set(labels)) < _TASKS:
        over_tasks = over_tasks._replace(low=float("nan"), high=float("nan"))
    ratios = complete.groupby("seed")["log_ratio"].mean().dropna().to_numpy()
    times = statistics.estimate(ratios, generator(), statistic=statistics.mean)
    value, low, high = np.exp(times[:3])
    slower = Estimate(float(value), float(low), float(high), times.n)
    tasks = tuple(dict.fromkeys(complete["task"]))
    return Comparison(kind, accuracy, over_tasks, slower, len(labels), tasks)


@once
def paired(results: Results) -> pd.DataFrame:
    """Every other model against the soft one of the same task, cell and controller.

    Without a soft one of any, every model against the first of the study. The columns `p` and,
    adjusted for all rows, `p_holm` are of flipped signs; `deviation` is that of the differences
    over seeds.
    """
    pairs = accuracy_pairs(results)
    if pairs.empty:
        pairs = first_pairs(results)
    parts = []
    keys = ["task", "pair", "model", *KIND, "soft_model"]
    for key, group in pairs.groupby(keys, sort=False):
        sides = group["other"].to_numpy(), group["soft"].to_numpy()
        difference = statistics.paired_difference(*sides, generator())
        better = statistics.improvement(*sides)
        differences = sides[0] - sides[1]
        named = dict(zip(keys, key, strict=True))
        against = {"against": named.pop("soft_model")}
        del named["pair"]
        found = (
            better.value,
            better.low,
            better.high,
            statistics.sign_flip_test(differences, generator()),
            float(np.std(differences, ddof=1)) if len(differences) > 1 else float("nan"),
        )
        parts.append(named | against | difference._asdict() | dict(zip(_TOLD, found, strict=True)))
    names = ["task", "model", *KIND, "against", *Estimate._fields, *_TOLD]
    frame = pd.DataFrame(parts, columns=names)
    return frame.assign(p_holm=statistics.holm(frame["p"].to_numpy(float)))


@once
def accuracy_pairs(results: Results, *, trained: bool = True) -> pd.DataFrame:
    """Final accuracy and time of other and soft trials, side by side, paired by seed.

    `trained=False` takes the test lengths above the trained ones instead. A pair is a model with
    memory of another kind and a soft one of the same task, cell and controller, each tested with
    its own address.
    """
    scores = _scores(results, trained=trained)
    soft = of_kinds(scores, [SOFT])
    other = of_kinds(scores, set(kinds_of(scores)) - {SOFT, NO_MEMORY})
    return _side_by_side(other, soft, ["task", "cell", "controller", "seed"])


@once
def first_pairs(results: Results) -> pd.DataFrame:
    """The same columns, with the first model of the study in the soft one's place."""
    scores = _scores(results)
    tested = set(scores["model"])
    labels = dict.fromkeys(trial.model_label for trial in results.trials)
    order = {label: place for place, label in enumerate(each for each in labels if each in tested)}
    place = scores["model"].map(order)
    others = scores[place > 0].sort_values("model", key=lambda x: x.map(order), kind="stable")
    return _side_by_side(others, scores[place == 0], ["task", "seed"])


def _scores(results: Results, *, trained: bool = True) -> pd.DataFrame:
    at = frames.at_trained_lengths if trained else frames.beyond_trained_lengths
    scores = at(frames.final(results))
    return scores.merge(finished(results)[["trial", "milliseconds"]], on="trial")


def _side_by_side(other: pd.DataFrame, soft: pd.DataFrame, matched: list[str]) -> pd.DataFrame:
    own = [name for name in ("cell", "controller") if name not in matched]
    joined = other[[*matched, *own, "model", *KIND, "accuracy", "milliseconds"]].merge(
        soft[[*matched, "model", "accuracy", "milliseconds"]], on=matched, suffixes=("", "_soft")
    )
    joined = joined.rename(
        columns={"accuracy": "other", "accuracy_soft": "soft", "model_soft": "soft_model"}
    )
    names = joined["task"] + "|" + joined["model"] + "|" + joined["soft_model"]
    return joined.assign(pair=names).dropna(subset=["other", "soft"])


def _complete(pairs: pd.DataFrame) -> pd.DataFrame:
    """The seeds that have every pair; where there is none, the pair with the most seeds.

    Averages over seeds are fair only if every seed has the same pairs.
    """
    sizes = pairs.groupby("seed")["pair"].transform("nunique")
    if (whole := pairs[sizes == pairs["pair"].nunique()]).size:
        return whole
    seeds = pairs.groupby("pair")["seed"].transform("nunique")
    return pairs[pairs["pair"] == pairs.loc[seeds.idxmax(), "pair"]]
