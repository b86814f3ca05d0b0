"""Memories of language models with the settings of their papers; `memnets.presets` has them too.

The memory alone: the layers around it (convolutions, norms, gates on the output) are none of it;
controller and readout stand in their place. With `dataclasses.replace(…, feed_read=False)` whole
sequences are run at once, as there.
"""

from __future__ import annotations

from typing import Any

from .spec import ModelSpec


def raven2026(*, k: int = 32, noise: float = 1.0, **cell_options: Any) -> ModelSpec:
    """Raven: of 256 slots the `k` of the largest sigmoid scores are written, all of them are read.

    Scores are renormalised over the k that are kept; Gumbel `noise` in training only, and no
    balancing loss. Keys and queries are normalised, and a head has one decay. `cell_options` stand
    in for single options of the cell, such as `slots`. Raises ValueError for a k that is no number
    of slots, once the model is built.
    """
    published = {
        "slots": 256,
        "decay": "head",
        "routed": True,
        "scores": "sigmoid",
        "soft_reads": True,
        "key_norm": True,
    }
    return ModelSpec(
        "slots",
        "noisy_top_k",
        cell_options=published | cell_options,
        estimator_options={"k": k, "noise": noise, "renormalise": True},
    )


def deltanet2024(**cell_options: Any) -> ModelSpec:
    """DeltaNet (Yang et al., 2024): the delta rule with SiLU keys of norm one, without a decay.

    Such keys are no weighting: there is nothing to choose. `cell_options` stand in for single
    options of the cell.
    """
    return ModelSpec("delta", cell_options={"keys": "l2", "gated": False} | cell_options)


def gated_deltanet2025(**cell_options: Any) -> ModelSpec:
    """Gated DeltaNet (Yang et al., 2025): `deltanet2024` with a decay of every head's matrix.

    `cell_options` stand in for single options of the cell.
    """
    return ModelSpec("delta", cell_options={"keys": "l2", "gated": True} | cell_options)


def xlstm2024(**cell_options: Any) -> ModelSpec:
    """The mLSTM of xLSTM (Beck et al., 2024): its own keys, exponential input gate, stabiliser.

    Keys are linear, over the root of their size, which is no weighting: there is nothing to choose.
    The forget gate is a sigmoid, the other of the paper's two by `forget="exponential"`.
    `cell_options` stand in for single options of the cell.
    """
    return ModelSpec("mlstm", cell_options={"keys": "linear", "forget": "sigmoid"} | cell_options)
