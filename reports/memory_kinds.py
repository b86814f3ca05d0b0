"""What kind of memory a model has: how it addressed in training, and how at test."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

# as memnets.estimators has them; a report does not wait for torch
_SOFT, _K_SLOTS, _ONE_SLOT = "soft", "k slots", "one slot"
_HOW = {_SOFT: "soft", _K_SLOTS: "with k slots", _ONE_SLOT: "with one slot"}
_ORDER = (_SOFT, f"{_SOFT}, then {_ONE_SLOT}", _ONE_SLOT, _K_SLOTS)


class Kind(NamedTuple):
    """Two axes, which are never one: how addresses were made in training, and how at test.

    "soft": of every slot; "k slots"; "one slot"; or one, "then" another.
    """

    in_training: str
    at_test: str

    def __str__(self) -> str:
        if self == NO_MEMORY:
            return "no memory"
        training, test = _how(self.in_training), _how(self.at_test)
        if training == test:
            return f"memory trained and tested {test}"
        return f"memory trained {training}, tested {test}"

    @property
    def short(self) -> str:
        """Few words, for a drawing: "soft → one slot", or one word for both where they agree."""
        if self == NO_MEMORY:
            return "no memory"
        if self.in_training == self.at_test:
            return self.at_test
        return f"{self.in_training.replace(', then ', ', ')} → {self.at_test}"


NO_MEMORY = Kind("no memory", "no memory")
SOFT = Kind(_SOFT, _SOFT)


def memory_kind(
    cell: str, estimator: str, in_training: Any = None, at_test: Any = None, chose: Any = None
) -> Kind:
    """The kind of memory of a cell with an estimator, from what was stored of a trial.

    Trials of earlier versions stored a fact "discrete" alone, which was False where all training
    was on whole weightings: `chose`. Those that failed stored nothing. What they lack is what the
    estimator does by default.
    """
    if cell == "none":
        return NO_MEMORY
    if isinstance(in_training, str) and isinstance(at_test, str):
        return Kind(in_training, at_test)
    if estimator == "soft":
        return SOFT
    if estimator in ("top_k", "noisy_top_k"):
        return Kind(_K_SLOTS, _K_SLOTS)
    if estimator == "hardened" or chose is False:
        return Kind(_SOFT, _ONE_SLOT)
    changes = estimator == "annealed"
    return Kind(f"{_SOFT}, then {_ONE_SLOT}" if changes else _ONE_SLOT, _ONE_SLOT)


def in_order(kinds: Iterable[Kind]) -> list[Kind]:
    """Each kind once: soft first, then by how much of the training was with one slot."""
    return sorted(set(kinds), key=_rank)


def _rank(kind: Kind) -> tuple[bool, list[tuple[int, str]]]:
    def place(how: str) -> tuple[int, str]:
        return (_ORDER.index(how) if how in _ORDER else len(_ORDER), how)

    return kind == NO_MEMORY, [place(kind.in_training), place(kind.at_test)]


def _how(made: str) -> str:
    parts = made.split(", then ")
    return ", then ".join(_HOW.get(part, part) for part in parts)
