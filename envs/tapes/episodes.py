"""Episodes of a tape task, many at a time: what single and vector environments are faces of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..building import built, check_names
from ..tasks.checks import flag, whole
from .base import Tapes, TapeTask, tapes
from .machine import Machine, TapeMachine
from .memory import WithMemory
from .promotion import Promotion


class Episodes:
    """The tapes of `count` episodes, with what draws them.

    `tape` is a task, or a name with the task's options in `options`. All episodes have the given
    length; where that is None, lengths are drawn from the task, as `curriculum` says: with it from
    a shortest length that rises, else always from the task's own. `memory` adds a memory tape of
    `memory_cells` cells and `memory_symbols` symbols, by default as many as the task needs.
    """

    def __init__(
        self,
        tape: TapeTask | str,
        count: int,
        *,
        length: int | None,
        curriculum: bool,
        memory: bool,
        memory_symbols: int | None,
        memory_cells: int,
        keep_outputs: bool,
        options: Mapping[str, Any],
    ) -> None:
        self.task = task = built(tapes, tape, options)
        self.length = None if length is None else whole(self._name, "length", length, 1)
        if memory_symbols is not None:
            memory_symbols = whole(self._name, "memory_symbols", memory_symbols, 1)
        memory_cells = whole(self._name, "memory_cells", memory_cells, 1)
        if flag(self._name, "curriculum", curriculum) and length is not None:
            raise ValueError(
                f"{self._name}: length is {length} and curriculum is on; only one of them is "
                "possible."
            )
        self.promotion = Promotion(task, count, curriculum)
        self.tapes = TapeMachine(task, count, keep_outputs)
        self.machine: Machine = self.tapes
        if flag(self._name, "memory", memory):
            symbols = task.memory_symbols if memory_symbols is None else memory_symbols
            self.machine = WithMemory(self.tapes, count, symbols, memory_cells)

    def begin(
        self, rows: Any, generators: Sequence[np.random.Generator], options: Mapping[str, Any]
    ) -> None:
        """New episodes in these rows, an index of arrays; the options are those of one `reset`.

        One generator draws for all rows together, and where there is one for each row, each draws
        what it would draw for a single episode.
        """
        check_names(f"{self._name}.reset", options, ("length", "tape"))
        shortest_B = self.promotion.shortest_B[rows]
        tape, length = options.get("tape"), options.get("length")
        if tape is None:
            fresh = self._draw(shortest_B, generators, length)
        elif length is not None:
            raise ValueError(
                f"{self._name}.reset: length is {length} and a tape is given, which has its own "
                "length; only one of them is possible."
            )
        else:
            fresh = self._given(tape, len(shortest_B))
        self.machine.load(rows, fresh)

    def finish(self, rows: Any) -> None:
        """Count what the episodes in these rows have earned, before others begin there.

        As in gym an episode that was broken off counts too.
        """
        if self.promotion.enabled:
            best_B, returns_B = self.tapes.target_lengths_B[rows], self.tapes.returns_B[rows]
            self.promotion.count(rows, best_B - returns_B, begun_B=best_B > 0)

    def infos(self) -> dict[str, np.ndarray]:
        """What is known of every episode, as fresh arrays."""
        return {
            "length": self.tapes.lengths_B.copy(),
            "min_length": self.promotion.shortest_B.copy(),
            "is_success": self.tapes.solved_B,
        }

    @property
    def _name(self) -> str:
        return type(self.task).__name__

    def _draw(
        self, shortest_B: np.ndarray, generators: Sequence[np.random.Generator], length: Any
    ) -> Tapes:
        task = self.task
        length = self.length if length is None else whole(self._name, "length", length, 1)
        parts = [shortest_B] if len(generators) == 1 else list(shortest_B[:, None])
        if length is None:
            parts = [
                task.draw_lengths(rng, part_B)
                for rng, part_B in zip(generators, parts, strict=True)
            ]
        else:
            parts = [np.full_like(part_B, length) for part_B in parts]
        drawn = [task.draw(rng, part_B) for rng, part_B in zip(generators, parts, strict=True)]
        lengths_B = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return task.tapes(_joined(drawn), task.columns(lengths_B))

    def _given(self, tape: Any, count: int) -> Tapes:
        """The same given input tape for all: symbols, or a row of symbols per column."""
        try:
            symbols = np.asarray(tape)
        except ValueError:
            # rows that differ in length are no columns of symbols
            symbols = np.empty(0)
        if symbols.ndim == 1 and self.task.rows == 1:
            symbols = symbols[:, None]
        reason = f"columns of {self.task.rows} symbols from 0 to {self.task.base - 1} are needed."
        if (
            symbols.ndim == 2
            and symbols.dtype.kind in "iu"
            and symbols.size
            and symbols.shape[1] == self.task.rows
            and 0 <= symbols.min() <= symbols.max() < self.task.base
        ):
            reason = self.task.refuses(symbols) or ""
        if reason:
            raise ValueError(f"{self._name}.reset: tape is {tape!r:.60}; {reason}")
        inputs_BXY = symbols.astype(np.int64)[None].repeat(count, 0)
        return self.task.tapes(inputs_BXY, np.full(count, len(symbols)))


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Input tapes in one array; what stands behind the end of a shorter one is ignored later."""
    if len(parts) == 1:
        return parts[0]
    columns = max(part.shape[1] for part in parts)
    joined = np.zeros((len(parts), columns, parts[0].shape[2]), np.int64)
    for row, part in enumerate(parts):
        joined[row, : part.shape[1]] = part[0]
    return joined


def checked_actions(owner: str, actions: np.ndarray, choices_A: np.ndarray) -> np.ndarray:
    """The actions as `(B, A)` whole numbers; raises ValueError where one is out of range."""
    actions_BA = np.asarray(actions)
    if actions_BA.shape[1:] != choices_A.shape or actions_BA.dtype.kind not in "iu":
        raise ValueError(
            f"{owner}: actions have shape {actions_BA.shape} and type {actions_BA.dtype}; "
            f"{len(choices_A)} whole numbers for each environment are needed."
        )
    # negative numbers are large ones where the sign is not read
    actions_BA = actions_BA.astype(np.int64, copy=False)
    if (actions_BA.view(np.uint64) >= choices_A.view(np.uint64)).any():
        outside = ((actions_BA < 0) | (actions_BA >= choices_A)).any(1)
        raise ValueError(
            f"{owner}: the action {actions_BA[outside][0].tolist()} is out of range; each part "
            f"must be below {choices_A.tolist()}."
        )
    return actions_BA
