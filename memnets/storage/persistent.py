"""A memory that is changed in place but behaves like a value, with gradients.

Everything is made of two operations: `take` copies K rows, `put` replaces K rows. What happens in
between is ordinary differentiable code on K rows. Both cost O(K·W) in time and memory, forward and
backward, on any number of slots.

Gradients: every row that is put has a number, its *entry*, and a second buffer holds the entry of
each slot. The backward pass of a take adds the gradient of its rows to their entries; that of a put
finds there the gradient of its own rows. By then all takes that could have read them must be done.
Autograd sees to that order by a token, a tensor of one zero, which every put makes anew and which
all later takes and puts are given. The backward pass of a put also puts back what it overwrote, so
that after the backward pass the buffers hold their initial contents. Where a sequence has no
backward pass, the next sequence puts them back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.autograd.function import Function

from ..types import Address
from .contents import Contents, first_named
from .row_gradients import START, RowGradients
from .versions import Log, Version


@dataclass(frozen=True, eq=False)
class PersistentMemory(Contents):
    """One version of buffers that outlive sequences; a value, like a tensor (B, N, W) of contents.

    Made by `PersistentMemory.of(contents)`, which copies them once. Versions share the buffers:
    each costs the rows in which it differs from the one before. Any can be read and written from,
    in any order; going from one to another copies the rows in which they differ. Gradients are
    exact, once: a second derivative raises RuntimeError. Not for several threads at a time.
    """

    shape: torch.Size
    log: Log
    version: Version
    gradients: RowGradients
    token: Tensor

    @classmethod
    def of(cls, start_BNW: Tensor) -> PersistentMemory:
        """A memory that starts with these contents; no gradient reaches them."""
        with torch.inference_mode(False), torch.no_grad():
            rows = start_BNW.detach().clone(memory_format=torch.contiguous_format).flatten(0, 1)
            entries = torch.full((len(rows),), START, dtype=torch.int32, device=rows.device)
            log, token = Log(rows, entries), rows.new_zeros(())
        return cls(start_BNW.shape, log, log.root, RowGradients(), token)

    def start(self) -> PersistentMemory:
        """The initial contents again, for another sequence."""
        return replace(
            self, version=self.log.root, gradients=RowGradients(), token=self.token.new_zeros(())
        )

    def detach(self) -> PersistentMemory:
        """The same contents, from which no gradient goes back to what wrote them."""
        return replace(self, gradients=self.gradients.after(), token=self.token.detach())

    def take(self, slots_BK: Tensor) -> Tensor:
        return _Take.apply(self.token, self, self._positions(slots_BK))

    def put(self, slots_BK: Tensor, rows_BKW: Tensor) -> PersistentMemory:
        """The memory with the rows of some slots replaced; slots named twice need equal rows."""
        return self._put(self._positions(slots_BK), rows_BKW)

    def edit(
        self, address: Address, change: Callable[..., Tensor], *inputs: Tensor
    ) -> PersistentMemory:
        slots_BHK = address.slots_BHK
        slots_BK = self.all_slots() if slots_BHK is None else slots_BHK.flatten(1)
        at_BK = self._positions(slots_BK)
        rows_BKW = _Take.apply(self.token, self, at_BK)
        if slots_BHK is None or slots_BK.shape[1] == 1:
            # on the rows taken the address is dense
            return self._put(at_BK, change(rows_BKW, address._replace(slots_BHK=None), *inputs))
        where_BK = first_named(slots_BK)
        address = address._replace(slots_BHK=where_BK.view_as(slots_BHK))
        after_BKW = change(rows_BKW, address, *inputs)
        return self._put(at_BK, after_BKW.gather(1, where_BK.unsqueeze(-1).expand_as(after_BKW)))

    def scan(self, function: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
        # no copy of the contents is kept: the backward pass has them back and computes it again
        return _Scan.apply(self.token, self, function, *inputs)

    def clear(self, slots_BK: Tensor) -> PersistentMemory:
        return self.put(slots_BK, self.token.new_zeros(*slots_BK.shape, self.shape[-1]))

    def dense(self) -> Tensor:
        return self.take(self.all_slots())

    def all_slots(self) -> Tensor:
        """Every slot's number, (B, N)."""
        B, N, _ = self.shape
        return torch.arange(N, device=self.token.device).expand(B, N)

    def _put(self, at_BK: Tensor, rows_BKW: Tensor) -> PersistentMemory:
        token, version = _Put.apply(self.token, rows_BKW, self, at_BK)
        return PersistentMemory(self.shape, self.log, version, self.gradients, token)

    def _positions(self, slots_BK: Tensor) -> Tensor:
        """Where in the buffers the rows of some slots are; raises IndexError outside the memory."""
        B, N, _ = self.shape
        if slots_BK.device.type == "cpu" and slots_BK.numel():
            low, high = slots_BK.aminmax()
            if low < 0 or high >= N:
                raise IndexError(f"a memory of {N} slots has no slots {int(low)} to {int(high)}")
        return slots_BK + torch.arange(0, B * N, N, device=slots_BK.device).unsqueeze(1)


