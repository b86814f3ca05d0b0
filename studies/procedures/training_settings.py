"""What procedures that train a network have in common: checks of settings, the grid, the line."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

from envs.tasks.base import Task
from memnets.backends import require_backend
from memnets.registry import Registry, backends

from ..design.data import BadData
from ..design.settings import check_number, check_whole, check_wholes, require
from .base import Row
from .optimisers import check_optimiser

TEST_KEY = ("kind", "step", "length", "address", "number", "value")
"""What tells two rows of training and tests apart, as `evaluation.evaluate` names them."""
TEST_DEFAULTS = MappingProxyType({"address": "own", "number": None, "value": None})


def check_training(settings: Any) -> None:
    """Raises BadData, in one line, for a shared setting that is out of range."""
    check_whole(settings, updates=1, batch_size=1, evaluate_every=1, test_sequences=1)
    check_number(settings, "", "learning_rate", above=0)
    check_optimiser(settings.optimiser)
    require(isinstance(settings.backend, str), settings, "", "backend", "a backend's name")
    try:
        require_backend(settings.backend)
    except ValueError as error:
        raise BadData(f"{error}.") from error
    if settings.solved_errors is not None:
        check_number(settings, "", "solved_errors", least=0)
    if settings.test_lengths is not None:
        check_wholes(settings, "", "test_lengths", least=1)


def tested_lengths(settings: Any, task: Task) -> tuple[int, ...]:
    """The grid of lengths to test at; raises BadData where it cannot tell solved from not."""
    low, high = task.lengths
    lengths = settings.test_lengths or tuple(task.test_lengths)
    judging = [
        name for name in ("solved_errors", "selection") if getattr(settings, name, None) is not None
    ]
    if judging and not any(low <= n <= high for n in lengths):
        raise BadData(
            f"test_lengths {lengths} has none of the trained lengths, {low} to {high}, at "
            f"which {judging[0]} is judged: add one, or set {judging[0]} to None."
        )
    return lengths


def backend_parts(settings: Any) -> Iterator[tuple[str, Registry[Any], str]]:
    """The backend, where it is that of another package."""
    if not backends.is_built_in(settings.backend):
        yield "backend", backends, settings.backend


def training_line(settings: Any, row: Row) -> str:
    """Updates, speed and bits per sequence; empty after a row of a test."""
    if row["kind"] != "train":
        return ""
    step, seconds = row["step"], row["seconds"]
    speed = row["sequences"] / max(seconds, 1e-9)
    parts = [f"{step}/{settings.updates}", f"{speed:,.0f} seq/s", f"{row['bits']:.2f} bits"]
    return "  ".join(parts)


def share_done(settings: Any, row: Row) -> float | None:
    """How far a training is, from 0 to 1: by its updates or by its budget, whichever is further.

    None for a row of a test.
    """
    if row["kind"] != "train":
        return None
    budget = getattr(settings, "budget", None)
    spent = budget.share_spent(row["seconds"], row["sequences"]) if budget else 0.0
    return float(min(1.0, max(row["step"] / settings.updates, spent)))
