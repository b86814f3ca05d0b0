"""Discrete models against soft ones, paired by seed: in accuracy and in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ... import statistics
from ...results import Results
from ...statistics import Estimate
from . import frames
from .outcomes import finished


@dataclass(frozen=True)
class Comparison:
    """Discrete against soft, pairs of models averaged within each seed."""

    accuracy: Estimate
    time_ratio: Estimate
    pairs: int
    tasks: tuple[str, ...]


def compare(results: Results, *, trained: bool = True) -> Comparison | None:
    """The paired comparison at the trained lengths, or above them; None without a pair."""
    pairs = accuracy_pairs(results, trained=trained)
    if pairs.empty:
        return None
    ratio = pairs["milliseconds"] / pairs["milliseconds_soft"]
    complete = _complete(pairs.assign(log_ratio=np.log(ratio)))
    by_seed = complete.groupby("seed")[["discrete", "soft", "log_ratio"]].mean()
    accuracy = statistics.paired_difference(
        by_seed["discrete"].to_numpy(), by_seed["soft"].to_numpy(), statistics.generator()
    )
    times = statistics.estimate(
        by_seed["log_ratio"].dropna().to_numpy(), statistics.generator(), statistic=statistics.mean
    )
    value, low, high = np.exp(times[:3])
    slower = Estimate(float(value), float(low), float(high), times.n)
    tasks = tuple(dict.fromkeys(complete["task"]))
    return Comparison(accuracy, slower, complete["pair"].nunique(), tasks)


def paired(results: Results) -> pd.DataFrame:
    """Every discrete model against the soft model of the same task, cell and controller."""
    pairs = accuracy_pairs(results)
    parts = []
    for key, group in pairs.groupby(["task", "pair", "model", "soft_model"], sort=False):
        difference = statistics.paired_difference(
            group["discrete"].to_numpy(), group["soft"].to_numpy(), statistics.generator()
        )
        better = statistics.probability_of_improvement(
            group["discrete"].to_numpy(), group["soft"].to_numpy()
        )
        task, _, model, soft_model = key
        parts.append(
            {"task": task, "model": model, "against": soft_model, **difference._asdict()}
            | {"probability_of_improvement": better}
        )
    names = ["task", "model", "against", *Estimate._fields, "probability_of_improvement"]
    return pd.DataFrame(parts, columns=names)


def accuracy_pairs(results: Results, *, trained: bool = True) -> pd.DataFrame:
    """Final accuracy and time of discrete and soft trials, side by side, paired by seed.

    `trained=False` takes the test lengths above the trained ones instead. A pair is a discrete
    model and a soft one of the same task, cell and controller.
    """
    scores = frames.final(results)
    if trained:
        scores = frames.at_trained_lengths(scores)
    else:
        longer = scores[scores["length"] > scores["max_length"]]
        keys = [*frames.MODEL, "trial", "seed"]
        scores = longer.groupby(keys, as_index=False, sort=False)[["accuracy"]].mean()
    scores = scores.merge(finished(results)[["trial", "memory", "milliseconds"]], on="trial")
    matched = ["task", "cell", "controller", "seed"]
    sides = {
        side: scores[scores["memory"] == side][[*matched, "model", "accuracy", "milliseconds"]]
        for side in ("discrete", "soft")
    }
    joined = sides["discrete"].merge(sides["soft"], on=matched, suffixes=("", "_soft"))
    joined = joined.rename(
        columns={"accuracy": "discrete", "accuracy_soft": "soft", "model_soft": "soft_model"}
    )
    names = joined["task"] + "|" + joined["model"] + "|" + joined["soft_model"]
    return joined.assign(pair=names).dropna(subset=["discrete", "soft"])


def _complete(pairs: pd.DataFrame) -> pd.DataFrame:
    """The seeds that have every pair; where there is none, the pair with the most seeds.

    Averages over seeds are fair only if every seed has the same pairs.
    """
    sizes = pairs.groupby("seed")["pair"].transform("nunique")
    if (whole := pairs[sizes == pairs["pair"].nunique()]).size:
        return whole
    seeds = pairs.groupby("pair")["seed"].transform("nunique")
    return pairs[pairs["pair"] == pairs.loc[seeds.idxmax(), "pair"]]