Memory: TypeAlias = Tensor | PersistentMemory
"""Contents (B, N, W) that an address reads and writes."""


def _once(backward: Callable[..., Any]) -> Callable[..., Any]:
    """A backward that refuses `create_graph`; torch's own mark lets partial gradients through."""

    def refusing(ctx: Any, *gradients: Any) -> Any:
        if torch.is_grad_enabled():
            raise RuntimeError(
                "a persistent memory is differentiated once, without create_graph=True: "
                "for second derivatives build the cell with persistent=False"
            )
        return backward(ctx, *gradients)

    return refusing


class _Take(Function):
    @staticmethod
    def forward(ctx: Any, token: Tensor, memory: PersistentMemory, at_BK: Tensor) -> Tensor:
        rows, entries = memory.log.read(memory.version, at_BK.flatten())
        # not among the saved tensors: a checkpoint would replace these by those of its second run
        ctx.entries, ctx.gradients = entries.view(at_BK.shape), memory.gradients
        return rows.view(*at_BK.shape, memory.shape[-1])

    @staticmethod
    @_once
    def backward(ctx: Any, gradient_BKW: Tensor) -> tuple[Tensor | None, ...]:
        ctx.gradients.add(ctx.entries, gradient_BKW)
        return gradient_BKW.new_zeros(()), None, None


class _Put(Function):
    @staticmethod
    def forward(
        ctx: Any, token: Tensor, rows_BKW: Tensor, memory: PersistentMemory, at_BK: Tensor
    ) -> tuple[Tensor, Version]:
        B, K = at_BK.shape
        ctx.first, ctx.count = memory.gradients.number(K), K
        numbers = torch.arange(ctx.first, ctx.first + K, dtype=torch.int32, device=at_BK.device)
        # a copy of the rows: the log must not change with the caller's tensor
        rows = rows_BKW.detach().clone(memory_format=torch.contiguous_format).flatten(0, 1)
        version = memory.log.write(memory.version, at_BK.flatten(), (rows, numbers.repeat(B)))
        ctx.log, ctx.version, ctx.gradients = memory.log, version, memory.gradients
        return token.new_zeros(()), version

    @staticmethod
    @_once
    def backward(ctx: Any, nothing: Tensor, _: None) -> tuple[Tensor | None, ...]:
        ctx.log.roll_back(ctx.version)
        return nothing, ctx.gradients.of(ctx.first, ctx.count), None, None


class _Scan(Function):
    @staticmethod
    def forward(
        ctx: Any,
        token: Tensor,
        memory: PersistentMemory,
        function: Callable[..., Tensor],
        *inputs: Tensor,
    ) -> Tensor:
        ctx.memory, ctx.function = memory, function
        ctx.save_for_backward(*inputs)
        return function(_contents(memory), *inputs)

    @staticmethod
    @_once
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        needed = ctx.needs_input_grad[3:]
        inputs = [
            tensor.detach().requires_grad_(need)
            for tensor, need in zip(ctx.saved_tensors, needed, strict=True)
        ]
        contents_BNW = _contents(ctx.memory).requires_grad_()
        # autocast may be on here, though it was off in the forward pass
        with torch.enable_grad(), torch.autocast(gradient.device.type, enabled=False):
            result = ctx.function(contents_BNW, *inputs)
        given = [contents_BNW, *(tensor for tensor in inputs if tensor.requires_grad)]
        rows_BNW, *rest = torch.autograd.grad(result, given, gradient, allow_unused=True)
        if rows_BNW is not None:
            entries = ctx.memory.log.buffers[1].view(ctx.memory.shape[:2])
            ctx.memory.gradients.add_scanned(entries, rows_BNW)
        found = iter(rest)
        return gradient.new_zeros(()), None, None, *(next(found) if n else None for n in needed)


def _contents(memory: PersistentMemory) -> Tensor:
    memory.log.go(memory.version)
    return memory.log.buffers[0].view(memory.shape).detach()
