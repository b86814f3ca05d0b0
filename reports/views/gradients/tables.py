"""Tables of measured gradients: where they were measured, and every estimator's error."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ... import formats
from ...blocks import Table
from . import frames

RELATIVE = "relative to the norm of the exact gradient of the expected cost under sampled addresses"
"""What errors of gradients are relative to, as captions say it."""
TIME = "processor time of one gradient, forward and backward"
"""What is timed, as captions say it."""


def points(rows: pd.DataFrame) -> Table:
    """Where the gradients were measured."""
    found = frames.points(rows)
    text = pd.DataFrame(
        {
            "Task": found["task"],
            "When": [formats.when(step) for step in found["step"]],
            "Cell": found["cell"],
            "Expected cost (nats)": [formats.number(value) for value in found["cost"]],
            "Lowest to highest": _span(found, "cost"),
            "Norm of the exact gradient": _span(found, "norm"),
            "n": found["n"].astype(str),
        }
    )
    caption = (
        "Expected cost of the measured sequence under sampled addresses, by enumeration: mean over "
        "n seeds, and the range over them; and the range of the norm of its gradient."
    )
    return Table("points", "Where gradients were measured", caption, text, found)


def estimators(rows: pd.DataFrame) -> Table:
    """Per point, cell and estimator: bias with its noise, deviation, cosine, time to an error."""
    found = frames.summary(rows)
    text = pd.DataFrame(
        {
            "Task": found["task"],
            "When": [formats.when(step) for step in found["step"]],
            "Cell": found["cell"],
            "Estimator": found["label"],
            "Bias": [_bias(row) for row in found.itertuples(index=False)],
            "Noise of the bias": [formats.number(value, 2) for value in _rounded(found["noise"])],
            "Deviation of one rollout": [formats.number(v, 3) for v in _rounded(found["single"])],
            f"Cosine at {formats.listed(map(str, sorted(set(found['cosine_samples']))))}": [
                f"{value:.3f}".replace("-", formats.MINUS) for value in found["cosine"]
            ],
            **{
                f"Time to error {level:g}": [
                    _reached(row, level) for row in found.to_dict("records")
                ]
                for level in frames.THRESHOLDS
            },
            "n": found["n"].astype(str),
        }
    )
    if found["task"].nunique() == 1:
        text = text.drop(columns="Task")
    caption = (
        f"Bias, its noise and the deviation are {RELATIVE}; medians over n seeds, the first two "
        f"from the most rollouts. A bias in brackets is at most {frames.NOISE:g} times its "
        "noise in the median seed: none can be seen. Times are medians over seeds of the "
        f"{TIME}, read between measured points; the fewest rollouts measured are "
        f"{rows['samples'].min():g}. Where an error was not reached, either the bias is above it "
        "(never: bias), or more rollouts than were measured would be needed."
    )
    return Table("estimators", "Estimators against the exact gradient", caption, text, found)


def _span(found: pd.DataFrame, name: str) -> list[str]:
    return formats.spans(found[f"lowest_{name}"], found[f"highest_{name}"], formats.number)


def _rounded(values: pd.Series) -> np.ndarray:
    """Zero in place of what is only a rounding error."""
    return np.where(values < 1e-9, 0.0, values)


def _bias(row: object) -> str:
    value, visible = row.bias, row.visible  # type: ignore[attr-defined]
    text = formats.number(0.0 if value < 1e-9 else value, 2)
    return text if visible else f"({text})"


def _reached(row: dict[str, float], level: float) -> str:
    seconds = row[frames.reach(level)]
    if math.isfinite(seconds):
        return formats.milliseconds(seconds)
    if row["visible"] and row["bias"] > level:
        return "never: bias"
    return f"above {formats.milliseconds(row['slowest'])}"
