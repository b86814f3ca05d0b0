"""Triples of labels as digits, and the phases in which a graph is told and asked about.

A label is a decimal number of some digits, each of them one-hot; a part of a triple that is left
blank is zero (Graves et al. 2016, methods). Shapes: S triples, T steps, D digits of a label.
"""

from __future__ import annotations

import numpy as np

from ..batch import Batch

BLANK = -1


def check_labels(owner: str, name: str, value: int, digits: int) -> None:
    """Raise ValueError where labels of so many digits are too few for that many things."""
    if value > 10**digits:
        raise ValueError(
            f"{owner}: {name} is {value}; {digits} digits label {10**digits}, more are needed."
        )


def digits_of(labels: np.ndarray, digits: int) -> np.ndarray:
    """The decimal digits of labels, the first digit first: (…, digits)."""
    return labels[..., None] // 10 ** np.arange(digits - 1, -1, -1) % 10


def encoded(triples_S3: np.ndarray, digits: int) -> np.ndarray:
    """Triples of labels as one-hot digits, (S, 30 digits), float32; blank parts are zero."""
    one_hot = np.eye(10, dtype=np.float32)[digits_of(triples_S3, digits)]
    one_hot[triples_S3 == BLANK] = 0
    return one_hot.reshape(len(triples_S3), 30 * digits)


def episode(
    told_S3: np.ndarray, asked_S3: np.ndarray, answers_S3: np.ndarray, digits: int, planning: int
) -> Batch:
    """One sequence: what is told, what is asked, steps to plan, and silent steps to answer.

    The last two input channels are 1 where a phase begins, and where an answer is expected. Targets
    are the digits of the answers.
    """
    phases = [len(told_S3), len(asked_S3), planning, len(answers_S3)]
    steps, first = sum(phases), sum(phases[:3])
    shown = encoded(np.concatenate([told_S3, asked_S3]), digits)
    inputs_TBX = np.zeros((steps, 1, 30 * digits + 2), np.float32)
    inputs_TBX[: len(shown), 0, :-2] = shown
    begins = np.cumsum([0, *phases[:3]])[np.array(phases) > 0]
    inputs_TBX[begins, 0, -2] = 1
    inputs_TBX[first:, 0, -1] = 1
    targets_TBY = np.zeros((steps, 1, 3 * digits), np.int64)
    targets_TBY[first:, 0] = digits_of(answers_S3, digits).reshape(len(answers_S3), -1)
    mask_TB = np.arange(steps)[:, None] >= first
    return Batch(inputs_TBX, targets_TBY, mask_TB)


def decoded(inputs_TX: np.ndarray, digits: int) -> np.ndarray:
    """The labels of the triples of one sequence, (T, 3); -1 where a part is blank."""
    parts = inputs_TX[:, : 30 * digits].reshape(len(inputs_TX), 3, digits, 10)
    numbers = parts.argmax(-1) @ 10 ** np.arange(digits - 1, -1, -1)
    return np.where(parts.any((-2, -1)), numbers, BLANK)


def shuffled(rng: np.random.Generator, triples_S3: np.ndarray) -> np.ndarray:
    """The triples in random order."""
    return triples_S3[rng.permutation(len(triples_S3))]
