"""Agents by the name of their algorithm, as stable-baselines3 makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sb3_contrib import RecurrentPPO

from memnets.sb3 import (
    AddressActions,
    AddressPolicy,
    EpisodicPolicy,
    EpisodicReinforce,
    MemoryPolicy,
)
from memnets.spec import ModelSpec

if TYPE_CHECKING:
    from .reinforcement import Reinforcement

SHARED = ("learning_rate", "gamma", "ent_coef", "vf_coef", "max_grad_norm")
PPO = (*SHARED, "n_steps", "n_epochs", "gae_lambda", "clip_range")

Wrap = Callable[[Any], Any]


def agent(
    settings: Reinforcement, memory: ModelSpec, environments: Any, device: str
) -> tuple[Any, Wrap]:
    """The agent, and what its environments are to be wrapped in, for a test as well.

    Raises ValueError where the algorithm cannot train the memory.
    """
    make, wrap = _MAKERS[settings.algorithm](settings, memory)
    policy = {"memory": memory, "lstm_hidden_size": settings.lstm_hidden_size}
    return make(env=wrap(environments), policy_kwargs=policy, device=device), wrap


def _ppo(settings: Reinforcement, memory: ModelSpec) -> tuple[Callable[..., Any], Wrap]:
    return _recurrent(MemoryPolicy, settings), _as_they_are


def _address_ppo(settings: Reinforcement, memory: ModelSpec) -> tuple[Callable[..., Any], Wrap]:
    return _recurrent(AddressPolicy, settings), lambda venv: AddressActions(venv, memory)


def _episodic(settings: Reinforcement, memory: ModelSpec) -> tuple[Callable[..., Any], Wrap]:
    def make(**given: Any) -> EpisodicReinforce:
        return EpisodicReinforce(EpisodicPolicy, **_of(settings, SHARED), **given)

    return make, _as_they_are


def _recurrent(policy: type[MemoryPolicy], settings: Reinforcement) -> Callable[..., Any]:
    steps = settings.n_steps * settings.n_envs

    def make(**given: Any) -> RecurrentPPO:
        size = min(settings.batch_size or steps, steps)
        return RecurrentPPO(policy, batch_size=size, **_of(settings, PPO), **given)

    return make


def _as_they_are(venv: Any) -> Any:
    return venv


def _of(settings: Reinforcement, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in names}


_MAKERS = {"ppo": _ppo, "address_ppo": _address_ppo, "episodic_reinforce": _episodic}
