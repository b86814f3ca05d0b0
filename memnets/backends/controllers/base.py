"""What fast backends know of a controller, and the registry of those that they run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from torch import Tensor, nn

from ...registry import controllers
from ..kernels import Kernels
from ..parts import replaced


class StepWeights(NamedTuple):
    """The weights of one step of one layer: empty tensors stand for what a controller lacks.

    Columns of `weight_GZ` are the input's, then those of what was read.
    """

    weight_GZ: Tensor
    bias_G: Tensor
    hidden_GC: Tensor
    hidden_bias_G: Tensor


class FastController(ABC):
    """How a controller is run without calling its modules step by step."""

    built_of: ClassVar[Mapping[str, type[nn.Module]]]
    """Its submodules and their classes: any others would compute something else."""

    @classmethod
    def replaced(cls, controller: Any) -> str | None:
        """Which of its submodules is not what it was built of, in a sentence; else None."""
        return replaced(controller, "controller", cls.built_of)

    @staticmethod
    @abstractmethod
    def over_time(controller: Any, inputs_TBX: Tensor, state: Any) -> tuple[Tensor, Any]:
        """All outputs (T, B, C) and the last state, where nothing is read between the steps."""


class SteppedController(FastController):
    """A controller whose step is part of kernels for whole sequences, where it has one layer."""

    @staticmethod
    @abstractmethod
    def layers(controller: Any) -> int:
        """How many layers it has."""

    @staticmethod
    @abstractmethod
    def weights(controller: Any) -> StepWeights:
        """Of its only layer."""

    @staticmethod
    @abstractmethod
    def unpack(controller: Any, state: Any, batch: int) -> tuple[Tensor, Tensor]:
        """Hidden vector (B, C) and the LSTM's cell (B, C); zeros and (B, 0) where there is none."""

    @staticmethod
    @abstractmethod
    def pack(hidden_BC: Tensor, cell_BC: Tensor) -> Any:
        """The state, from the hidden vector and the cell after the last step."""


fast_controllers: Kernels[Any] = Kernels(
    "memnets.fast_controllers", home="memnets.backends.controllers", parts=controllers
)
"""How a controller is run by fast backends, by the name under which it is registered."""
