"""Every other memory against the soft one of its cell, and how many seeds that takes.

Without any soft one, every model against the first of the study.
"""

from __future__ import annotations

import pandas as pd

from ... import formats, statistics
from ...blocks import Table
from ...results import Results
from .comparison import accuracy_pairs, paired
from .tables import AXES, axes, without_one_task

LEVEL = 0.05


def pairs(results: Results) -> Table | None:
    """Every other memory against the soft one of its cell; None where there is no pair."""
    numbers = paired(results)
    if numbers.empty:
        return None
    first = accuracy_pairs(results).empty
    base, name = ("it", "Against") if first else ("soft", "Soft")
    models = f"the study's first, {numbers['against'].iloc[0]}" if first else "soft"
    better = "probability_of_improvement"
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            **axes(numbers),
            name: numbers["against"],
            "Difference (points)": [formats.points(value) for value in numbers["value"]],
            "95 % interval": formats.spans(numbers["low"], numbers["high"], formats.points),
            "n": numbers["n"].astype(str),
            "p (Holm)": [_p(value) for value in numbers["p_holm"]],
            f"P(model > {base})": [f"{value:.2f}" for value in numbers[better]],
            "95 % interval of P": formats.spans(
                numbers[f"{better}_low"], numbers[f"{better}_high"], lambda end: f"{end:.2f}"
            ),
        }
    )
    text = without_one_task(text)
    m = int(numbers["p"].notna().sum())
    caption = (
        f"{AXES} Model minus {models}, each as it addresses at test: mean difference in final "
        "accuracy at the trained lengths, in percentage points, paired by seed, with its 95 % "
        "bootstrap interval over n seeds. p is that of a test by flipped signs of the differences, "
        f"two-sided, and corrected by Holm for all {formats.plural(m, 'comparison')} of this "
        "table. P is the probability of improvement: the chance that a run of the model beats one "
        f"of {'that' if first else 'the soft'} model, ties counting a half, with Newcombe's "
        f"interval. {advice(numbers)}"
    )
    title = "Models against the first" if first else "Other memories against soft, cell by cell"
    return Table("pairs", title, caption, text, numbers)


def advice(numbers: pd.DataFrame) -> str:
    """What so many seeds can show, and how many one percentage point would take.

    At the median spread of the paired differences, and at the level that Holm's first step asks for
    among so many comparisons.
    """
    known = numbers.dropna(subset=["deviation", "p"])
    if known.empty:
        return "One seed can show nothing of this."
    seeds, deviation = int(known["n"].min()), float(known["deviation"].median())
    level = LEVEL / len(known)
    fewest = statistics.seeds_for_signs(level)
    parts = [f"for p to fall below {LEVEL} at all takes {formats.plural(fewest, 'seed')}"]
    if deviation > 0:
        shown = 100 * statistics.detectable(deviation, seeds, level=level)
        wanted = max(statistics.seeds_needed(0.01, deviation, level=level), fewest)
        parts = [
            f"{seeds} seeds show, four times in five, a difference of "
            f"{formats.number(shown, 2)} points or more, and one point would take "
            f"{formats.whole(wanted)} seeds",
            *parts,
        ]
    spread = formats.number(100 * deviation, 2)
    return (
        "How many seeds: where differences spread as they do here (a standard deviation of "
        f"{spread} points, the median over rows), a paired t test of {len(known)} such comparisons "
        f"says: {'; '.join(parts)}."
    )


def _p(value: float) -> str:
    if pd.isna(value):
        return formats.NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
