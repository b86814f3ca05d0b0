"""Cells with options that change what they compute, beside every cell with its default ones."""

from collections.abc import Iterable
from typing import Any

import pytest

VARIANTS = {
    "attention, alibi": ("attention", {"positions": "alibi", "no_op": True}),
    "attention, rotary": ("attention", {"positions": "rotary", "slots": 30}),
    "slots, routed": ("slots", {"routed": True}),
    "slots, routed by a softmax": ("slots", {"routed": True, "scores": "softmax"}),
    "slots, as Raven": (
        "slots",
        {"routed": True, "decay": "head", "soft_reads": True, "key_norm": True},
    ),
    "slots, by codes": ("slots", {"routed": True, "scores": "codes"}),
    "delta, elu": ("delta", {"keys": "elu"}),
    "delta, dpfp, gated": ("delta", {"slots": 8, "keys": "dpfp", "nu": 2, "gated": True}),
    "delta, unit keys, gated": ("delta", {"keys": "l2", "gated": True}),
    "mlstm, exponential": ("mlstm", {"heads": 2, "forget": "exponential"}),
    "mlstm, softmax": ("mlstm", {"keys": "softmax"}),
    "titans, one layer": ("titans", {"layers": 1}),
    "product_keys, gated": ("product_keys", {"gated": True, "query_norm": "layer"}),
}


def slow_but(names: Iterable[str], fast: Iterable[str]) -> list[Any]:
    """All names for a test's parameter, those of them marked slow that are not among the fast."""
    names, fast = list(names), set(fast)
    assert fast <= set(names), f"{fast - set(names)} are none of them"
    return [name if name in fast else pytest.param(name, marks=pytest.mark.slow) for name in names]
