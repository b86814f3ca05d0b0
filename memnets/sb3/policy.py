"""Any registered memory as the recurrent part of an sb3-contrib policy."""

from __future__ import annotations

from typing import Any

from gymnasium import spaces
from sb3_contrib.common.recurrent.policies import RecurrentActorCriticPolicy
from sb3_contrib.common.recurrent.type_aliases import RNNStates
from stable_baselines3.common.preprocessing import is_image_space
from stable_baselines3.common.torch_layers import (
    BaseFeaturesExtractor,
    CombinedExtractor,
    FlattenExtractor,
    NatureCNN,
)
from stable_baselines3.common.type_aliases import Schedule
from torch import Tensor

from .core import Memory, MemoryCore, spec_of
from .packing import Packed


class MemoryPolicy(RecurrentActorCriticPolicy):
    """A policy for RecurrentPPO whose recurrent part is a registered memory.

        RecurrentPPO(MemoryPolicy, env, policy_kwargs={"memory": "dnc"})

    `memory` is a ModelSpec, its fields, or the name of a cell. `lstm_hidden_size` is, as in
    sb3-contrib, the width of what it puts out, on which `net_arch` builds. The critic sees the
    actor's memory and does not train it (`shared_lstm`), unless `enable_critic_lstm` gives it one
    of its own; where both are False it sees the features alone. The features extractor fits the
    observations, unless one is given: combined for Dict, a CNN for images, flat for all else.

    Addresses must be repeatable, since PPO runs stored sequences again: `soft`, `top_k`,
    `straight_through`. No price is charged, and codes do not move: a memory that has either is
    refused. ValueError in all these cases, with what to take instead.
    """

    lstm_actor: Any
    lstm_critic: Any
    critic: Any
    mlp_extractor: Any

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        lr_schedule: Schedule,
        memory: Memory = "ntm",
        lstm_hidden_size: int = 64,
        shared_lstm: bool | None = None,
        enable_critic_lstm: bool = False,
        features_extractor_class: type[BaseFeaturesExtractor] | None = None,
        **options: Any,
    ) -> None:
        for name in ("n_lstm_layers", "lstm_kwargs"):
            if options.pop(name, None) not in (None, 1):
                raise ValueError(f"{name} is an LSTM's: give the options of the `memory` instead")
        super().__init__(
            observation_space,
            action_space,
            lr_schedule,
            lstm_hidden_size=lstm_hidden_size,
            shared_lstm=not enable_critic_lstm if shared_lstm is None else shared_lstm,
            enable_critic_lstm=enable_critic_lstm,
            features_extractor_class=features_extractor_class or _fitting(observation_space),
            **options,
        )
        self.memory = spec_of(memory)
        self.lstm_actor = self.core()
        self.lstm_critic = self.core() if enable_critic_lstm else None
        self.lstm_hidden_state_shape = (1, 1, self.lstm_actor.hidden_size)
        self.require(self.lstm_actor)
        # anew, since the one that was made holds the weights of the LSTMs that went
        settings: dict[str, Any] = {"lr": lr_schedule(1), **self.optimizer_kwargs}
        self.optimizer = self.optimizer_class(self.parameters(), **settings)

    def make_features_extractor(self) -> BaseFeaturesExtractor:
        extractor = super().make_features_extractor()
        # that of MultiDiscrete observations is numpy's, which torch's LSTMs do not take
        extractor._features_dim = int(extractor.features_dim)
        return extractor

    def core(self) -> MemoryCore:
        """A new memory of the policy's kind and sizes."""
        return MemoryCore(self.memory, self.features_dim, self.lstm_output_dim)

    def require(self, core: MemoryCore) -> None:
        """Raises ValueError where the algorithm cannot train such a memory."""
        self.require_stored(core)
        if not core.network.estimator.repeatable:
            raise ValueError(
                f"{self.memory.cell}: the addresses of {self.memory.estimator!r} differ when a "
                f"stored sequence is run again, and RecurrentPPO has no place for their gradient. "
                f"Make them actions (AddressPolicy, with the environment in AddressActions), train "
                f"whole episodes (EpisodicReinforce), or take 'soft', 'top_k' or 'straight_through'"
            )
        self.require_free_of_cost(core)

    def require_stored(self, core: MemoryCore) -> None:
        """Raises ValueError where a memory cannot run the sequences again that PPO has stored."""
        if core.network.bypass.p:
            raise ValueError("bypass_dropout draws anew when a stored sequence is run again")
        if core.network.cell.learns_by_advance:
            raise ValueError(
                f"{self.memory.cell}: codes move by the keys of whole episodes, and RecurrentPPO "
                f"runs padded pieces of them, several times: take other scores than 'codes', or "
                f"train whole episodes (EpisodicReinforce)"
            )

    def require_free_of_cost(self, core: MemoryCore) -> None:
        """Raises ValueError where the estimator asks for the cost of a supervised task."""
        if core.network.estimator.follows_cost:
            raise ValueError(
                f"{self.memory.estimator!r} has a price or a schedule that follows the cost of a "
                f"supervised task: take an estimator without one"
            )

    def features(self, obs: Any) -> Tensor:
        """The features (B, F) that actor and critic share."""
        features = self.extract_features(obs)
        assert isinstance(features, Tensor), "the critic has an extractor of its own"
        return features

    def evaluate_actions(
        self, obs: Any, actions: Tensor, lstm_states: RNNStates, episode_starts: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        # the buffer keeps MultiBinary actions as bytes, of which torch takes no log-probability
        return super().evaluate_actions(obs, actions.float(), lstm_states, episode_starts)

    @staticmethod
    def _process_sequence(
        features: Tensor,
        lstm_states: Packed,
        episode_starts: Tensor,
        lstm: MemoryCore,
    ) -> tuple[Tensor, Packed]:
        sequences = lstm_states[0].shape[1]
        x_TBF = by_time(features, sequences)
        starts_TB = by_time(episode_starts.flatten(), sequences) > 0.5
        out_TBY, lstm_states = lstm(x_TBF, lstm_states, starts_TB)
        return by_row(out_TBY), lstm_states

    def _get_constructor_parameters(self) -> dict[str, Any]:
        return super()._get_constructor_parameters() | {
            "memory": self.memory.to_json(),
            "lstm_hidden_size": self.lstm_output_dim,
            "shared_lstm": self.shared_lstm,
            "enable_critic_lstm": self.enable_critic_lstm,
        }


def by_time(rows: Tensor, sequences: int) -> Tensor:
    """Rows of sequences one after the other, (B · T, …), with time first: (T, B, …)."""
    return rows.reshape(sequences, -1, *rows.shape[1:]).transpose(0, 1)


def by_row(values_TBY: Tensor) -> Tensor:
    """The reverse of `by_time`."""
    return values_TBY.transpose(0, 1).flatten(0, 1)


def _fitting(space: spaces.Space[Any]) -> type[BaseFeaturesExtractor]:
    if isinstance(space, spaces.Dict):
        return CombinedExtractor
    return NatureCNN if is_image_space(space) else FlattenExtractor
