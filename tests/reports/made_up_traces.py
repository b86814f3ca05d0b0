"""Traces for tests of reports, made up: heads that go from slot to slot."""

import numpy as np

from studies.design.trial import Trial
from studies.procedures.trace_arrays import joined


def traces(trial: Trial, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Sequences of lengths 8 and 16 that a copy task could give, and where the heads pointed."""
    return joined({length: _trace(trial, length, rng) for length in (8, 16)})


def _trace(trial: Trial, length: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    heads = [] if trial.model.cell == "none" else ["write", "read"]
    width, slots = 8, 20 if heads else 0
    steps = 2 * length + 1
    pattern = rng.integers(0, 2, (length, width)).astype(np.float32)
    inputs, targets = np.zeros((steps, width + 1), np.float32), np.zeros((steps, width), np.float32)
    inputs[:length, :width], inputs[length, width], targets[length + 1 :] = pattern, 1, pattern
    outputs = np.clip(0.9 * targets + 0.1 * rng.random(targets.shape), 0, 1).astype(np.float32)
    weights = np.full((steps, len(heads), slots), 0.01, np.float32)
    for step in range(steps if heads else 0):
        weights[step, :, step % (length + 1) + 3] = 0.85
    mask = np.arange(steps) > length
    arrays = {"inputs_TX": inputs, "targets_TY": targets, "outputs_TY": outputs, "mask_T": mask}
    return {**arrays, "weights_THN": weights, "heads": np.array(heads, dtype=np.str_)}
