"""What a memory cell is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar, cast

from torch import Tensor, nn

from ..estimators import Estimator
from ..types import Address

S = TypeVar("S")


class MemoryCell(nn.Module, ABC, Generic[S]):
    """One step of external memory, built as Cell(input_size, estimator, **options).

    A step turns the controller's output into weightings, has the estimator make addresses of them,
    and writes and reads there. Nothing of a sequence stays in the module between steps: its state
    `S`, a NamedTuple of tensors whose first axis is the batch, is passed in and returned. `heads`
    names the heads in the order in which addresses hold them, write heads first; a name starts with
    "write" or "read".

    A cell that `takes_input` is given the network's input at every step, and has a parameter
    `external_size`, by which it is built with the width X of that input. A cell with several
    `read_steps` reads again within a step, after the controller has seen what was read.
    """

    takes_input: ClassVar[bool] = False
    read_steps: int = 1
    contents: ClassVar[tuple[str, ...]] = ()
    """Fields of the state that hold what is in the slots; a test can put them back by these."""
    bookkeeping: tuple[str, ...] = ()
    """Fields of the state on which no read hangs, now or later, such as those that only serve the
    addresses that are reported. The size of the state leaves them out. A cell in which that hangs
    on its options sets it when it is built."""
    learns_by_advance: bool = False
    """Whether `advance` moves what is learned without a gradient, by what was seen in `train()`."""

    read_size: int
    slots: int
    heads: tuple[str, ...]
    estimator: Estimator

    @abstractmethod
    def initial_state(self, batch_size: int) -> S:
        """The state before the first step."""

    @abstractmethod
    def forward(self, h_BC: Tensor, state: S) -> tuple[Tensor, S, Address]:
        """One step: what was read (B, read_size), the next state, and the address of every head."""

    def advance(self) -> None:
        """After every update: moves its estimator's schedules on.

        A cell that learns something without a gradient does so here as well.
        """
        self.estimator.advance()

    def with_contents(self, state: S, first: S) -> S:
        """A state whose slots hold what they do in another; all that addresses them stays."""
        held = {name: getattr(first, name) for name in self.contents}
        return cast(S, cast(Any, state)._replace(**held)) if held else state

    def read_again(self, h_BC: Tensor, state: S) -> tuple[Tensor, S, Address]:
        """Reads without writing, for cells with several `read_steps`, and for no others."""
        raise RuntimeError(f"{type(self).__name__} reads once per step")


def head_names(writes: int, reads: int) -> tuple[str, ...]:
    """Names for so many write and read heads: ("write", "read") or ("write 1", "write 2", …)."""
    return _numbered("write", writes) + _numbered("read", reads)


def _numbered(name: str, count: int) -> tuple[str, ...]:
    return (name,) if count == 1 else tuple(f"{name} {i + 1}" for i in range(count))
