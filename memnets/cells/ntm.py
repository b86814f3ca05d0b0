"""The Neural Turing Machine's memory (Graves, Wayne and Danihelka, 2014)."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ..equations import content, location, memory
from ..estimators import Estimator
from ..interface import Interface, oneplus
from ..options import require_one_of, require_positive
from ..registry import cells
from ..types import Address, join_heads
from .base import MemoryCell, head_names

MEMORY_START = 1e-6
"""Constant starting content: converges fastest of the usual schemes (Collier and Beel, 2018)."""

MEMORY_STARTS = ("constant", "random", "learned")
WEIGHTS_STARTS = ("one_hot", "learned")


class NTMState(NamedTuple):
    """Contents, and where each head pointed last."""

    memory_BNW: Tensor
    weights_BHN: Tensor


@cells.register("ntm")
class NTM(MemoryCell[NTMState]):
    """Content and location addressing: key, strength, gate, shift, power (NTM, section 3).

    Write heads address M_{t-1} and write; read heads then address and read M_t. `read_first` has
    the read heads address and read M_{t-1} instead. `shifts` is the odd number of allowed shifts.

    The paper calls the starting state "bias values". `memory_start`: every row at the constant
    1e-6, `random` rows drawn once, or `learned` rows that start random. `weights_start`: every head
    on slot 0, or on a softmax of `learned` logits. Rows and weightings must not both be uniform:
    identical rows under uniform weightings never differ.
    """

    contents: ClassVar = ("memory_BNW",)

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        slots: int = 128,
        width: int = 20,
        write_heads: int = 1,
        read_heads: int = 1,
        shifts: int = 3,
        read_first: bool = False,
        memory_start: str = "constant",
        weights_start: str = "one_hot",
    ) -> None:
        super().__init__()
        require_positive(
            slots=slots, width=width, write_heads=write_heads, read_heads=read_heads, shifts=shifts
        )
        if shifts % 2 == 0:
            raise ValueError(f"shifts must be odd, to centre on no shift, not {shifts}")
        require_one_of("memory_start", memory_start, MEMORY_STARTS)
        require_one_of("weights_start", weights_start, WEIGHTS_STARTS)
        self.estimator = estimator
        self.slots, self.width, self.writes = slots, width, write_heads
        self.shifts, self.read_first = shifts, read_first
        self.heads = head_names(write_heads, read_heads)
        self.read_size = read_heads * width
        self.interface = Interface(input_size, self.shapes)
        self.memory_NW: Tensor
        if memory_start == "constant":
            start_NW = torch.full((slots, width), MEMORY_START)
            self.register_buffer("memory_NW", start_NW, persistent=False)
        elif memory_start == "random":
            self.register_buffer("memory_NW", _random_rows(slots, width))
        else:
            self.memory_NW = nn.Parameter(_random_rows(slots, width))
        self.logits_HN: nn.Parameter | None = None
        if weights_start == "learned":
            self.logits_HN = nn.Parameter(torch.randn(len(self.heads), slots))

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parameters of the heads, as the interface cuts them, with their shapes."""
        H, P, W = len(self.heads), self.writes, self.width
        return {
            "key": (H, W),
            "strength": (H,),
            "gate": (H,),
            "shift": (H, self.shifts),
            "power": (H,),
            "erase": (P, W),
            "add": (P, W),
        }

    def initial_state(self, batch_size: int) -> NTMState:
        if self.logits_HN is None:
            weights_HN = self.memory_NW.new_zeros(len(self.heads), self.slots)
            weights_HN[:, 0] = 1.0
        else:
            weights_HN = self.logits_HN.softmax(-1)
        return NTMState(
            self.memory_NW.expand(batch_size, -1, -1), weights_HN.expand(batch_size, -1, -1)
        )

    def forward(self, h_BC: Tensor, state: NTMState) -> tuple[Tensor, NTMState, Address]:
        raw = self.interface(h_BC)
        heads = raw | {
            "strength": softplus(raw["strength"]),
            "gate": raw["gate"].sigmoid(),
            "shift": raw["shift"].softmax(-1),
            "power": oneplus(raw["power"]),
        }
        write = self._address(state, heads, slice(0, self.writes))
        written_BNW = memory.write(state.memory_BNW, write, raw["erase"].sigmoid(), raw["add"])
        source = state if self.read_first else state._replace(memory_BNW=written_BNW)
        read = self._address(source, heads, slice(self.writes, None))
        read_BO = memory.read(source.memory_BNW, read).flatten(1)
        address = join_heads(write, read)
        return read_BO, NTMState(written_BNW, address.dense(self.slots)), address

    def _address(self, state: NTMState, heads: dict[str, Tensor], which: slice) -> Address:
        key, strength, gate, shift, power = (
            heads[name][:, which] for name in ("key", "strength", "gate", "shift", "power")
        )
        content_BHN = content.content(state.memory_BNW, key, strength)
        gated_BHN = location.interpolate(content_BHN, state.weights_BHN[:, which], gate)
        shifted_BHN = location.shift(gated_BHN, shift)
        return self.estimator(location.sharpen(shifted_BHN, power))


def _random_rows(slots: int, width: int) -> Tensor:
    return torch.randn(slots, width) / width**0.5
