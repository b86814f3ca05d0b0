"""The feed-forward controller in fast backends."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from .base import SteppedController, StepWeights, fast_controllers


@fast_controllers.register("feedforward")
class FastFeedforward(SteppedController):
    """No state: each layer runs over all steps at once by itself."""

    built_of = {"layers": nn.Linear}

    @staticmethod
    def over_time(controller: Any, inputs_TBX: Tensor, state: Any) -> tuple[Tensor, Any]:
        hidden_TBC, state = controller(inputs_TBX, state)
        return hidden_TBC, state

    @staticmethod
    def layers(controller: Any) -> int:
        return len(controller.layers)

    @staticmethod
    def weights(controller: Any) -> StepWeights:
        layer = controller.layers[0]
        none = layer.weight.new_zeros(0)
        return StepWeights(layer.weight, layer.bias, none.view(0, 0), none)

    @staticmethod
    def unpack(controller: Any, state: Any, batch: int) -> tuple[Tensor, Tensor]:
        like = controller.layers[0].weight
        return like.new_zeros(batch, controller.output_size), like.new_zeros(batch, 0)

    @staticmethod
    def pack(hidden_BC: Tensor, cell_BC: Tensor) -> tuple[()]:
        return ()
