"""Whole episodes with gradients through the memory, and the score function for what is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.type_aliases import GymEnv, MaybeCallback, Schedule
from stable_baselines3.common.utils import explained_variance, obs_as_tensor
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from ..types import NetworkState
from .episodic_policy import EpisodicPolicy, Step

Self = TypeVar("Self", bound="EpisodicReinforce")


class EpisodicReinforce(OnPolicyAlgorithm):
    """REINFORCE over whole episodes (Williams, 1992), back-propagated through the memory.

        EpisodicReinforce(EpisodicPolicy, env, policy_kwargs={"memory": spec}).learn(100_000)

    Each update resets all environments and plays one episode in each. Every log-probability, those
    of drawn addresses included, is weighed with the discounted return from its step on less the
    value of a critic that has not seen the step's draws. What the memory holds is back-propagated
    through the whole episode. Advantages are normalised over all steps of an update, and the loss
    is the mean over them. What the estimator's own loss would add, a baseline and an entropy, has
    no part here. Episodes longer than `max_episode_steps` raise ValueError: the graph of a whole
    episode is held in memory.
    """

    policy_aliases = {"EpisodicPolicy": EpisodicPolicy}

    def __init__(
        self,
        policy: str | type[EpisodicPolicy],
        env: GymEnv | str,
        learning_rate: float | Schedule = 3e-3,
        max_episode_steps: int = 1_000,
        gamma: float = 1.0,
        ent_coef: float = 0.01,
        vf_coef: float = 0.5,
        max_grad_norm: float = 1.0,
        normalize_advantage: bool = True,
        **options: Any,
    ) -> None:
        self.max_episode_steps, self.normalize_advantage = max_episode_steps, normalize_advantage
        self._episodes: list[tuple[Step, Tensor, Tensor]] = []
        super().__init__(
            policy,
            env,
            learning_rate,
            # its buffer is not used
            n_steps=1,
            gamma=gamma,
            gae_lambda=1.0,
            ent_coef=ent_coef,
            vf_coef=vf_coef,
            max_grad_norm=max_grad_norm,
            use_sde=False,
            sde_sample_freq=-1,
            supported_action_spaces=(
                spaces.Box,
                spaces.Discrete,
                spaces.MultiDiscrete,
                spaces.MultiBinary,
            ),
            **options,
        )

    def collect_rollouts(
        self,
        env: VecEnv,
        callback: BaseCallback,
        rollout_buffer: RolloutBuffer,
        n_rollout_steps: int,
    ) -> bool:
        """One episode in each environment, with gradients; False where a callback stops."""
        policy: Any = self.policy
        policy.set_training_mode(True)
        callback.on_rollout_start()
        self._episodes = []
        obs: Any = env.reset()
        state = policy.lstm_actor.network.initial_state(env.num_envs)
        alive = np.ones(env.num_envs, dtype=bool)
        while alive.any():
            if len(self._episodes) == self.max_episode_steps:
                raise ValueError(
                    f"an episode is longer than max_episode_steps = {self.max_episode_steps}"
                )
            step, state = policy.step(obs_as_tensor(obs, self.device), state)
            obs, rewards, dones, infos = env.step(self._clipped(step.actions.detach()))
            self.num_timesteps += int(alive.sum())
            rewards = rewards + self._beyond(infos, dones & alive, state)
            there = torch.as_tensor(alive, device=self.device)
            gained = torch.as_tensor(rewards, dtype=step.value_B.dtype, device=self.device)
            self._episodes.append((step, torch.where(there, gained, 0.0), there))
            ended = [info if row else {} for info, row in zip(infos, alive, strict=True)]
            self._update_info_buffer(ended, dones & alive)
            alive = alive & ~dones
            callback.update_locals(locals())
            if not callback.on_step():
                return False
        self._last_obs = obs
        callback.on_rollout_end()
        return True

    def train(self) -> None:
        """One update by the episodes that were just played."""
        policy: Any = self.policy
        self._update_learning_rate(policy.optimizer)
        steps, rewards, alive = zip(*self._episodes, strict=True)
        self._episodes = []
        there_TB = torch.stack(alive)
        returns_TB = discounted(torch.stack(rewards), self.gamma)
        log_prob, entropy, value = (
            torch.stack([getattr(step, name) for step in steps])[there_TB]
            for name in ("log_prob_B", "entropy_B", "value_B")
        )
        returns = returns_TB[there_TB]
        advantage = returns - value.detach()
        if self.normalize_advantage and len(advantage) > 1:
            advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        policy_loss = -(advantage * log_prob).mean()
        value_loss = nn.functional.mse_loss(value, returns)
        loss = policy_loss + self.vf_coef * value_loss - self.ent_coef * entropy.mean()
        policy.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(policy.parameters(), self.max_grad_norm)
        policy.optimizer.step()
        policy.lstm_actor.network.advance()
        self._n_updates += 1
        explained = explained_variance(value.detach().cpu().numpy(), returns.cpu().numpy())
        for name, number in (
            ("policy_gradient_loss", policy_loss.item()),
            ("value_loss", value_loss.item()),
            ("entropy", entropy.mean().item()),
            ("loss", loss.item()),
            ("explained_variance", explained),
        ):
            self.logger.record(f"train/{name}", number)
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")

    def learn(
        self: Self,
        total_timesteps: int,
        callback: MaybeCallback = None,
        log_interval: int = 10,
        tb_log_name: str = "EpisodicReinforce",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        return super().learn(
            total_timesteps, callback, log_interval, tb_log_name, reset_num_timesteps, progress_bar
        )

    def _clipped(self, actions: Tensor) -> np.ndarray:
        played = actions.cpu().numpy()
        if isinstance(self.action_space, spaces.Box):
            played = np.clip(played, self.action_space.low, self.action_space.high)
        return played

    def _beyond(
        self, infos: list[dict[str, Any]], ended: np.ndarray, state: NetworkState
    ) -> np.ndarray:
        """The discounted value of what a time limit cut off, zero where nothing was, (B,)."""
        policy: Any = self.policy
        values = np.zeros(len(ended), dtype=np.float32)
        for row in np.flatnonzero(ended):
            if not infos[row].get("TimeLimit.truncated", False):
                continue
            own = pytree.tree_map(_row(int(row)), state)
            obs = policy.obs_to_tensor(infos[row]["terminal_observation"])[0]
            with torch.no_grad():
                features = policy.features(obs)
                hidden_BC = policy.lstm_actor.network.drive(features, own)[0]
                values[row] = self.gamma * policy.value(hidden_BC).item()
        return values

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_episodes"]


def discounted(rewards_TB: Tensor, gamma: float) -> Tensor:
    """Returns from each step on, (T, B): the sum of rewards, each later one times another gamma."""
    returns, after_B = [], torch.zeros_like(rewards_TB[0])
    for reward_B in reversed(rewards_TB.unbind(0)):
        after_B = reward_B + gamma * after_B
        returns.append(after_B)
    return torch.stack(returns[::-1])


def _row(row: int) -> Callable[[Any], Any]:
    return lambda part: None if part is None else part[row : row + 1].detach()
