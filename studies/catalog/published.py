"""Memories of language models as their papers publish them, for studies to compare with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from memnets.presets import deltanet2024, gated_deltanet2025, raven2026, xlstm2024
from memnets.spec import ModelSpec

PUBLISHED: Mapping[str, Callable[..., ModelSpec]] = {
    "raven": raven2026,
    "delta rule": deltanet2024,
    "gated delta rule": gated_deltanet2025,
    "mlstm, as published": xlstm2024,
}
SHARE = 8
"""Raven writes 32 of its 256 slots: one in so many."""
SIZES = ("slots", "width", "heads")


def published(cells: Mapping[str, Mapping[str, Any]]) -> dict[str, ModelSpec]:
    """The models, each with the sizes that a study gives to its cell before they are matched."""
    return {
        name: in_share(make(**{n: size for n, size in cells[make().cell].items() if n in SIZES}))
        for name, make in PUBLISHED.items()
    }


def in_share(model: ModelSpec) -> ModelSpec:
    """The model, writing as large a share of its slots as Raven does where it writes k of them.

    Of parameters and state nothing hangs on k.
    """
    if model.estimator != "noisy_top_k":
        return model
    k = max(round(model.cell_options["slots"] / SHARE), 1)
    return replace(model, estimator_options={**model.estimator_options, "k": k})
