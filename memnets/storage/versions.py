"""Buffers that are changed in place, and the log by which any of their versions can be had back.

A version is a value: it can be kept, read and written from, in any order. The buffers stand at one
version at a time; what every change overwrote is logged, and going to another version undoes and
redoes the changes between the two, which copies saved rows and computes nothing, so that what comes
back is the same bit for bit (Baker, "Shallow binding makes functional arrays fast", 1991).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False, slots=True)
class Change:
    """The rows `at` some positions, in every buffer, before and after."""

    at: Tensor
    before: Sequence[Tensor]
    after: Sequence[Tensor]


@dataclass(frozen=True, eq=False, slots=True)
class Version:
    """The contents after a change to its parent; without a parent, the initial contents."""

    parent: Version | None = None
    change: Change | None = None
    depth: int = 0


class Log:
    """Buffers of as many rows each, standing at one version.

    A change costs the rows that it names, in time and in memory. The log of a version lives as long
    as the version, one after it, or the buffers standing there need it. `index` is a place for what
    follows the versions on its own.
    """

    def __init__(self, *buffers: Tensor) -> None:
        self.buffers = buffers
        self.root = self.current = Version()
        self.torn = False
        self.index: Any = None

    def read(self, version: Version, at: Tensor) -> list[Tensor]:
        """Copies of the rows at some positions, of every buffer."""
        self.go(version)
        return [buffer.index_select(0, at) for buffer in self.buffers]

    def write(self, version: Version, at: Tensor, rows: Sequence[Tensor]) -> Version:
        """The version in which some rows are replaced; positions named twice get equal rows.

        Raises IndexError for positions outside the buffers, which stay as they are.
        """
        before = self.read(version, at)
        after = Version(version, Change(at, before, rows), version.depth + 1)
        self._redo(after)
        return after

    def go(self, version: Version) -> None:
        """Bring the buffers to a version; free where they already stand there.

        Raises RuntimeError in a CUDA graph, which would replay one change for ever.
        """
        if self.buffers[0].is_cuda and torch.cuda.is_current_stream_capturing():
            raise RuntimeError("a persistent memory cannot be captured in a CUDA graph")
        if self.torn:
            self._undo()
        if version is self.current:
            return
        _, forward = path(self.current, version)
        while self.current.depth > version.depth - len(forward):
            self._undo()
        for after in reversed(forward):
            self._redo(after)

    def roll_back(self, version: Version) -> None:
        """Go back to before a version, if the buffers stand at it or after it."""
        found = self.current
        while found.depth > version.depth:
            assert found.parent is not None
            found = found.parent
        if found is version and version.parent is not None:
            self.go(version.parent)

    # While a change is being made or unmade the buffers count as standing after it, and torn: one
    # cut short by an interrupt is undone whole.

    def _undo(self) -> None:
        version = self.current
        assert version.parent is not None and version.change is not None
        self._copy(version.change.at, version.change.before)
        self.current, self.torn = version.parent, False

    def _redo(self, version: Version) -> None:
        assert version.change is not None
        self.current = version
        self._copy(version.change.at, version.change.after)
        self.torn = False

    def _copy(self, at: Tensor, rows: Sequence[Tensor]) -> None:
        self.torn = True
        with torch.no_grad():
            for buffer, row in zip(self.buffers, rows, strict=True):
                buffer.index_copy_(0, at, row)


def path(start: Version, end: Version) -> tuple[list[Version], list[Version]]:
    """The versions to undo from `start`, and to redo up to `end`; both latest first."""
    back, forward = [], []
    while start is not end:
        if start.depth >= end.depth:
            back.append(start)
            if start.parent is None:
                raise ValueError("these are versions of different buffers")
            start = start.parent
        else:
            forward.append(end)
            assert end.parent is not None
            end = end.parent
    return back, forward
