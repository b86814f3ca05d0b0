"""Reinforcement learning: agents whose recurrent part is a registered memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from ..design.data import BadData, hint
from ..design.settings import check_number, check_whole
from .base import Outcome, Procedure, Recorder, Row, procedures
from .optimisers import require_taken

if TYPE_CHECKING:
    from memnets.spec import ModelSpec

    from ..design.trial import TaskSpec, Trial

ALGORITHMS = ("ppo", "address_ppo", "episodic_reinforce")


@procedures.register("reinforcement")
@dataclass(frozen=True, kw_only=True)
class Reinforcement(Procedure):
    """Train an agent on the environment `memnets/<task>-v0`, in the words of stable-baselines3.

    `algorithm` is `ppo`, RecurrentPPO with addresses that are the same every time; `address_ppo`,
    the same with the slots of a memory that draws them as part of the action; or
    `episodic_reinforce`, whole episodes with gradients through the memory, of which `n_steps`,
    `batch_size`, `n_epochs`, `gae_lambda` and `clip_range` are no settings.

    `total_timesteps` and `evaluate_every` count steps of all environments together. Environments
    begin anew after each evaluation, so `evaluate_every` leaves room for whole episodes in each. A
    test is at least `test_episodes` episodes, as many from each environment, each action the most
    likely one. The trial is solved once `solved_success` of them succeed: the environment says so
    (`is_success`), or the return is at least 1. At the end the same episodes are played under
    every other address of the memory, and under controls: column `address` tells them apart.
    """

    row_key: ClassVar = ("kind", "step", "address")
    row_defaults: ClassVar = MappingProxyType({"address": "own"})
    score: ClassVar = "success"

    algorithm: str = "ppo"
    total_timesteps: int = 100_000
    n_envs: int = 64
    n_steps: int = 16
    batch_size: int | None = None
    """Steps of a minibatch; None is all of a rollout."""
    n_epochs: int = 10
    learning_rate: float = 1e-3
    gamma: float = 0.99
    gae_lambda: float = 0.95
    clip_range: float = 0.2
    ent_coef: float = 0.01
    vf_coef: float = 0.5
    max_grad_norm: float = 0.5
    lstm_hidden_size: int = 64
    """The width of what the memory puts out."""
    evaluate_every: int = 10_000
    test_episodes: int = 100
    solved_success: float | None = 0.95

    def __post_init__(self) -> None:
        if not isinstance(self.algorithm, str) or self.algorithm not in ALGORITHMS:
            near = hint(str(self.algorithm), list(ALGORITHMS))
            raise BadData(f"no algorithm {self.algorithm!r:.60}.{near}")
        check_whole(self, total_timesteps=1, most=2**53)
        check_whole(self, n_envs=1, n_steps=1, n_epochs=1, lstm_hidden_size=1)
        check_whole(self, evaluate_every=1, test_episodes=1)
        if self.batch_size is not None:
            check_whole(self, batch_size=1)
        rollout = self.n_envs * self.n_steps
        last = rollout % (self.batch_size or rollout)
        if 1 in (rollout, self.batch_size, last):
            raise BadData(
                f"Reinforcement: rollouts of {rollout} steps in minibatches of "
                f"{self.batch_size or rollout} leave one of a single step, whose advantages "
                f"cannot be normalised."
            )
        for name in ("learning_rate", "clip_range", "max_grad_norm"):
            check_number(self, "", name, above=0)
        for name in ("ent_coef", "vf_coef"):
            check_number(self, "", name, least=0)
        for name in ("gamma", "gae_lambda"):
            check_number(self, "", name, least=0, most=1)
        if self.solved_success is not None:
            check_number(self, "", "solved_success", above=0, most=1)

    def task(self, spec: TaskSpec) -> Any:
        """One environment of the task, in a vector; raises BadData where it cannot be made."""
        from .agent_environment import environments

        return environments(spec, 1)

    def network_sizes(self, spec: TaskSpec) -> Mapping[str, Any]:
        """The observations' size, flattened, and the width of what the memory puts out."""
        from stable_baselines3.common.preprocessing import get_flattened_obs_dim

        made = self.task(spec)
        size = int(get_flattened_obs_dim(made.observation_space))
        made.close()
        return {"input_size": size, "output_size": self.lstm_hidden_size}

    def takes(self, task: Any) -> Mapping[str, Any]:
        """No columns; any environment that is registered natively vectorised."""
        task.close()
        return {}

    def require_model(self, model: ModelSpec) -> None:
        """Raise BadData for sparse gradients."""
        require_taken(model)

    def run(self, trial: Trial, recorder: Recorder) -> Outcome:
        """Train and test; goes on from the last evaluation."""
        from .agent_training import train_agent

        return train_agent(trial, self, recorder)

    def progress(self, row: Row) -> str:
        """Steps, speed and success, after a test."""
        if row["kind"] != "test" or row["address"] != "own":
            return ""
        step, seconds = row["step"], row["seconds"]
        parts = [f"{step}/{self.total_timesteps}", f"{step / max(seconds, 1e-9):,.0f} steps/s"]
        return "  ".join([*parts, f"success {row['success']:.2f}"])

    def share_done(self, row: Row) -> float | None:
        """The share of its steps, after a test."""
        return min(row["step"] / self.total_timesteps, 1.0) if row["kind"] == "test" else None
