"""PPO over the slots of a discrete memory: addresses are part of the action."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from sb3_contrib.common.recurrent.type_aliases import RNNStates
from stable_baselines3.common.type_aliases import Schedule
from torch import Tensor, nn

from .chosen_core import Chosen, ChosenCore, address_choices
from .core import Memory
from .packing import Packed
from .policy import MemoryPolicy, by_row, by_time


class AddressPolicy(MemoryPolicy):
    """A policy for RecurrentPPO that draws the slots of its memory together with the action.

    The environment is an `AddressActions` of the same memory. When PPO judges stored actions, the
    stored slots are written and read again, so that ratio, clipping and advantages act on slots as
    on any action; the log-probability and the entropy are sums over both. The critic sees the
    controller's output of the step, which has not seen the step's slots: a baseline that knew them
    would bias their gradient. It does not train the controller. The estimator of the memory's spec
    is not asked: addresses are actions.
    """

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        lr_schedule: Schedule,
        memory: Memory = "dntm",
        **options: Any,
    ) -> None:
        for name in ("shared_lstm", "enable_critic_lstm"):
            if options.pop(name, False):
                raise ValueError(f"{name}: the critic of an AddressPolicy sees the controller")
        choices = address_choices(memory)
        rest = _without(action_space, choices)
        super().__init__(
            observation_space,
            rest,
            lr_schedule,
            memory=memory,
            shared_lstm=False,
            **options,
        )
        self.action_space = action_space
        self.decisions = len(choices)

    def core(self) -> ChosenCore:
        core = ChosenCore(self.memory, self.features_dim, self.lstm_output_dim)
        self.critic = nn.Linear(core.network.controller.output_size, self.lstm_output_dim)
        return core

    def require(self, core: Any) -> None:
        self.require_stored(core)

    def forward(
        self,
        obs: Any,
        lstm_states: RNNStates,
        episode_starts: Tensor,
        deterministic: bool = False,
    ) -> tuple[Tensor, Tensor, Tensor, RNNStates]:
        actions, chosen, log_prob, packed = self._act(
            obs, (lstm_states.pi[0], lstm_states.pi[1]), episode_starts, deterministic
        )
        values = self._values(chosen.hidden_BC)
        return actions, values, log_prob + chosen.log_prob_B, RNNStates(packed, packed)

    def evaluate_actions(
        self, obs: Any, actions: Tensor, lstm_states: RNNStates, episode_starts: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        sequences = lstm_states.pi[0].shape[1]
        own, slots = actions[:, : -self.decisions], actions[:, -self.decisions :]
        chosen = self.lstm_actor.replay(
            by_time(self.features(obs), sequences),
            lstm_states.pi,
            by_time(episode_starts.flatten(), sequences) > 0.5,
            by_time(slots.long(), sequences),
        )
        chosen = Chosen._make(by_row(part) for part in chosen)
        latent = self.mlp_extractor.forward_actor(chosen.output_BY)
        distribution = self._get_action_dist_from_latent(latent)
        log_prob = distribution.log_prob(own) + chosen.log_prob_B
        entropy = distribution.entropy()
        assert entropy is not None, "categorical distributions have one"
        return self._values(chosen.hidden_BC), log_prob, entropy + chosen.entropy_B

    def predict_values(self, obs: Any, lstm_states: Packed, episode_starts: Tensor) -> Tensor:
        features = self.features(obs)
        return self._values(self.lstm_actor.hidden(features, lstm_states, episode_starts > 0.5))

    def get_distribution(self, *_: Any) -> Any:
        raise TypeError(
            "the action's distribution depends on the slots that are drawn before it: take predict"
        )

    def _predict(
        self,
        observation: Any,
        lstm_states: Packed,
        episode_starts: Tensor,
        deterministic: bool = False,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        actions, _, _, packed = self._act(observation, lstm_states, episode_starts, deterministic)
        return actions, packed

    def _act(
        self, obs: Any, packed: Packed, episode_starts: Tensor, deterministic: bool
    ) -> tuple[Tensor, Chosen, Tensor, Packed]:
        chosen, choices_BD, packed = self.lstm_actor.draw(
            self.features(obs), packed, episode_starts > 0.5, greedy=deterministic
        )
        latent = self.mlp_extractor.forward_actor(chosen.output_BY)
        distribution = self._get_action_dist_from_latent(latent)
        own = distribution.get_actions(deterministic=deterministic)
        return torch.cat([own, choices_BD], 1), chosen, distribution.log_prob(own), packed

    def _values(self, hidden: Tensor) -> Tensor:
        latent = self.mlp_extractor.forward_critic(self.critic(hidden.detach()))
        values: Tensor = self.value_net(latent)
        return values


def _without(space: spaces.Space[Any], choices: list[int]) -> spaces.MultiDiscrete:
    """The environment's own part of a widened action space."""
    own = space.nvec[: -len(choices)] if isinstance(space, spaces.MultiDiscrete) else ()
    if not len(own) or list(space.nvec[-len(choices) :]) != choices:  # type: ignore[attr-defined]
        raise ValueError(
            f"the environment's actions, {space}, do not end with the choices {choices} of this "
            f"memory: wrap it in AddressActions with the same memory"
        )
    return spaces.MultiDiscrete(np.array(own))
