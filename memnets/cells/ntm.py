"""The Neural Turing Machine's memory (Graves, Wayne and Danihelka, 2014)."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import softplus

from .. import addressing, memory
from ..estimators import Estimator
from ..interface import Interface, oneplus
from ..registry import cells
from ..types import Address, join_heads
from .base import MemoryCell, head_names, require_positive

MEMORY_START = 1e-6
"""Constant starting content: converges fastest of the usual schemes (Collier and Beel, 2018)."""


class NTMState(NamedTuple):
    """Contents, and where each head pointed last."""

    memory_BNW: Tensor
    weights_BHN: Tensor


@cells.register("ntm")
class NTM(MemoryCell[NTMState]):
    """Content and location addressing: key, strength, gate, shift, power (NTM, section 3).

    Write heads address M_{t-1} and write; read heads then address and read M_t. `read_first` has
    the read heads address and read M_{t-1} instead. `shifts` is the odd number of allowed shifts.
    """

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
    ) -> None:
        super().__init__()
        require_positive(
            slots=slots, width=width, write_heads=write_heads, read_heads=read_heads, shifts=shifts
        )
        if shifts % 2 == 0:
            raise ValueError(f"shifts must be odd, to centre on no shift, not {shifts}")
        self.estimator = estimator
        self.slots, self.width, self.writes = slots, width, write_heads
        self.read_first = read_first
        self.heads = head_names(write_heads, read_heads)
        self.read_size = read_heads * width
        H = len(self.heads)
        self.interface = Interface(
            input_size,
            {
                "key": (H, width),
                "strength": (H,),
                "gate": (H,),
                "shift": (H, shifts),
                "power": (H,),
                "erase": (write_heads, width),
                "add": (write_heads, width),
            },
        )

    def initial_state(self, batch_size: int) -> NTMState:
        like = self.interface.linear.weight
        weights_BHN = like.new_zeros(batch_size, len(self.heads), self.slots)
        weights_BHN[..., 0] = 1.0
        return NTMState(
            like.new_full((batch_size, self.slots, self.width), MEMORY_START), weights_BHN
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
        read_BR = memory.read(source.memory_BNW, read).flatten(1)
        address = join_heads(write, read)
        return read_BR, NTMState(written_BNW, address.dense(self.slots)), address

    def _address(self, state: NTMState, heads: dict[str, Tensor], which: slice) -> Address:
        key, strength, gate, shift, power = (
            heads[name][:, which] for name in ("key", "strength", "gate", "shift", "power")
        )
        content_BHN = addressing.content(state.memory_BNW, key, strength)
        gated_BHN = addressing.interpolate(content_BHN, state.weights_BHN[:, which], gate)
        shifted_BHN = addressing.shift(gated_BHN, shift)
        return self.estimator(addressing.sharpen(shifted_BHN, power))
