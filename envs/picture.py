"""A picture of an episode: inputs, answers and targets over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .tasks.base import Batch

_CELL = 8
_PAPER, _INK, _UNSEEN = np.array([[255, 255, 255], [20, 50, 100], [225, 225, 225]], np.float32)


def picture(batch: Batch, answers: Sequence[np.ndarray], row: int = 0) -> np.ndarray:
    """RGB image of one sequence of a batch, answered up to `len(answers)` steps.

    Time runs to the right. Inputs, answers and targets stand one below the other, each with a row
    per column. Steps that are not yet observed, and answers that are not scored, are grey.
    """
    steps, now = len(batch.mask_TB), len(answers)
    scored_T = batch.mask_TB[:, row]
    targets_TY = batch.targets_TBY[:, row].astype(np.float32)
    given_TY = np.zeros_like(targets_TY)
    given_TY[:now] = np.reshape([step_B[row] for step_B in answers], given_TY[:now].shape)
    before = np.arange(steps) < now
    panels = [
        _panel(batch.inputs_TBX[:, row], np.arange(steps) <= now),
        _panel(given_TY, before & scored_T),
        _panel(targets_TY, scored_T),
    ]
    gap = np.full((1, steps, 3), _PAPER)
    image = np.concatenate([panels[0], gap, panels[1], gap, panels[2]])
    return image.repeat(_CELL, 0).repeat(_CELL, 1).astype(np.uint8)


def _panel(values_TZ: np.ndarray, shown_T: np.ndarray) -> np.ndarray:
    low, high = min(0.0, values_TZ.min()), max(1.0, values_TZ.max())
    shade = (values_TZ.T[..., None] - low) / (high - low)
    return np.where(shown_T[None, :, None], _PAPER + shade * (_INK - _PAPER), _UNSEEN)
