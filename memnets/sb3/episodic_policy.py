"""One step of a policy with gradients, whatever the kind of its memory's addresses."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor, nn

from ..types import NetworkState
from .policy import MemoryPolicy


class Step(NamedTuple):
    """A step of all environments."""

    actions: Tensor
    log_prob_B: Tensor
    entropy_B: Tensor
    value_B: Tensor


class EpisodicPolicy(MemoryPolicy):
    """A `MemoryPolicy` with addresses of any kind, for EpisodicReinforce and no other algorithm."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"shared_lstm": False, **options})

    def core(self) -> Any:
        core = super().core()
        self.critic = nn.Linear(core.network.controller.output_size, self.lstm_output_dim)
        return core

    def require(self, core: Any) -> None:
        self.require_free_of_cost(core)
        if core.network.cell.read_steps != 1:
            raise ValueError("the critic would see what was drawn: take a cell with read_steps=1")

    def step(self, obs: Any, state: NetworkState) -> tuple[Step, NetworkState]:
        """One step with gradients: actions, their log-probability with that of the addresses."""
        rollout = self.lstm_actor.network(self.features(obs).unsqueeze(0), state)
        distribution = self._get_action_dist_from_latent(
            self.mlp_extractor.forward_actor(rollout.logits_TBY[0])
        )
        actions = distribution.get_actions()
        log_prob = distribution.log_prob(actions)
        entropy = distribution.entropy()
        step = Step(
            actions,
            log_prob + rollout.address.log_prob_BH[0].sum(-1),
            (-log_prob if entropy is None else entropy) + rollout.address.entropy_BH[0].sum(-1),
            self.value(rollout.hidden_TBC[0]),
        )
        return step, rollout.state

    def value(self, hidden_BC: Tensor) -> Tensor:
        """The critic's value (B,) of the controller's output, which has seen no choice yet."""
        latent = self.mlp_extractor.forward_critic(self.critic(hidden_BC.detach()))
        return self.value_net(latent).squeeze(-1)

    def forward(self, *_: Any) -> Any:
        raise TypeError(
            "EpisodicPolicy is for EpisodicReinforce: RecurrentPPO takes a MemoryPolicy"
        )
