"""Any registered memory under sb3-contrib's unmodified RecurrentPPO."""

import numpy as np
import pytest
import torch
from sb3_contrib import RecurrentPPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import VecNormalize

from memnets.registry import UnknownName
from memnets.sb3 import MemoryPolicy

from .environments import CODES, Recall
from .ratios import collect, largest_changes

SIZES = {"controller_size": 8, "cell_options": {"slots": 6, "width": 4}}
CORES = {
    "lstm": {"cell": "none", "controller_size": 8},
    "gru": {"cell": "none", "controller": "gru", "controller_size": 8},
    "ntm": {"cell": "ntm", **SIZES},
    "dnc": {"cell": "dnc", **SIZES},
    "discrete ntm": {"cell": "ntm", "estimator": "straight_through", **SIZES},
}


def model(memory, env=None, n_steps=7, envs=3, **policy):
    env = env or make_vec_env(lambda: Recall(ragged=True), n_envs=envs, seed=0)
    return RecurrentPPO(
        MemoryPolicy,
        env,
        n_steps=n_steps,
        batch_size=n_steps * env.num_envs,
        policy_kwargs={"memory": memory, "lstm_hidden_size": 12, **policy},
        seed=0,
        device="cpu",
    )


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("critic", ["shared", "own", "none"])
def test_before_an_update_stored_actions_are_as_likely_as_when_they_were_taken(core, critic):
    own = {"own": {"enable_critic_lstm": True}, "none": {"shared_lstm": False}}.get(critic, {})
    agent = model(CORES[core], **own)
    for _ in range(3):
        # 7 steps of episodes that last 3 to 5: they straddle the borders of rollouts
        collect(agent)
        assert max(largest_changes(agent)) < 1e-6
        # and of minibatches
        assert max(largest_changes(agent, batch_size=5)) < 1e-6


def test_a_state_that_is_dropped_is_seen_by_that_test(monkeypatch):
    agent = model(CORES["ntm"])
    collect(agent)
    kept = MemoryPolicy._process_sequence

    def dropped(features, states, starts, core):
        return kept(features, tuple(torch.zeros_like(half) for half in states), starts, core)

    monkeypatch.setattr(MemoryPolicy, "_process_sequence", staticmethod(dropped))
    collect(agent)
    monkeypatch.setattr(MemoryPolicy, "_process_sequence", staticmethod(kept))
    assert max(largest_changes(agent)) > 1e-4


@pytest.mark.parametrize("form", ["", "discrete", "two numbers", "dict", "multi", "binary", "box"])
def test_all_spaces_learn_save_load_and_predict_alike(form, tmp_path):
    env = make_vec_env(lambda: Recall(form=form), n_envs=2, seed=1)
    agent = model(CORES["ntm"], env, net_arch={"pi": [8], "vf": [8]})
    agent.learn(28)
    agent.save(tmp_path / "agent.zip")
    again = RecurrentPPO.load(tmp_path / "agent.zip", env=env)
    obs, state, other = env.reset(), None, None
    starts = np.ones(2, dtype=bool)
    for _ in range(4):
        action, state = agent.predict(obs, state, starts, deterministic=True)
        same, other = again.predict(obs, other, starts, deterministic=True)
        np.testing.assert_array_equal(action, same)
        obs, _, starts, _ = env.step(action)
    reward, _ = evaluate_policy(agent, env, n_eval_episodes=2)
    assert 0 <= reward <= 1


def test_a_policy_alone_comes_back_with_its_memory(tmp_path):
    policy = model(CORES["dnc"]).policy
    policy.save(tmp_path / "policy.pt")
    again = MemoryPolicy.load(tmp_path / "policy.pt", device="cpu")
    assert again.memory == policy.memory
    torch.testing.assert_close(dict(again.state_dict()), dict(policy.state_dict()))


def test_normalised_observations_and_rewards():
    env = VecNormalize(make_vec_env(lambda: Recall(ragged=True), n_envs=2, seed=0))
    agent = model(CORES["ntm"], env)
    agent.learn(28)
    collect(agent)
    assert max(largest_changes(agent)) < 1e-6


def test_the_memory_learns_and_its_optimiser_holds_no_other_lstm():
    agent = model(CORES["ntm"])
    before = {name: p.clone() for name, p in agent.policy.named_parameters()}
    held = {id(p) for group in agent.policy.optimizer.param_groups for p in group["params"]}
    assert held == {id(p) for p in agent.policy.parameters()}
    agent.learn(21)
    moved = {
        name for name, p in agent.policy.named_parameters() if not torch.equal(p, before[name])
    }
    memory = {name for name in before if name.startswith("lstm_actor.network")}
    assert memory and memory <= moved


@pytest.mark.parametrize(
    ("estimator", "options"),
    [
        ("reinforce", {}),
        ("gumbel", {}),
        ("hardened", {}),
        ("straight_through", {"choice": "sample"}),
    ],
)
def test_addresses_that_differ_from_run_to_run_are_refused_with_both_ways(estimator, options):
    memory = {"cell": "ntm", "estimator": estimator, "estimator_options": options}
    with pytest.raises(ValueError, match="AddressActions.*EpisodicReinforce"):
        model(memory)


@pytest.mark.parametrize(
    ("memory", "policy", "why"),
    [
        ("ntn", {}, "Did you mean 'ntm'"),
        ({"cell": "ntm", "bypass_dropout": 0.5}, {}, "bypass_dropout draws anew"),
        ("ntm", {"n_lstm_layers": 2}, "n_lstm_layers is an LSTM's"),
        (CODES, {}, "codes move by the keys of whole episodes.*EpisodicReinforce"),
        (
            {"cell": "ntm", "estimator_options": {"price": {"weight": 0.1}}},
            {},
            "'soft' has a price or a schedule that follows the cost",
        ),
    ],
)
def test_what_does_not_go_is_said_in_a_line(memory, policy, why):
    with pytest.raises((ValueError, UnknownName), match=why):
        model(memory, **policy)
